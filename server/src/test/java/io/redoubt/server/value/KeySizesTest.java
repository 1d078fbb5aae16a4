package io.redoubt.server.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The section Keysizes of INFO. */
@ServerTest
final class KeySizesTest {
  private static final String TITLE = "# Keysizes\r\n";

  private final Dialogue redis;

  KeySizesTest(Dialogue redis) {
    this.redis = redis;
  }

  private void fill(String command, int sizes) {
    redis.reply("EVAL \"for i = 1, tonumber(ARGV[1]) do " + command + " end\" 0 " + sizes);
  }

  @Test
  void countsEachTypeByPowersOfTwo() {
    assertThat(redis.text("INFO keysizes")).isEqualTo(TITLE);
    redis.says("SET empty \"\"", "OK");
    redis.says("SET one x", "OK");
    redis.says("SET number 1234567", "OK");
    redis.says("SETRANGE large 2000000 x", "(integer) 2000001");
    redis.says("APPEND raw abc", "(integer) 3");
    fill("redis.call('RPUSH', 'short', i)", 3);
    fill("redis.call('RPUSH', 'long', 'a value of some length ' .. i)", 5000);
    fill("redis.call('SADD', 'numbers', i)", 4);
    fill("redis.call('SADD', 'words', 'w' .. i)", 700);
    fill("redis.call('ZADD', 'zshort', i, i)", 1);
    fill("redis.call('ZADD', 'zlong', i, i)", 300);
    fill("redis.call('HSET', 'hshort', i, i)", 7);
    fill("redis.call('HSET', 'hlong', i, i)", 1024);
    redis.reply("HSETEX hexpiring EX 1000 FIELDS 2 a 1 b 2");
    redis.reply("XADD stream * f v");
    redis.says("SELECT 3", "OK");
    redis.says("SET only-here 12", "OK");
    redis.says("SELECT 0", "OK");
    assertThat(redis.text("INFO keysizes"))
        .isEqualTo(
            TITLE
                + "db0_distrib_strings_sizes:0=1,1=1,2=1,4=1,1M=1\r\n"
                + "db0_distrib_lists_items:2=1,4K=1\r\n"
                + "db0_distrib_sets_items:4=1,512=1\r\n"
                + "db0_distrib_zsets_items:1=1,256=1\r\n"
                + "db0_distrib_hashes_items:2=1,4=1,1K=1\r\n"
                + "db3_distrib_strings_sizes:2=1\r\n");
    redis.says("LPOP short", "\"1\"");
    redis.says("LTRIM short 0 0", "OK");
    redis.says("DEL long", "(integer) 1");
    assertThat(redis.text("INFO KEYSIZES")).contains("db0_distrib_lists_items:1=1\r\n");
  }

  @Test
  void isShownByItsNameOnly() {
    redis.says("SET k v", "OK");
    assertThat(redis.text("INFO everything")).doesNotContain("Keysizes");
    assertThat(redis.text("INFO all")).doesNotContain("Keysizes");
    assertThat(redis.text("INFO server keysizes")).contains("db0_distrib_strings_sizes:1=1");
  }

  /** A third of the keys are ten times as long. */
  @Test
  void estimatesALargeDatabase() {
    int keys = 3 * KeySizes.MOST_KEYS / 2;
    fill("redis.call('SET', 'key:' .. i, string.rep('x', i % 3 == 0 and 100 or 10))", keys);
    String text = redis.text("INFO keysizes");
    Matcher samples = Pattern.compile("db0_distrib_samples:(\\d+)").matcher(text);
    assertThat(samples.find()).isTrue();
    assertThat(Integer.parseInt(samples.group(1)))
        .isBetween(KeySizes.MOST_KEYS, KeySizes.MOST_KEYS + 1000);
    assertThat(count(text, "8") + count(text, "64")).isBetween(keys - 1, keys + 1);
    assertThat(count(text, "64")).isBetween(keys * 30 / 100, keys * 37 / 100);
  }

  private static int count(String text, String bin) {
    String line =
        text.lines()
            .filter(each -> each.startsWith("db0_distrib_strings_sizes:"))
            .findFirst()
            .get();
    for (String each : line.substring(line.indexOf(':') + 1).split(",")) {
      if (each.startsWith(bin + "=")) {
        return Integer.parseInt(each.substring(each.indexOf('=') + 1));
      }
    }
    return 0;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "2, 2",
    "10, 512",
    "11, 1K",
    "20, 512K",
    "21, 1M",
    "40, 512G",
    "64, 8E"
  })
  void labelsBins(int bin, String label) {
    assertThat(KeySizes.label(bin)).isEqualTo(label);
  }
}
