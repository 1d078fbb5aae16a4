package io.redoubt.server.command.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** XADD with IDMP and IDMPAUTO, XCFGSET and XIDMPRECORD, as in Redis 8.6. */
@ServerTest
final class IdempotencyCommandsTest {
  private final Dialogue redis;
  private final RedisServer server;

  IdempotencyCommandsTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @BeforeEach
  void setLimits() {
    redis.says("CONFIG SET stream-idmp-duration 100 stream-idmp-maxsize 100", "OK");
  }

  private static String add(Dialogue by, String line) {
    Reply reply = by.reply(line);
    assertThat(reply).as(line).isInstanceOf(Reply.Bulk.class);
    return reply.text();
  }

  private String add(String line) {
    return add(redis, line);
  }

  /** Returns duration, maxsize, producers, ids, added, duplicates. */
  private List<Long> state(String key) {
    List<Reply> fields = redis.reply("XINFO STREAM " + key).elements();
    List<Long> state = new ArrayList<>();
    for (int i = 0; i < fields.size(); i += 2) {
      String name = fields.get(i).text();
      if (name.startsWith("idmp-") || name.startsWith("pids-") || name.startsWith("iids-")) {
        state.add(fields.get(i + 1).number());
      }
    }
    return state;
  }

  @Test
  void addsAMessageOnce() {
    String first = add("XADD s IDMP p m1 * f v");
    assertThat(add("XADD s IDMP p m1 * f other")).isEqualTo(first);
    String second = add("XADD s idmp p m2 * f v");
    assertThat(second).isNotEqualTo(first);
    String third = add("XADD s IDMP q m1 * f v");
    assertThat(add("XADD s NOMKSTREAM KEEPREF IDMP q m1 MAXLEN ~ 1 * f v")).isEqualTo(third);
    assertThat(redis.integer("XLEN s")).isEqualTo(3);
    assertThat(state("s")).containsExactly(100L, 100L, 2L, 3L, 3L, 2L);
    redis.says("XADD none NOMKSTREAM IDMP p m * f v", "(nil)");
    redis.says("EXISTS none", "(integer) 0");
  }

  @Test
  void findsTheIdOfContents() {
    String first = add("XADD s IDMPAUTO p * f v g w");
    assertThat(add("XADD s IDMPAUTO p * f v g w")).isEqualTo(first);
    for (String other : List.of("g w f v", "f vg w x", "fv g w x", "f v", "f v g w h x")) {
      assertThat(add("XADD s IDMPAUTO p * " + other)).isNotEqualTo(first);
    }
    assertThat(add("XADD s IDMPAUTO q * f v g w")).isNotEqualTo(first);
    String large = "x".repeat(10_000);
    String big = add("XADD s IDMPAUTO p MAXLEN 1 DELREF * f " + large);
    assertThat(add("XADD s IDMPAUTO p * f " + large)).isEqualTo(big);
    assertThat(add("XADD s IDMPAUTO p * f v g w")).isEqualTo(first); // although it was trimmed
    assertThat(redis.integer("XLEN s")).isEqualTo(1);
  }

  @Test
  void forgetsTheOldestIds() {
    add("XADD s * f v");
    redis.says("XCFGSET s IDMP-MAXSIZE 2", "OK");
    assertThat(state("s")).containsExactly(100L, 2L, 0L, 0L, 0L, 0L);
    String one = add("XADD s IDMP p 1 * f v");
    String two = add("XADD s IDMP p 2 * f v");
    String other = add("XADD s IDMP q 1 * f v");
    String three = add("XADD s IDMP p 3 * f v");
    assertThat(add("XADD s IDMP p 2 * f v")).isEqualTo(two);
    assertThat(add("XADD s IDMP p 3 * f v")).isEqualTo(three);
    assertThat(add("XADD s IDMP q 1 * f v")).isEqualTo(other);
    assertThat(add("XADD s IDMP p 1 * f v")).isNotEqualTo(one);
    assertThat(state("s")).containsExactly(100L, 2L, 2L, 3L, 5L, 3L);
    redis.says("XCFGSET s IDMP-MAXSIZE 2 IDMP-DURATION 100", "OK");
    assertThat(state("s")).containsExactly(100L, 2L, 2L, 3L, 5L, 3L);
    redis.says("XCFGSET s IDMP-DURATION 7", "OK");
    assertThat(state("s")).containsExactly(7L, 2L, 0L, 0L, 5L, 3L);
    assertThat(add("XADD s IDMP q 1 * f v")).isNotEqualTo(other);
  }

  @Test
  void forgetsIdsAfterTheirDuration() {
    redis.says("CONFIG SET stream-idmp-duration 1", "OK");
    long before = redis.restingMemory();
    String one = add("XADD s IDMP p 1 * f v");
    for (int i = 0; i < 200; i++) {
      add("XADD t IDMP p" + i + " " + "x".repeat(1000) + " * f v");
    }
    assertThat(redis.integer("MEMORY USAGE t SAMPLES 0")).isGreaterThan(200_000);
    assertThat(state("t")).startsWith(1L, 100L, 200L, 200L);
    // Nothing is added to the streams: the cron finds what is due.
    await().untilAsserted(() -> assertThat(state("t")).startsWith(1L, 100L, 0L, 0L));
    await().untilAsserted(() -> assertThat(state("s")).startsWith(1L, 100L, 0L, 0L));
    assertThat(add("XADD s IDMP p 1 * f v")).isNotEqualTo(one);
    redis.says("DEL s t", "(integer) 2");
    await().untilAsserted(() -> assertThat(redis.restingMemory() - before).isLessThan(100_000));
  }

  @Test
  void keepsIdsOfFutureEntriesForTheirDurationOnly() {
    redis.says("XADD s 99999999999999-1 f v", "\"99999999999999-1\"");
    redis.says("XCFGSET s IDMP-DURATION 1", "OK");
    redis.says("XADD s IDMP p 1 * f v", "\"99999999999999-2\"");
    redis.says("XADD s IDMP p 1 * f v", "\"99999999999999-2\"");
    await().untilAsserted(() -> assertThat(state("s")).startsWith(1L, 100L, 0L, 0L));
  }

  @Test
  void movesWithTheStream() {
    String one = add("XADD s IDMP p 1 * f v");
    redis.says("RENAME s {s}t", "OK");
    assertThat(add("XADD {s}t IDMP p 1 * f v")).isEqualTo(one);
    redis.says("COPY {s}t s", "(integer) 1");
    assertThat(state("s")).containsExactly(100L, 100L, 1L, 1L, 1L, 1L);
    assertThat(add("XADD s IDMP p 1 * f v")).isEqualTo(one);
    assertThat(redis.integer("MEMORY USAGE s")).isPositive();
    Reply payload = redis.reply("DUMP s");
    assertThat(payload).isInstanceOf(Reply.Bulk.class);
    redis.says("FLUSHALL ASYNC", "OK");
    assertThat(add("XADD s IDMP p 1 * f v")).isNotEqualTo(one);
  }

  @Test
  void survivesAReload() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      ids.add(add("XADD s IDMP p" + i % 3 + " " + i + "x".repeat(i) + " * f v"));
    }
    String auto = add("XADD s IDMPAUTO p * f v");
    redis.says("XCFGSET empty IDMP-MAXSIZE 7", "(error) ERR no such key");
    redis.says("XADD empty MAXLEN 0 1-1 f v", "\"1-1\"");
    redis.says("XCFGSET empty IDMP-MAXSIZE 7", "OK");
    redis.says("XTRIM s MAXLEN 1", "(integer) 300");
    List<Long> before = state("s");
    String huge = "h".repeat(3_000_000);
    final String large = add("XADD h IDMP " + huge + " " + huge + " * f v");
    for (int reload = 0; reload < 2; reload++) {
      redis.says("DEBUG RELOAD", "OK");
      assertThat(state("s")).isEqualTo(before);
      assertThat(state("empty")).containsExactly(100L, 7L, 0L, 0L, 0L, 0L);
    }
    for (int i = 0; i < 300; i++) {
      assertThat(add("XADD s IDMP p" + i % 3 + " " + i + "x".repeat(i) + " * f v"))
          .isEqualTo(ids.get(i));
    }
    assertThat(add("XADD s IDMPAUTO p * f v")).isEqualTo(auto);
    assertThat(add("XADD h IDMP " + huge + " " + huge + " * f v")).isEqualTo(large);
    redis.says("DEL h", "(integer) 1");
  }

  @Test
  void recordsIds() {
    redis.says("XADD s 5-1 f v", "\"5-1\"");
    redis.says("XIDMPRECORD s p i 5-1", "OK");
    redis.says("XIDMPRECORD s p i 5-1", "OK");
    redis.says("XADD s 5-2 f v", "\"5-2\"");
    redis.says("XIDMPRECORD s p j 5-3", "(error) ERR The stream has no entry of this ID");
    redis.says("XIDMPRECORD none p j 5-3", "(error) ERR no such key");
    redis.says(
        "XIDMPRECORD s \"\" j 5-1", "(error) ERR Producer and idempotent IDs must not be empty");
    redis.says(
        "XIDMPRECORD s p j x",
        "(error) ERR Invalid stream ID specified as stream command argument");
    redis.says("DEL s", "(integer) 1");
    String now = add("XADD s * f v");
    String next = add("XADD s * f v");
    redis.says("XIDMPRECORD s p i " + now, "OK");
    redis.says(
        "XIDMPRECORD s p i " + next, "(error) ERR The idempotent ID belongs to another entry");
    assertThat(add("XADD s IDMP p i * f v")).isEqualTo(now);
    assertThat(state("s")).containsExactly(100L, 100L, 1L, 1L, 1L, 1L);
  }

  @Test
  void refusals() {
    redis.says("SET string x", "OK");
    redis.says("XADD s 1 f v", "\"1-0\"");
    String wrongType = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
    redis.says("XADD string IDMP p i * f v", wrongType);
    redis.says("XCFGSET string IDMP-MAXSIZE 1", wrongType);
    redis.says("XIDMPRECORD string p i 1", wrongType);
    for (String id : List.of("2", "2-*", "2-1")) {
      redis.says(
          "XADD s IDMP p i " + id + " f v", "(error) ERR IDMP and IDMPAUTO require the ID to be *");
      redis.says(
          "XADD s IDMPAUTO p " + id + " f v",
          "(error) ERR IDMP and IDMPAUTO require the ID to be *");
    }
    redis.says("XADD s IDMP p i IDMPAUTO q * f v", "(error) ERR syntax error");
    redis.says("XADD s IDMPAUTO p IDMPAUTO p * f v", "(error) ERR syntax error");
    redis.says(
        "XADD s f v IDMP p",
        "(error) ERR Invalid stream ID specified as stream command" + " argument");
    redis.says("XADD s NOMKSTREAM IDMP p", "(error) ERR syntax error");
    redis.says(
        "XADD s IDMP \"\" i * f v", "(error) ERR Producer and idempotent IDs must not be empty");
    redis.says(
        "XADD s IDMP p \"\" * f v", "(error) ERR Producer and idempotent IDs must not be empty");
    redis.says("XADD s IDMP p i *", "(error) ERR wrong number of arguments for 'xadd' command");
    redis.says("XCFGSET s", "(error) ERR syntax error");
    redis.says("XCFGSET s IDMP-MAXSIZE", "(error) ERR syntax error");
    redis.says("XCFGSET s IDMP-ADDED 1 IDMP-MAXSIZE 1", "(error) ERR syntax error");
    for (String number : List.of("0", "-1", "x", "10001", "9223372036854775808")) {
      redis.says("XCFGSET s IDMP-MAXSIZE " + number, "(error) ERR invalid maxsize");
    }
    for (String number : List.of("0", "-1", "x", "86401", "9223372036854775808")) {
      redis.says("XCFGSET s IDMP-DURATION " + number, "(error) ERR invalid duration");
    }
    assertThat(state("s")).isEmpty();
    assertThat(redis.integer("XLEN s")).isEqualTo(1);
  }

  @Test
  void worksInScriptsAndTransactionsAndWithResp3() {
    String one =
        add("EVAL \"return redis.call('XADD', KEYS[1], 'IDMP', 'p', 'i', '*', 'f', 'v')\" 1 s");
    redis.says("MULTI", "OK");
    redis.says("XADD s IDMP p i * f v", "QUEUED");
    redis.says("EXEC", "1) \"" + one + "\"");
    try (Dialogue other = new Dialogue(server.port())) {
      other.reply("HELLO 3");
      assertThat(add(other, "XADD s IDMP p i * f v")).isEqualTo(one);
      assertThat(other.reply("XINFO STREAM s")).isInstanceOf(Reply.Map.class);
      assertThat(other.reply("XINFO STREAM s FULL")).isInstanceOf(Reply.Map.class);
    }
    redis.says("COMMAND GETKEYS XADD s IDMP p i * f v", "1) \"s\"");
    redis.says("COMMAND GETKEYS XCFGSET s IDMP-MAXSIZE 1", "1) \"s\"");
    redis.says("COMMAND GETKEYS XIDMPRECORD s p i 1", "1) \"s\"");
    redis.says("ACL SETUSER w on nopass ~t +@all", "OK");
    for (String command : List.of("XADD s IDMP p i * f v", "XCFGSET s IDMP-MAXSIZE 1")) {
      redis.says("ACL DRYRUN w " + command, "\"User w has no permissions to access the 's' key\"");
    }
  }
}
