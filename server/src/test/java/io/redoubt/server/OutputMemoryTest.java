package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.Region;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Clients without memory for their output: they are closed, and the commands that caused the output
 * succeed. A message of a megabyte is sent once for each of a client's many patterns, so that
 * memory suffices for the message but not for the output.
 */
@Isolated // it limits the memory of the whole process
final class OutputMemoryTest {
  private static final long ROOM_BYTES = 40L << 20;
  private static final int PATTERNS = 100;
  private static final String LARGE = "v".repeat(1 << 20);

  @TempDir private Path folder;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private RedisServer server;
  private RespClient client;

  @BeforeEach
  void start() throws Exception {
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, output);
    server =
        TestServers.make(
            log,
            new OsDisk(),
            "dir " + folder,
            "appendonly yes",
            "notify-keyspace-events Em$gn",
            "client-output-buffer-limit pubsub 0 0 0");
    server.start().get();
    client = connect();
    Region.limit(Region.heldBytes() + ROOM_BYTES);
  }

  private RespClient connect() throws IOException {
    return RespClient.connect("127.0.0.1", server.port(), 20_000);
  }

  @AfterEach
  void stop() throws IOException {
    Region.limit(Long.MAX_VALUE);
    client.close();
    server.close();
  }

  /** Subscribes a client to the given number of patterns, each of which matches a name. */
  private static void subscribe(RespClient subscriber, String name) throws IOException {
    for (int i = 1; i <= PATTERNS; i++) {
      assertThat(subscriber.call("PSUBSCRIBE", name + "*".repeat(i)).isError()).isFalse();
    }
  }

  private void isClosed(RespClient subscriber) {
    assertThatThrownBy(
            () -> {
              for (int i = 0; i <= PATTERNS; i++) {
                subscriber.call("PING");
              }
            })
        .isInstanceOf(IOException.class);
    assertThat(log())
        .contains("scheduled to be closed ASAP: out of memory for its output")
        .doesNotContain("half-way")
        .doesNotContain("\tat ");
  }

  private String log() {
    return output.toString(StandardCharsets.UTF_8);
  }

  @Test
  void publishSucceedsWithoutMemoryForASubscriber() throws Exception {
    try (RespClient subscriber = connect();
        RespClient other = connect()) {
      subscribe(subscriber, "channel");
      other.call("SUBSCRIBE", "channel");
      Reply reply = client.call("PUBLISH", "channel", LARGE);
      assertThat(reply).isEqualTo(new Reply.Integer(PATTERNS + 1));
      assertThat(client.call("PING")).isEqualTo(new Reply.Simple("PONG"));
      isClosed(subscriber);
      assertThat(client.call("PUBLISH", "channel", "short")).isEqualTo(new Reply.Integer(1));
    }
  }

  @Test
  void aWriteSucceedsWithoutMemoryForItsKeyEvent() throws Exception {
    try (RespClient subscriber = connect()) {
      subscribe(subscriber, "__keyevent@0__:set");
      assertThat(client.call("SET", LARGE, "value")).isEqualTo(new Reply.Simple("OK"));
      isClosed(subscriber);
      assertThat(client.call("GET", LARGE).text()).isEqualTo("value");
    }
  }

  @Test
  void anExpirySucceedsWithoutMemoryForItsKeyEvent() throws Exception {
    client.call("CONFIG", "SET", "notify-keyspace-events", "Ex");
    try (RespClient subscriber = connect()) {
      subscribe(subscriber, "__keyevent@0__:expired");
      client.call("SET", LARGE, "value", "PX", "1");
      await().until(() -> client.call("EXISTS", LARGE).number() == 0);
      isClosed(subscriber);
    }
  }

  @Test
  void aSubscriberThatPublishesToItselfIsClosed() throws Exception {
    try (RespClient subscriber = connect()) {
      subscriber.call("HELLO", "3");
      subscribe(subscriber, "channel");
      assertThatThrownBy(
              () -> {
                subscriber.call("PUBLISH", "channel", LARGE);
                subscriber.call("PING");
              })
          .isInstanceOf(IOException.class);
      isClosed(subscriber);
      assertThat(client.call("PUBLISH", "channel", "short")).isEqualTo(new Reply.Integer(0));
    }
  }

  @Test
  void monitorsAreClosedAndTheirCommandsSucceed() throws Exception {
    List<RespClient> monitors = connectEach("MONITOR");
    assertThat(twice("SET", "key", LARGE).elements())
        .containsExactly(new Reply.Simple("OK"), new Reply.Simple("OK"));
    assertThat(client.call("STRLEN", "key")).isEqualTo(new Reply.Integer(LARGE.length()));
    assertThat(log()).contains("out of memory").doesNotContain("half-way");
    closeAll(monitors);
  }

  /** Runs a command twice in a transaction: what follows a shared message must be copied. */
  private Reply.Array twice(String... command) throws IOException {
    client.call("MULTI");
    client.call(command);
    client.call(command);
    return (Reply.Array) client.call("EXEC");
  }

  /** Many small outputs may even use up the memory for the publisher's reply. */
  @Test
  void shardedPublishLeavesOthersServed() throws Exception {
    List<RespClient> subscribers = connectEach("SSUBSCRIBE", "channel");
    try {
      assertThat(twice("SPUBLISH", "channel", LARGE).elements())
          .contains(new Reply.Integer(PATTERNS));
    } catch (EOFException closed) {
      // there was no memory for the reply
    }
    try (RespClient other = connect()) {
      assertThat(other.call("PING")).isEqualTo(new Reply.Simple("PONG"));
      assertThat(log()).contains("out of memory for its output").doesNotContain("half-way");
      assertThat(other.call("SPUBLISH", "channel", "short").number()).isLessThan(PATTERNS);
    }
    closeAll(subscribers);
    try (RespClient other = connect()) {
      assertThat(other.call("SET", "key", "value")).isEqualTo(new Reply.Simple("OK"));
    }
  }

  /** Connects as many clients as there are patterns; each sends a request. */
  private List<RespClient> connectEach(String... request) throws IOException {
    List<RespClient> clients = new ArrayList<>();
    for (int i = 0; i < PATTERNS; i++) {
      RespClient one = connect();
      one.call(request);
      clients.add(one);
    }
    return clients;
  }

  private static void closeAll(List<RespClient> clients) throws IOException {
    for (RespClient one : clients) {
      one.close();
    }
  }
}
