package io.redoubt.server.command.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** XDELEX, XACKDEL and the trimming of XADD and XTRIM by references, as in Redis 8.2. */
@ServerTest
final class StreamDeletionCommandsTest {
  private static final String NONE = "(empty array)";

  private final Dialogue redis;

  StreamDeletionCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  /**
   * Adds six entries: group g has read four of them and acknowledged the first, group h has read
   * three.
   */
  @BeforeEach
  void fill() {
    for (int i = 1; i <= 6; i++) {
      redis.says("XADD s " + i + " f v", "\"" + i + "-0\"");
    }
    redis.says("XGROUP CREATE s g 0", "OK");
    redis.says("XGROUP CREATE s h 0", "OK");
    redis.reply("XREADGROUP GROUP g c COUNT 4 STREAMS s >");
    redis.reply("XREADGROUP GROUP h c COUNT 3 STREAMS s >");
    redis.says("XACK s g 1", "(integer) 1");
  }

  private List<String> ids() {
    return redis.reply("XRANGE s - +").elements().stream()
        .map(entry -> entry.elements().getFirst().text())
        .toList();
  }

  private List<String> pending(String group) {
    return redis.reply("XPENDING s " + group + " - + 10").elements().stream()
        .map(entry -> entry.elements().getFirst().text())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "KEEPREF "})
  void keepsReferences(String policy) {
    redis.says("XDELEX s " + policy + "IDS 2 2-0 9", "1) (integer) 1\n2) (integer) -1");
    redis.says("XDELEX s " + policy + "IDS 1 2", "1) (integer) -1");
    assertThat(ids()).containsExactly("1-0", "3-0", "4-0", "5-0", "6-0");
    assertThat(pending("g")).containsExactly("2-0", "3-0", "4-0");
    redis.says(
        "XACKDEL s g " + policy + "IDS 3 3 6 4-0",
        "1) (integer) 1\n2) (integer) -1\n3) (integer) 1");
    assertThat(ids()).containsExactly("1-0", "5-0", "6-0");
    assertThat(pending("g")).containsExactly("2-0");
    assertThat(pending("h")).containsExactly("1-0", "2-0", "3-0");
    redis.says("XACKDEL s g IDS 1 2", "1) (integer) -1");
    assertThat(pending("g")).isEmpty();
  }

  @Test
  void deletesReferences() {
    redis.says("XDEL s 2", "(integer) 1");
    redis.says("XDELEX s DELREF IDS 3 1 2 9", "1) (integer) 1\n2) (integer) -1\n3) (integer) -1");
    assertThat(ids()).containsExactly("3-0", "4-0", "5-0", "6-0");
    assertThat(pending("g")).containsExactly("3-0", "4-0");
    assertThat(pending("h")).containsExactly("3-0");
    redis.says("XACKDEL s g IDS 1 3 DELREF", "1) (integer) 1");
    assertThat(pending("g")).containsExactly("4-0");
    assertThat(pending("h")).isEmpty();
    assertThat(ids()).containsExactly("4-0", "5-0", "6-0");
  }

  @Test
  void deletesWhatAllGroupsHaveAcknowledged() {
    redis.says(
        "XDELEX s acked ids 4 1 4 6 9",
        "1) (integer) 2\n2) (integer) 2\n3) (integer) 2\n4) (integer) -1");
    redis.says("XACKDEL s h ACKED IDS 2 1 2", "1) (integer) 1\n2) (integer) 2");
    assertThat(ids()).containsExactly("2-0", "3-0", "4-0", "5-0", "6-0");
    assertThat(pending("h")).containsExactly("3-0");
    redis.says("XACKDEL s g ACKED IDS 2 2 4", "1) (integer) 1\n2) (integer) 2");
    assertThat(pending("g")).containsExactly("3-0");
    redis.says("XGROUP DESTROY s h", "(integer) 1");
    redis.says("XDELEX s ACKED IDS 3 3 4 5", "1) (integer) 2\n2) (integer) 1\n3) (integer) 2");
    redis.says("XGROUP DESTROY s g", "(integer) 1");
    redis.says("XDELEX s ACKED IDS 1 3", "1) (integer) 2");
    assertThat(ids()).containsExactly("3-0", "5-0", "6-0");
  }

  @Test
  void trimsByReferences() {
    redis.says("XTRIM s MAXLEN 5 ACKED", "(integer) 0");
    redis.says("XACK s h 1 2 3", "(integer) 3");
    redis.says("XACK s g 3", "(integer) 1");
    redis.says("XTRIM s MAXLEN 3 ACKED", "(integer) 2");
    assertThat(ids()).containsExactly("2-0", "4-0", "5-0", "6-0");
    redis.says("XTRIM s MINID 5 DELREF", "(integer) 2");
    assertThat(ids()).containsExactly("5-0", "6-0");
    assertThat(pending("g")).isEmpty();
    redis.says("XADD s KEEPREF MAXLEN = 2 7 f v", "\"7-0\"");
    redis.says("XADD s MAXLEN 1 ACKED 8 f v", "\"8-0\"");
    assertThat(ids()).containsExactly("6-0", "7-0", "8-0");
    redis.says("XADD s DELREF MAXLEN ~ 1 LIMIT 2 9 f v", "\"9-0\"");
    assertThat(ids()).containsExactly("8-0", "9-0");
    redis.says("XTRIM s MAXLEN 0 DELREF", "(integer) 2");
    redis.says("XLEN s", "(integer) 0");
    redis.says("XADD s DELREF 10 f v", "\"10-0\"");
  }

  @Test
  void refusals() {
    redis.says("SET string x", "OK");
    redis.says("XDELEX none IDS 2 1 2", "1) (integer) -1\n2) (integer) -1");
    redis.says("XACKDEL none g IDS 2 1 2", "1) (integer) -1\n2) (integer) -1");
    redis.says("XACKDEL s none IDS 1 1", "1) (integer) -1");
    for (String command : new String[] {"XDELEX string", "XACKDEL string g"}) {
      redis.says(
          command + " IDS 1 1",
          "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    for (String command : new String[] {"XDELEX s", "XACKDEL s g"}) {
      redis.says(command + " IDS 0 1", "(error) ERR Number of IDs must be a positive integer");
      redis.says(command + " IDS x 1", "(error) ERR Number of IDs must be a positive integer");
      for (String ids : new String[] {"IDS 2 1", "IDS 1 1 2", "IDS 1 1 2 ACKED"}) {
        redis.says(
            command + " " + ids,
            "(error) ERR The `numids` parameter must match the number of arguments");
      }
      redis.says(command + " KEEPREF DELREF IDS 1 1", "(error) ERR syntax error");
      redis.says(command + " ACKED IDS 1 1 ACKED", "(error) ERR syntax error");
      redis.says(command + " EVER IDS 1 1", "(error) ERR syntax error");
      redis.says(command + " KEEPREF ID 1 1", "(error) ERR syntax error");
      redis.says(
          command + " IDS 2 1 x",
          "(error) ERR Invalid stream ID specified as stream command argument");
    }
    redis.says("XTRIM s MAXLEN 1 ACKED DELREF", "(error) ERR syntax error");
    redis.says("XTRIM s ACKED ACKED", "(error) ERR syntax error");
    redis.says(
        "XADD s ACKED DELREF * f v",
        "(error) ERR Invalid stream ID specified as stream command argument");
    redis.says("XDELEX s IDS 1", "(error) ERR wrong number of arguments for 'xdelex' command");
    redis.says("XACKDEL s g IDS 1", "(error) ERR wrong number of arguments for 'xackdel' command");
    assertThat(ids()).hasSize(6);
  }

  @Test
  void readsTheLastEntry() {
    redis.says("XADD t 9 a b", "\"9-0\"");
    redis.says(
        "XREAD COUNT 5 STREAMS s none t + + +",
        "1) 1) \"s\"\n   2) 1) 1) \"6-0\"\n         2) 1) \"f\"\n            2) \"v\"\n"
            + "2) 1) \"t\"\n   2) 1) 1) \"9-0\"\n         2) 1) \"a\"\n            2) \"b\"");
    redis.says("XDEL s 6", "(integer) 1");
    redis.says(
        "XREAD BLOCK 0 STREAMS s +",
        "1) 1) \"s\"\n   2) 1) 1) \"5-0\"\n         2) 1) \"f\"\n            2) \"v\"");
    redis.says("XTRIM t MAXLEN 0", "(integer) 1");
    redis.says("XREAD STREAMS t +", "(nil)");
    redis.says("XREAD BLOCK 10 STREAMS none t + +", "(nil)");
    redis.says(
        "XREAD STREAMS s t 4 +",
        "1) 1) \"s\"\n   2) 1) 1) \"5-0\"\n         2) 1) \"f\"\n            2) \"v\"");
    redis.says(
        "XREAD STREAMS s (", "(error) ERR Invalid stream ID specified as stream command argument");
    assertThat(redis.text("XREADGROUP GROUP g c STREAMS s +"))
        .startsWith("ERR The + ID is meaningless in the context of XREADGROUP");
  }

  @Test
  void worksInScriptsAndTransactions() {
    redis.says(
        "EVAL \"return redis.call('XDELEX', KEYS[1], 'ACKED', 'IDS', 1, '2')\" 1 s",
        "1) (integer) 2");
    redis.says("MULTI", "OK");
    redis.says("XACKDEL s g DELREF IDS 1 2", "QUEUED");
    redis.says("XREAD BLOCK 0 STREAMS none +", "QUEUED");
    redis.says("EXEC", "1) 1) (integer) 1\n2) (nil)");
    redis.says("XPENDING s g 2 2 1", NONE);
  }
}
