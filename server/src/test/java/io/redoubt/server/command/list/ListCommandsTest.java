package io.redoubt.server.command.list;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The commands on lists, for each encoding of a list and both versions of the protocol. */
@ServerTest
final class ListCommandsTest {
  /** The encodings of short lists. */
  enum Form {
    LISTPACK("-2", "0", 2),
    LISTPACK_RESP3("-2", "0", 3),
    NODE_EACH("1", "0", 2),
    NODES_OF_TWO("2", "0", 3),
    COMPRESSED("1", "1", 2);

    private final String limit;
    private final String depth;
    private final int resp;

    Form(String limit, String depth, int resp) {
      this.limit = limit;
      this.depth = depth;
      this.resp = resp;
    }
  }

  private static final String WRONGTYPE =
      "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
  private static final String NOT_INTEGER = "(error) ERR value is not an integer or out of range";
  private static final String SYNTAX = "(error) ERR syntax error";

  private final Dialogue redis;

  ListCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  private void use(Form form) {
    redis.ask("HELLO " + form.resp);
    redis.says("CONFIG SET list-max-listpack-size " + form.limit, "OK");
    redis.says("CONFIG SET list-compress-depth " + form.depth, "OK");
  }

  @ParameterizedTest
  @EnumSource
  void endsOfAList(Form form) {
    use(form);
    redis.says("RPUSH a one 2 three", "(integer) 3");
    redis.says("LPUSH a 0 -1", "(integer) 5");
    redis.says("LRANGE a 0 -1", "1) \"-1\"\n2) \"0\"\n3) \"one\"\n4) \"2\"\n5) \"three\"");
    redis.says("LRANGE a 9223372036854775807 -3", "(empty array)");
    redis.says("LLEN a", "(integer) 5");
    redis.says("LPOP a", "\"-1\"");
    redis.says("RPOP a 2", "1) \"three\"\n2) \"2\"");
    redis.says("LPOP a 0", "(empty array)");
    redis.says("LPOP a 9", "1) \"0\"\n2) \"one\"");
    redis.says("EXISTS a", "(integer) 0");
    redis.says("LPOP a", "(nil)");
    redis.says("RPOP a 3", "(nil)");
    redis.says("LPUSHX a 1", "(integer) 0");
    redis.says("RPUSHX a 1", "(integer) 0");
    redis.says("RPUSH a 1", "(integer) 1");
    redis.says("LPUSHX a 0", "(integer) 2");
    redis.says("RPUSHX a 2 3", "(integer) 4");
    redis.says("LRANGE a 1 2", "1) \"1\"\n2) \"2\"");
    redis.says("LRANGE a -100 0", "1) \"0\"");
    redis.says("LRANGE a 4 9", "(empty array)");
    redis.says("LRANGE a 2 1", "(empty array)");
    redis.says("LRANGE nothing 0 -1", "(empty array)");
  }

  @ParameterizedTest
  @EnumSource
  void changesTheMiddleOfAList(Form form) {
    use(form);
    redis.says("RPUSH a 0 1 2 1 x 1", "(integer) 6");
    redis.says("LINDEX a 4", "\"x\"");
    redis.says("LINDEX a -6", "\"0\"");
    redis.says("LINDEX a 6", "(nil)");
    redis.says("LINDEX a -7", "(nil)");
    redis.says("LINDEX nothing 0", "(nil)");
    redis.says("LSET a 4 " + "long".repeat(30), "OK");
    redis.says("LINDEX a -2", '"' + "long".repeat(30) + '"');
    redis.says("LSET a -2 7", "OK");
    redis.says("LSET a 6 x", "(error) ERR index out of range");
    redis.says("LSET nothing 0 x", "(error) ERR no such key");
    redis.says("LINSERT a BEFORE 0 first", "(integer) 7");
    redis.says("LINSERT a after 2 mid", "(integer) 8");
    redis.says("LINSERT a AFTER 1 y", "(integer) 9");
    redis.says("LINSERT a BEFORE none y", "(integer) -1");
    redis.says("LINSERT nothing BEFORE none y", "(integer) 0");
    redis.says(
        "LRANGE a 0 -1",
        "1) \"first\"\n2) \"0\"\n3) \"1\"\n4) \"y\"\n5) \"2\"\n6) \"mid\"\n7) \"1\"\n8) \"7\"\n"
            + "9) \"1\"");
    redis.says("LREM a -2 1", "(integer) 2");
    redis.says("LREM a 1 mid", "(integer) 1");
    redis.says("LREM a 0 none", "(integer) 0");
    redis.says("LREM nothing 0 none", "(integer) 0");
    redis.says("LRANGE a 0 -1", "1) \"first\"\n2) \"0\"\n3) \"1\"\n4) \"y\"\n5) \"2\"\n6) \"7\"");
    redis.says("LTRIM a 1 -2", "OK");
    redis.says("LRANGE a 0 -1", "1) \"0\"\n2) \"1\"\n3) \"y\"\n4) \"2\"");
    redis.says("LTRIM a 0 100", "OK");
    redis.says("LLEN a", "(integer) 4");
    redis.says("LTRIM a 3 1", "OK");
    redis.says("EXISTS a", "(integer) 0");
    redis.says("LTRIM a 3 1", "OK");
    redis.says("RPUSH a x x", "(integer) 2");
    redis.says("LREM a 0 x", "(integer) 2");
    redis.says("EXISTS a", "(integer) 0");
  }

  @ParameterizedTest
  @EnumSource
  void positions(Form form) {
    use(form);
    redis.says("RPUSH a a b c 1 2 3 c c", "(integer) 8");
    redis.says("LPOS a c", "(integer) 2");
    redis.says("LPOS a 3", "(integer) 5");
    redis.says("LPOS a none", "(nil)");
    redis.says("LPOS a c RANK 2", "(integer) 6");
    redis.says("LPOS a c RANK -1", "(integer) 7");
    redis.says("LPOS a c RANK 4", "(nil)");
    redis.says("LPOS a c COUNT 2", "1) (integer) 2\n2) (integer) 6");
    redis.says("LPOS a c COUNT 0 RANK -2", "1) (integer) 6\n2) (integer) 2");
    redis.says("LPOS a c COUNT 0 MAXLEN 7", "1) (integer) 2\n2) (integer) 6");
    redis.says("LPOS a c COUNT 0 MAXLEN 2 RANK -1", "1) (integer) 7\n2) (integer) 6");
    redis.says("LPOS nothing c", "(nil)");
    redis.says("LPOS nothing c COUNT 1", "(empty array)");
  }

  @ParameterizedTest
  @EnumSource
  void moves(Form form) {
    use(form);
    redis.says("RPUSH a 1 2 3 4", "(integer) 4");
    redis.says("LMOVE a b LEFT RIGHT", "\"1\"");
    redis.says("LMOVE a b right left", "\"4\"");
    redis.says("LRANGE b 0 -1", "1) \"4\"\n2) \"1\"");
    redis.says("RPOPLPUSH a a", "\"3\"");
    redis.says("LRANGE a 0 -1", "1) \"3\"\n2) \"2\"");
    redis.says("RPOPLPUSH a b", "\"2\"");
    redis.says("RPOPLPUSH a a", "\"3\"");
    redis.says("LMOVE a b LEFT LEFT", "\"3\"");
    redis.says("EXISTS a", "(integer) 0");
    redis.says("LMOVE a b LEFT LEFT", "(nil)");
    redis.says("LRANGE b 0 -1", "1) \"3\"\n2) \"2\"\n3) \"4\"\n4) \"1\"");
    redis.says("LMPOP 2 a b RIGHT", "1) \"b\"\n2) 1) \"1\"");
    redis.says("LMPOP 2 a b LEFT COUNT 9", "1) \"b\"\n2) 1) \"3\"\n   2) \"2\"\n   3) \"4\"");
    redis.says("LMPOP 2 a b LEFT COUNT 9", "(nil)");
    redis.says("RPUSH b 1 2 3", "(integer) 3");
    redis.says("BLPOP a b 0", "1) \"b\"\n2) \"1\"");
    redis.says("BRPOP a b 0.5", "1) \"b\"\n2) \"3\"");
    redis.says("BRPOPLPUSH b a 1", "\"2\"");
    redis.says("BLMOVE a c LEFT LEFT 1", "\"2\"");
    redis.says("BLMPOP 1 2 a c LEFT COUNT 2", "1) \"c\"\n2) 1) \"2\"");
    redis.says("DBSIZE", "(integer) 0");
  }

  @Test
  void badInput() {
    redis.says("SET s x", "OK");
    for (String line :
        new String[] {
          "LPUSH s 1",
          "RPUSHX s 1",
          "LPOP s",
          "LLEN s",
          "LINDEX s 0",
          "LSET s 0 1",
          "LRANGE s 0 1",
          "LTRIM s 0 1",
          "LREM s 0 1",
          "LINSERT s BEFORE 1 2",
          "LPOS s 1",
          "RPOPLPUSH s a",
          "LMPOP 2 a s LEFT",
          "BLPOP a s 0",
          "BLMOVE s a LEFT LEFT 0",
          "BLMPOP 0 1 s LEFT"
        }) {
      redis.says(line, WRONGTYPE);
    }
    redis.says("RPUSH a 1", "(integer) 1");
    redis.says("LMOVE a s LEFT LEFT", WRONGTYPE);
    redis.says("LLEN a", "(integer) 1");
    redis.says("LPOP a -1", "(error) ERR value is out of range, must be positive");
    redis.says("LPOP a x", "(error) ERR value is out of range, must be positive");
    redis.says("LPOP a 1 2", "(error) ERR wrong number of arguments for 'lpop' command");
    redis.says("LINDEX a x", NOT_INTEGER);
    redis.says("LRANGE a 0 x", NOT_INTEGER);
    redis.says("LTRIM a x 0", NOT_INTEGER);
    redis.says("LREM a x 0", NOT_INTEGER);
    redis.says("LINSERT a BETWEEN 1 2", SYNTAX);
    redis.says("LMOVE a b LEFT UP", SYNTAX);
    redis.says(
        "LPOS a 1 RANK 0",
        "(error) ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ..."
            + " or use negative to start from the end of the list");
    redis.says("LPOS a 1 RANK x", NOT_INTEGER);
    redis.says("LPOS a 1 COUNT -1", "(error) ERR COUNT can't be negative");
    redis.says("LPOS a 1 MAXLEN -1", "(error) ERR MAXLEN can't be negative");
    redis.says("LPOS a 1 MAXLEN", SYNTAX);
    redis.says("LMPOP 0 a LEFT", "(error) ERR numkeys should be greater than 0");
    redis.says("LMPOP 1 a LEFT COUNT 0", "(error) ERR count should be greater than 0");
    redis.says("LMPOP 2 a LEFT", SYNTAX);
    redis.says("LMPOP 1 a LEFT COUNT 1 COUNT 1", SYNTAX);
    redis.says("BLPOP b x", "(error) ERR timeout is not a float or out of range");
    redis.says("BLPOP b -1", "(error) ERR timeout is negative");
    redis.says("BLPOP b 1e300", "(error) ERR timeout is out of range");
  }

  @Test
  void encodings() {
    use(Form.LISTPACK);
    redis.says("CONFIG SET list-max-listpack-size 4", "OK");
    redis.says("RPUSH a 1 2 3 4", "(integer) 4");
    redis.says("OBJECT ENCODING a", "\"listpack\"");
    redis.says("RPUSH a 5", "(integer) 5");
    redis.says("OBJECT ENCODING a", "\"quicklist\"");
    redis.says("LPOP a 2", "1) \"1\"\n2) \"2\"");
    redis.says("OBJECT ENCODING a", "\"quicklist\"");
    redis.says("LPOP a 2", "1) \"3\"\n2) \"4\"");
    redis.says("OBJECT ENCODING a", "\"listpack\"");
    redis.says("RPUSH a 6 7 8 9", "(integer) 5");
    redis.says("COPY a b", "(integer) 1");
    redis.says("LTRIM a 0 1", "OK");
    redis.says("OBJECT ENCODING a", "\"listpack\"");
    redis.says("LRANGE a 0 -1", "1) \"5\"\n2) \"6\"");
    redis.says("LLEN b", "(integer) 5");
    redis.says("OBJECT ENCODING b", "\"quicklist\"");
    use(Form.LISTPACK);
    redis.says("RPUSH c " + "x".repeat(8192), "(integer) 1");
    redis.says("OBJECT ENCODING c", "\"quicklist\"");
    redis.says("LSET c 0 1", "OK");
    redis.says("OBJECT ENCODING c", "\"listpack\"");
  }

  @Test
  void fillsAndEmptiesLongLists() {
    use(Form.LISTPACK);
    long before = redis.usedMemory();
    for (int i = 0; i < 200; i++) {
      redis.ask("RPUSH a " + "element-of-the-list ".repeat(100));
    }
    redis.says("LLEN a", "(integer) 20000");
    redis.says("LINDEX a 9999", "\"element-of-the-list\"");
    redis.says("LTRIM a 5000 -5001", "OK");
    redis.says("LLEN a", "(integer) 10000");
    redis.says("UNLINK a", "(integer) 1");
    await().untilAsserted(() -> assertThat(redis.usedMemory()).isLessThan(before + 100_000));
  }
}
