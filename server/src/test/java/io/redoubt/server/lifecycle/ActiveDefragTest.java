package io.redoubt.server.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.memory.CheckingSlabs;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests that memory is returned to the system: after a flush, and from sparse pages by {@code
 * activedefrag}.
 */
final class ActiveDefragTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PATIENCE_MILLIS = 60_000;

  /** Values of all types, small and large, some with expiry times of keys, fields and members. */
  private static final String FILL =
      """
      for i = 1, 1500 do
        redis.call('SET', 'string:' .. i, string.rep('v', i % 300))
        redis.call('SET', 'expiring:' .. i, string.rep('x', i % 90), 'EX', 100000 + i)
        redis.call('SET', 'long:' .. i, string.rep('w', 300 + i % 700))
        redis.call('SET', 'number:' .. i, i)
      end
      for i = 1, 120 do
        for j = 1, i % 60 do
          redis.call('HSET', 'hash:' .. i, 'field:' .. j, string.rep('h', j * 3))
          redis.call('RPUSH', 'list:' .. i, string.rep('l', j * 2))
          redis.call('SADD', 'set:' .. i, 'member' .. j)
          redis.call('SADD', 'numbers:' .. i, j)
          redis.call('ZADD', 'zset:' .. i, j, 'member' .. j)
          redis.call('XADD', 'stream:' .. i, j .. '-1', 'f', string.rep('s', j))
        end
        if i % 60 > 2 then
          redis.call('HPEXPIREAT', 'hash:' .. i, 9000000000000 + i, 'FIELDS', 1, 'field:1')
          redis.call('XGROUP', 'CREATE', 'stream:' .. i, 'group', '0')
        end
      end
      for i = 1, 1200 do
        redis.call('HSET', 'large', i, string.rep('v', 70))
      end
      return 'OK'
      """;

  private static final String THIN =
      """
      for i = 1, 1500 do
        if i % 5 > 0 then
          redis.call('DEL', 'string:' .. i, 'expiring:' .. i, 'long:' .. i, 'number:' .. i)
        end
      end
      for i = 1, 120 do
        if i % 5 > 0 then
          redis.call('DEL', 'hash:' .. i, 'list:' .. i, 'set:' .. i, 'numbers:' .. i, 'zset:' .. i)
          redis.call('DEL', 'stream:' .. i)
        end
      end
      return 'OK'
      """;

  private RedisServer server;
  private Dialogue client;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.make(Log.silent(Clock.system()), CheckingSlabs::new, "hz 100");
    server.start().get();
    client = new Dialogue(server.port());
    run(FILL);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private void run(String script) throws Exception {
    try (RespClient patient = RespClient.connect("127.0.0.1", server.port(), PATIENCE_MILLIS)) {
      assertThat(patient.call("EVAL", script, "0").text()).isEqualTo("OK");
    }
  }

  private long field(String section, String name) {
    return client
        .text("INFO " + section)
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> Long.parseLong(line.substring(name.length() + 1).strip()))
        .findFirst()
        .orElseThrow();
  }

  private void configure(String... namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      client.says("CONFIG SET " + namesAndValues[i] + " " + namesAndValues[i + 1], "OK");
    }
  }

  /** Turns defragmentation on, for any fragmentation. */
  private void defragment() {
    configure(
        "active-defrag-ignore-bytes",
        "1",
        "active-defrag-threshold-lower",
        "1",
        "active-defrag-threshold-upper",
        "2",
        "active-defrag-cycle-max",
        "50",
        "activedefrag",
        "yes");
  }

  @Test
  void sparsePagesAreGivenBackAndValuesStay() throws Exception {
    run(THIN);
    String digest = client.text("DEBUG DIGEST");
    long held = field("memory", "allocator_active");
    defragment();
    await().atMost(LIMIT).until(() -> field("stats", "active_defrag_hits") > 300);
    await()
        .atMost(LIMIT)
        .until(() ->
            field("memory", "active_defrag_running") == 0
                && field("memory", "allocator_active") < held * 4 / 5);
    client.says("DEBUG DIGEST", digest);
    assertThat(field("stats", "active_defrag_key_hits")).isPositive();
    assertThat(field("stats", "total_active_defrag_time")).isPositive();
    client.says("CONFIG RESETSTAT", "OK");
    configure("activedefrag", "no");
    assertThat(field("stats", "active_defrag_key_hits")).isZero();
    // Keys and fields still expire, so the expiry order has the new addresses of the entries.
    client.says("PEXPIRE expiring:5 1", "(integer) 1");
    client.says("HPEXPIRE hash:5 1 FIELDS 1 field:1", "1) (integer) 1");
    await()
        .atMost(LIMIT)
        .until(
            () -> client.integer("EXISTS expiring:5") == 0 && client.integer("HLEN hash:5") == 4);
    client.says("FLUSHALL", "OK");
  }

  @Test
  void valuesCanBeSavedAndChangedMeanwhile() throws Exception {
    run(THIN);
    String digest = client.text("DEBUG DIGEST");
    defragment();
    for (int round = 0; round < 8; round++) {
      client.ask("BGSAVE");
      run(
          "for i = 1, 2000 do redis.call('SET', 'new:' .. i, i .. string.rep('n', i % 250)) end"
              + " for i = 1, 2000 do redis.call('DEL', 'new:' .. i) end return 'OK'");
    }
    await().atMost(LIMIT).until(() -> field("persistence", "rdb_bgsave_in_progress") == 0);
    client.says("DEBUG DIGEST", digest);
    client.says("DEBUG RELOAD", "OK");
    client.says("DEBUG DIGEST", digest);
  }

  @Test
  void nothingMovesBelowTheLimits() throws Exception {
    run(THIN);
    configure("active-defrag-ignore-bytes", "1gb", "activedefrag", "yes");
    long ticks = field("stats", "eventloop_cycles");
    await().atMost(LIMIT).until(() -> field("stats", "eventloop_cycles") > ticks + 150);
    assertThat(field("stats", "active_defrag_hits")).isZero();
    assertThat(field("stats", "current_active_defrag_time")).isZero();
  }

  @Test
  void memoryOfAFlushedServerIsGivenBackByItself() {
    long filled = field("memory", "allocator_active");
    client.says("FLUSHALL", "OK");
    await().atMost(LIMIT).until(() -> field("memory", "allocator_active") < filled / 4);
    assertThat(field("memory", "allocator_active"))
        .isLessThan(2 * field("memory", "allocator_allocated") + (4 << 20));
  }
}
