package io.redoubt.server.command.sortedset;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sorted sets, small and large: each command, its options, errors and effects. */
@ServerTest
final class SortedSetCommandsTest {
  private final Dialogue redis;

  private final RedisServer server;

  SortedSetCommandsTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  /** Sets the size limit of listpacks; larger sorted sets are skiplists. */
  private void packedUpTo(int entries) {
    redis.says("CONFIG SET zset-max-listpack-entries " + entries, "OK");
  }

  /** Returns a reply in one line, with elements in brackets. */
  private String line(String request) {
    return inLine(redis.reply(request));
  }

  private static String inLine(Reply reply) {
    return reply instanceof Reply.Array array
        ? array.elements().stream()
            .map(SortedSetCommandsTest::inLine)
            .collect(Collectors.joining(" ", "[", "]"))
        : reply instanceof Reply.Integer integer
            ? Long.toString(integer.value())
            : reply instanceof Reply.Null ? "nil" : reply.text();
  }

  private void gives(String request, String reply) {
    assertThat(line(request)).as(request).isEqualTo(reply);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128})
  void membersAndScores(int entries) {
    packedUpTo(entries);
    redis.says("ZADD z 3 c 1 a 2 b", "(integer) 3");
    redis.says("OBJECT ENCODING z", entries == 0 ? "\"skiplist\"" : "\"listpack\"");
    redis.says("ZADD z 3 c 4 a", "(integer) 0");
    redis.says("ZADD z CH 3 c 5 a 1 d", "(integer) 2");
    gives("ZRANGE z 0 -1 WITHSCORES", "[d 1 b 2 c 3 a 5]");
    redis.says("ZCARD z", "(integer) 4");
    redis.says("ZSCORE z a", "\"5\"");
    redis.says("ZSCORE z nobody", "(nil)");
    gives("ZMSCORE z a nobody d", "[5 nil 1]");
    gives("ZMSCORE nothing a", "[nil]");
    redis.says("ZINCRBY z 1.5 b", "\"3.5\"");
    redis.says("ZINCRBY z -2 new", "\"-2\"");
    redis.says("ZRANK z b", "(integer) 3");
    redis.says("ZREVRANK z b", "(integer) 1");
    gives("ZRANK z b WITHSCORE", "[3 3.5]");
    redis.says("ZRANK z nobody", "(nil)");
    redis.says("ZREM z a b nobody", "(integer) 2");
    redis.says("ZREM z c d new", "(integer) 3");
    redis.says("EXISTS z", "(integer) 0");
    redis.says("ZREM z a", "(integer) 0");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128})
  void zaddOptions(int entries) {
    packedUpTo(entries);
    redis.says("ZADD z XX 1 a", "(integer) 0");
    redis.says("EXISTS z", "(integer) 0");
    redis.says("ZADD z INCR XX 1 a", "(nil)");
    redis.says("ZADD z NX 1 a", "(integer) 1");
    redis.says("ZADD z NX 2 a 2 b", "(integer) 1");
    redis.says("ZADD z XX CH 3 a 3 c", "(integer) 1");
    redis.says("ZADD z GT CH 2 a 5 b 1 d", "(integer) 2");
    redis.says("ZADD z LT CH 2 a 9 b", "(integer) 1");
    gives("ZRANGE z 0 -1 WITHSCORES", "[d 1 a 2 b 5]");
    redis.says("ZADD z INCR 2 a", "\"4\"");
    redis.says("ZADD z INCR GT -1 a", "(nil)");
    redis.says("ZADD z INCR LT -1 a", "\"3\"");
    redis.says("ZADD z NX INCR 1 a", "(nil)");
    redis.says("ZADD z inf a", "(integer) 0");
    redis.says("ZADD z INCR -inf a", "(error) ERR resulting score is not a number (NaN)");
    redis.says("ZSCORE z a", "\"inf\"");
  }

  @Test
  void zaddRefusesContradictoryOptions() {
    redis.says(
        "ZADD z NX XX 1 a", "(error) ERR XX and NX options at the same time are not compatible");
    redis.says(
        "ZADD z GT NX 1 a",
        "(error) ERR GT, LT, and/or NX options at the same time are not compatible");
    redis.says(
        "ZADD z GT LT 1 a",
        "(error) ERR GT, LT, and/or NX options at the same time are not compatible");
    redis.says(
        "ZADD z INCR 1 a 2 b", "(error) ERR INCR option supports a single increment-element pair");
    redis.says("ZADD z 1 a 2", "(error) ERR syntax error");
    redis.says("ZADD z NX CH", "(error) ERR syntax error");
    redis.says("ZADD z 1 a x b", "(error) ERR value is not a valid float");
    redis.says("ZADD z nan a", "(error) ERR value is not a valid float");
    redis.says("EXISTS z", "(integer) 0");
    redis.says("ZINCRBY z x a", "(error) ERR value is not a valid float");
    redis.says("SET s 1", "OK");
    for (String request :
        List.of(
            "ZADD s 1 a",
            "ZADD s XX 1 a",
            "ZINCRBY s 1 a",
            "ZREM s a",
            "ZCARD s",
            "ZSCORE s a",
            "ZRANGE s 0 -1",
            "ZCOUNT s 0 1",
            "ZPOPMIN s",
            "ZPOPMIN s 0",
            "BZPOPMIN s 0",
            "ZMPOP 1 s MIN",
            "ZRANGESTORE d s 0 1",
            "ZREMRANGEBYRANK s 0 1",
            "ZSCAN s 0",
            "ZRANDMEMBER s")) {
      redis.says(
          request, "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    redis.says("ZRANK z a SCORE", "(error) ERR syntax error");
    redis.says(
        "ZRANK z a WITHSCORE x", "(error) ERR wrong number of arguments for 'zrank' command");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128})
  void rangesByRankAndScore(int entries) {
    packedUpTo(entries);
    redis.says("ZADD z 1 a 2 b 3 c 4 d 5 e", "(integer) 5");
    gives("ZRANGE z 1 2", "[b c]");
    gives("ZRANGE z -2 -1", "[d e]");
    gives("ZRANGE z 3 100", "[d e]");
    gives("ZRANGE z 3 2", "[]");
    gives("ZRANGE z 5 9", "[]");
    gives("ZRANGE z -9 0", "[a]");
    gives("ZRANGE z 0 1 REV WITHSCORES", "[e 5 d 4]");
    gives("ZREVRANGE z 1 2", "[d c]");
    gives("ZRANGEBYSCORE z 2 4", "[b c d]");
    gives("ZRANGEBYSCORE z (2 (4", "[c]");
    gives("ZRANGEBYSCORE z -inf +inf LIMIT 1 2 WITHSCORES", "[b 2 c 3]");
    gives("ZRANGEBYSCORE z 0 9 LIMIT 3 -1", "[d e]");
    gives("ZRANGEBYSCORE z 0 9 LIMIT -1 2", "[]");
    gives("ZRANGEBYSCORE z 0 9 LIMIT 9 2", "[]");
    gives("ZREVRANGEBYSCORE z 4 2", "[d c b]");
    gives("ZREVRANGEBYSCORE z 4 -inf LIMIT 1 2", "[c b]");
    gives("ZRANGE z (5 (1 BYSCORE REV LIMIT 1 5", "[c b]");
    gives("ZRANGE z 4 2 BYSCORE", "[]");
    gives("ZRANGEBYSCORE z (4 1e400", "[e]");
    gives("ZRANGEBYSCORE z \" 5\" 0x5", "[e]");
    redis.says("ZCOUNT z (1 4", "(integer) 3");
    redis.says("ZCOUNT z 9 1", "(integer) 0");
    redis.says("ZCOUNT nothing 0 1", "(integer) 0");
    gives("ZRANGE nothing 0 1", "[]");
    redis.says("ZREMRANGEBYRANK z 0 0", "(integer) 1");
    redis.says("ZREMRANGEBYSCORE z 4 4", "(integer) 1");
    redis.says("ZREMRANGEBYSCORE z 10 20", "(integer) 0");
    gives("ZRANGE z 0 -1", "[b c e]");
    redis.says("ZREMRANGEBYRANK z 0 -1", "(integer) 3");
    redis.says("EXISTS z", "(integer) 0");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128})
  void rangesByMember(int entries) {
    packedUpTo(entries);
    redis.says("ZADD z 0 a 0 b 0 ba 0 c 0 1 0 22", "(integer) 6");
    gives("ZRANGEBYLEX z - +", "[1 22 a b ba c]");
    gives("ZRANGEBYLEX z [b +", "[b ba c]");
    gives("ZRANGEBYLEX z (b (c", "[ba]");
    gives("ZRANGEBYLEX z - (2", "[1]");
    gives("ZRANGEBYLEX z + -", "[]");
    gives("ZRANGEBYLEX z [c [a", "[]");
    gives("ZREVRANGEBYLEX z + [a LIMIT 1 2", "[ba b]");
    gives("ZRANGE z [bb [a BYLEX REV", "[ba b a]");
    redis.says("ZLEXCOUNT z [1 (b", "(integer) 3");
    redis.says("ZREMRANGEBYLEX z [b [ba", "(integer) 2");
    gives("ZRANGE z 0 -1", "[1 22 a c]");
    redis.says("ZRANGEBYLEX z a b", "(error) ERR min or max not valid string range item");
    redis.says("ZRANGEBYLEX z -x b", "(error) ERR min or max not valid string range item");
    redis.says("ZRANGEBYLEX z \"\" +", "(error) ERR min or max not valid string range item");
  }

  @Test
  void refusesContradictoryRangeOptions() {
    redis.says(
        "ZRANGE z 0 1 LIMIT 0 1",
        "(error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or"
            + " BYLEX");
    redis.says(
        "ZRANGE z - + BYLEX WITHSCORES",
        "(error) ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    redis.says("ZRANGE z a b BYSCORE", "(error) ERR min or max is not a float");
    redis.says("ZRANGEBYSCORE z ( nan", "(error) ERR min or max is not a float");
    redis.says("ZRANGE z a b", "(error) ERR value is not an integer or out of range");
    redis.says("ZRANGE z 0 1 BYSCORE LIMIT 0", "(error) ERR syntax error");
    redis.says(
        "ZRANGE z 0 1 BYSCORE LIMIT a 1", "(error) ERR value is not an integer or out of range");
    redis.says("ZREVRANGE z 0 1 REV", "(error) ERR syntax error");
    redis.says("ZRANGESTORE d z 0 1 WITHSCORES", "(error) ERR syntax error");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 128})
  void storesRanges(int entries) {
    packedUpTo(entries);
    redis.says("ZADD z 1 a 2 b 3 c 4.5 d", "(integer) 4");
    redis.says("ZRANGESTORE d z 1 -1", "(integer) 3");
    gives("ZRANGE d 0 -1 WITHSCORES", "[b 2 c 3 d 4.5]");
    redis.says("ZRANGESTORE d z +inf (2 BYSCORE REV LIMIT 1 5", "(integer) 1");
    gives("ZRANGE d 0 -1 WITHSCORES", "[c 3]");
    redis.says("ZRANGESTORE z z 0 1", "(integer) 2");
    gives("ZRANGE z 0 -1", "[a b]");
    redis.says("SET d text", "OK");
    redis.says("ZRANGESTORE d z 0 0", "(integer) 1");
    redis.says("ZRANGESTORE d z 5 9", "(integer) 0");
    redis.says("EXISTS d", "(integer) 0");
    redis.says("ZRANGESTORE z nothing 0 -1", "(integer) 0");
    redis.says("EXISTS z", "(integer) 0");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128})
  void popping(int entries) {
    packedUpTo(entries);
    redis.says("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f", "(integer) 6");
    gives("ZPOPMIN z", "[a 1]");
    gives("ZPOPMAX z 2", "[f 6 e 5]");
    gives("ZPOPMIN z 0", "[]");
    gives("ZPOPMIN nothing", "[]");
    gives("ZMPOP 2 nothing z MIN", "[z [[b 2]]]");
    gives("BZMPOP 0 2 nothing z MAX COUNT 1", "[z [[d 4]]]");
    gives("BZPOPMAX nothing z 0", "[z c 3]");
    redis.says("EXISTS z", "(integer) 0");
    gives("ZMPOP 1 z MIN", "nil");
    gives("BZPOPMIN z 0.01", "nil");
    redis.says("ZADD z 1 a 2 b", "(integer) 2");
    gives("ZMPOP 1 z MAX COUNT 10", "[z [[b 2] [a 1]]]");
    redis.says("EXISTS z", "(integer) 0");
  }

  @Test
  void poppingRefusesBadNumbers() {
    redis.says("ZPOPMIN z -1", "(error) ERR value is out of range, must be positive");
    redis.says("ZPOPMIN z x", "(error) ERR value is out of range, must be positive");
    redis.says("ZPOPMIN z 1 2", "(error) ERR syntax error");
    redis.says("BZPOPMIN z x", "(error) ERR timeout is not a float or out of range");
    redis.says("BZPOPMIN z -1", "(error) ERR timeout is negative");
    redis.says("ZMPOP 0 z MIN", "(error) ERR numkeys should be greater than 0");
    redis.says("ZMPOP x z MIN", "(error) ERR numkeys should be greater than 0");
    redis.says("ZMPOP 2 z MIN", "(error) ERR syntax error");
    redis.says("ZMPOP 1 z MIDDLE", "(error) ERR syntax error");
    redis.says("ZMPOP 1 z MIN COUNT 0", "(error) ERR count should be greater than 0");
    redis.says("ZMPOP 1 z MIN COUNT 1 COUNT 1", "(error) ERR syntax error");
    redis.says("BZMPOP x 1 z MIN", "(error) ERR timeout is not a float or out of range");
  }

  @Test
  void blocksUntilThereAreMembers() throws Exception {
    try (Dialogue other = new Dialogue(server.port())) {
      redis.client().send("BZPOPMIN", "z", "0");
      while (!other.text("INFO clients").contains("blocked_clients:1")) {
        Thread.onSpinWait();
      }
      other.says("ZADD z 2 b 1 a", "(integer) 2");
      assertThat(inLine(redis.client().receive())).isEqualTo("[z a 1]");
      other.says("ZCARD z", "(integer) 1");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128})
  void repliesInResp3(int entries) {
    packedUpTo(entries);
    redis.reply("HELLO 3");
    redis.says("ZADD z 1 a 2.5 b", "(integer) 2");
    redis.says("ZSCORE z b", "(double) 2.5");
    redis.says("ZINCRBY z 1 b", "(double) 3.5");
    redis.says("ZADD z INCR 1 b", "(double) 4.5");
    gives("ZRANGE z 0 -1 WITHSCORES", "[[a 1] [b 4.5]]");
    gives("ZRANGE z 0 -1", "[a b]");
    gives("ZRANK z b WITHSCORE", "[1 4.5]");
    gives("ZRANDMEMBER z 5 WITHSCORES", "[[b 4.5] [a 1]]");
    redis.says("ZSCAN z 0", redis.ask("ZSCAN z 0"));
    gives("ZPOPMIN z 1", "[[a 1]]");
    gives("ZPOPMIN z", "[b 4.5]");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128})
  void returnsRandomMembers(int entries) {
    packedUpTo(entries);
    gives("ZRANDMEMBER z", "nil");
    gives("ZRANDMEMBER z 3", "[]");
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      redis.says("ZADD z %d m%d".formatted(i, i), "(integer) 1");
      all.add("m" + i);
    }
    for (int count : new int[] {1, 5, 12, 29, 30, 40}) {
      List<String> found = texts("ZRANDMEMBER z " + count);
      assertThat(found).doesNotHaveDuplicates().hasSize(Math.min(count, 30));
      assertThat(all).containsAll(found);
      assertThat(texts("ZRANDMEMBER z -" + count)).hasSize(count).isSubsetOf(all);
    }
    Set<String> seen = new HashSet<>();
    while (seen.size() < all.size()) {
      seen.add(redis.text("ZRANDMEMBER z"));
    }
    assertThat(texts("ZRANDMEMBER z -3 WITHSCORES")).hasSize(6);
    gives("ZRANDMEMBER z 0", "[]");
    redis.says("ZRANDMEMBER z x", "(error) ERR value is not an integer or out of range");
    redis.says("ZRANDMEMBER z 1 SCORES", "(error) ERR syntax error");
    redis.says(
        "ZRANDMEMBER z -9223372036854775808",
        "(error) ERR value is out of range, value must between -9223372036854775807 and"
            + " 9223372036854775807");
    redis.says("ZRANDMEMBER z 9223372036854775807 WITHSCORES", "(error) ERR value is out of range");
  }

  private List<String> texts(String request) {
    return ((Reply.Array) redis.reply(request)).elements().stream().map(Reply::text).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10_000})
  void scanning(int entries) {
    packedUpTo(entries);
    for (int i = 0; i < 500; i++) {
      redis.says("ZADD z %d.5 m%d".formatted(i, i), "(integer) 1");
    }
    Set<String> found = new HashSet<>();
    String cursor = "0";
    do {
      List<Reply> reply = ((Reply.Array) redis.reply("ZSCAN z " + cursor)).elements();
      cursor = reply.getFirst().text();
      List<Reply> page = ((Reply.Array) reply.getLast()).elements();
      for (int i = 0; i < page.size(); i += 2) {
        assertThat(page.get(i + 1).text()).isEqualTo(page.get(i).text().substring(1) + ".5");
        found.add(page.get(i).text());
      }
    } while (!cursor.equals("0"));
    assertThat(found).hasSize(500);
    gives("ZSCAN z 0 MATCH m77 COUNT 1000", "[0 [m77 77.5]]");
    gives("ZSCAN z 0 NOSCORES MATCH m77 COUNT 1000", "[0 [m77]]");
    redis.says("ZADD few 1 a 2 b", "(integer) 2");
    gives("ZSCAN few 0 noscores", "[0 [a b]]");
    redis.says("ZSCAN few 0 NOVALUES", "(error) ERR syntax error");
    gives("ZSCAN nothing 0", "[0 []]");
    redis.says("ZSCAN z x", "(error) ERR invalid cursor");
    redis.says("ZSCAN z 0 COUNT 0", "(error) ERR syntax error");
  }

  @Test
  void formatsScoresInShortestForm() {
    for (int entries : new int[] {0, 128}) {
      packedUpTo(entries);
      redis.says("DEL z", "(integer) " + (entries == 0 ? 0 : 1));
      redis.says(
          "ZADD z 0.1 a 1e20 b 1e-7 c 123456789012345678 d -inf e 1e17 f 3.0 g", "(integer) 7");
      gives(
          "ZRANGE z 0 -1 WITHSCORES",
          "[e -inf c 1e-7 a 0.1 g 3 f 100000000000000000 d 123456789012345680 b 1e+20]");
    }
  }

  @Test
  void convertsByTheSizeOfMembers() {
    packedUpTo(3);
    redis.says("ZADD z 1 a 2 b 3 c", "(integer) 3");
    redis.says("OBJECT ENCODING z", "\"listpack\"");
    redis.says("ZADD z 4 d", "(integer) 1");
    redis.says("OBJECT ENCODING z", "\"skiplist\"");
    redis.says("ZADD many 1 a 2 b 3 c 4 d", "(integer) 4");
    redis.says("OBJECT ENCODING many", "\"skiplist\"");
    redis.says("ZADD long 1 " + "x".repeat(64), "(integer) 1");
    redis.says("OBJECT ENCODING long", "\"listpack\"");
    redis.says("ZADD long 1 " + "x".repeat(65), "(integer) 1");
    redis.says("OBJECT ENCODING long", "\"skiplist\"");
  }

  @Test
  void copiesAndRemovesLargeSets() {
    packedUpTo(128);
    for (int i = 0; i < 1000; i += 4) {
      redis.says(
          "ZADD z %d a%d %d a%d %d a%d %d a%d"
              .formatted(i, i, i + 1, i + 1, i + 2, i + 2, i + 3, i + 3),
          "(integer) 4");
    }
    redis.says("COPY z y", "(integer) 1");
    redis.says("DEL z", "(integer) 1");
    redis.says("ZCARD y", "(integer) 1000");
    gives("ZRANGE y 700 702", "[a700 a701 a702]");
    redis.says("ZRANK y a700", "(integer) 700");
    redis.says("ZREMRANGEBYSCORE y 10 989", "(integer) 980");
    redis.says("ZCARD y", "(integer) 20");
    redis.says("UNLINK y", "(integer) 1");
  }
}
