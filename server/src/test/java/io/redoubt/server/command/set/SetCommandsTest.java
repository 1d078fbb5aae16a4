package io.redoubt.server.command.set;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sets: each command in each encoding, its errors and its effects. */
@ServerTest
final class SetCommandsTest {
  private final Dialogue redis;

  SetCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  /** Redis would send them all, and serve no other client for minutes. */
  @Test
  void refusesMoreRepetitionsThanAnybodyWaitsFor() {
    redis.ask("SADD s a b");
    redis.ask("ZADD z 1 a");
    redis.ask("HSET h f v");
    for (String command : List.of("SRANDMEMBER s", "ZRANDMEMBER z", "HRANDFIELD h")) {
      for (String count : List.of("-4194305", "-2147483648", "-9223372036854775807")) {
        redis.says(
            command + " " + count,
            "(error) ERR value is out of range, value must between -4194304 and"
                + " 9223372036854775807");
      }
      assertThat(texts(command + " -1000")).hasSize(1000);
    }
    redis.says("SRANDMEMBER none -2147483648", "(empty array)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"intset", "listpack", "hashtable"})
  void addsAndRemovesMembers(String encoding) {
    List<String> members = fill("s", encoding, 100);
    redis.says("OBJECT ENCODING s", quoted(encoding));
    redis.says("SCARD s", "(integer) 100");
    redis.says("SADD s " + members.get(7), "(integer) 0");
    redis.says("SISMEMBER s " + members.get(99), "(integer) 1");
    redis.says("SISMEMBER s 4711", "(integer) 0");
    redis.says("SISMEMBER s nobody", "(integer) 0");
    redis.says(
        "SMISMEMBER s " + members.get(0) + " nobody " + members.get(50),
        "1) (integer) 1\n2) (integer) 0\n3) (integer) 1");
    assertThat(texts("SMEMBERS s")).containsExactlyInAnyOrderElementsOf(members);
    redis.says("SREM s nobody " + members.get(0) + " " + members.get(1), "(integer) 2");
    assertThat(texts("SMEMBERS s")).containsExactlyInAnyOrderElementsOf(members.subList(2, 100));
    redis.says("SREM s " + String.join(" ", members), "(integer) 98");
    redis.says("EXISTS s", "(integer) 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"intset", "listpack", "hashtable"})
  void picksRandomly(String encoding) {
    List<String> members = fill("s", encoding, 120);
    assertThat(members).contains(redis.text("SRANDMEMBER s"));
    for (int count : new int[] {1, 5, 60, 119}) {
      assertThat(texts("SRANDMEMBER s " + count))
          .hasSize(count)
          .doesNotHaveDuplicates()
          .isSubsetOf(members);
    }
    assertThat(texts("SRANDMEMBER s 200")).containsExactlyInAnyOrderElementsOf(members);
    assertThat(texts("SRANDMEMBER s -500")).hasSize(500).isSubsetOf(members);
    redis.says("SRANDMEMBER s 0", "(empty array)");
    Set<String> left = new HashSet<>(members);
    String one = redis.text("SPOP s");
    assertThat(left.remove(one)).isTrue();
    List<String> several = texts("SPOP s 50");
    assertThat(several).hasSize(50).doesNotHaveDuplicates().isSubsetOf(left);
    left.removeAll(several);
    assertThat(texts("SMEMBERS s")).containsExactlyInAnyOrderElementsOf(left);
    redis.says("OBJECT ENCODING s", quoted(encoding));
    assertThat(texts("SPOP s 100")).containsExactlyInAnyOrderElementsOf(left);
    redis.says("EXISTS s", "(integer) 0");
    redis.says("SPOP s", "(nil)");
    redis.says("SRANDMEMBER s", "(nil)");
    redis.says("SRANDMEMBER s 5", "(empty array)");
  }

  /** Pops so many members that the rest is copied to a new table. */
  @Test
  void popsMostOfALargeSet() {
    Set<String> all = new TreeSet<>();
    for (int i = 0; i < 1000; i++) {
      all.add("member-" + i);
    }
    redis.says("SADD s " + String.join(" ", all), "(integer) 1000");
    redis.says("EXPIRE s 1000", "(integer) 1");
    List<String> popped = texts("SPOP s 700");
    assertThat(popped).hasSize(700).doesNotHaveDuplicates().isSubsetOf(all);
    all.removeAll(popped);
    assertThat(texts("SMEMBERS s")).containsExactlyInAnyOrderElementsOf(all);
    redis.says("SISMEMBER s " + popped.getFirst(), "(integer) 0");
    redis.says("SISMEMBER s " + all.iterator().next(), "(integer) 1");
    redis.says("PERSIST s", "(integer) 1");
    assertThat(texts("SPOP s 299")).hasSize(299).isSubsetOf(all);
    redis.says("SCARD s", "(integer) 1");
  }

  @Test
  void picksMembersOfALargeSetUniformly() {
    List<String> members = fill("s", "hashtable", 400);
    for (int count : new int[] {20, 300}) {
      Map<String, Integer> drawn = new HashMap<>();
      int draws = 40_000 / count;
      for (int i = 0; i < draws; i++) {
        texts("SRANDMEMBER s " + count).forEach(each -> drawn.merge(each, 1, Integer::sum));
      }
      double expected = (double) draws * count / members.size();
      double chiSquare =
          members.stream()
              .mapToDouble(each -> Math.pow(drawn.getOrDefault(each, 0) - expected, 2) / expected)
              .sum();
      assertThat(chiSquare).isLessThan(members.size() + 8 * Math.sqrt(2.0 * members.size()));
    }
  }

  @Test
  void refusesInvalidArguments() {
    redis.says("SET string x", "OK");
    for (String command :
        List.of(
            "SADD string a",
            "SREM string a",
            "SCARD string",
            "SMEMBERS string",
            "SISMEMBER string a",
            "SMISMEMBER string a",
            "SPOP string",
            "SPOP string 1",
            "SRANDMEMBER string",
            "SRANDMEMBER string 1",
            "SMOVE string s a",
            "SSCAN string 0",
            "SINTER string nothing",
            "SUNIONSTORE d nothing string",
            "SDIFF nothing string",
            "SINTERCARD 2 nothing string")) {
      redis.says(
          command, "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    redis.says("SADD s a", "(integer) 1");
    redis.says("SPOP s -1", "(error) ERR value is out of range, must be positive");
    redis.says("SPOP s x", "(error) ERR value is out of range, must be positive");
    redis.says("SPOP s 1 1", "(error) ERR syntax error");
    redis.says("SRANDMEMBER s 1 1", "(error) ERR syntax error");
    redis.says("SRANDMEMBER s x", "(error) ERR value is not an integer or out of range");
    redis.says(
        "SRANDMEMBER s -9223372036854775808",
        "(error) ERR value is out of range, value must between -9223372036854775807 and"
            + " 9223372036854775807");
    redis.says("SINTERCARD 0 s", "(error) ERR numkeys should be greater than 0");
    redis.says("SINTERCARD x s", "(error) ERR numkeys should be greater than 0");
    redis.says("SINTERCARD 2 s", "(error) ERR Number of keys can't be greater than number of args");
    redis.says("SINTERCARD 1 s LIMIT -1", "(error) ERR LIMIT can't be negative");
    redis.says("SINTERCARD 1 s LIMIT", "(error) ERR syntax error");
    redis.says("SINTERCARD 1 s FOO 1", "(error) ERR syntax error");
    redis.says("SSCAN s x", "(error) ERR invalid cursor");
    redis.says("SSCAN s 0 COUNT 0", "(error) ERR syntax error");
    redis.says("SSCAN s 0 TYPE string", "(error) ERR syntax error");
    redis.says("SSCAN nothing 0 FOO", "1) \"0\"\n2) (empty array)");
    redis.says("SADD s", "(error) ERR wrong number of arguments for 'sadd' command");
  }

  @Test
  void encodings() {
    redis.says("SADD s 1 2 3", "(integer) 3");
    redis.says("OBJECT ENCODING s", quoted("intset"));
    redis.says("SADD s x", "(integer) 1");
    redis.says("OBJECT ENCODING s", quoted("listpack"));
    redis.says("SADD s " + "y".repeat(65), "(integer) 1");
    redis.says("OBJECT ENCODING s", quoted("hashtable"));
    redis.ask("CONFIG SET set-max-listpack-entries 2");
    redis.says("SADD t a b", "(integer) 2");
    redis.says("OBJECT ENCODING t", quoted("listpack"));
    redis.says("SADD u a b c", "(integer) 3");
    redis.says("OBJECT ENCODING u", quoted("hashtable"));
    redis.says("SADD t c", "(integer) 1");
    redis.says("OBJECT ENCODING t", quoted("hashtable"));
    redis.ask("CONFIG SET set-max-intset-entries 2");
    redis.says("SADD v 1 2", "(integer) 2");
    redis.says("OBJECT ENCODING v", quoted("intset"));
    redis.says("SADD v 3", "(integer) 1");
    redis.says("OBJECT ENCODING v", quoted("hashtable"));
    redis.ask("CONFIG SET set-max-intset-entries 512");
    redis.ask("CONFIG SET set-max-listpack-entries 128");
    redis.says("SUNIONSTORE w v t", "(integer) 6");
    redis.says("OBJECT ENCODING w", quoted("listpack"));
    redis.says("SINTERSTORE w v v", "(integer) 3");
    redis.says("OBJECT ENCODING w", quoted("intset"));
  }

  /** The result takes the smallest encoding for its members, regardless of the operands. */
  @Test
  void intersectionsOfTablesMayBeSmall() {
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < 600; i++) {
      members.append(' ').append(i);
    }
    redis.says("SADD a word" + members, "(integer) 601");
    redis.says("SADD b other word 1 2 " + "x".repeat(100), "(integer) 5");
    redis.says("SADD c other" + members, "(integer) 601");
    redis.says("SADD d other 1 2 " + "x".repeat(100), "(integer) 4");
    redis.says("OBJECT ENCODING b", "\"hashtable\"");
    redis.says("SINTERSTORE r a b", "(integer) 3");
    redis.says("OBJECT ENCODING r", "\"listpack\"");
    redis.says("SINTERSTORE r a d", "(integer) 2");
    redis.says("OBJECT ENCODING r", "\"intset\"");
    redis.says("SINTERSTORE r a c", "(integer) 600");
    redis.says("OBJECT ENCODING r", "\"hashtable\"");
  }

  @Test
  void moving() {
    redis.says("SADD a 1 x", "(integer) 2");
    redis.says("SADD b 2", "(integer) 1");
    redis.says("SMOVE a b x", "(integer) 1");
    redis.says("SMOVE a b x", "(integer) 0");
    redis.says("SMOVE a a 1", "(integer) 1");
    redis.says("SMOVE a a 2", "(integer) 0");
    redis.says("SMOVE nothing b 1", "(integer) 0");
    redis.says("SMOVE a new 1", "(integer) 1");
    redis.says("EXISTS a", "(integer) 0");
    assertThat(texts("SMEMBERS new")).containsExactly("1");
    assertThat(texts("SMEMBERS b")).containsExactlyInAnyOrder("2", "x");
    redis.says("SET string x", "OK");
    redis.says(
        "SMOVE b string 2",
        "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
  }

  @ParameterizedTest
  @ValueSource(strings = {"intset", "listpack", "hashtable"})
  void algebra(String encoding) {
    List<String> a = fill("a", encoding, 100);
    List<String> b = a.subList(40, 70);
    redis.says("SADD b extra " + String.join(" ", b), "(integer) 31");
    assertThat(texts("SINTER a b")).containsExactlyInAnyOrderElementsOf(b);
    assertThat(texts("SDIFF b a")).containsExactly("extra");
    assertThat(texts("SDIFF a b nothing")).hasSize(70).doesNotContainAnyElementsOf(b);
    assertThat(texts("SUNION a b nothing")).hasSize(101);
    redis.says("SINTERCARD 2 a b", "(integer) 30");
    redis.says("SINTERCARD 2 a b LIMIT 7", "(integer) 7");
    redis.says("SINTERCARD 2 a nothing", "(integer) 0");
    redis.says("SINTERSTORE b a b", "(integer) 30");
    assertThat(texts("SMEMBERS b")).containsExactlyInAnyOrderElementsOf(b);
    redis.says("SDIFFSTORE c a b", "(integer) 70");
    redis.says("SUNIONSTORE c c b", "(integer) 100");
    assertThat(texts("SMEMBERS c")).containsExactlyInAnyOrderElementsOf(a);
    redis.says("EXPIRE c 100", "(integer) 1");
    redis.says("SUNIONSTORE c c", "(integer) 100");
    redis.says("TTL c", "(integer) -1");
    redis.says("SINTERSTORE c a nothing", "(integer) 0");
    redis.says("EXISTS c", "(integer) 0");
    redis.says("SET c string", "OK");
    redis.says("SDIFFSTORE c a a", "(integer) 0");
    redis.says("EXISTS c", "(integer) 0");
  }

  @Test
  void unitesSetsOfAllEncodings() {
    Random random = Seed.random("SetCommandsTest");
    for (int round = 0; round < 200; round++) {
      Set<String> united = new HashSet<>();
      redis.ask("DEL a b c d");
      for (String key : List.of("a", "b", "c")) {
        List<String> members =
            random
                .ints(random.nextInt(200), 0, 300)
                .mapToObj(i -> random.nextInt(4) == 0 || key.equals("a") ? "" + i : "m" + i)
                .toList();
        united.addAll(members);
        if (!members.isEmpty()) {
          redis.ask("SADD " + key + " " + String.join(" ", members));
        }
      }
      redis.says("SUNIONSTORE d a b c", "(integer) " + united.size());
      assertThat(texts("SMEMBERS d")).containsExactlyInAnyOrderElementsOf(united);
      assertThat(texts("SUNION c a b")).containsExactlyInAnyOrderElementsOf(united);
    }
  }

  @Test
  void computesADifferenceByBothAlgorithms() {
    fill("large", "hashtable", 2000);
    List<String> few = fill("few", "hashtable", 150);
    redis.says("SADD keep only", "(integer) 1");
    redis.says("SUNIONSTORE x large keep", "(integer) 2001");
    for (int others = 1; others < 8; others++) {
      String rest = " few".repeat(others);
      assertThat(texts("SDIFF x" + rest)).hasSize(2001 - few.size()).contains("only");
      redis.says("SDIFFSTORE d x" + rest, "(integer) " + (2001 - few.size()));
    }
    assertThat(texts("SDIFF x large")).containsExactly("only");
  }

  @Test
  void scanReturnsAll() {
    List<String> members = fill("s", "hashtable", 3000);
    TreeSet<String> seen = new TreeSet<>();
    String cursor = "0";
    do {
      List<Reply> page = redis.reply("SSCAN s " + cursor + " COUNT 50").elements();
      cursor = page.get(0).text();
      page.get(1).elements().forEach(each -> seen.add(each.text()));
      redis.ask("SADD s transient:" + cursor);
      redis.ask("SREM s transient:" + cursor + " transient");
    } while (!cursor.equals("0"));
    assertThat(seen).containsAll(members);
    fill("small", "listpack", 100);
    List<Reply> page = redis.reply("SSCAN small 0 MATCH w1? COUNT 2").elements();
    assertThat(page.get(0).text()).isEqualTo("0");
    assertThat(page.get(1).elements()).hasSize(7); // the other three are numbers
  }

  @Test
  void repliesWithSetsInResp3() {
    redis.ask("HELLO 3");
    redis.says("SADD s a", "(integer) 1");
    for (String command :
        List.of("SMEMBERS s", "SINTER s", "SUNION s s", "SDIFF s nothing", "SPOP s 1")) {
      assertThat(redis.reply(command)).as(command).isInstanceOf(Reply.Set.class);
    }
    for (String command :
        List.of("SMEMBERS s", "SINTER s", "SUNION s s", "SDIFF s nothing", "SPOP s 1")) {
      Reply reply = redis.reply(command);
      assertThat(reply).as(command).isInstanceOf(Reply.Set.class);
      assertThat(reply.elements()).isEmpty();
    }
    redis.says("SADD s a", "(integer) 1");
    assertThat(redis.reply("SRANDMEMBER s 1")).isInstanceOf(Reply.Array.class);
  }

  private List<String> fill(String key, String encoding, int count) {
    List<String> members =
        IntStream.range(0, count)
            .mapToObj(i ->
                switch (encoding) {
                  case "intset" -> Integer.toString(i * 1000 - 5000);
                  case "listpack" -> i % 3 == 0 ? Integer.toString(i) : "w" + i;
                  default -> "member-of-a-large-set:" + i;
                })
            .collect(Collectors.toList());
    redis.says("SADD " + key + " " + String.join(" ", members), "(integer) " + count);
    if (encoding.equals("hashtable") && count <= 128) {
      String filler = "x".repeat(70);
      redis.says("SADD " + key + " " + filler, "(integer) 1");
      redis.says("SREM " + key + " " + filler, "(integer) 1");
    }
    return members;
  }

  private List<String> texts(String line) {
    return redis.reply(line).elements().stream().map(Reply::text).toList();
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }
}
