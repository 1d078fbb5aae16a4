package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Behaviour that Redis 7.2 changed: time within a unit of execution, pauses and timeouts. */
@ServerTest
final class Redis72ExecutionTest {
  private static final String READS =
      "\"#!lua flags=no-writes\\nreturn redis.call('GET', KEYS[1])\"";
  private static final String LIBRARY =
      "\"#!lua name=lib\\nredis.register_function{function_name='reads', flags={'no-writes'},"
          + " callback=function(k) return redis.call('GET', k[1]) end}\"";

  private final Dialogue redis;
  private final RedisServer server;

  Redis72ExecutionTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @Test
  void letsScriptsWithoutWritesPassAPauseOfWrites() throws IOException {
    redis.says("SET k v", "OK");
    redis.says("FUNCTION LOAD " + LIBRARY, "\"lib\"");
    String sha = redis.text("SCRIPT LOAD " + READS);
    redis.says("CLIENT PAUSE 100000 WRITE", "OK");

    redis.says("EVAL " + READS + " 1 k", "\"v\"");
    redis.says("EVALSHA " + sha + " 1 k", "\"v\"");
    redis.says("FCALL reads 1 k", "\"v\"");
    redis.says("FCALL_RO reads 1 k", "\"v\"");
    redis.says("EVAL_RO \"return redis.call('GET', KEYS[1])\" 1 k", "\"v\"");
    redis.says("MULTI", "OK");
    redis.says("EVAL " + READS + " 1 k", "QUEUED");
    redis.says("EXEC", "1) \"v\"");

    try (Dialogue writer = new Dialogue(server.port())) {
      writer.client().send("EVAL", "return 1", "0");
      await().until(() -> redis.text("INFO clients").contains("blocked_clients:1"));
      redis.says("CLIENT UNPAUSE", "OK");
      writer.hears("(integer) 1");
    }
  }

  @Test
  void holdsATransactionWithAWritingScriptDuringAPauseOfWrites() throws IOException {
    redis.says("CLIENT PAUSE 100000 WRITE", "OK");
    try (Dialogue writer = new Dialogue(server.port())) {
      writer.says("MULTI", "OK");
      writer.says("EVAL \"#!lua\\nreturn 1\" 0", "QUEUED");
      writer.client().send("EXEC");
      await().until(() -> redis.text("INFO clients").contains("blocked_clients:1"));
      redis.says("CLIENT UNPAUSE", "OK");
      writer.hears("1) (integer) 1");
    }
  }

  @Test
  void letsTimeStandStillInATransaction() {
    redis.says("MULTI", "OK");
    redis.says("SET k v PX 5", "QUEUED");
    redis.says("TIME", "QUEUED");
    redis.says("DEBUG SLEEP 0.03", "QUEUED");
    redis.says("TIME", "QUEUED");
    redis.says("GET k", "QUEUED");
    String[] lines = redis.ask("EXEC").split("\n");
    assertThat(lines[1].substring(3)).isEqualTo(lines[4].substring(3));
    assertThat(lines[2]).isEqualTo(lines[5]);
    assertThat(lines[6]).isEqualTo("5) \"v\"");
    redis.says("GET k", "(nil)");
  }

  @Test
  void letsTimeStandStillInAScript() {
    redis.says(
        "EVAL \"local a = redis.call('TIME') redis.call('SET', 'k', 'v', 'PX', 1)"
            + " for i = 1, 3000000 do end local b = redis.call('TIME')"
            + " return {a[1] == b[1] and a[2] == b[2], redis.call('GET', 'k')}\" 0",
        "1) (integer) 1\n2) \"v\"");
    long before = micros();
    assertThat(micros()).isGreaterThan(before);
  }

  private long micros() {
    String[] parts = redis.ask("TIME").replaceAll("[^0-9\n]", "").split("\n");
    return Long.parseLong(parts[0].substring(1)) * 1_000_000
        + Long.parseLong(parts[1].substring(1));
  }

  @Test
  void refusesTimeoutsThatOverflow() {
    String outOfRange = "(error) ERR timeout is out of range";
    redis.says("WAIT 1 9223372036854775807", outOfRange);
    redis.says("WAITAOF 0 1 9223372036854775807", outOfRange);
    redis.says("BLPOP k 9223372036854775", outOfRange);
    redis.says("XREAD BLOCK 9223372036854775807 STREAMS s $", outOfRange);
    redis.says("CLIENT PAUSE 9223372036854775807", outOfRange);
    redis.says("WAIT 1 x", "(error) ERR timeout is not an integer or out of range");
    redis.says("WAIT 1 -1", "(error) ERR timeout is negative");
    redis.says("WAITAOF 0 x 1", "(error) ERR value is out of range, must be positive");
  }
}
