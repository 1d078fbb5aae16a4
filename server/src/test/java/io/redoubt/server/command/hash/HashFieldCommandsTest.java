package io.redoubt.server.command.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HGETDEL, HGETEX and HSETEX, as in Redis 8.0, with values for each encoding. */
@ServerTest
final class HashFieldCommandsTest {
  private static final String FAR = "33177117420000";
  private static final String WRONG_TYPE =
      "(error) WRONGTYPE Operation against a key holding the wrong kind of value";

  private final Dialogue redis;

  HashFieldCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 65})
  void getsAndDeletes(int length) {
    String value = "x".repeat(length);
    redis.says("HSET h a " + value + " b 2 c 3", "(integer) 3");
    redis.says("HGETDEL h FIELDS 3 a z a", "1) \"" + value + "\"\n2) (nil)\n3) (nil)");
    redis.says("HGETDEL h FIELDS 1 z", "1) (nil)");
    redis.says("HKEYS h", "1) \"b\"\n2) \"c\"");
    redis.says("HGETDEL h fields 3 c b c", "1) \"3\"\n2) \"2\"\n3) (nil)");
    redis.says("EXISTS h", "(integer) 0");
    redis.says("HGETDEL h FIELDS 2 a b", "1) (nil)\n2) (nil)");
    redis.says("EXISTS h", "(integer) 0");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 65})
  void getsAndChangesTheExpiry(int length) {
    String value = "x".repeat(length);
    redis.says("HSET h a " + value + " b 2 c 3", "(integer) 3");
    redis.says("HGETEX h FIELDS 2 a z", "1) \"" + value + "\"\n2) (nil)");
    redis.says("OBJECT ENCODING h", length == 1 ? "\"listpack\"" : "\"hashtable\"");
    redis.says("HGETEX h PXAT " + FAR + " FIELDS 2 a z", "1) \"" + value + "\"\n2) (nil)");
    redis.says("OBJECT ENCODING h", length == 1 ? "\"listpackex\"" : "\"hashtable\"");
    redis.says("HGETEX h EX 100 FIELDS 1 b", "1) \"2\"");
    redis.says("HGETEX h FIELDS 1 a EXAT 33177117421", "1) \"" + value + "\"");
    redis.says("HPEXPIRETIME h FIELDS 1 a", "1) (integer) 33177117421000");
    assertThat(redis.reply("HTTL h FIELDS 1 b").elements().getFirst().number())
        .isBetween(95L, 100L);
    redis.says("HGETEX h FIELDS 1 a", "1) \"" + value + "\"");
    redis.says("HPEXPIRETIME h FIELDS 1 a", "1) (integer) 33177117421000");
    redis.says("HGETEX h PERSIST FIELDS 3 a b z", "1) \"" + value + "\"\n2) \"2\"\n3) (nil)");
    redis.says("HTTL h FIELDS 3 a b c", "1) (integer) -1\n2) (integer) -1\n3) (integer) -1");
    redis.says("HGETEX h PX 0 FIELDS 2 a z", "1) \"" + value + "\"\n2) (nil)");
    redis.says("HGETEX h EXAT 1 FIELDS 3 b c b", "1) \"2\"\n2) \"3\"\n3) (nil)");
    redis.says("EXISTS h", "(integer) 0");
    for (String options : new String[] {"", "EX 10 ", "EX 0 ", "PERSIST "}) {
      redis.says("HGETEX h " + options + "FIELDS 1 a", "1) (nil)");
    }
    redis.says("EXISTS h", "(integer) 0");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 65})
  void setsWithAnExpiry(int length) {
    String value = "x".repeat(length);
    redis.says("HSETEX h FIELDS 2 a " + value + " b 2", "(integer) 1");
    redis.says("HGETALL h", "1) \"a\"\n2) \"" + value + "\"\n3) \"b\"\n4) \"2\"");
    redis.says("HTTL h FIELDS 2 a b", "1) (integer) -1\n2) (integer) -1");
    redis.says("HSETEX h PXAT " + FAR + " FIELDS 2 a 1 c " + value, "(integer) 1");
    redis.says(
        "HPEXPIRETIME h FIELDS 3 a b c",
        "1) (integer) " + FAR + "\n2) (integer) -1\n3) (integer) " + FAR);
    redis.says("HSETEX h FIELDS 3 a 3 b 3 d 3 keepttl", "(integer) 1");
    redis.says(
        "HPEXPIRETIME h FIELDS 3 a b d",
        "1) (integer) " + FAR + "\n2) (integer) -1\n3) (integer) -1");
    redis.says("HSETEX h FIELDS 1 a 4", "(integer) 1");
    redis.says("HMGET h a b c d", "1) \"4\"\n2) \"3\"\n3) \"" + value + "\"\n4) \"3\"");
    redis.says("HTTL h FIELDS 1 a", "1) (integer) -1");
    redis.says("HSETEX new EX 100 FIELDS 2 f " + value + " f 2", "(integer) 1");
    redis.says("HGETALL new", "1) \"f\"\n2) \"2\"");
    assertThat(redis.reply("HTTL new FIELDS 1 f").elements().getFirst().number())
        .isBetween(95L, 100L);
  }

  @Test
  void setsManyFields() {
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 600; i++) {
      pairs.append(" f").append(i).append(" ").append(i);
    }
    redis.says("HSETEX many PXAT " + FAR + " FIELDS 600" + pairs, "(integer) 1");
    redis.says("HSETEX grown FIELDS 1 f0 0", "(integer) 1");
    redis.says("HSETEX grown FXX PXAT " + FAR + " FIELDS 1 f0 1", "(integer) 1");
    redis.says("HSETEX grown KEEPTTL FIELDS 600" + pairs, "(integer) 1");
    redis.says("OBJECT ENCODING many", "\"hashtable\"");
    redis.says("OBJECT ENCODING grown", "\"hashtable\"");
    redis.says("HLEN grown", "(integer) 600");
    redis.says("HPEXPIRETIME grown FIELDS 2 f0 f1", "1) (integer) " + FAR + "\n2) (integer) -1");
    redis.says("HPEXPIRETIME many FIELDS 1 f599", "1) (integer) " + FAR);
  }

  @Test
  void setsAllFieldsOrNone() {
    redis.says("HSETEX h FXX FIELDS 1 a 1", "(integer) 0");
    redis.says("EXISTS h", "(integer) 0");
    redis.says("HSETEX h FNX FIELDS 1 a 1", "(integer) 1");
    redis.says("HSETEX h FNX FIELDS 2 b 2 a 2", "(integer) 0");
    redis.says("HSETEX h FXX FIELDS 2 a 2 b 2", "(integer) 0");
    redis.says("HGETALL h", "1) \"a\"\n2) \"1\"");
    redis.says("HSETEX h fxx EX 0 FIELDS 1 b 2", "(integer) 0");
    redis.says("HSETEX h FXX FIELDS 1 a 2", "(integer) 1");
    redis.says("HGET h a", "\"2\"");
  }

  @Test
  void setsOnlyIfTheKeyExistsOrNot() {
    redis.says("HSETEX h XX FIELDS 1 a 1", "(integer) 0");
    redis.says("EXISTS h", "(integer) 0");
    redis.says("HSETEX h NX EX 100 FIELDS 1 a 1", "(integer) 1");
    redis.says("HSETEX h nx FIELDS 1 b 1", "(integer) 0");
    redis.says("HSETEX h FNX XX FIELDS 1 b 1", "(integer) 1");
    redis.says("HSETEX h XX FNX FIELDS 1 b 2", "(integer) 0");
    redis.says("HSETEX h FIELDS 1 a 2 NX", "(integer) 0");
    redis.says("HSETEX h FXX NX FIELDS 1 a 2", "(integer) 0");
    redis.says("HSETEX new NX FXX FIELDS 1 a 2", "(integer) 0");
    redis.says("EXISTS new", "(integer) 0");
    redis.says("HGETALL h", "1) \"a\"\n2) \"1\"\n3) \"b\"\n4) \"1\"");
    String twice = "(error) ERR Only one of XX or NX arguments can be specified";
    redis.says("HSETEX h NX XX FIELDS 1 a 1", twice);
    redis.says("HSETEX h NX NX FIELDS 1 a 1", twice);
    redis.says("HGETEX h NX FIELDS 1 a", "(error) ERR unknown argument: NX");
    redis.says("SET s text", "OK");
    redis.says("HSETEX s NX FIELDS 1 a 1", WRONG_TYPE);
  }

  @Test
  void deletesWithATimeInThePast() {
    redis.says("HSET h a 1 b 2", "(integer) 2");
    redis.says("HSETEX h EX 0 FIELDS 2 a 1 z 1", "(integer) 1");
    redis.says("HGETALL h", "1) \"b\"\n2) \"2\"");
    redis.says("HSETEX h PXAT 1 FIELDS 1 b 1", "(integer) 1");
    redis.says("HSETEX none PXAT 1 FIELDS 1 b 1", "(integer) 1");
    redis.says("EXISTS h none", "(integer) 0");
  }

  @Test
  void treatsDueFieldsAsAbsent() {
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    redis.says("HSETEX h PX 1 FIELDS 3 a 1 b 2 c 3", "(integer) 1");
    redis.says("HSET h stays 1", "(integer) 1");
    await().untilAsserted(() -> redis.says("HGETEX h FIELDS 1 a", "1) (nil)"));
    redis.says("HSETEX h FXX FIELDS 1 a 2", "(integer) 0");
    redis.says("HGETEX h PERSIST FIELDS 2 a stays", "1) (nil)\n2) \"1\"");
    redis.says("HGETDEL h FIELDS 1 b", "1) (nil)");
    redis.says("HSETEX h FNX KEEPTTL FIELDS 1 c 4", "(integer) 1");
    redis.says("HTTL h FIELDS 1 c", "1) (integer) -1");
    redis.says("HSETEX due PX 1 FIELDS 1 a 1", "(integer) 1");
    await().untilAsserted(() -> redis.says("HLEN due", "(integer) 0"));
    redis.says("HGETDEL due FIELDS 1 a", "1) (nil)");
    redis.says("EXISTS due", "(integer) 0");
    redis.says("DEBUG SET-ACTIVE-EXPIRE 1", "OK");
  }

  @Test
  void refusals() {
    redis.says("SET s text", "OK");
    redis.says("HSET h a 1", "(integer) 1");
    for (String command :
        List.of("HGETDEL s FIELDS 1 a", "HGETEX s FIELDS 1 a", "HSETEX s FIELDS 1 a 1")) {
      redis.says(command, WRONG_TYPE);
    }
    redis.says("HGETDEL h FIELDS 1", "(error) ERR wrong number of arguments for 'hgetdel' command");
    redis.says("HGETEX h FIELDS 1", "(error) ERR wrong number of arguments for 'hgetex' command");
    redis.says("HSETEX h FIELDS 1 a", "(error) ERR wrong number of arguments for 'hsetex' command");
    redis.says(
        "HGETDEL h FIELD 1 a",
        "(error) ERR Mandatory argument FIELDS is missing or not at the right position");
    redis.says("HGETDEL h FIELDS 0 a", "(error) ERR Number of fields must be a positive integer");
    redis.says(
        "HGETDEL h FIELDS 2 a",
        "(error) ERR The `numfields` parameter must match the number of arguments");
    for (String options : List.of("FIELDS 0 a", "FIELDS x a", "FIELDS -1 a")) {
      redis.says("HGETEX h " + options, "(error) ERR invalid number of fields");
      redis.says("HSETEX h " + options + " 1", "(error) ERR invalid number of fields");
    }
    redis.says("HGETEX h FIELDS 2 a", "(error) ERR wrong number of arguments");
    redis.says("HGETEX h FIELDS 4294967297 a", "(error) ERR invalid number of fields");
    redis.says("HSETEX h FIELDS 2147483647 a 1", "(error) ERR wrong number of arguments");
    redis.says("HSETEX h FIELDS 2 a 1 b", "(error) ERR wrong number of arguments");
    redis.says("HGETEX h FIELDS 1 a b", "(error) ERR unknown argument: b");
    redis.says("HSETEX h FIELDS 1 a 1 b", "(error) ERR unknown argument: b");
    redis.says("HGETEX h KEEPTTL FIELDS 1 a", "(error) ERR unknown argument: KEEPTTL");
    redis.says("HGETEX h FNX FIELDS 1 a", "(error) ERR unknown argument: FNX");
    redis.says("HSETEX h PERSIST FIELDS 1 a 1", "(error) ERR unknown argument: PERSIST");
    redis.says(
        "HGETEX h EX 10 PERSIST",
        "(error) ERR Only one of EX, PX, EXAT, PXAT or PERSIST" + " arguments can be specified");
    redis.says(
        "HGETEX h PERSIST EX 10",
        "(error) ERR Only one of EX, PX, EXAT, PXAT or PERSIST" + " arguments can be specified");
    redis.says(
        "HSETEX h EX 60 KEEPTTL FIELDS 1 a 1",
        "(error) ERR Only one of EX, PX, EXAT, PXAT" + " or KEEPTTL arguments can be specified");
    redis.says(
        "HSETEX h FNX FXX FIELDS 1 a 1",
        "(error) ERR Only one of FXX or FNX arguments can be specified");
    redis.says("HGETEX h EX 10 FIELDS", "(error) ERR wrong number of arguments");
    redis.says("HGETEX h FIELDS 1 a EX", "(error) ERR missing expire time");
    redis.says("HGETEX h EX 10 PERSISTS 1", "(error) ERR unknown argument: PERSISTS");
    redis.says(
        "HSETEX h FNX KEEPTTL FNX FXX",
        "(error) ERR Only one of FXX or FNX arguments can be" + " specified");
    redis.says(
        "HSETEX h FNX EX 10 EX 10 EX 10",
        "(error) ERR Only one of EX, PX, EXAT, PXAT or" + " KEEPTTL arguments can be specified");
    redis.says(
        "HSETEX h FIELDS 1 a 1 FIELDS 1 b 1",
        "(error) ERR FIELDS argument can be specified only once");
    redis.says("HGETEX h EX 10", "(error) ERR wrong number of arguments for 'hgetex' command");
    redis.says("HGETEX h EX x FIELDS 1 a", "(error) ERR value is not an integer or out of range");
    redis.says("HGETEX h EX -1 FIELDS 1 a", "(error) ERR invalid expire time, must be >= 0");
    redis.says(
        "HSETEX h EX 70368744178 FIELDS 1 a 1",
        "(error) ERR invalid expire time in 'hsetex' command");
    redis.says("HGETALL h", "1) \"a\"\n2) \"1\"");
  }

  @Test
  void worksInTransactionsAndScripts() {
    redis.says("MULTI", "OK");
    redis.says("HSETEX h EX 100 FIELDS 2 a 1 b 2", "QUEUED");
    redis.says("HGETEX h PERSIST FIELDS 1 a", "QUEUED");
    redis.says("HGETDEL h FIELDS 1 b", "QUEUED");
    redis.says("EXEC", "1) (integer) 1\n2) 1) \"1\"\n3) 1) \"2\"");
    redis.says(
        "EVAL \"return redis.call('HGETDEL', KEYS[1], 'FIELDS', 2, 'a', 'b')\" 1 h",
        "1) \"1\"\n2) (nil)");
    redis.reply("HELLO 3");
    redis.says("HGETDEL h FIELDS 1 a", "1) (nil)");
    redis.says("HGETEX h FIELDS 1 a", "1) (nil)");
  }
}
