package io.redoubt.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.Region;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class DirectClientTest {
  private EmbeddedServer server;

  @BeforeEach
  void start() {
    server = Redoubt.server().start();
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void answersInTheOrderOfTheCalls() {
    List<CompletableFuture<Reply>> calls = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      calls.add(server.submit("INCR", "n"));
    }
    for (int i = 0; i < calls.size(); i++) {
      assertThat(calls.get(i).join().number()).isEqualTo(i + 1);
    }
  }

  @Test
  void passesArgumentsAndRepliesOfAnySize() {
    for (int length : List.of(0, 1, 16_384, 65_535, 65_536, 65_537, 20_000_000)) {
      byte[] value = new byte[length];
      for (int i = 0; i < length; i++) {
        value[i] = (byte) (i * 31);
      }
      Reply set = server.execute("SET".getBytes(UTF_8), new byte[] {0, (byte) 0xff}, value);
      assertThat(set.text()).isEqualTo("OK");
      Reply got = server.execute("GET".getBytes(UTF_8), new byte[] {0, (byte) 0xff});
      assertThat(got).isEqualTo(new Reply.Bulk(value));
    }
  }

  @Test
  void returnsErrors() {
    assertThat(server.execute("NOSUCH").isError()).isTrue();
    assertThat(server.execute("GET").isError()).isTrue();
  }

  @Test
  void eachClientHasItsOwnState() {
    try (DirectClient one = server.connect();
        DirectClient other = server.connect()) {
      one.execute("SELECT", "3");
      one.execute("MULTI");
      one.execute("SET", "a", "1");
      assertThat(other.execute("DBSIZE").number()).isZero();
      assertThat(one.execute("EXEC").elements()).hasSize(1);
      assertThat(one.execute("GET", "a").text()).isEqualTo("1");
      assertThat(other.execute("EXISTS", "a").number()).isZero();
      assertThat(server.execute("CLIENT", "LIST").text().lines()).hasSize(3);
    }
  }

  @Test
  void aBlockedClientDelaysNoOther() {
    try (DirectClient waiting = server.connect()) {
      CompletableFuture<Reply> popped = waiting.submit("BLPOP", "list", "0");
      server.execute("RPUSH", "list", "x");
      assertThat(popped.join().elements().get(1).text()).isEqualTo("x");
    }
  }

  @Test
  void anotherClientStopsABusyScript() {
    server.execute("CONFIG", "SET", "busy-reply-threshold", "10");
    try (DirectClient busy = server.connect()) {
      CompletableFuture<Reply> script = busy.submit("EVAL", "while true do end", "0");
      while (server.execute("SCRIPT", "KILL").isError()) {
        Thread.onSpinWait();
      }
      assertThat(script.join().isError()).isTrue();
    }
  }

  @Test
  void failsTheCallsOfAClientThatIsKilledAndThenOpensAnother() {
    DirectClient killed = server.connect();
    CompletableFuture<Reply> blocked = killed.submit("BLPOP", "list", "0");
    assertThat(server.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").number())
        .isEqualTo(1);
    assertThatThrownBy(blocked::join).isInstanceOf(CompletionException.class);
    assertThatThrownBy(() -> killed.execute("PING")).isInstanceOf(UncheckedIOException.class);
    assertThat(killed.isOpen()).isFalse();
    try (DirectClient killer = server.connect()) {
      killer.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      assertThat(server.execute("PING").text()).isEqualTo("PONG");
    }
  }

  @Test
  void countsAsAConnection() {
    server.execute("CONFIG", "SET", "maxclients", "2");
    try (DirectClient second = server.connect();
        DirectClient third = server.connect()) {
      assertThat(second.execute("PING").text()).isEqualTo("PONG");
      assertThatThrownBy(() -> third.execute("PING"))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("max number of clients");
    }
  }

  @Test
  void refusesToWaitOnTheServersThread() {
    CompletableFuture<Reply> nested =
        server.submit("PING").thenApply(pong -> server.execute("PING"));
    // The reply may come before the action is added; the action then runs on this thread.
    nested
        .handle((reply, failure) -> {
          assertThat(failure == null || failure.getCause() instanceof IllegalStateException)
              .isTrue();
          return reply;
        })
        .join();
  }

  @Test
  void holdsBackRepliesUntilTheyAreOnDisk() throws Exception {
    try (EmbeddedServer durable =
            Redoubt.server().with("appendonly", "yes").with("appendfsync", "always").start();
        RespClient other = RespClient.connect("127.0.0.1", durable.port())) {
      for (int i = 0; i < 100; i++) {
        assertThat(durable.execute("INCR", "n").number()).isEqualTo(2L * i + 1);
        assertThat(other.call("INCR", "n").number()).isEqualTo(2L * i + 2);
      }
    }
  }

  @Test
  void leavesNoMemory() {
    server.execute("PING");
    long before = Region.heldBytes();
    for (int i = 0; i < 300; i++) {
      try (DirectClient client = server.connect()) {
        client.execute("PING");
      }
    }
    while (server.execute("CLIENT", "LIST").text().lines().count() > 1) {
      Thread.onSpinWait();
    }
    assertThat(Region.heldBytes()).isLessThanOrEqualTo(before + (2 << 20));
  }
}
