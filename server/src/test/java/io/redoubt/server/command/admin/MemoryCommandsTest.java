package io.redoubt.server.command.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@ServerTest
final class MemoryCommandsTest {
  private final Dialogue redis;

  MemoryCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void usageIsTheMemoryOfAKey() {
    long before = redis.restingMemory();
    redis.says("SET k " + "v".repeat(5000), "OK");
    long usage = redis.integer("MEMORY USAGE k");
    assertThat(usage).isBetween(5000L, 5000L + 1024);
    assertThat(redis.restingMemory() - before).isBetween(usage - 128, usage + 128);
    redis.says("MEMORY USAGE k SAMPLES 0", "(integer) " + usage);
    redis.says("MEMORY USAGE missing", "(nil)");
  }

  @Test
  void wrongArgumentsOfUsage() {
    redis.says("MEMORY USAGE k SAMPLES", "(error) ERR syntax error");
    redis.says("MEMORY USAGE k FOO 1", "(error) ERR syntax error");
    redis.says("MEMORY USAGE k SAMPLES -1", "(error) ERR syntax error");
    redis.says("MEMORY USAGE k SAMPLES x", "(error) ERR value is not an integer or out of range");
    redis.says("MEMORY USAGE", "(error) ERR wrong number of arguments for 'memory|usage' command");
  }

  @Test
  void statsAgreeWithInfo() {
    redis.says("SET k v EX 100", "OK");
    redis.says("SELECT 3", "OK");
    redis.says("SET k v", "OK");
    redis.says("SELECT 0", "OK");
    List<Reply> flat = redis.reply("MEMORY STATS").elements();
    Map<String, Reply> stats = new HashMap<>();
    for (int i = 0; i < flat.size(); i += 2) {
      stats.put(flat.get(i).text(), flat.get(i + 1));
    }
    assertThat(stats.get("keys.count").number()).isEqualTo(2);
    assertThat(stats).containsKeys("peak.allocated", "db.0", "db.3", "fragmentation.bytes");
    assertThat(stats).doesNotContainKey("db.1").hasSize(29);
    long total = stats.get("total.allocated").number();
    // The reply itself uses a buffer while it is written.
    assertThat(stats.get("overhead.total").number() + stats.get("dataset.bytes").number())
        .isCloseTo(total, within(20_000L));
    assertThat(stats.get("peak.allocated").number()).isGreaterThanOrEqualTo(total);
    assertThat(stats.get("db.0").elements()).hasSize(6);
  }

  @Test
  void reportsTheGrowthOfTheDataset() {
    long before = info("used_memory_dataset");
    for (int i = 0; i < 1000; i++) {
      redis.says("SET key:" + i + " " + "v".repeat(1000), "OK");
    }
    assertThat(info("used_memory_dataset") - before).isBetween(1_000_000L, 1_200_000L);
    assertThat(info("used_memory_overhead") + info("used_memory_dataset"))
        .isCloseTo(info("used_memory"), within(100_000L));
  }

  private long info(String field) {
    String text = redis.text("INFO memory");
    int at = text.indexOf("\n" + field + ":") + field.length() + 2;
    return Long.parseLong(text.substring(at, text.indexOf('\r', at)));
  }

  @Test
  void otherSubcommandsReply() {
    redis.says("MEMORY PURGE", "OK");
    assertThat(redis.text("MEMORY DOCTOR")).contains("very little data");
    redis.says("SET big " + "v".repeat(6_000_000), "OK");
    assertThat(redis.text("MEMORY DOCTOR")).doesNotContain("very little data");
    assertThat(redis.text("MEMORY MALLOC-STATS")).contains("bytes in use");
  }
}
