package io.redoubt.server.command.string;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** MSETEX: its options, its errors and its keys. */
@ServerTest
final class MultipleSetCommandTest {
  private static final String FAR = "33177117420000";

  private final Dialogue redis;

  MultipleSetCommandTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void setsValuesAndACommonExpiry() {
    redis.says("MSETEX 2 a 1 b two", "(integer) 1");
    redis.says("MGET a b", "1) \"1\"\n2) \"two\"");
    redis.says("OBJECT ENCODING a", "\"int\"");
    redis.says("TTL a", "(integer) -1");
    redis.says("MSETEX 2 a 3 c " + "x".repeat(100) + " PXAT " + FAR, "(integer) 1");
    redis.says("PEXPIRETIME a", "(integer) " + FAR);
    redis.says("PEXPIRETIME c", "(integer) " + FAR);
    redis.says("OBJECT ENCODING c", "\"raw\"");
    redis.says("MSETEX 2 a 4 b 4 keepttl", "(integer) 1");
    redis.says("PEXPIRETIME a", "(integer) " + FAR);
    redis.says("TTL b", "(integer) -1");
    redis.says("MSETEX 1 a 5 EX 100", "(integer) 1");
    assertThat(redis.integer("TTL a")).isBetween(95L, 100L);
    redis.says("MSETEX 1 a 6 PX 100000", "(integer) 1");
    assertThat(redis.integer("TTL a")).isBetween(95L, 100L);
    redis.says("MSETEX 1 a 7 EXAT 33177117420", "(integer) 1");
    redis.says("PEXPIRETIME a", "(integer) " + FAR);
    redis.says("MSETEX 1 a 8", "(integer) 1");
    redis.says("TTL a", "(integer) -1");
    redis.says("MSETEX 3 d 1 d 2 d 3", "(integer) 1");
    redis.says("GET d", "\"3\"");
    redis.says("RPUSH list x", "(integer) 1");
    redis.says("MSETEX 1 list 1", "(integer) 1");
    redis.says("MSETEX 1 NX XX XX", "(integer) 0");
    redis.says("MSETEX 2 a 1 e 2 EXAT 1", "(integer) 1");
    redis.says("EXISTS a e", "(integer) 0");
  }

  @Test
  void setsAllOrNone() {
    redis.says("SET a 1", "OK");
    redis.says("MSETEX 2 b 2 a 2 NX", "(integer) 0");
    redis.says("MSETEX 2 a 2 b 2 EX 100 XX", "(integer) 0");
    redis.says("MGET a b", "1) \"1\"\n2) (nil)");
    redis.says("TTL a", "(integer) -1");
    redis.says("MSETEX 2 b 2 c 2 nx", "(integer) 1");
    redis.says("MSETEX 3 a 3 b 3 c 3 XX KEEPTTL", "(integer) 1");
    redis.says("MGET a b c", "1) \"3\"\n2) \"3\"\n3) \"3\"");
    redis.says("RPUSH list x", "(integer) 1");
    redis.says("MSETEX 1 list 1 XX", "(integer) 1");
  }

  @Test
  void refusesWrongArguments() {
    redis.says("MSETEX", "(error) ERR wrong number of arguments for 'msetex' command");
    redis.says("MSETEX 1 a", "(error) ERR wrong number of arguments for 'msetex' command");
    for (String arguments : new String[] {"2 a 1", "2 a 1 b", "2147483648 a 1", "9 a 1 EX 100"}) {
      redis.says(
          "MSETEX " + arguments, "(error) ERR wrong number of arguments for 'msetex' command");
    }
    for (String number : new String[] {"0", "-1", "x", "1.5"}) {
      redis.says("MSETEX " + number + " a 1", "(error) ERR invalid numkeys value");
    }
    for (String options :
        new String[] {
          "b", "b 2", "NX XX", "NX NX", "EX", "EX 1 PX 1", "EX 1 KEEPTTL", "KEEPTTL EX 1", "GET"
        }) {
      redis.says("MSETEX 1 a 1 " + options, "(error) ERR syntax error");
    }
    redis.says("MSETEX 1 a 1 EX 0", "(error) ERR invalid expire time in 'msetex' command");
    redis.says(
        "MSETEX 1 a 1 PX 9223372036854775807",
        "(error) ERR invalid expire time in 'msetex' command");
    redis.says("MSETEX 1 a 1 EX x", "(error) ERR value is not an integer or out of range");
    redis.says("EXISTS a", "(integer) 0");
  }

  @Test
  void namesItsKeys() {
    redis.says("COMMAND GETKEYS MSETEX 2 a 1 b 2 EX 100", "1) \"a\"\n2) \"b\"");
    redis.says(
        "COMMAND GETKEYS MSETEX 3 a 1 b 2", "(error) ERR Invalid arguments specified for command");
    redis.says("ACL SETUSER writer on nopass +@write %W~a* %R~b*", "OK");
    redis.says("ACL DRYRUN writer MSETEX 2 a1 1 a2 2", "OK");
    redis.says(
        "ACL DRYRUN writer MSETEX 2 a1 1 b1 2",
        "\"User writer has no permissions to access the 'b1' key\"");
  }

  @Test
  void runsInTransactionsAndScripts() {
    redis.says("MULTI", "OK");
    redis.says("MSETEX 1 a 1 NX", "QUEUED");
    redis.says("MSETEX 1 a 1 NX", "QUEUED");
    redis.says("EXEC", "1) (integer) 1\n2) (integer) 0");
    redis.says("EVAL \"return redis.call('MSETEX', 1, KEYS[1], 'v', 'XX')\" 1 a", "(integer) 1");
  }
}
