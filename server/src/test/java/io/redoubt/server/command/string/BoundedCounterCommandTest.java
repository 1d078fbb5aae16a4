package io.redoubt.server.command.string;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** INCREX: bounds, saturation, expiry and errors. */
@ServerTest
final class BoundedCounterCommandTest {
  private static final String MAX = "9223372036854775807";
  private static final String MIN = "-9223372036854775808";
  private static final String FAR = "33177117420000";

  private final Dialogue redis;

  BoundedCounterCommandTest(Dialogue redis) {
    this.redis = redis;
  }

  private void adds(String arguments, String value, String added) {
    redis.says("INCREX " + arguments, "1) (integer) " + value + "\n2) (integer) " + added);
  }

  private void addsFloat(String arguments, String value, String added) {
    redis.says("INCREX " + arguments, "1) \"" + value + "\"\n2) \"" + added + '"');
  }

  @Test
  void incrementsIntegers() {
    adds("n", "1", "1");
    adds("n", "2", "1");
    adds("n BYINT -12", "-10", "-12");
    redis.says("OBJECT ENCODING n", "\"int\"");
    redis.says("SETRANGE n 3 5", "(integer) 4");
    redis.says("OBJECT ENCODING n", "\"raw\"");
    adds("n byint 5", "-100", "5");
    redis.says("SET n 1.5", "OK");
    redis.says("INCREX n", "(error) ERR value is not an integer or out of range");
    redis.says("RPUSH list a", "(integer) 1");
    redis.says(
        "INCREX list", "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
  }

  @Test
  void keepsWithinBounds() {
    redis.says("SET n 99", "OK");
    adds("n BYINT 5 UBOUND 100", "99", "0");
    adds("n BYINT 5 UBOUND 100 SATURATE", "100", "1");
    adds("n UBOUND 100 SATURATE", "100", "0");
    adds("n BYINT -200 LBOUND -50", "100", "0");
    adds("n LBOUND -50 SATURATE BYINT -200", "-50", "-150");
    adds("n BYINT 10 LBOUND 0 UBOUND 20 SATURATE", "0", "50");
    adds("n BYINT 10 LBOUND 5 UBOUND 5", "0", "0");
    adds("n BYINT 0 LBOUND 5 UBOUND 5 SATURATE", "5", "5");
    adds("none BYINT 5 UBOUND 4", "0", "0");
    redis.says("EXISTS none", "(integer) 0");
    adds("none BYINT 5 UBOUND 4 SATURATE", "4", "4");
  }

  @Test
  void treatsOverflowAsABound() {
    redis.says("SET n " + MAX, "OK");
    adds("n", MAX, "0");
    adds("n SATURATE", MAX, "0");
    redis.says("SET n 9223372036854775800", "OK");
    adds("n BYINT 100 SATURATE", MAX, "7");
    adds("n BYINT 100 SATURATE UBOUND 0", "0", "-" + MAX);
    redis.says("SET n " + MIN, "OK");
    adds("n BYINT -1", MIN, "0");
    adds("n BYINT -1 SATURATE", MIN, "0");
    redis.says(
        "INCREX n BYINT 1 LBOUND 5 SATURATE", "(error) ERR increment or decrement would overflow");
    redis.says("GET n", '"' + MIN + '"');
  }

  @Test
  void incrementsFloats() {
    redis.says("SET f 1.5", "OK");
    addsFloat("f BYFLOAT 0.25", "1.75", "0.25");
    redis.says("SET f 2", "OK");
    addsFloat("f BYFLOAT 1e-1", "2.1", "0.1");
    addsFloat("f BYFLOAT 1 UBOUND 3", "2.1", "0");
    addsFloat("f BYFLOAT 1 UBOUND 3.05 SATURATE", "3.05", "0.95");
    addsFloat("f BYFLOAT -5 LBOUND -1.5 SATURATE", "-1.5", "-4.55");
    addsFloat("f BYFLOAT -5 LBOUND -1.5", "-1.5", "0");
    addsFloat("none BYFLOAT 3 UBOUND 2", "0", "0");
    redis.says("EXISTS none", "(integer) 0");
    redis.says("HELLO 3", redis.ask("HELLO 3"));
    redis.says("INCREX f BYFLOAT 0.25", "1) (double) -1.25\n2) (double) 0.25");
    redis.says("INCREX k BYINT 2", "1) (integer) 2\n2) (integer) 2");
    redis.says("HELLO 2", redis.ask("HELLO 2"));
    redis.says("INCREX f BYFLOAT inf", "(error) ERR increment would produce NaN or Infinity");
    redis.says(
        "INCREX f BYFLOAT 1 LBOUND -inf", "(error) ERR increment would produce NaN or Infinity");
    redis.says("INCREX f BYFLOAT nan", "(error) ERR value is not a valid float");
    redis.says("SET f x", "OK");
    redis.says("INCREX f BYFLOAT 1", "(error) ERR value is not a valid float");
    redis.says("SET f 1e4932", "OK");
    assertThat(redis.reply("INCREX f BYFLOAT 1e4932").elements().get(1).text()).isEqualTo("0");
    String largest = redis.reply("INCREX f BYFLOAT 1e4932 SATURATE").elements().getFirst().text();
    assertThat(largest).hasSize(4933).startsWith("118973149535723176");
    redis.says("GET f", '"' + largest + '"');
  }

  @Test
  void setsExpiries() {
    adds("n EX 100", "1", "1");
    assertThat(redis.integer("TTL n")).isBetween(95L, 100L);
    adds("n", "2", "1");
    assertThat(redis.integer("TTL n")).isBetween(95L, 100L);
    adds("n PXAT " + FAR + " ENX", "3", "1");
    assertThat(redis.integer("TTL n")).isBetween(95L, 100L);
    adds("n PXAT " + FAR, "4", "1");
    redis.says("PEXPIRETIME n", "(integer) " + FAR);
    adds("n EXAT 33177117421 UBOUND 4", "4", "0");
    redis.says("PEXPIRETIME n", "(integer) " + FAR);
    adds("n EXAT 33177117421 UBOUND 4 SATURATE", "4", "0");
    redis.says("PEXPIRETIME n", "(integer) 33177117421000");
    adds("n PERSIST", "5", "1");
    redis.says("TTL n", "(integer) -1");
    adds("n ENX PX 100000", "6", "1");
    assertThat(redis.integer("TTL n")).isBetween(95L, 100L);
    addsFloat("n BYFLOAT 1", "7", "1");
    assertThat(redis.integer("TTL n")).isBetween(95L, 100L);
    addsFloat("n BYFLOAT 1 PERSIST", "8", "1");
    redis.says("TTL n", "(integer) -1");
    adds("n EXAT 1", "9", "1");
    redis.says("EXISTS n", "(integer) 0");
    addsFloat("n BYFLOAT 1 PXAT 1", "1", "1");
    redis.says("EXISTS n", "(integer) 0");
  }

  @Test
  void refusesWrongOptions() {
    redis.says("SET n 1", "OK");
    for (String options :
        new String[] {
          "BYINT",
          "BYINT 1 BYINT 1",
          "BYINT 1 BYFLOAT 1",
          "LBOUND",
          "LBOUND 1 LBOUND 1",
          "UBOUND 1 UBOUND 1",
          "SATURATE SATURATE",
          "EX",
          "EX 10 PX 10",
          "EX 10 PERSIST",
          "PERSIST EX 10",
          "KEEPTTL",
          "NX",
          "5",
          "ENX ENX EX 10",
        }) {
      redis.says("INCREX n " + options, "(error) ERR syntax error");
    }
    redis.says("INCREX n ENX", "(error) ERR ENX requires one of EX, PX, EXAT or PXAT");
    redis.says("INCREX n ENX PERSIST", "(error) ERR ENX requires one of EX, PX, EXAT or PXAT");
    redis.says(
        "INCREX n LBOUND 2 UBOUND 1", "(error) ERR LBOUND must be less than or equal to UBOUND");
    redis.says(
        "INCREX n BYFLOAT 1 LBOUND 1.5 UBOUND 1.25",
        "(error) ERR LBOUND must be less than or equal to UBOUND");
    redis.says("INCREX n UBOUND 1.5", "(error) ERR value is not an integer or out of range");
    redis.says("INCREX n BYINT 1.5", "(error) ERR value is not an integer or out of range");
    redis.says("INCREX n BYFLOAT x", "(error) ERR value is not a valid float");
    redis.says("INCREX n EX 0", "(error) ERR invalid expire time in 'increx' command");
    redis.says("INCREX", "(error) ERR wrong number of arguments for 'increx' command");
    redis.says("GET n", "\"1\"");
    redis.says("TTL n", "(integer) -1");
  }

  @Test
  void limitsARate() {
    for (int i = 1; i <= 3; i++) {
      adds("limit BYINT 1 UBOUND 3 EX 60 ENX", Integer.toString(i), "1");
    }
    adds("limit BYINT 1 UBOUND 3 EX 60 ENX", "3", "0");
    redis.says("ACL SETUSER reader on nopass +@all %R~*", "OK");
    redis.says(
        "ACL DRYRUN reader INCREX limit",
        "\"User reader has no permissions to access the 'limit' key\"");
  }
}
