package io.redoubt.server.command.hash;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hashes, small and large. */
@ServerTest
final class HashCommandsTest {
  private static final String NOT_A_HASH =
      "(error) WRONGTYPE Operation against a key holding the wrong kind of value";

  private final Dialogue redis;

  HashCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  /** Creates the hash h in an encoding, with a field that forces the encoding. */
  private void hash(String encoding) {
    redis.says("DEL h", "(integer) 0");
    String value = "x".repeat(encoding.equals("hashtable") ? 65 : 64);
    redis.says("HSET h first " + value, "(integer) 1");
    redis.says("OBJECT ENCODING h", '"' + encoding + '"');
  }

  @ParameterizedTest
  @ValueSource(strings = {"listpack", "hashtable"})
  void fieldsAndValues(String encoding) {
    hash(encoding);
    redis.says("HSET h a 1 b two c 3.5", "(integer) 3");
    redis.says("HSET h a 10 d \"\"", "(integer) 1");
    redis.says("HMSET h e -5 a 1", "OK");
    redis.says("HGET h a", "\"1\"");
    redis.says("HGET h d", "\"\"");
    redis.says("HGET h z", "(nil)");
    redis.says("HMGET h b z e", "1) \"two\"\n2) (nil)\n3) \"-5\"");
    redis.says("HLEN h", "(integer) 6");
    redis.says("HSTRLEN h b", "(integer) 3");
    redis.says("HSTRLEN h e", "(integer) 2");
    redis.says("HSTRLEN h z", "(integer) 0");
    redis.says("HEXISTS h a", "(integer) 1");
    redis.says("HEXISTS h z", "(integer) 0");
    redis.says("HSETNX h a 2", "(integer) 0");
    redis.says("HSETNX h n 2", "(integer) 1");
    redis.says("HDEL h n z n d e", "(integer) 3");
    assertThat(pairs("HGETALL h"))
        .containsEntry("a", "1")
        .containsEntry("b", "two")
        .containsEntry("c", "3.5")
        .hasSize(4);
    assertThat(texts("HKEYS h")).containsExactlyInAnyOrder("first", "a", "b", "c");
    assertThat(texts("HVALS h")).contains("1", "two", "3.5").hasSize(4);
    redis.says("HDEL h first a b", "(integer) 3");
    redis.says("HDEL h c d", "(integer) 1");
    redis.says("EXISTS h", "(integer) 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"listpack", "hashtable"})
  void counters(String encoding) {
    hash(encoding);
    redis.says("HINCRBY h n 5", "(integer) 5");
    redis.says("HINCRBY h n -15", "(integer) -10");
    redis.says("HINCRBY h n 9223372036854775807", "(integer) 9223372036854775797");
    redis.says("HINCRBY h n 11", "(error) ERR increment or decrement would overflow");
    redis.says("HINCRBY h n x", "(error) ERR value is not an integer or out of range");
    redis.says("HINCRBY h first 1", "(error) ERR hash value is not an integer");
    redis.says("HINCRBYFLOAT h f 1.5", "\"1.5\"");
    redis.says("HINCRBYFLOAT h f 1e2", "\"101.5\"");
    redis.says("HINCRBYFLOAT h f -101.5", "\"0\"");
    redis.says("HINCRBYFLOAT h f nan", "(error) ERR value is not a valid float");
    redis.says("HINCRBYFLOAT h f inf", "(error) ERR value is NaN or Infinity");
    redis.says("HINCRBYFLOAT h first 1", "(error) ERR hash value is not a float");
    redis.says("HINCRBYFLOAT h f x", "(error) ERR value is not a valid float");
    redis.says("HGET h f", "\"0\"");
  }

  @Test
  void convertsToAHashTableAtRedisLimits() {
    redis.says("CONFIG SET hash-max-listpack-entries 3 hash-max-listpack-value 8", "OK");
    redis.says("HSET h a 1 b 2 c 3", "(integer) 3");
    redis.says("OBJECT ENCODING h", "\"listpack\"");
    redis.says("HSET h c 33", "(integer) 0");
    redis.says("OBJECT ENCODING h", "\"listpack\"");
    redis.says("HSET h d 4", "(integer) 1");
    redis.says("OBJECT ENCODING h", "\"hashtable\"");
    redis.says("HDEL h b c d", "(integer) 3");
    redis.says("OBJECT ENCODING h", "\"hashtable\"");
    for (String change :
        List.of(
            "HSET g 123456789 1",
            "HSET g a 123456789",
            "HSETNX g a 123456789",
            "HINCRBY g 123456789 1",
            "HINCRBY g a 123456789",
            "HINCRBYFLOAT g a 1234567.5",
            "HSET g a 1 b 2 c 3 a 4")) {
      redis.says("DEL g", "(integer) 0");
      redis.says("HSET g small 1", "(integer) 1");
      redis.says("OBJECT ENCODING g", "\"listpack\"");
      redis.ask(change);
      redis.says("OBJECT ENCODING g", "\"hashtable\"");
      redis.says("HGET g small", "\"1\"");
      redis.says("DEL g", "(integer) 1");
    }
    redis.says("CONFIG SET hash-max-listpack-entries 128 hash-max-listpack-value 64", "OK");
  }

  @Test
  void handlesOtherTypesAndMissingKeys() {
    redis.says("SET s text", "OK");
    for (String command :
        List.of(
            "HSET s a 1",
            "HMSET s a 1",
            "HSETNX s a 1",
            "HGET s a",
            "HMGET s a",
            "HGETALL s",
            "HKEYS s",
            "HVALS s",
            "HLEN s",
            "HSTRLEN s a",
            "HEXISTS s a",
            "HDEL s a",
            "HINCRBY s a 1",
            "HINCRBYFLOAT s a 1",
            "HRANDFIELD s",
            "HSCAN s 0")) {
      redis.says(command, NOT_A_HASH);
    }
    redis.says("HSET h a", "(error) ERR wrong number of arguments for 'hset' command");
    redis.says("HSET h a 1 b", "(error) ERR wrong number of arguments for 'hset' command");
    redis.says("HMSET h a 1 b", "(error) ERR wrong number of arguments for 'hmset' command");
    redis.says("HGETALL h", "(empty array)");
    redis.says("HKEYS h", "(empty array)");
    redis.says("HLEN h", "(integer) 0");
    redis.says("HMGET h a b", "1) (nil)\n2) (nil)");
    redis.says("HDEL h a", "(integer) 0");
    redis.says("HRANDFIELD h", "(nil)");
    redis.says("HRANDFIELD h 3", "(empty array)");
    redis.says("HSCAN h 0", "1) \"0\"\n2) (empty array)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"listpack", "hashtable"})
  void returnsRandomFields(String encoding) {
    hash(encoding);
    redis.says("HRANDFIELD h", "\"first\"");
    for (int i = 0; i < 100; i++) {
      redis.says("HSET h f" + i + ' ' + i, "(integer) 1");
    }
    Set<String> all = new HashSet<>(texts("HKEYS h"));
    assertThat(texts("HRANDFIELD h 1000")).hasSize(101).containsAll(all);
    for (int count : List.of(1, 5, 6, 7, 50, 100)) {
      assertThat(texts("HRANDFIELD h " + count))
          .hasSize(count)
          .doesNotHaveDuplicates()
          .isSubsetOf(all);
    }
    List<String> repeated = texts("HRANDFIELD h -1000");
    assertThat(repeated).hasSize(1000).isSubsetOf(all);
    assertThat(new HashSet<>(repeated)).hasSizeGreaterThan(90);
    for (String count : List.of("3", "60", "1000", "-7")) {
      Map<String, String> pairs = pairs("HRANDFIELD h " + count + " WITHVALUES");
      pairs.remove("first");
      assertThat(pairs).isNotEmpty().allSatisfy((f, v) -> assertThat(f).isEqualTo("f" + v));
    }
    redis.says("HRANDFIELD h 0", "(empty array)");
    redis.says("HRANDFIELD h x", "(error) ERR value is not an integer or out of range");
    redis.says("HRANDFIELD h 1 VALUES", "(error) ERR syntax error");
    redis.says("HRANDFIELD h 1 WITHVALUES 2", "(error) ERR syntax error");
    redis.says(
        "HRANDFIELD h -9223372036854775808",
        "(error) ERR value is out of range, value must between -9223372036854775807 and"
            + " 9223372036854775807");
    redis.says("HRANDFIELD h 9223372036854775807 WITHVALUES", "(error) ERR value is out of range");
  }

  @ParameterizedTest
  @ValueSource(strings = {"listpack", "hashtable"})
  void scanning(String encoding) {
    hash(encoding);
    redis.says("HDEL h nothing", "(integer) 0");
    for (int i = 0; i < 100; i++) {
      redis.says("HSET h " + i + " v" + i, "(integer) 1");
    }
    assertThat(scan("h", "")).hasSize(101).containsEntry("77", "v77");
    assertThat(scan("h", " COUNT 3")).hasSize(101);
    assertThat(scan("h", " MATCH ?5 COUNT 1000")).hasSize(9).containsEntry("15", "v15");
    assertThat(scan("h", " MATCH * COUNT 1000")).hasSize(101);
    List<String> fields =
        redis.reply("HSCAN h 0 NOVALUES COUNT 1000 MATCH 7*").elements().get(1).elements().stream()
            .map(Reply::text)
            .toList();
    assertThat(fields).hasSize(11).contains("7", "71").allMatch(each -> each.startsWith("7"));
    redis.says("HSCAN h x", "(error) ERR invalid cursor");
    redis.says("HSCAN h 0 COUNT 0", "(error) ERR syntax error");
    redis.says("HSCAN h 0 COUNT x", "(error) ERR value is not an integer or out of range");
    redis.says("HSCAN h 0 TYPE hash", "(error) ERR syntax error");
    redis.says("HSCAN h 0 MATCH", "(error) ERR syntax error");
  }

  @ParameterizedTest
  @ValueSource(strings = {"listpack", "hashtable"})
  void repliesOfResp3(String encoding) {
    hash(encoding);
    redis.says("HDEL h none", "(integer) 0");
    redis.reply("HELLO 3");
    assertThat(redis.reply("HGETALL h")).isInstanceOf(Reply.Map.class);
    assertThat(redis.reply("HGETALL none")).isEqualTo(new Reply.Map(List.of(), List.of()));
    assertThat(redis.reply("HKEYS h")).isInstanceOf(Reply.Array.class);
    List<Reply> pairs = redis.reply("HRANDFIELD h -2 WITHVALUES").elements();
    assertThat(pairs).hasSize(2).allSatisfy(pair -> assertThat(pair.elements()).hasSize(2));
    assertThat(redis.reply("HRANDFIELD h 5 WITHVALUES").elements()).hasSize(1);
    assertThat(redis.ask("HGET h none")).isEqualTo("(nil)");
    redis.reply("HELLO 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"listpack", "hashtable"})
  void aCopyIsIndependent(String encoding) {
    hash(encoding);
    redis.says("HSET h big " + "y".repeat(10_000), "(integer) 1");
    redis.says("HSET h a 1", "(integer) 1");
    redis.says("COPY h copy", "(integer) 1");
    redis.says("HSET h a 2", "(integer) 0");
    redis.says("HGET copy a", "\"1\"");
    redis.says("HSTRLEN copy big", "(integer) 10000");
    redis.says("DEL copy", "(integer) 1");
    redis.says("HSTRLEN h big", "(integer) 10000");
    redis.says("RENAME h g", "OK");
    redis.says("HGET g a", "\"2\"");
    assertThat(redis.integer("MEMORY USAGE g SAMPLES 0")).isGreaterThan(10_000);
    redis.says("SET g text", "OK");
    redis.says("TYPE g", "string");
  }

  private Map<String, String> scan(String key, String options) {
    Map<String, String> found = new HashMap<>();
    String cursor = "0";
    do {
      List<Reply> page = redis.reply("HSCAN " + key + ' ' + cursor + options).elements();
      cursor = page.get(0).text();
      List<Reply> pairs = page.get(1).elements();
      for (int i = 0; i < pairs.size(); i += 2) {
        found.put(pairs.get(i).text(), pairs.get(i + 1).text());
      }
    } while (!cursor.equals("0"));
    return found;
  }

  private List<String> texts(String line) {
    return redis.reply(line).elements().stream().map(Reply::text).toList();
  }

  private Map<String, String> pairs(String line) {
    List<String> texts = texts(line);
    Map<String, String> pairs = new HashMap<>();
    for (int i = 0; i < texts.size(); i += 2) {
      pairs.put(texts.get(i), texts.get(i + 1));
    }
    return pairs;
  }
}
