package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that cause much output and read nothing are disconnected at their limits. */
@ServerTest("")
final class HostileReceiversTest {
  private static final long LIMIT_BYTES = 1 << 20;
  private static final int MOST_COMMANDS = 2000;
  private static final String LONG = "x".repeat(100_000);

  private final RedisServer server;
  private final Dialogue redis;
  private RespClient hostile;
  private long usedBefore;
  private long most;

  HostileReceiversTest(RedisServer server, Dialogue redis) {
    this.server = server;
    this.redis = redis;
  }

  @BeforeEach
  void connect() throws IOException {
    limit(LIMIT_BYTES);
    hostile = RespClient.connect("127.0.0.1", server.port());
    usedBefore = redis.usedMemory();
  }

  @AfterEach
  void leave() throws IOException {
    hostile.close();
    limit(0);
    redis.says("CONFIG RESETSTAT", "OK");
  }

  private void limit(long bytes) {
    for (String type : new String[] {"normal", "pubsub"}) {
      redis.says(
          "CONFIG SET client-output-buffer-limit \"%s %d 0 0\"".formatted(type, bytes), "OK");
    }
  }

  /** Sends commands until the hostile client is disconnected; {@code #} is a number. */
  private void isCutBy(String sign, String... commands) {
    int sent = 0;
    while (redis.text("CLIENT LIST").contains(sign)) {
      for (String command : commands) {
        redis.ask(command.replace("#", Integer.toString(sent)));
      }
      most = Math.max(most, redis.usedMemory() - usedBefore);
      assertThat(++sent).as("commands until the client is cut").isLessThan(MOST_COMMANDS);
    }
    assertThat(most).isLessThan(4 * LIMIT_BYTES);
    assertThat(redis.text("INFO stats")).contains("client_output_buffer_limit_disconnections:1\r");
  }

  @Test
  void cutsASubscriber() throws IOException {
    hostile.call("SUBSCRIBE", "channel");
    isCutBy(" sub=1 ", "PUBLISH channel " + LONG);
  }

  @Test
  void cutsAMonitor() throws IOException {
    hostile.call("MONITOR");
    isCutBy(" flags=O ", "ECHO " + LONG);
  }

  @Test
  void cutsATrackerOfPrefixes() throws IOException {
    hostile.call("HELLO", "3");
    hostile.call("CLIENT", "TRACKING", "ON", "BCAST");
    isCutBy(" flags=tB ", "SET " + LONG + " #", "DEL " + LONG);
  }

  @Test
  void cutsATrackerOfItsReads() throws IOException {
    hostile.call("HELLO", "3");
    hostile.call("CLIENT", "TRACKING", "ON");
    String reads = "for i = 1, 600 do redis.call('get', i .. ARGV[1]) end";
    hostile.call("EVAL", reads, "0", "x".repeat(50_000));
    usedBefore = redis.usedMemory();
    isCutBy(
        " flags=t ",
        "EVAL \"redis.call('set', # .. ARGV[1], 1) redis.call('del', # .. ARGV[1])\" 0 "
            + "x".repeat(50_000));
    assertThat(redis.text("INFO clients")).contains("tracking_clients:0\r");
  }

  @Test
  void cutsTheReceiverOfRedirectedInvalidations() throws IOException {
    hostile.call("SUBSCRIBE", "__redis__:invalidate");
    String id = redis.text("CLIENT LIST TYPE pubsub").replaceAll("(?s)^id=(\\d+) .*", "$1");
    try (RespClient reader = RespClient.connect("127.0.0.1", server.port())) {
      reader.call("CLIENT", "TRACKING", "ON", "BCAST", "REDIRECT", id);
      isCutBy(" sub=1 ", "SET " + LONG + " #", "DEL " + LONG);
      assertThat(reader.call("PING").text()).isEqualTo("PONG");
    }
  }
}
