package io.redoubt.server.command.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Streams without blocking; other tests compare them with a real Redis. */
@ServerTest
final class StreamCommandsTest {
  private static final String INVALID_ID =
      "(error) ERR Invalid stream ID specified as stream command argument";

  private final Dialogue redis;

  StreamCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void requiresRisingIds() {
    redis.says("XADD s 5-* f v", "\"5-0\"");
    redis.says("XADD s 5-* f v", "\"5-1\"");
    redis.says("XADD s 6 f v", "\"6-0\"");
    redis.says(
        "XADD s 6-0 f v",
        "(error) ERR The ID specified in XADD is equal or smaller than the target stream top item");
    redis.says("XADD s 0-0 f v", "(error) ERR The ID specified in XADD must be greater than 0-0");
    redis.says("XADD t 0-* f v", "\"0-1\"");
    redis.says("XADD t NOMKSTREAM 7 f v", "\"7-0\"");
    redis.says("XADD nothing NOMKSTREAM * f v", "(nil)");
    redis.says("EXISTS nothing", "(integer) 0");
    assertThat(redis.text("XADD s * f v")).matches("\\d{13}-0");
    redis.says("XLEN s", "(integer) 4");
    redis.says("TYPE s", "stream");
    redis.says("OBJECT ENCODING s", "\"stream\"");
  }

  @Test
  void handlesTheMaximumId() {
    redis.says(
        "XADD s 18446744073709551615-18446744073709551614 f v",
        "\"18446744073709551615-18446744073709551614\"");
    redis.says("XADD s * f v", "\"18446744073709551615-18446744073709551615\"");
    redis.says(
        "XADD s * f v",
        "(error) ERR The stream has exhausted the last possible ID, unable to add more items");
    redis.says(
        "XRANGE s (18446744073709551615-18446744073709551614 +",
        "1) 1) \"18446744073709551615-18446744073709551615\"\n   2) 1) \"f\"\n      2) \"v\"");
    redis.says(
        "XRANGE s (18446744073709551615-18446744073709551615 +",
        "(error) ERR invalid start ID for the interval");
    redis.says("XREAD STREAMS s 18446744073709551615-18446744073709551615", "(nil)");
    redis.says("XADD s 18446744073709551616 f v", INVALID_ID);
  }

  @Test
  void badInput() {
    redis.says("SET string v", "OK");
    redis.says("XADD s 1-1 f v", "\"1-1\"");
    redis.says("XGROUP CREATE s g 0", "OK");
    String wrongType = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
    for (String command :
        new String[] {
          "XADD string * f v",
          "XLEN string",
          "XRANGE string - +",
          "XDEL string 1",
          "XTRIM string MAXLEN 1",
          "XSETID string 1",
          "XREAD STREAMS string 0",
          "XREADGROUP GROUP g c STREAMS string >",
          "XGROUP CREATE string g 0",
          "XACK string g 1",
          "XPENDING string g",
          "XCLAIM string g c 0 1",
          "XAUTOCLAIM string g c 0 0",
          "XINFO STREAM string",
          "XINFO GROUPS string",
          "XINFO CONSUMERS string g"
        }) {
      redis.says(command, wrongType);
    }
    for (String command :
        new String[] {
          "XADD s x f v",
          "XADD s - f v",
          "XADD s 1-x f v",
          "XADD s 1-1-1 f v",
          "XRANGE s x +",
          "XRANGE s (- +",
          "XDEL s 1-1 x",
          "XACK s g 1-1 x",
          "XREAD STREAMS s -",
          "XGROUP CREATE s h -",
          "XSETID s +",
          "XTRIM s MINID x",
          "XAUTOCLAIM s g c 0 x",
          "XCLAIM s g c 0 1 LASTID x"
        }) {
      redis.says(command, INVALID_ID);
    }
    redis.says("XLEN s", "(integer) 1");
    redis.says("XPENDING s g", "1) (integer) 0\n2) (nil)\n3) (nil)\n4) (nil)");
    redis.says("XADD s * f", "(error) ERR wrong number of arguments for 'xadd' command");
    redis.says("XADD s * f v f", "(error) ERR wrong number of arguments for 'xadd' command");
    redis.says(
        "XREAD STREAMS s $ 1",
        "(error) ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be"
            + " specified.");
    redis.says(
        "XREAD BLOCK x STREAMS s 0", "(error) ERR timeout is not an integer or out of range");
    redis.says("XREAD BLOCK -1 STREAMS s 0", "(error) ERR timeout is negative");
    redis.says(
        "XTRIM s MAXLEN 1 LIMIT 1",
        "(error) ERR syntax error, LIMIT cannot be used without the special ~ option");
    redis.says("XAUTOCLAIM s g c 0 0 COUNT 0", "(error) ERR COUNT must be > 0");
  }

  @Test
  void groupsContinueAfterAReload() {
    redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
    redis.says("XADD s 1 f a", "\"1-0\"");
    redis.says("XADD s 2 f b", "\"2-0\"");
    redis.says(
        "XREADGROUP GROUP g alice COUNT 1 STREAMS s >",
        "1) 1) \"s\"\n   2) 1) 1) \"1-0\"\n         2) 1) \"f\"\n            2) \"a\"");
    redis.says(
        "XREADGROUP GROUP g bob STREAMS s >",
        "1) 1) \"s\"\n   2) 1) 1) \"2-0\"\n         2) 1) \"f\"\n            2) \"b\"");
    redis.says("XREADGROUP GROUP g bob STREAMS s >", "(nil)");
    redis.says(
        "XPENDING s g",
        "1) (integer) 2\n2) \"1-0\"\n3) \"2-0\"\n"
            + "4) 1) 1) \"alice\"\n      2) \"1\"\n   2) 1) \"bob\"\n      2) \"1\"");
    redis.says("XACK s g 1-0 9-9", "(integer) 1");
    redis.says("XDEL s 2-0", "(integer) 1");
    redis.says(
        "XREADGROUP GROUP g bob STREAMS s 0",
        "1) 1) \"s\"\n   2) 1) 1) \"2-0\"\n         2) (nil)");
    redis.says("XAUTOCLAIM s g alice 0 0", "1) \"0-0\"\n2) (empty array)\n3) 1) \"2-0\"");
    redis.says("XGROUP DELCONSUMER s g bob", "(integer) 0");
    redis.says("XGROUP DESTROY s g", "(integer) 1");
    redis.says("XGROUP DESTROY s g", "(integer) 0");
    redis.says(
        "XREADGROUP GROUP g bob STREAMS s >",
        "(error) NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option");
  }

  @Test
  void tracksSeenAndActiveTimesOfConsumers() {
    redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
    redis.says("XREADGROUP GROUP g alice STREAMS s >", "(nil)");
    String consumers = redis.ask("XINFO CONSUMERS s g");
    assertThat(consumers).contains("\"inactive\"\n   8) (integer) -1");
    redis.says("XADD s 1 f a", "\"1-0\"");
    redis.ask("XREADGROUP GROUP g alice STREAMS s >");
    assertThat(redis.ask("XINFO CONSUMERS s g"))
        .containsPattern("\"inactive\"\n   8\\) \\(integer\\) \\d+");
    assertThat(redis.ask("XINFO STREAM s FULL")).contains("active-time");
  }

  @Test
  void copiesGroups() {
    redis.says("XGROUP CREATE s g 0 MKSTREAM", "OK");
    for (int i = 1; i < 300; i++) {
      redis.says("XADD s " + i + " f " + i, "\"" + i + "-0\"");
    }
    redis.ask("XREADGROUP GROUP g alice COUNT 200 STREAMS s >");
    redis.ask("XREADGROUP GROUP g bob COUNT 50 STREAMS s >");
    redis.says("COPY s t", "(integer) 1");
    for (String command : new String[] {"XINFO STREAM % FULL COUNT 0", "XPENDING % g"}) {
      assertThat(redis.ask(command.replace("%", "t")))
          .isEqualTo(redis.ask(command.replace("%", "s")));
    }
    redis.says("DEL s", "(integer) 1");
    assertThat(redis.integer("MEMORY USAGE t")).isGreaterThan(3000);
    redis.says("XLEN t", "(integer) 299");
    redis.says("SET t v", "OK");
    redis.says("TYPE t", "string");
  }

  @Test
  void trims() {
    redis.says("CONFIG SET stream-node-max-entries 10", "OK");
    for (int i = 1; i <= 100; i++) {
      redis.says("XADD s " + i + " f v", "\"" + i + "-0\"");
    }
    redis.says("XTRIM s MAXLEN ~ 45", "(integer) 50");
    redis.says("XTRIM s MAXLEN = 45", "(integer) 5");
    redis.says("XTRIM s MINID ~ 65", "(integer) 5");
    redis.says("XTRIM s MINID 65", "(integer) 4");
    redis.says("XTRIM s MAXLEN ~ 0 LIMIT 20", "(integer) 16");
    redis.says("XLEN s", "(integer) 20");
    redis.says("XTRIM s MAXLEN 0", "(integer) 20");
    redis.says("EXISTS s", "(integer) 1");
    assertThat(redis.ask("XINFO STREAM s"))
        .contains("\"recorded-first-entry-id\"\n14) \"0-0\"")
        .contains("\"last-generated-id\"\n 8) \"100-0\"");
    redis.says("CONFIG SET stream-node-max-entries 100", "OK");
  }

  @Test
  void savesANodeOfDeletedEntries() {
    // By Redis 7.0, after XDEL of the last of five entries and XTRIM MINID 5 of the others.
    redis.says(
        "RESTORE s 0 \""
            + "\\x13\\x01\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00"
            + "\\x00\\x00\\x00\\xc3\\x33\\x40\\x49\\x13\\x49\\x00\\x00\\x00\\x1e\\x00\\x00\\x01"
            + "\\x05\\x01\\x01\\x01\\x81\\x66\\x02\\x00\\x01\\x03\\x01\\x00\\x20\\x01\\x03\\x81"
            + "\\x76\\x02\\x04\\x20\\x0a\\x00\\x01\\xe0\\x01\\x0a\\x00\\x02\\xe0\\x01\\x0a\\x40"
            + "\\x22\\xa0\\x20\\x00\\x04\\xa0\\x15\\x01\\x01\\xff\\x00\\x05\\x00\\x00\\x00\\x05"
            + "\\x00\\x05\\x00\\x0a\\x00\\xee\\x03\\x3b\\x1c\\xd1\\xaa\\xcc\\x50"
            + "\"",
        "OK");
    redis.says("XLEN s", "(integer) 0");
    redis.says("XADD s 6 f v", "\"6-0\"");
    redis.says("XLEN s", "(integer) 1");
    redis.says("XTRIM s MAXLEN 0", "(integer) 1");
  }

  @Test
  void saturatesCounters() {
    redis.says("XADD s 1-1 f v", "\"1-1\"");
    redis.says("XSETID s 5-5 ENTRIESADDED 9223372036854775807", "OK");
    redis.says("XADD s 6-1 f v", "\"6-1\"");
    redis.says("XGROUP CREATE s g 0 ENTRIESREAD 9223372036854775807", "OK");
    redis.ask("XREADGROUP GROUP g me STREAMS s >");
    redis.ask("XCLAIM s g me 0 1-1 RETRYCOUNT 9223372036854775807 JUSTID");
    redis.ask("XCLAIM s g me 0 1-1");
    redis.ask("XAUTOCLAIM s g me 0 0");
    redis.ask("XREADGROUP GROUP g me STREAMS s 0");
    String full = redis.ask("XINFO STREAM s FULL");
    assertThat(full)
        .containsPattern("\"entries-added\"\n *12\\) \\(integer\\) 9223372036854775807")
        .containsPattern("\"entries-read\"\n *6\\) \\(integer\\) 9223372036854775807")
        .contains("4) (integer) 9223372036854775807")
        .doesNotContain("-9223372036854775808");
    redis.says("DEBUG RELOAD", "OK");
    assertThat(withoutActivity(redis.ask("XINFO STREAM s FULL"))).isEqualTo(withoutActivity(full));
  }

  /** RDB files of the default version lack the active times of consumers. */
  private static String withoutActivity(String full) {
    return full.replaceAll("\"active-time\"\n.*\n", "");
  }

  @Test
  void readsWrappedCountersOfRedisAsSaturated() {
    // By Redis 7.0, after the commands of saturatesCounters up to XCLAIM.
    redis.says(
        "RESTORE s 0 \""
            + "\\x13\\x01\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00"
            + "\\x00\\x00\\x01\\x28\\x28\\x00\\x00\\x00\\x0f\\x00\\x02\\x01\\x00\\x01\\x01\\x01"
            + "\\x81\\x66\\x02\\x00\\x01\\x02\\x01\\x00\\x01\\x00\\x01\\x81\\x76\\x02\\x04\\x01"
            + "\\x02\\x01\\x05\\x01\\x00\\x01\\x81\\x76\\x02\\x04\\x01\\xff\\x02\\x06\\x01\\x01"
            + "\\x01\\x00\\x00\\x81\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x01\\x67\\x01"
            + "\\x01\\x81\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00"
            + "\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x60\\x36\\xc3\\x05\\xa2"
            + "\\x01\\x00\\x00\\x81\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x02\\x6d\\x65"
            + "\\x60\\x36\\xc3\\x05\\xa2\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
            + "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x0a\\x00\\x70\\xc1\\x6e\\x26\\x28"
            + "\\x12\\xbc\\xc7"
            + "\"",
        "OK");
    assertThat(redis.ask("XINFO STREAM s FULL"))
        .containsPattern("\"entries-added\"\n *12\\) \\(integer\\) 9223372036854775807")
        .containsPattern("\"entries-read\"\n *6\\) \\(integer\\) 9223372036854775807")
        .contains("4) (integer) 9223372036854775807");
  }

  @Test
  void savesALastIdBelowTheLargestDeletedId() {
    // By Redis 7.0, after XADD s 1-1 f v, XSETID s 5-5 ENTRIESADDED 1 MAXDELETEDID 4-4, XSETID s
    // 3-3.
    redis.says(
        "RESTORE s 0 \""
            + "\\x13\\x01\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00"
            + "\\x00\\x00\\x01\\x1d\\x1d\\x00\\x00\\x00\\x0a\\x00\\x01\\x01\\x00\\x01\\x01\\x01"
            + "\\x81\\x66\\x02\\x00\\x01\\x02\\x01\\x00\\x01\\x00\\x01\\x81\\x76\\x02\\x04\\x01"
            + "\\xff\\x01\\x03\\x03\\x01\\x01\\x04\\x04\\x01\\x00\\x0a\\x00\\xd1\\x2e\\xbe\\xc9"
            + "\\x46\\xf5\\x21\\xb6"
            + "\"",
        "OK");
    assertThat(redis.ask("XINFO STREAM s")).containsPattern("max-deleted-entry-id\"\n.*\"3-3\"");
    redis.says("CONFIG SET aof-use-rdb-preamble no", "OK");
    redis.says("CONFIG SET appendonly yes", "OK");
    Awaitility.await()
        .until(() -> redis.text("INFO persistence").contains("aof_rewrite_in_progress:0"));
    redis.says("DEBUG LOADAOF", "OK");
    redis.says("XADD s 3-* f v", "\"3-4\"");
    redis.says("XLEN s", "(integer) 2");
  }
}
