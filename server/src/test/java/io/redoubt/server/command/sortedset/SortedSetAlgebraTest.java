package io.redoubt.server.command.sortedset;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unions, intersections and differences of sorted sets, small and large. */
@ServerTest
final class SortedSetAlgebraTest {
  private final Dialogue redis;

  SortedSetAlgebraTest(Dialogue redis) {
    this.redis = redis;
  }

  private void gives(String request, String reply) {
    assertThat(inLine(redis.reply(request))).as(request).isEqualTo(reply);
  }

  private static String inLine(Reply reply) {
    return reply instanceof Reply.Array array
        ? array.elements().stream()
            .map(SortedSetAlgebraTest::inLine)
            .collect(Collectors.joining(" ", "[", "]"))
        : reply.text();
  }

  private void twoSets(int entries) {
    redis.says("CONFIG SET zset-max-listpack-entries " + entries, "OK");
    redis.says("ZADD a 1 x 2 y 3 10", "(integer) 3");
    redis.says("ZADD b 5 y 6 10 7 z 8 w", "(integer) 4");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 128})
  void returned(int entries) {
    twoSets(entries);
    gives("ZUNION 2 a b WITHSCORES", "[x 1 y 7 z 7 w 8 10 9]");
    gives("ZUNION 3 a nothing b", "[x y z w 10]");
    gives("ZUNION 2 a b AGGREGATE MIN WEIGHTS 1 -1 WITHSCORES", "[w -8 z -7 10 -6 y -5 x 1]");
    gives("ZUNION 2 a a AGGREGATE MAX WITHSCORES", "[x 1 y 2 10 3]");
    gives("ZINTER 2 a b WITHSCORES", "[y 7 10 9]");
    gives("ZINTER 2 b a WEIGHTS 10 0.5 WITHSCORES", "[y 51 10 61.5]");
    gives("ZINTER 2 b a AGGREGATE MIN WITHSCORES", "[y 2 10 3]");
    gives("ZINTER 2 a nothing", "[]");
    gives("ZDIFF 2 a b WITHSCORES", "[x 1]");
    gives("ZDIFF 2 b a", "[z w]");
    gives("ZDIFF 2 nothing a", "[]");
    gives("ZDIFF 3 a nothing b", "[x]");
    redis.says("ZINTERCARD 2 a b", "(integer) 2");
    redis.says("ZINTERCARD 2 a b LIMIT 1", "(integer) 1");
    redis.says("ZINTERCARD 2 a b LIMIT 0", "(integer) 2");
    redis.says("ZINTERCARD 2 a nothing", "(integer) 0");
    redis.reply("HELLO 3");
    gives("ZUNION 2 a b WITHSCORES", "[[x 1] [y 7] [z 7] [w 8] [10 9]]");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 128})
  void countsTheSources(int entries) {
    twoSets(entries);
    redis.says("SADD s y 10 v", "(integer) 3");
    redis.says("ZADD infinite inf x -inf y", "(integer) 2");
    gives("ZUNION 2 a b AGGREGATE COUNT WITHSCORES", "[w 1 x 1 z 1 10 2 y 2]");
    gives(
        "ZUNION 3 a b s WEIGHTS 1 10 -0.5 aggregate count WITHSCORES",
        "[v -0.5 x 1 w 10 z 10 10 10.5 y 10.5]");
    gives("ZINTER 3 a b s AGGREGATE COUNT WITHSCORES", "[10 3 y 3]");
    gives("ZINTER 2 a b WEIGHTS 2 3 AGGREGATE COUNT WITHSCORES", "[10 5 y 5]");
    gives("ZUNION 2 a infinite WEIGHTS inf 0 AGGREGATE COUNT WITHSCORES", "[10 inf x inf y inf]");
    redis.says("ZUNIONSTORE c 2 a b AGGREGATE COUNT", "(integer) 5");
    gives("ZRANGE c 0 -1 WITHSCORES", "[w 1 x 1 z 1 10 2 y 2]");
    redis.says("ZINTERSTORE c 2 a nothing AGGREGATE COUNT", "(integer) 0");
    redis.says("EXISTS c", "(integer) 0");
    redis.says("ZUNION 1 a AGGREGATE COUNTS", "(error) ERR syntax error");
    redis.says("ZDIFF 1 a AGGREGATE COUNT", "(error) ERR syntax error");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 128})
  void stored(int entries) {
    twoSets(entries);
    redis.says("ZUNIONSTORE c 2 a b WEIGHTS 2 1", "(integer) 5");
    gives("ZRANGE c 0 -1 WITHSCORES", "[x 2 z 7 w 8 y 9 10 12]");
    redis.says("OBJECT ENCODING c", entries < 5 ? "\"skiplist\"" : "\"listpack\"");
    redis.says("ZINTERSTORE c 2 a b", "(integer) 2");
    gives("ZRANGE c 0 -1 WITHSCORES", "[y 7 10 9]");
    redis.says("ZDIFFSTORE a 2 a b", "(integer) 1");
    gives("ZRANGE a 0 -1 WITHSCORES", "[x 1]");
    redis.says("ZDIFFSTORE a 2 a a", "(integer) 0");
    redis.says("EXISTS a", "(integer) 0");
    redis.says("SET text t", "OK");
    redis.says("EXPIRE b 1000", "(integer) 1");
    redis.says("ZUNIONSTORE b 1 b", "(integer) 4");
    redis.says("TTL b", "(integer) -1");
    redis.says("ZUNIONSTORE text 1 b", "(integer) 4");
    redis.says("TYPE text", "zset");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 10 7", "x y 10", "x y 10 a b c d e f g h i j k l m n o p q r s t"})
  void givesMembersOfSetsTheScore1(String members) {
    twoSets(128);
    redis.says("CONFIG SET set-max-listpack-entries 10", "OK");
    redis.reply("SADD s " + members);
    gives("ZINTER 2 a s WITHSCORES", members.startsWith("x") ? "[x 2 y 3 10 4]" : "[10 4]");
    gives("ZDIFF 2 a s", members.startsWith("x") ? "[]" : "[x y]");
    redis.says("ZUNIONSTORE c 2 s s", "(integer) " + members.split(" ").length);
    redis.says("ZSCORE c 10", "\"2\"");
  }

  @Test
  void addsOppositeInfinitiesToZero() {
    redis.says("ZADD a inf x", "(integer) 1");
    redis.says("ZADD b -inf x", "(integer) 1");
    gives("ZUNION 2 a b WITHSCORES", "[x 0]");
    gives("ZINTER 2 a b WITHSCORES", "[x 0]");
    gives("ZUNION 1 a WEIGHTS 0 WITHSCORES", "[x 0]");
    gives("ZUNION 2 a b AGGREGATE MAX WITHSCORES", "[x inf]");
  }

  @Test
  void addsTheScoresOfSmallSetsFirst() {
    redis.says("ZADD a -inf m 1 x 1 y", "(integer) 3");
    redis.says("ZADD b inf m", "(integer) 1");
    redis.says("ZADD c 2 m 1 w", "(integer) 2");
    redis.says("ZUNIONSTORE all 3 a b c WEIGHTS 1 1 5", "(integer) 4");
    redis.says("ZSCORE all m", "\"0\"");
    redis.says("ZUNIONSTORE all 3 a b b", "(integer) 3");
    redis.says("ZSCORE all m", "\"0\"");
  }

  @Test
  void refusesContradictoryOptions() {
    twoSets(128);
    redis.says("ZUNION 0 a", "(error) ERR at least 1 input key is needed for 'zunion' command");
    redis.says(
        "ZUNIONSTORE c 0 a",
        "(error) ERR at least 1 input key is needed for 'zunionstore' command");
    redis.says("ZUNION x a", "(error) ERR value is not an integer or out of range");
    redis.says("ZUNION 3 a b", "(error) ERR syntax error");
    redis.says("ZUNION 2 a b WEIGHTS 1", "(error) ERR syntax error");
    redis.says("ZUNION 2 a b WEIGHTS 1 x", "(error) ERR weight value is not a float");
    redis.says("ZUNION 2 a b WEIGHTS 1 nan", "(error) ERR weight value is not a float");
    redis.says("ZUNION 2 a b AGGREGATE AVG", "(error) ERR syntax error");
    redis.says("ZDIFF 2 a b AGGREGATE SUM", "(error) ERR syntax error");
    redis.says("ZUNIONSTORE c 2 a b WITHSCORES", "(error) ERR syntax error");
    redis.says("ZINTERCARD 2 a b WITHSCORES", "(error) ERR syntax error");
    redis.says("ZINTERCARD 2 a b LIMIT -1", "(error) ERR LIMIT can't be negative");
    redis.says("ZINTERCARD 2 a b LIMIT x", "(error) ERR LIMIT can't be negative");
    redis.says("SET text t", "OK");
    redis.says(
        "ZUNION 2 a text",
        "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
  }
}
