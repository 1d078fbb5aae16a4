package io.redoubt.server.command.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The generic commands, on values of every type and encoding. */
@ServerTest
final class EveryTypeTest {
  /** Values, each with the commands that create it and the one that reads it. */
  enum Value {
    INT("string", "int", 1, "SET k 12345", "GET k"),
    EMBSTR("string", "embstr", 1, "SET k value", "GET k"),
    RAW("string", "raw", 3, "APPEND k " + "v".repeat(3000), "GET k"),
    SMALL_LIST("list", "listpack", 5, "RPUSH k %d", "LRANGE k 0 -1"),
    LARGE_LIST("list", "quicklist", 5000, "RPUSH k %d:value", "LRANGE k 0 -1"),
    INTSET("set", "intset", 50, "SADD k %d", "SMEMBERS k"),
    SMALL_SET("set", "listpack", 50, "SADD k %d:value", "SMEMBERS k"),
    LARGE_SET("set", "hashtable", 500, "SADD k %d:value", "SISMEMBER k 300:value"),
    SMALL_HASH("hash", "listpack", 50, "HSET k %d value", "HGETALL k"),
    LARGE_HASH("hash", "hashtable", 600, "HSET k %d value", "HGET k 300"),
    SMALL_ZSET("zset", "listpack", 50, "ZADD k %1$d m%1$d", "ZRANGE k 0 -1 WITHSCORES"),
    LARGE_ZSET("zset", "skiplist", 500, "ZADD k %1$d m%1$d", "ZRANGE k 0 -1 WITHSCORES"),
    STREAM("stream", "stream", 300, "XADD k 1-%d field value", "XRANGE k - +");

    final String type;
    final String encoding;
    final int steps;
    final String step;
    final String read;

    Value(String type, String encoding, int steps, String step, String read) {
      this.type = type;
      this.encoding = encoding;
      this.steps = steps;
      this.step = step;
      this.read = read;
    }
  }

  private final Dialogue redis;

  EveryTypeTest(Dialogue redis) {
    this.redis = redis;
  }

  private String make(Value value) {
    for (int i = 1; i <= value.steps; i++) {
      assertThat(redis.ask(value.step.formatted(i))).doesNotContain("error");
    }
    redis.says("TYPE k", value.type);
    redis.says("OBJECT ENCODING k", '"' + value.encoding + '"');
    return redis.ask(value.read);
  }

  private String read(Value value, String key) {
    return redis.ask(value.read.replace(" k", " " + key));
  }

  @ParameterizedTest
  @EnumSource
  void isRenamedCopiedAndMoved(Value value) {
    String content = make(value);
    redis.says("EXPIRE k 1000", "(integer) 1");
    redis.says("RENAME k k2", "OK");
    assertThat(read(value, "k2")).isEqualTo(content);
    redis.says("COPY k2 k3", "(integer) 1");
    redis.says("COPY k2 k3", "(integer) 0");
    redis.says("COPY k2 k3 REPLACE", "(integer) 1");
    redis.says("COPY k2 k4 DB 5", "(integer) 1");
    redis.says("MOVE k2 3", "(integer) 1");
    redis.says("EXISTS k k2", "(integer) 0");
    assertThat(read(value, "k3")).isEqualTo(content);
    assertThat(redis.integer("TTL k3")).isBetween(900L, 1000L);
    redis.says("OBJECT ENCODING k3", '"' + value.encoding + '"');
    redis.says("SELECT 3", "OK");
    assertThat(read(value, "k2")).isEqualTo(content);
    assertThat(redis.integer("TTL k2")).isBetween(900L, 1000L);
    redis.says("RENAMENX k2 k5", "(integer) 1");
    assertThat(read(value, "k5")).isEqualTo(content);
    redis.says("SELECT 5", "OK");
    assertThat(read(value, "k4")).isEqualTo(content);
  }

  @ParameterizedTest
  @EnumSource
  void isInspectedAndRemoved(Value value) {
    make(value);
    assertThat(redis.integer("OBJECT IDLETIME k")).isBetween(0L, 1L); // the second may have ended
    redis.says("TOUCH k missing k", "(integer) 2");
    redis.says("EXISTS k k missing", "(integer) 2");
    redis.says("RANDOMKEY", "\"k\"");
    long usage = redis.integer("MEMORY USAGE k SAMPLES 0");
    assertThat(usage).isGreaterThan(16);
    assertThat(redis.integer("MEMORY USAGE k")).isBetween(usage / 2, usage * 2);
    redis.says("CONFIG SET maxmemory-policy allkeys-lfu", "OK");
    assertThat(redis.integer("OBJECT FREQ k")).isBetween(0L, 255L);
    redis.says("CONFIG SET maxmemory-policy noeviction", "OK");
    redis.says("COPY k other", "(integer) 1");
    redis.says("UNLINK k missing other", "(integer) 2");
    redis.says("DBSIZE", "(integer) 0");
  }

  @ParameterizedTest
  @EnumSource
  void leavesNothingBehind(Value value) {
    redis.says("FLUSHALL", "OK");
    redis.says("CONFIG SET slowlog-log-slower-than -1", "OK"); // its entries take memory
    redis.says("PING", "PONG");
    List<Long> used = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      make(value);
      redis.says("COPY k other", "(integer) 1");
      redis.says("SET other string", "OK");
      redis.says("COPY k due", "(integer) 1");
      redis.says("PEXPIRE due 1", "(integer) 1");
      redis.says("DEL k other", "(integer) 2");
      await().untilAsserted(() -> redis.says("DBSIZE", "(integer) 0"));
      await().until(() -> redis.text("INFO memory").contains("lazyfree_pending_objects:0\r"));
      used.add(redis.restingMemory());
    }
    assertThat(used.get(2)).isEqualTo(used.get(1));
  }
}
