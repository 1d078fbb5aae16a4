package io.redoubt.server.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests {@code maxmemory} and its eviction policies. */
@ServerTest
final class EvictionTest {
  private static final String REFUSED =
      "(error) OOM command not allowed when used memory > 'maxmemory'.";

  private final RedisServer server;
  private final Dialogue redis;

  EvictionTest(RedisServer server, Dialogue redis) {
    this.server = server;
    this.redis = redis;
    redis.says("CONFIG SET maxmemory 0 maxmemory-policy noeviction", "OK");
    redis.says("CONFIG RESETSTAT", "OK");
  }

  @Test
  void refusesWritesWithoutEviction() {
    redis.says("SET a 1", "OK");
    redis.says("CONFIG SET maxmemory 1", "OK");
    redis.says("SET b 1", REFUSED);
    redis.says("GET a", "\"1\"");
    redis.says("DEL a", "(integer) 1");
    redis.says("CONFIG SET maxmemory 0", "OK");
    redis.says("SET b 1", "OK");
  }

  @Test
  void refusesToQueueCommandsWithoutMemory() {
    redis.says("CONFIG SET maxmemory 1", "OK");
    redis.says("MULTI", "OK");
    redis.says("GET a", REFUSED);
    redis.says("EXEC", "(error) EXECABORT Transaction discarded because of previous errors.");
    redis.says("MULTI", "OK");
    redis.says("DISCARD", "OK");
    redis.says("CONFIG SET maxmemory 0", "OK");
    redis.says("MULTI", "OK");
    redis.says("SET b 1", "QUEUED");
    redis.says("CONFIG SET maxmemory 1", "QUEUED");
    redis.says("EXEC", "1) OK\n2) OK");
  }

  @Test
  void countsTheTimeAboveTheLimit() {
    redis.says("SET a 1", "OK");
    redis.says("CONFIG SET maxmemory 1", "OK");
    redis.says("SET b 1", REFUSED);
    await().until(() -> info("current_eviction_exceeded_time") > 0);
    redis.says("CONFIG SET maxmemory 0", "OK");
    await().until(() -> info("current_eviction_exceeded_time") == 0);
    assertThat(info("total_eviction_exceeded_time")).isPositive();
    redis.says("CONFIG RESETSTAT", "OK");
    assertThat(info("total_eviction_exceeded_time")).isZero();
  }

  private long info(String field) {
    String text = redis.text("INFO stats");
    int at = text.indexOf(field + ':') + field.length() + 1;
    return Long.parseLong(text.substring(at, text.indexOf('\r', at)));
  }

  /** Each eviction causes more output than the memory it frees. */
  @Test
  void doesNotEvictForTheInvalidationsThatEvictionsCause() throws Exception {
    redis.says("FLUSHALL", "OK");
    redis.says("CONFIG SET maxmemory-policy allkeys-lru maxmemory-eviction-tenacity 100", "OK");
    List<RespClient> trackers = new ArrayList<>();
    try {
      for (int i = 0; i < 10; i++) {
        RespClient tracker = RespClient.connect("127.0.0.1", server.port());
        trackers.add(tracker);
        tracker.call("HELLO", "3");
        tracker.call("CLIENT", "TRACKING", "ON");
      }
      String name = "x".repeat(1_000);
      for (int i = 0; i < 300; i++) {
        redis.says("SET " + i + name + " v", "OK");
        for (RespClient tracker : trackers) {
          tracker.call("GET", i + name);
        }
      }
      redis.says("CONFIG SET maxmemory " + (redis.usedMemory() - 40_000), "OK");
      assertThat(info("evicted_keys")).isBetween(10L, 60L);
      assertThat(redis.ask("DBSIZE")).isEqualTo("(integer) " + (300 - info("evicted_keys")));
    } finally {
      for (RespClient tracker : trackers) {
        tracker.close();
      }
      redis.says("CONFIG SET maxmemory 0 maxmemory-eviction-tenacity 10", "OK");
    }
  }

  @Test
  void freesGarbageBeforeEvicting() {
    redis.says("DEBUG PAUSE-CRON 1", "OK");
    StringBuilder fields = new StringBuilder("HSET garbage");
    for (int i = 0; i < 5000; i++) {
      fields.append(" field:").append(i).append(' ').append("v".repeat(100));
    }
    redis.says(fields.toString(), "(integer) 5000");
    for (int i = 0; i < 100; i++) {
      redis.says("SET key:" + i + " v", "OK");
    }
    redis.says("UNLINK garbage", "(integer) 1");
    long limit = redis.usedMemory() - 200_000;
    redis.says(
        "CONFIG SET maxmemory-eviction-tenacity 100 maxmemory-policy allkeys-random maxmemory "
            + limit,
        "OK");
    redis.says("SET more v", "OK");
    assertThat(redis.usedMemory()).isLessThanOrEqualTo(limit);
    redis.says("DBSIZE", "(integer) 101");
    redis.says("CONFIG SET maxmemory-eviction-tenacity 10", "OK");
    redis.says("DEBUG PAUSE-CRON 0", "OK");
    assertThat(info("evicted_keys")).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-lrm",
        "allkeys-random",
        "volatile-lrm",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl"
      })
  void evictsUntilTheRestFits(String policy) {
    String value = "v".repeat(1000);
    for (int i = 0; i < 2000; i++) {
      redis.says("SET key:" + i + " " + value + " EX 1000", "OK");
    }
    long limit = redis.usedMemory() - 1_000_000;
    redis.says("CONFIG SET maxmemory-policy " + policy + " maxmemory " + limit, "OK");
    await().until(() -> redis.usedMemory() <= limit);
    assertThat(redis.integer("DBSIZE")).isBetween(500L, 1200L);
    for (int i = 0; i < 500; i++) {
      redis.says("SET more:" + i + " " + value + " EX 1000", "OK");
    }
    await().until(() -> redis.usedMemory() <= limit);
  }

  /** Replaces a key by a copy that looks unused and unmodified for a thousand seconds. */
  private void age(String key) throws IOException {
    byte[] payload = ((Reply.Bulk) redis.reply("DUMP " + key)).bytes();
    Reply reply =
        redis
            .client()
            .call(
                bytes("RESTORE"),
                bytes(key),
                bytes("0"),
                payload,
                bytes("REPLACE"),
                bytes("IDLETIME"),
                bytes("1000"));
    assertThat(reply.text()).isEqualTo("OK");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static final List<List<String>> WRITES_AND_READS =
      List.of(
          List.of("APPEND s x", "GET s"),
          List.of("INCR i", "GET i"),
          List.of("SETRANGE r 0 y", "GETRANGE r 0 -1"),
          List.of("RPUSH l x", "LRANGE l 0 -1"),
          List.of("HSET h f v", "HGETALL h"),
          List.of("SADD e x", "SMEMBERS e"),
          List.of("ZINCRBY z 1 m", "ZRANGE z 0 -1"),
          List.of("XADD x * f v", "XRANGE x - +"),
          List.of("EXPIRE v 1000", "TTL v"));

  @Test
  void onlyModificationsMoveTheClockOfLrm() throws IOException {
    redis.says("SET v 1", "OK");
    redis.says("SET r " + "x".repeat(5000), "OK");
    for (List<String> pair : WRITES_AND_READS) {
      String write = pair.getFirst();
      String read = pair.getLast();
      final String key = write.split(" ")[1];
      redis.says("CONFIG SET maxmemory-policy volatile-lrm", "OK");
      redis.reply(write);
      age(key);
      redis.reply(read);
      redis.reply("TOUCH " + key);
      redis.reply("EXISTS " + key);
      redis.says("CONFIG SET maxmemory-policy allkeys-lrm", "OK");
      assertThat(redis.integer("OBJECT IDLETIME " + key)).as(read).isBetween(1000L, 1100L);
      redis.reply(write + (write.startsWith("SADD") ? "y" : ""));
      assertThat(redis.integer("OBJECT IDLETIME " + key)).as(write).isLessThan(100);
      age(key);
      redis.says("CONFIG SET maxmemory-policy allkeys-lru", "OK");
      assertThat(redis.integer("OBJECT IDLETIME " + key)).isGreaterThanOrEqualTo(1000);
      redis.reply("TOUCH " + key);
      assertThat(redis.integer("OBJECT IDLETIME " + key)).as(read).isLessThan(100);
    }
    redis.says("CONFIG SET maxmemory-policy allkeys-lfu", "OK");
    assertThat(redis.text("OBJECT IDLETIME s")).startsWith("ERR An LFU maxmemory policy");
    redis.says("CONFIG SET maxmemory-policy allkeys-lrm", "OK");
    assertThat(redis.text("OBJECT FREQ s")).startsWith("ERR An LFU maxmemory policy is not");
  }

  @Test
  void evictsTheLeastRecentlyModifiedKeysAlthoughTheyAreRead() throws IOException {
    redis.says("CONFIG SET maxmemory-policy allkeys-lrm maxmemory-samples 20", "OK");
    String value = "v".repeat(1000);
    for (int i = 0; i < 400; i++) {
      redis.says("SET old:" + i + " " + value, "OK");
      age("old:" + i);
      redis.says("SET new:" + i + " " + value, "OK");
    }
    for (int i = 0; i < 400; i++) {
      redis.reply("GET old:" + i);
    }
    long limit = redis.usedMemory() - 200_000;
    redis.says("CONFIG SET maxmemory " + limit, "OK");
    await().until(() -> redis.usedMemory() <= limit);
    long old = 0;
    long fresh = 0;
    for (int i = 0; i < 400; i++) {
      old += redis.integer("EXISTS old:" + i);
      fresh += redis.integer("EXISTS new:" + i);
    }
    assertThat(old).isLessThan(300);
    assertThat(fresh).isGreaterThan(380);
    redis.says("CONFIG SET maxmemory-samples 5", "OK");
  }

  @Test
  void volatilePoliciesKeepKeysWithoutExpiry() {
    String value = "v".repeat(1000);
    for (int i = 0; i < 100; i++) {
      redis.says("SET kept:" + i + " " + value, "OK");
      redis.says("SET goes:" + i + " " + value + " EX 1000", "OK");
    }
    redis.says("CONFIG SET maxmemory-policy volatile-ttl maxmemory 1", "OK");
    await().untilAsserted(() -> redis.says("DBSIZE", "(integer) 100"));
    redis.says("SET b 1", REFUSED);
  }

  @Test
  void volatileTtlEvictsTheKeyThatExpiresFirst() {
    String value = "v".repeat(100_000);
    redis.says("SET late " + value + " EX 3000", "OK");
    redis.says("SET soon " + value + " EX 1000", "OK");
    redis.says("SET later " + value + " EX 2000", "OK");
    long limit = redis.usedMemory() - 50_000;
    redis.says("CONFIG SET maxmemory-policy volatile-ttl maxmemory " + limit, "OK");
    await().untilAsserted(() -> redis.says("EXISTS late soon later", "(integer) 2"));
    redis.says("EXISTS soon", "(integer) 0");
  }
}
