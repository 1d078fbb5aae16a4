package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The files in the data directory that bind a server: a start reads them before the first request,
 * or fails.
 */
final class StateFilesTest {
  private static final String SENTINEL = "a".repeat(40);
  private static final int REQUESTS = 200;
  private static final int KEYS = 20;

  @TempDir private Path folder;
  private final int port = FreePorts.one();

  private RedisServer server(String... lines) throws Exception {
    String options = "dir " + folder + "\nport " + port + "\n" + String.join("\n", lines);
    return TestServers.makeAtItsPort(Log.silent(Clock.system()), NameLookup.ofSystem(), options);
  }

  private RespClient client() throws IOException {
    return RespClient.connect("127.0.0.1", port);
  }

  private Path file(String name) {
    return folder.resolve(name + "-" + port + ".state");
  }

  @Test
  void refusesPromisesThatItsFileCannotHold() throws Exception {
    Random random = Seed.random("StateFilesTest");
    String[] epochs = {"-1", "1000000000000000000", "9223372036854775807", "99999999999999999999"};
    String[] names = {"-", "", "a b", "?", "x\ny", "é".repeat(40), "A".repeat(40), "a".repeat(41)};
    long latest = 0;
    for (int i = 0; i < 3; i++) {
      try (RedisServer server = server()) {
        server.start().get();
        try (RespClient client = client()) {
          assertThat(fence(client, latest, "b".repeat(40)).isError()).isTrue();
          for (int j = 0; j < REQUESTS; j++) {
            boolean validEpoch = random.nextInt(4) > 0;
            boolean validName = random.nextInt(4) > 0;
            long next = latest + 1 + random.nextLong(1L << random.nextInt(40));
            String epoch = validEpoch ? next + "" : epochs[random.nextInt(epochs.length)];
            String name = validName ? SENTINEL : names[random.nextInt(names.length)];
            Reply reply = client.call("REPLICATION", "FENCE", epoch, name);
            assertThat(reply.isError())
                .as("%s %s: %s", epoch, name, reply)
                .isEqualTo(!validEpoch || !validName);
            latest = validEpoch && validName ? next : latest;
          }
        }
      }
    }
  }

  private static Reply fence(RespClient client, long epoch, String sentinel) throws IOException {
    return client.call("REPLICATION", "FENCE", Long.toString(epoch), sentinel);
  }

  /** Commands permitted during a load must find the promises of the previous process. */
  @Test
  void readsPromisesBeforeALoad() throws Exception {
    try (RedisServer server = server()) {
      server.start().get();
      try (RespClient client = client()) {
        for (int i = 0; i < KEYS; i++) {
          client.call("SET", "key:" + i, "x".repeat(10_000));
        }
        assertThat(fence(client, 9, SENTINEL).isError()).isFalse();
        assertThat(client.call("SAVE").text()).isEqualTo("OK");
      }
    }
    String before = Files.readString(file("write-acks"));
    try (RedisServer server = server("key-load-delay 100000000")) {
      CompletableFuture<Void> unused = server.start();
      try (RespClient client = client()) {
        assertThat(client.call("PING").text()).startsWith("LOADING ");
        assertThat(fence(client, 8, SENTINEL).isError()).isTrue();
        assertThat(fence(client, 9, "b".repeat(40)).isError()).isTrue();
        assertThat(fence(client, 9, SENTINEL).isError()).isFalse();
      }
    }
    assertThat(Files.readString(file("write-acks"))).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"write-acks", "sentinels", "sentinel-leases"})
  void doesNotStartWithoutAFileThatItCannotRead(String name) throws Exception {
    Files.createDirectory(file(name));
    try (RedisServer server = server()) {
      assertThatThrownBy(server::start).isInstanceOf(IOException.class);
      assertThatThrownBy(this::client).isInstanceOf(IOException.class);
    }
  }

  @Test
  void doesNotStartWithDamagedPromises() throws Exception {
    Files.writeString(file("write-acks"), "1 nonsense\n");
    try (RedisServer server = server()) {
      assertThatThrownBy(server::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is damaged");
    }
  }
}
