package io.redoubt.server.command.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SORT and SORT_RO: sources, weights, patterns and destinations. */
@ServerTest
final class SortCommandsTest {
  private final Dialogue redis;

  SortCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @BeforeEach
  void elements() {
    redis.says("RPUSH list 3 10 1 2", "(integer) 4");
    redis.says("SADD set 3 10 1 2", "(integer) 4");
    redis.says("ZADD zset 7 3 5 10 6 1 4 2", "(integer) 4");
    redis.says("MSET w_1 30 w_2 20 w_3 10 name_1 one name_2 two name_10 ten", "OK");
    redis.says("HSET h_1 weight 5 name uno", "(integer) 2");
    redis.says("HSET h_2 weight 7", "(integer) 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "set", "zset"})
  void sortsByTheElements(String key) {
    isReply("SORT " + key, "1", "2", "3", "10");
    isReply("SORT " + key + " DESC", "10", "3", "2", "1");
    isReply("SORT " + key + " DESC ASC", "1", "2", "3", "10");
    isReply("SORT " + key + " ALPHA", "1", "10", "2", "3");
    isReply("SORT " + key + " ALPHA DESC", "3", "2", "10", "1");
    isReply("SORT " + key + " LIMIT 1 2", "2", "3");
    isReply("SORT " + key + " LIMIT -5 2", "1", "2");
    isReply("SORT " + key + " LIMIT 3 100", "10");
    isReply("SORT " + key + " LIMIT 1 -1", "2", "3", "10");
    redis.says("SORT " + key + " LIMIT 10 5", "(empty array)");
    isReply("SORT_RO " + key + " LIMIT 0 1", "1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "set", "zset"})
  void sortsByWeights(String key) {
    isReply("SORT " + key + " BY w_*", "10", "3", "2", "1");
    isReply("SORT " + key + " BY w_* DESC LIMIT 0 3", "1", "2", "3");
    isReply("SORT " + key + " BY h_*->weight DESC LIMIT 0 2", "2", "1");
    isReply("SORT " + key + " BY name_* ALPHA", "3", "1", "10", "2");
    redis.says(
        "SORT " + key + " BY name_*",
        "(error) ERR One or more scores can't be converted into double");
    redis.says(
        "SORT " + key + " BY name_* LIMIT 100 1",
        "(error) ERR One or more scores can't be converted into double");
  }

  @Test
  void sortsIntegersBesideOtherNumbers() {
    redis.says("RPUSH mixed 3 1.5 -2 9007199254740993 9007199254740992.5", "(integer) 5");
    isReply("SORT mixed", "-2", "1.5", "3", "9007199254740992.5", "9007199254740993");
    redis.says("RPUSH mixed no", "(integer) 6");
    redis.says("SORT mixed", "(error) ERR One or more scores can't be converted into double");
  }

  @Test
  void looksUpPatterns() {
    isReply("SORT list GET name_*", "one", "two", null, "ten");
    isReply("SORT list GET # GET h_*->name LIMIT 0 2", "1", "uno", "2", null);
    isReply("SORT list GET h_*-> GET nothing GET w_*->x LIMIT 0 1", null, null, null);
    redis.says("SET 1- one", "OK");
    redis.says("SET 1-> two", "OK");
    isReply("SORT list GET *- GET *-> LIMIT 0 1", "one", "two");
  }

  @Test
  void unsorted() {
    isReply("SORT list BY nosort", "3", "10", "1", "2");
    isReply("SORT list BY nosort DESC LIMIT 0 2", "2", "1");
    isReply("SORT zset BY nosort", "2", "10", "1", "3");
    isReply("SORT zset BY nosort DESC", "3", "1", "10", "2");
    isReply("SORT zset BY nosort ASC LIMIT 1 2", "10", "1");
    isReply("SORT zset BY nosort DESC LIMIT 3 5", "2");
    assertThat(texts("SORT set BY nosort")).containsExactlyInAnyOrder("1", "2", "3", "10");
    redis.says("SORT set BY nosort STORE list", "(integer) 4");
    isReply("LRANGE list 0 -1", "1", "10", "2", "3");
  }

  @Test
  void stored() {
    redis.says("SORT list STORE list", "(integer) 4");
    isReply("LRANGE list 0 -1", "1", "2", "3", "10");
    redis.says("EXPIRE list 100", "(integer) 1");
    redis.says("SORT set DESC GET # GET name_* STORE list", "(integer) 8");
    isReply("LRANGE list 0 -1", "10", "ten", "3", "", "2", "two", "1", "one");
    redis.says("TTL list", "(integer) -1");
    redis.says("SORT set STORE w_1", "(integer) 4");
    redis.says("TYPE w_1", "list");
    redis.says("SORT nothing STORE list", "(integer) 0");
    redis.says("EXISTS list", "(integer) 0");
    redis.says("SORT nothing STORE list", "(integer) 0");
  }

  @Test
  void parsesNumbersAsStrtod() {
    redis.says("RPUSH n \" 7\" 0x10 1e1 inf -inf \"\" -0.5", "(integer) 7");
    isReply("SORT n", "-inf", "-0.5", "", " 7", "1e1", "0x10", "inf");
    for (String none : List.of("nan", "5x", "\"5 \"", "\" \"", "1e400")) {
      redis.says("DEL n", "(integer) 1");
      redis.says("RPUSH n 1 " + none, "(integer) 2");
      redis.says("SORT n", "(error) ERR One or more scores can't be converted into double");
    }
  }

  @Test
  void refusesInvalidArguments() {
    redis.says("SET string x", "OK");
    redis.says(
        "SORT string", "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    redis.says("SORT string FOO", "(error) ERR syntax error");
    redis.says("SORT list LIMIT 1", "(error) ERR syntax error");
    redis.says("SORT list LIMIT a b", "(error) ERR value is not an integer or out of range");
    redis.says("SORT list BY", "(error) ERR syntax error");
    redis.says("SORT list GET", "(error) ERR syntax error");
    redis.says("SORT_RO list STORE x", "(error) ERR syntax error");
    redis.says("SORT nothing", "(empty array)");
  }

  @Test
  void keysAndPermissions() {
    isReply("COMMAND GETKEYS SORT list BY STORE GET x LIMIT STORE 1 STORE a STORE b", "list", "b");
    isReply("COMMAND GETKEYS SORT_RO list BY w_*", "list");
    redis.says("ACL SETUSER bob on >x ~list ~to +@all", "OK");
    redis.says("AUTH bob x", "OK");
    isReply("SORT list BY nosort LIMIT 0 1", "3");
    redis.says("SORT list STORE to", "(integer) 4");
    redis.says(
        "SORT list BY w_*",
        "(error) ERR BY option of SORT denied due to insufficient ACL permissions.");
    redis.says(
        "SORT list GET #",
        "(error) ERR GET option of SORT denied due to insufficient ACL permissions.");
    assertThat(redis.ask("SORT list STORE other")).startsWith("(error) NOPERM");
    redis.says("ACL SETUSER bob %W~*", "OK");
    redis.says(
        "SORT list BY w_*",
        "(error) ERR BY option of SORT denied due to insufficient ACL permissions.");
    redis.says("ACL SETUSER bob %R~*", "OK");
    isReply("SORT list BY nosuch_* GET # LIMIT 0 1", "1");
  }

  @Test
  void many() {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      numbers.add(i * 7);
    }
    Collections.shuffle(numbers, Seed.from(1));
    redis.ask("DEL list");
    for (int from = 0; from < numbers.size(); from += 1000) {
      List<String> words =
          numbers.subList(from, from + 1000).stream().map(String::valueOf).toList();
      redis.ask("RPUSH list " + String.join(" ", words));
    }
    numbers.sort(Comparator.reverseOrder());
    assertThat(texts("SORT list DESC")).isEqualTo(numbers.stream().map(String::valueOf).toList());
    redis.says("SORT list STORE sorted", "(integer) 20000");
    redis.says("LINDEX sorted 777", "\"5439\"");
  }

  private void isReply(String line, @Nullable String... texts) {
    assertThat(texts(line)).as(line).containsExactly(texts);
  }

  private List<@Nullable String> texts(String line) {
    List<@Nullable String> texts = new ArrayList<>();
    for (Reply each : redis.reply(line).elements()) {
      texts.add(each instanceof Reply.Null ? null : each.text());
    }
    return texts;
  }
}
