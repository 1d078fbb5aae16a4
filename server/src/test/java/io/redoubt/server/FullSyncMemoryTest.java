package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.FailingSlabs;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A master without memory for a full sync continues to serve, and the replica retries. */
final class FullSyncMemoryTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int FAILURES = 2;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final AtomicInteger failuresLeft = new AtomicInteger();

  /** Returns a thread that fails to start if it is one of the snapshots that must fail. */
  private Thread thread(String name, Runnable task) {
    if (!name.equals("redoubt-snapshot")
        || failuresLeft.getAndUpdate(n -> Math.max(0, n - 1)) == 0) {
      return Threads.ofSystem().unstarted(name, task);
    }
    return new Thread(name) {
      @Override
      public void start() {
        throw new OutOfMemoryError("unable to create native thread");
      }
    };
  }

  private String log() {
    return output.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void aSyncWithoutMemoryForItsSnapshotIsRepeated(String diskless) throws Exception {
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, output);
    RedisServer master = TestServers.start(log, this::thread, "repl-diskless-sync " + diskless);
    try (RespClient client = RespClient.connect("127.0.0.1", master.port(), 20_000)) {
      client.call("SET", "key", "value");
      failuresLeft.set(FAILURES);
      RedisServer replica = TestServers.start("replicaof 127.0.0.1 " + master.port());
      try (RespClient other = RespClient.connect("127.0.0.1", replica.port(), 20_000)) {
        await()
            .atMost(PATIENCE)
            .until(() -> !client.call("SET", "key", "value").isError() && failuresLeft.get() == 0);
        await()
            .atMost(PATIENCE)
            .until(() -> other.call("INFO", "replication").text().contains("link_status:up"));
        assertThat(other.call("GET", "key"))
            .isEqualTo(new Reply.Bulk("value".getBytes(StandardCharsets.UTF_8)));
        assertThat(log().split("Can't save: out of memory: unable to create native thread", -1))
            .hasSize(FAILURES + 1);
        assertThat(log()).doesNotContain("\tat ");
      } finally {
        replica.close();
      }
    } finally {
      master.close();
    }
  }

  /** Requests the data set like redis-cli --functions-rdb; the server builds it in memory. */
  @Test
  void aSyncOfFunctionsWithoutMemoryClosesItsClientOnly() throws Exception {
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, output);
    CompletableFuture<FailingSlabs> made = new CompletableFuture<>();
    RedisServer server =
        TestServers.make(
            log,
            onShortage -> {
              made.complete(new FailingSlabs(onShortage));
              return made.join();
            });
    FailingSlabs slabs = made.join();
    server.start().get();
    try (RespClient control = RespClient.connect("127.0.0.1", server.port(), 20_000)) {
      for (int allowed = 0; allowed < 8; allowed++) {
        try (RespClient client = RespClient.connect("127.0.0.1", server.port(), 20_000)) {
          client.call("REPLCONF", "capa", "eof", "rdb-only", "1");
          client.call("REPLCONF", "rdb-filter-only", "functions");
          slabs.failAfter(allowed, true);
          client.sendRaw("SYNC\r\n");
          await().atMost(PATIENCE).until(() -> isOver(client));
        } finally {
          slabs.recover();
        }
        assertThat(control.call("PING").text()).isEqualTo("PONG");
      }
      assertThat(log()).contains("is dropped: out of memory").doesNotContain("\tat ");
    } finally {
      server.close();
    }
  }

  /** Returns true once the server has sent a data set or closed the connection. */
  private static boolean isOver(RespClient client) {
    try {
      return client.receive() != null;
    } catch (EOFException closed) {
      return true;
    } catch (IOException e) {
      return e.getMessage() != null && !e.getMessage().contains("timed out");
    }
  }
}
