package io.redoubt.server.command.string;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** Strings: each command, its options, its errors and its effects. */
@ServerTest
final class StringCommandsTest {
  private final Dialogue redis;

  StringCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void setAndGet() {
    redis.says("SET greeting hello", "OK");
    redis.says("GET greeting", "\"hello\"");
    redis.says("GET nothing", "(nil)");
    redis.says("SET greeting \"\"", "OK");
    redis.says("GET greeting", "\"\"");
    redis.says("SET \"\\x00\\xff\" \"a\\r\\nb\"", "OK");
    redis.says("GET \"\\x00\\xff\"", "\"a\\r\\nb\"");
  }

  @Test
  void setOnlyIfAbsentOrPresent() {
    redis.says("SET k 1 XX", "(nil)");
    redis.says("SET k 1 NX", "OK");
    redis.says("SET k 2 NX", "(nil)");
    redis.says("SET k 3 XX", "OK");
    redis.says("SET k 4 NX GET", "\"3\"");
    redis.says("GET k", "\"3\"");
    redis.says("SET new 1 NX GET", "(nil)");
    redis.says("GET new", "\"1\"");
  }

  @Test
  void setRefusesContradictoryOptions() {
    redis.says("SET k 1 NX XX", "(error) ERR syntax error");
    redis.says("SET k 1 EX 10 PX 10", "(error) ERR syntax error");
    redis.says("SET k 1 EX 10 KEEPTTL", "(error) ERR syntax error");
    redis.says("SET k 1 EX", "(error) ERR syntax error");
    redis.says("SET k 1 SOON", "(error) ERR syntax error");
    redis.says("SET k 1 EX x", "(error) ERR value is not an integer or out of range");
    redis.says("SET k 1 EX 0", "(error) ERR invalid expire time in 'set' command");
    redis.says("SET k 1 EX -1", "(error) ERR invalid expire time in 'set' command");
    redis.says(
        "SET k 1 EX 9223372036854775807", "(error) ERR invalid expire time in 'set' command");
    redis.says("SETEX k 0 v", "(error) ERR invalid expire time in 'setex' command");
    redis.says("PSETEX k -1 v", "(error) ERR invalid expire time in 'psetex' command");
    redis.says("GET k", "(nil)");
    redis.says("SET k", "(error) ERR wrong number of arguments for 'set' command");
  }

  @Test
  void setsIfTheValueIsEqualOrNot() {
    redis.says("SET k 1 IFEQ 1", "(nil)");
    redis.says("SET k 1 IFEQ 1 GET", "(nil)");
    redis.says("EXISTS k", "(integer) 0");
    redis.says("SET k 1 IFNE 1", "OK");
    redis.says("SET k 2 IFNE 1", "(nil)");
    redis.says("SET k 2 IFEQ 01", "(nil)");
    redis.says("SET k 2 IFEQ 10", "(nil)");
    redis.says("SET k two ifeq 1", "OK");
    redis.says("SET k x IFEQ TWO GET", "\"two\"");
    redis.says("GET k", "\"two\"");
    redis.says("SET k three IFEQ two GET", "\"two\"");
    redis.says("SET k four GET IFNE two EX 100", "\"three\"");
    redis.says("TTL k", "(integer) 100");
    redis.says("SET k five IFEQ four KEEPTTL", "OK");
    redis.says("TTL k", "(integer) 100");
    redis.says("SET k six IFEQ five", "OK");
    redis.says("TTL k", "(integer) -1");
    String large = "x".repeat(100_000);
    redis.says("SET k " + large, "OK");
    redis.says("SET k y IFEQ " + large + "x", "(nil)");
    redis.says("SET k \"\" IFEQ " + large, "OK");
    redis.says("SET k 0 IFEQ \"\"", "OK");
    redis.says("SET k 1 IFEQ \"\"", "(nil)");
  }

  @Test
  void refusesComparisonsThatMeanNothing() {
    redis.says("SET k 1", "OK");
    redis.says("RPUSH list a", "(integer) 1");
    for (String options :
        new String[] {
          "IFEQ",
          "IFNE",
          "IFEQ 1 NX",
          "NX IFEQ 1",
          "XX IFNE 1",
          "IFEQ 1 IFNE 2",
          "IFEQ 1 IFEQ 1",
          "IFDEQ",
          "IFDNE",
          "IFDEQ 0123456789abcdef NX",
          "IFEQ 1 IFDNE 0123456789abcdef",
        }) {
      redis.says("SET k 2 " + options, "(error) ERR syntax error");
    }
    for (String command :
        new String[] {
          "SET list 1 IFEQ a",
          "SET list 1 IFNE a",
          "DELIFEQ list a",
          "DELEX list IFEQ a",
          "SET list 1 IFDEQ 0123456789abcdef",
          "DELEX list IFDNE 0123456789abcdef",
          "DIGEST list",
        }) {
      redis.says(
          command, "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    redis.says("GET k", "\"1\"");
    redis.says("DELIFEQ k", "(error) ERR wrong number of arguments for 'delifeq' command");
    redis.says("DELIFEQ k 1 2", "(error) ERR wrong number of arguments for 'delifeq' command");
    redis.says("DELEX k IFEQ", "(error) ERR wrong number of arguments for 'delex' command");
    redis.says("DELEX k IFEDQ 1", "(error) ERR syntax error");
    redis.says(
        "COMMAND GETKEYSANDFLAGS SET k v IFEQ x",
        "1) 1) \"k\"\n   2) 1) RW\n      2) access\n      3) update");
  }

  @Test
  void deletesByValue() {
    redis.says("DELIFEQ none 1", "(integer) 0");
    redis.says("SET n 12", "OK");
    redis.says("DELIFEQ n 1", "(integer) 0");
    redis.says("DELIFEQ n 12", "(integer) 1");
    redis.says("EXISTS n", "(integer) 0");
    redis.says("SET s " + "x".repeat(300), "OK");
    redis.says("DELIFEQ s " + "x".repeat(299) + "y", "(integer) 0");
    redis.says("DELEX s IFNE " + "x".repeat(300), "(integer) 0");
    redis.says("DELEX s ifeq " + "x".repeat(300), "(integer) 1");
    redis.says("DELEX none IFNE 1", "(integer) 0");
    redis.says("SET s 1", "OK");
    redis.says("DELEX s IFNE 2", "(integer) 1");
    redis.says("RPUSH list a", "(integer) 1");
    redis.says("DELEX list", "(integer) 1");
    redis.says("DELEX list", "(integer) 0");
  }

  /** The digests are those in Redis' documentation and, for 300 times x, of libxxhash. */
  @Test
  void comparesDigests() {
    redis.says("DIGEST k", "(nil)");
    redis.says("SET k \"Hello world\"", "OK");
    redis.says("DIGEST k", "\"b6acb9d84a38ff74\"");
    redis.says("SET k 1 IFDEQ b6acb9d84a38ff75", "(nil)");
    redis.says("SET k 12 IFDEQ B6ACB9D84A38FF74", "OK");
    redis.says("OBJECT ENCODING k", "\"int\"");
    redis.says("DIGEST k", "\"7ecd2e572c949f74\"");
    redis.says("SET k 13 IFDNE 7ecd2e572c949f74 GET", "\"12\"");
    redis.says("DELEX k IFDNE 7ecd2e572c949f74", "(integer) 0");
    redis.says("SET k " + "x".repeat(300) + " IFDNE b6acb9d84a38ff74", "OK");
    redis.says("DIGEST k", "\"a5d1b4607dc83554\"");
    redis.says("DELEX k IFDEQ b6acb9d84a38ff74", "(integer) 0");
    redis.says("DELEX k ifdeq a5d1b4607dc83554", "(integer) 1");
    redis.says("DELEX k IFDNE a5d1b4607dc83554", "(integer) 0");
    redis.says("SET k 1 IFDEQ a5d1b4607dc83554", "(nil)");
    redis.says("SET k 1 IFDNE a5d1b4607dc83554", "OK");
    for (String digest :
        new String[] {"1", "b6acb9d84a38ff7", "b6acb9d84a38ff745", "b6acb9d84a38ff7g"}) {
      String refusal = "(error) ERR must be exactly 16 hexadecimal characters";
      redis.says("SET k 2 IFDEQ " + digest, refusal);
      redis.says("SET none 2 IFDNE " + digest, refusal);
      redis.says("DELEX none IFDEQ " + digest, refusal);
    }
    redis.says("GET k", "\"1\"");
  }

  @Test
  void comparesInTransactionsAndScripts() {
    redis.says("SET k 1", "OK");
    redis.says("MULTI", "OK");
    redis.says("SET k 2 IFEQ 1 GET", "QUEUED");
    redis.says("DELIFEQ k 1", "QUEUED");
    redis.says("DELIFEQ k 2", "QUEUED");
    redis.says("EXEC", "1) \"1\"\n2) (integer) 0\n3) (integer) 1");
    redis.says(
        "EVAL \"redis.call('SET', KEYS[1], 'a', 'IFNE', 'b')"
            + " return redis.call('DELIFEQ', KEYS[1], 'a')\" 1 k",
        "(integer) 1");
  }

  @Test
  void setWithExpiry() {
    redis.says("SET k v EX 100", "OK");
    assertThat(redis.integer("TTL k")).isBetween(95L, 100L);
    redis.says("SET k v KEEPTTL", "OK");
    assertThat(redis.integer("PTTL k")).isBetween(95_000L, 100_000L);
    redis.says("SET k v", "OK");
    redis.says("TTL k", "(integer) -1");
    redis.says("SET k v PXAT 33177117420000", "OK");
    redis.says("PEXPIRETIME k", "(integer) 33177117420000");
    redis.says("SET k v EXAT 33177117420", "OK");
    redis.says("EXPIRETIME k", "(integer) 33177117420");
    redis.says("SETEX k 50 v", "OK");
    assertThat(redis.integer("TTL k")).isBetween(45L, 50L);
    redis.says("TTL nothing", "(integer) -2");
  }

  @Test
  void getexChangesTheExpiry() {
    redis.says("SET k v", "OK");
    redis.says("GETEX k EX 100", "\"v\"");
    assertThat(redis.integer("TTL k")).isBetween(95L, 100L);
    redis.says("GETEX k PERSIST", "\"v\"");
    redis.says("TTL k", "(integer) -1");
    redis.says("GETEX k EX 10 PERSIST", "(error) ERR syntax error");
    redis.says("GETEX k EXAT 1", "\"v\"");
    redis.says("EXISTS k", "(integer) 0");
    redis.says("GETEX k PX 0", "(nil)");
  }

  @Test
  void getdelAndGetset() {
    redis.says("SET k v", "OK");
    redis.says("GETSET k w", "\"v\"");
    redis.says("GETDEL k", "\"w\"");
    redis.says("GETDEL k", "(nil)");
    redis.says("GETSET k x", "(nil)");
    redis.says("GET k", "\"x\"");
  }

  @Test
  void counters() {
    redis.says("INCR n", "(integer) 1");
    redis.says("INCRBY n 41", "(integer) 42");
    redis.says("DECRBY n 2", "(integer) 40");
    redis.says("DECR n", "(integer) 39");
    redis.says("OBJECT ENCODING n", "\"int\"");
    redis.says("INCRBY n 9223372036854775807", "(error) ERR increment or decrement would overflow");
    redis.says("DECRBY n -9223372036854775808", "(error) ERR decrement would overflow");
    redis.says("INCRBY n 1.5", "(error) ERR value is not an integer or out of range");
    redis.says("SET n \" 11\"", "OK");
    redis.says("INCR n", "(error) ERR value is not an integer or out of range");
    redis.says("SET n 11 EX 100", "OK");
    redis.says("INCR n", "(integer) 12");
    assertThat(redis.integer("TTL n")).isBetween(95L, 100L);
  }

  @Test
  void incrbyfloat() {
    redis.says("INCRBYFLOAT f 10.50", "\"10.5\"");
    redis.says("INCRBYFLOAT f 0.1", "\"10.6\"");
    redis.says("INCRBYFLOAT f -5", "\"5.6\"");
    redis.says("SET f 5.0e3", "OK");
    redis.says("INCRBYFLOAT f 2.0e2", "\"5200\"");
    redis.says("SET f abc", "OK");
    redis.says("INCRBYFLOAT f 1", "(error) ERR value is not a valid float");
    redis.says("SET f 3", "OK");
    redis.says("INCRBYFLOAT f x", "(error) ERR value is not a valid float");
    redis.says("INCRBYFLOAT f inf", "(error) ERR increment would produce NaN or Infinity");
    redis.says("SETRANGE f 100000000 1", "(integer) 100000001");
    redis.says("INCRBYFLOAT f 1", "(error) ERR value is not a valid float");
    redis.says("HSET h f " + "1".repeat(6_000), "(integer) 1");
    redis.says("HINCRBYFLOAT h f 1", "(error) ERR hash value is not a float");
  }

  @Test
  void appendAndRanges() {
    redis.says("APPEND k Hello", "(integer) 5");
    redis.says("APPEND k \" World\"", "(integer) 11");
    redis.says("OBJECT ENCODING k", "\"raw\"");
    redis.says("STRLEN k", "(integer) 11");
    redis.says("GETRANGE k 0 4", "\"Hello\"");
    redis.says("GETRANGE k -5 -1", "\"World\"");
    redis.says("GETRANGE k 5 1", "\"\"");
    redis.says("GETRANGE k 0 -100", "\"H\"");
    redis.says("SUBSTR k 6 100", "\"World\"");
    redis.says("SETRANGE k 6 Redis", "(integer) 11");
    redis.says("GET k", "\"Hello Redis\"");
    redis.says("SETRANGE fresh 3 x", "(integer) 4");
    redis.says("GET fresh", "\"\\x00\\x00\\x00x\"");
    redis.says("SETRANGE k -1 x", "(error) ERR offset is out of range");
    redis.says(
        "SETRANGE k 536870912 x",
        "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    redis.says("SETRANGE nothing 10 \"\"", "(integer) 0");
    redis.says("EXISTS nothing", "(integer) 0");
  }

  @Test
  void severalAtOnce() {
    redis.says("MSET a 1 b 2", "OK");
    redis.says("MGET a b c", "1) \"1\"\n2) \"2\"\n3) (nil)");
    redis.says("MSETNX b 3 c 3", "(integer) 0");
    redis.says("MSETNX c 3 d 4", "(integer) 1");
    redis.says("MGET b c d", "1) \"2\"\n2) \"3\"\n3) \"4\"");
    redis.says("MSET a 1 b", "(error) ERR wrong number of arguments for 'mset' command");
    redis.says("SETNX a 9", "(integer) 0");
    redis.says("SETNX e 9", "(integer) 1");
  }

  @Test
  void encodings() {
    redis.says("SET k 12345678901234567890", "OK");
    redis.says("OBJECT ENCODING k", "\"embstr\"");
    redis.says("SET k -9223372036854775808", "OK");
    redis.says("OBJECT ENCODING k", "\"int\"");
    redis.says("GET k", "\"-9223372036854775808\"");
    redis.says("SET k 007", "OK");
    redis.says("OBJECT ENCODING k", "\"embstr\"");
    redis.says("SET k " + "x".repeat(44), "OK");
    redis.says("OBJECT ENCODING k", "\"embstr\"");
    redis.says("SET k " + "x".repeat(45), "OK");
    redis.says("OBJECT ENCODING k", "\"raw\"");
    redis.says("GET k", '"' + "x".repeat(45) + '"');
  }

  @Test
  void longestCommonSubsequence() {
    redis.says("MSET a ohmytext b mynewtext", "OK");
    redis.says("LCS a b", "\"mytext\"");
    redis.says("LCS a b LEN", "(integer) 6");
    redis.says(
        "LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN",
        """
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
              3) (integer) 4
        3) "len"
        4) (integer) 6\
        """
            .stripIndent());
    redis.says(
        "LCS a b IDX LEN",
        "(error) ERR If you want both the length and indexes, please just use IDX.");
    redis.says("LCS a nothing", "\"\"");
    redis.says("SETRANGE long 4999 x", "(integer) 5000");
    redis.says("SETRANGE longer 5999 y", "(integer) 6000");
    redis.says("LCS long longer LEN", "(integer) 4999");
  }

  @Test
  void largeValues() {
    String value = "v".repeat(70_000);
    redis.says("SET big " + value, "OK");
    redis.says("STRLEN big", "(integer) 70000");
    redis.says("GET big", '"' + value + '"');
    redis.says("APPEND big x", "(integer) 70001");
    redis.says("GETRANGE big -2 -1", "\"vx\"");
  }
}
