package io.redoubt.server.command.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** MULTI, EXEC, DISCARD and WATCH. */
@ServerTest
final class TransactionCommandsTest {
  private static final String ABORTED =
      "(error) EXECABORT Transaction discarded because of previous errors.";

  private final Dialogue redis;
  private final RedisServer server;

  TransactionCommandsTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @Test
  void runsWhatWasQueued() {
    redis.says("MULTI", "OK");
    redis.says("SET a 1", "QUEUED");
    redis.says("INCR a", "QUEUED");
    redis.says("LPUSHY a", "(error) ERR unknown command 'LPUSHY', with args beginning with: 'a' ");
    redis.says("EXEC", ABORTED);
    redis.says("MULTI", "OK");
    redis.says("SET a 1", "QUEUED");
    redis.says("INCR a", "QUEUED");
    redis.says("EXPIRE a x", "QUEUED");
    redis.says("GET a", "QUEUED");
    redis.says(
        "EXEC",
        "1) OK\n2) (integer) 2\n"
            + "3) (error) ERR value is not an integer or out of range\n4) \"2\"");
    redis.says("MULTI", "OK");
    redis.says("EXEC", "(empty array)");
  }

  @Test
  void refusesMisplacedArguments() {
    redis.says("EXEC", "(error) ERR EXEC without MULTI");
    redis.says("DISCARD", "(error) ERR DISCARD without MULTI");
    redis.says("MULTI", "OK");
    redis.says("MULTI", "(error) ERR MULTI calls can not be nested");
    redis.says("SET a 1", "QUEUED");
    redis.says("DISCARD", "OK");
    redis.says("EXISTS a", "(integer) 0");
    redis.says("MULTI", "OK");
    redis.says("WATCH a", "(error) ERR WATCH inside MULTI is not allowed");
    redis.says("EXEC", "(empty array)");
  }

  @Test
  void failsWhenAWatchedKeyChanged() {
    try (Dialogue other = new Dialogue(server.port())) {
      redis.says("SET a 1", "OK");
      redis.says("WATCH a b", "OK");
      other.says("SET b 1", "OK");
      redis.says("MULTI", "OK");
      redis.says("SET c 1", "QUEUED");
      redis.says("EXEC", "(nil)");
      redis.says("EXISTS c", "(integer) 0");

      redis.says("WATCH a", "OK");
      other.says("SET a 2", "OK");
      redis.says("UNWATCH", "OK");
      redis.says("MULTI", "OK");
      redis.says("GET a", "QUEUED");
      redis.says("EXEC", "1) \"2\"");

      redis.says("WATCH a", "OK");
      other.says("FLUSHALL", "OK");
      redis.says("MULTI", "OK");
      redis.says("EXEC", "(nil)");

      redis.says("WATCH nothing", "OK");
      other.says("FLUSHALL", "OK");
      redis.says("MULTI", "OK");
      redis.says("EXEC", "(empty array)");
    }
  }

  @Test
  void failsWhenAWatchedKeyExpired() throws Exception {
    redis.client().sendRaw("SET a 1 PX 500\r\nWATCH a\r\n"); // one write, so the key still exists
    assertThat(redis.client().receive().text()).isEqualTo("OK");
    assertThat(redis.client().receive().text()).isEqualTo("OK");
    await().untilAsserted(() -> redis.says("EXISTS a", "(integer) 0"));
    redis.says("MULTI", "OK");
    redis.says("EXEC", "(nil)");
  }

  @Test
  void queuesInlineCommands() throws Exception {
    redis.client().sendRaw("MULTI\r\nSET a \"x y\"\r\nGET a\r\nEXEC\r\n");
    for (String reply : new String[] {"OK", "QUEUED", "QUEUED"}) {
      assertThat(redis.client().receive().text()).isEqualTo(reply);
    }
    assertThat(redis.client().receive().elements().get(1).text()).isEqualTo("x y");
  }
}
