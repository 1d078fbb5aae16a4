package io.redoubt.server.command.bitmap;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** Bitmaps: replies and errors as recorded from a real Redis 7.0. */
@ServerTest
final class BitmapCommandsTest {
  private final Dialogue redis;

  BitmapCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void setsAndReadsBits() {
    redis.says("SETBIT a -1 1", "(error) ERR bit offset is not an integer or out of range");
    redis.says("SETBIT a 4294967296 1", "(error) ERR bit offset is not an integer or out of range");
    redis.says("SETBIT a 1 2", "(error) ERR bit is not an integer or out of range");
    redis.says("SETBIT a x 2", "(error) ERR bit offset is not an integer or out of range");
    redis.says("SETBIT a 1 x", "(error) ERR bit is not an integer or out of range");
    redis.says("SETBIT a 01 1", "(error) ERR bit offset is not an integer or out of range");
    redis.says("GETBIT a x", "(error) ERR bit offset is not an integer or out of range");
    redis.says("GETBIT a 4294967296", "(error) ERR bit offset is not an integer or out of range");
    redis.says("SET n 12", "OK");
    redis.says("GETBIT n 2", "(integer) 1");
    redis.says("SETBIT n 0 0", "(integer) 0");
    redis.says("OBJECT ENCODING n", "\"raw\"");
    redis.says("SETBIT new 3 0", "(integer) 0");
    redis.says("GET new", "\"\\x00\"");
    redis.says("OBJECT ENCODING new", "\"raw\"");
    redis.says("OBJECT ENCODING nothing", "(nil)");
  }

  @Test
  void countsBits() {
    redis.says("SET n 12", "OK");
    redis.says("SETBIT n 0 0", "(integer) 0");
    redis.says("BITCOUNT nothing", "(integer) 0");
    redis.says("BITCOUNT n 0", "(error) ERR syntax error");
    redis.says("BITCOUNT nothing 0", "(integer) 0");
    redis.says("BITCOUNT nothing 0 x", "(integer) 0");
    redis.says("BITCOUNT nothing 0 1 FOO", "(integer) 0");
    redis.says("BITCOUNT n 0 1 FOO", "(error) ERR syntax error");
    redis.says("BITCOUNT n 0 x", "(error) ERR value is not an integer or out of range");
    redis.says("BITCOUNT n 0 1 bit BIT", "(error) ERR syntax error");
    redis.says("BITCOUNT n -1 -5", "(integer) 0");
    redis.says("BITCOUNT n -5 -1 BIT", "(integer) 2");
    redis.says("BITCOUNT n 5 -100", "(integer) 0");
    redis.says("BITCOUNT n -100 -50", "(integer) 3");
  }

  @Test
  void findsBits() {
    redis.says("SET n 12", "OK");
    redis.says("SETBIT n 0 0", "(integer) 0");
    redis.says("BITPOS n 1", "(integer) 2");
    redis.says("BITPOS n 2", "(error) ERR The bit argument must be 1 or 0.");
    redis.says("BITPOS n x", "(error) ERR value is not an integer or out of range");
    redis.says("BITPOS nothing 0", "(integer) 0");
    redis.says("BITPOS nothing 1", "(integer) -1");
    redis.says("BITPOS nothing 1 0 x", "(integer) -1");
    redis.says("BITPOS nothing 3 0 x", "(error) ERR The bit argument must be 1 or 0.");
    redis.says("BITPOS n 1 0 x", "(error) ERR value is not an integer or out of range");
    redis.says("BITPOS n 1 x", "(error) ERR value is not an integer or out of range");
    redis.says("BITPOS n 1 0 1 FOO", "(error) ERR syntax error");
    redis.says("BITPOS n 1 0 1 BIT BIT", "(error) ERR syntax error");
    redis.says("BITPOS n 1 0 BIT", "(error) ERR value is not an integer or out of range");
    redis.says("SET f \"\\xff\\xff\"", "OK");
    redis.says("BITPOS f 0", "(integer) 16");
    redis.says("BITPOS f 0 0", "(integer) 16");
    redis.says("BITPOS f 0 0 -1", "(integer) -1");
    redis.says("BITPOS f 0 5", "(integer) -1");
    redis.says("BITPOS f 1 5", "(integer) -1");
    redis.says("BITPOS f 0 3 1", "(integer) -1");
    redis.says("BITPOS f 0 0 -1 BIT", "(integer) -1");
    redis.says("BITPOS f 0 1 BIT", "(error) ERR value is not an integer or out of range");
    redis.says("BITPOS f 0 -100", "(integer) 16");
    redis.says("SET emp \"\"", "OK");
    redis.says("BITPOS emp 0", "(integer) -1");
    redis.says("BITPOS emp 1", "(integer) -1");
    redis.says("BITPOS emp 0 0", "(integer) -1");
    redis.says("BITPOS emp 0 0 -1", "(integer) -1");
    redis.says("BITCOUNT emp", "(integer) 0");
  }

  @Test
  void combinesStrings() {
    redis.says("SET n 12", "OK");
    redis.says("SETBIT n 0 0", "(integer) 0");
    redis.says("SET f \"\\xff\\xff\"", "OK");
    redis.says("BITOP AND d n nothing", "(integer) 2");
    redis.says("GET d", "\"\\x00\\x00\"");
    redis.says("BITOP NOT d n f", "(error) ERR BITOP NOT must be called with a single source key.");
    redis.says("BITOP FOO d n", "(error) ERR syntax error");
    redis.says("BITOP NOT d nothing", "(integer) 0");
    redis.says("EXISTS d", "(integer) 0");
    redis.says("BITOP NOT d f", "(integer) 2");
    redis.says("OBJECT ENCODING d", "\"raw\"");
    redis.says("BITOP OR d nothing nothing2", "(integer) 0");
    redis.says("BITOP XOR num n", "(integer) 2");
    redis.says("GET num", "\"12\"");
    redis.says("OBJECT ENCODING num", "\"raw\"");
  }

  @Test
  void combinesTheFirstStringWithTheOthers() {
    redis.says("SET x \"\\xf0\\xff\\x0f\"", "OK");
    redis.says("SET y \"\\xcc\\x0f\"", "OK");
    redis.says("SET z \"\\x01\"", "OK");
    redis.says("SET n 12", "OK");
    redis.says("BITOP DIFF d x y z", "(integer) 3");
    redis.says("GET d", "\"0\\xf0\\x0f\"");
    redis.says("BITOP DIFF1 d x y z", "(integer) 3");
    redis.says("GET d", "\"\\r\\x00\\x00\"");
    redis.says("BITOP andor d x y z", "(integer) 3");
    redis.says("GET d", "\"\\xc0\\x0f\\x00\"");
    redis.says("BITOP ONE d x y z", "(integer) 3");
    redis.says("GET d", "\"=\\xf0\\x0f\"");
    redis.says("BITOP ONE d x x x", "(integer) 3");
    redis.says("GET d", "\"\\x00\\x00\\x00\"");
    redis.says("BITOP ONE d n", "(integer) 2");
    redis.says("GET d", "\"12\"");
    redis.says("OBJECT ENCODING d", "\"raw\"");
    redis.says("BITOP ONE x x y z", "(integer) 3");
    redis.says("GET x", "\"=\\xf0\\x0f\"");
    redis.says("BITOP DIFF x y x", "(integer) 3");
    redis.says("GET x", "\"\\xc0\\x0f\\x00\"");
  }

  /** A missing key counts as zeros, at its position among the operands. */
  @Test
  void combinesMissingKeysAsZeros() {
    redis.says("SET y \"\\xcc\\x0f\"", "OK");
    redis.says("SET d before", "OK");
    redis.says("BITOP DIFF d none y", "(integer) 2");
    redis.says("GET d", "\"\\x00\\x00\"");
    redis.says("BITOP ANDOR d none y", "(integer) 2");
    redis.says("GET d", "\"\\x00\\x00\"");
    redis.says("BITOP DIFF1 d none y", "(integer) 2");
    redis.says("GET d", "\"\\xcc\\x0f\"");
    redis.says("BITOP DIFF d y none", "(integer) 2");
    redis.says("GET d", "\"\\xcc\\x0f\"");
    redis.says("BITOP DIFF1 d y none", "(integer) 2");
    redis.says("GET d", "\"\\x00\\x00\"");
    redis.says("BITOP ONE d none y none", "(integer) 2");
    redis.says("GET d", "\"\\xcc\\x0f\"");
    for (String operation : new String[] {"DIFF", "DIFF1", "ANDOR", "ONE"}) {
      redis.says("SET d before", "OK");
      redis.says("BITOP " + operation + " d none none2", "(integer) 0");
      redis.says("EXISTS d", "(integer) 0");
    }
  }

  @Test
  void refusesASingleSourceWhereTheFirstIsApart() {
    redis.says("RPUSH list a", "(integer) 1");
    for (String operation : new String[] {"DIFF", "DIFF1", "ANDOR"}) {
      redis.says(
          "BITOP " + operation + " d list",
          "(error) ERR BITOP " + operation + " must be called with at least two source keys.");
      redis.says(
          "BITOP " + operation + " d x list",
          "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    redis.says("BITOP ONE d", "(error) ERR wrong number of arguments for 'bitop' command");
    redis.says("BITOP NONE d x", "(error) ERR syntax error");
  }

  @Test
  void handlesIntegersOfAnyWidth() {
    redis.says("SET n 12", "OK");
    redis.says("SETBIT n 0 0", "(integer) 0");
    redis.says("BITFIELD bf", "(empty array)");
    redis.says("BITFIELD bf GET u8 0", "1) (integer) 0");
    redis.says("EXISTS bf", "(integer) 0");
    redis.says("BITFIELD bf SET u8 0", "(error) ERR syntax error");
    redis.says("BITFIELD bf SET u8 0 x", "(error) ERR value is not an integer or out of range");
    redis.says(
        "BITFIELD bf SET u64 0 1",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD bf SET i65 0 1",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD bf SET u0 0 1",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD bf SET x8 0 1",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD bf SET u8 -1 1", "(error) ERR bit offset is not an integer or out of range");
    redis.says(
        "BITFIELD bf SET u8 #x 1", "(error) ERR bit offset is not an integer or out of range");
    redis.says(
        "BITFIELD bf SET u8 # 1", "(error) ERR bit offset is not an integer or out of range");
    redis.says(
        "BITFIELD bf GET u8 #536870912",
        "(error) ERR bit offset is not an integer or out of range");
    redis.says(
        "BITFIELD bf OVERFLOW FOO SET u8 0 1", "(error) ERR Invalid OVERFLOW type specified");
    redis.says("BITFIELD bf OVERFLOW", "(error) ERR syntax error");
    redis.says("BITFIELD bf OVERFLOW SAT", "(empty array)");
    redis.says(
        "BITFIELD bf OVERFLOW FAIL SET u8 0 256 SET u8 0 255 INCRBY u8 0 1 INCRBY u8 0 -1",
        "1) (nil)\n2) (integer) 0\n3) (nil)\n4) (integer) 254");
    redis.says(
        "BITFIELD bf OVERFLOW SAT SET u8 0 256 SET i8 8 -200 INCRBY i8 8 -1 INCRBY i8 8 1000 SET i8"
            + " 8 1000 GET i8 8",
        "1) (integer) 254\n"
            + "2) (integer) 0\n"
            + "3) (integer) -128\n"
            + "4) (integer) 127\n"
            + "5) (integer) 127\n"
            + "6) (integer) 127");
    redis.says(
        "BITFIELD bf SET u8 0 257 SET i8 8 200 GET i8 8 INCRBY i64 0 9223372036854775807 INCRBY i64"
            + " 0 9223372036854775807 GET u63 0",
        "1) (integer) 255\n"
            + "2) (integer) 127\n"
            + "3) (integer) -56\n"
            + "4) (integer) -9095019447474716673\n"
            + "5) (integer) 128352589380059134\n"
            + "6) (integer) 64176294690029567");
    redis.says(
        "BITFIELD bf OVERFLOW SAT INCRBY u63 0 -9223372036854775808 SET u63 0 -1 GET u63 0",
        "1) (integer) 0\n2) (integer) 0\n3) (integer) 9223372036854775807");
    redis.says("BITFIELD bf OVERFLOW FAIL SET u63 0 -1 SET u4 3 -1", "1) (nil)\n2) (nil)");
    redis.says("BITFIELD bf OVERFLOW SAT SET u4 3 -1", "1) (integer) 15");
    redis.says("BITFIELD bf2 OVERFLOW FAIL SET u4 3 100", "1) (nil)");
    redis.says("EXISTS bf2", "(integer) 1");
    redis.says("GET bf2", "\"\\x00\"");
    redis.says(
        "BITFIELD bf GET u63 10 get I5 0",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says("BITFIELD bf GET i5 0 FOO", "(error) ERR syntax error");
    redis.says("BITFIELD_RO bf GET i5 0", "1) (integer) -1");
    redis.says("BITFIELD_RO bf", "(empty array)");
    redis.says(
        "BITFIELD_RO bf SET i5 0 1", "(error) ERR BITFIELD_RO only supports the GET subcommand");
    redis.says("BITFIELD_RO bf OVERFLOW SAT", "(empty array)");
    redis.says("BITFIELD_RO bf OVERFLOW FOO", "(error) ERR Invalid OVERFLOW type specified");
    redis.says("BITFIELD_RO bf OVERFLOW SAT GET u8 0", "1) (integer) 255");
    redis.says("BITFIELD_RO nothing GET u8 0", "1) (integer) 0");
    redis.says("BITFIELD n2 SET u8 0 49", "1) (integer) 0");
    redis.says("GET n2", "\"1\"");
    redis.says("OBJECT ENCODING n2", "\"raw\"");
    redis.says("BITFIELD n GET u8 0", "1) (integer) 49");
    redis.says("OBJECT ENCODING n", "\"raw\"");
    redis.says("SET n 5", "OK");
    redis.says("OBJECT ENCODING n", "\"int\"");
    redis.says("BITFIELD n SET u8 0 51", "1) (integer) 53");
    redis.says("OBJECT ENCODING n", "\"raw\"");
    redis.says("GET n", "\"3\"");
    redis.says(
        "BITFIELD n GET u08 0",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD n GET u+8 0",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD n GET \"u 8\" 0",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says("BITFIELD n GET u8 +1", "(error) ERR bit offset is not an integer or out of range");
    redis.says("BITFIELD n GET u8 #01", "(error) ERR bit offset is not an integer or out of range");
    redis.says(
        "BITFIELD n GET \"\" 0",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD n GET u 0",
        "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
            + " supported but i64 is.");
    redis.says(
        "BITFIELD n GET u8 \"\"", "(error) ERR bit offset is not an integer or out of range");
  }

  @Test
  void longerStringsAndIntegers() {
    redis.says("SET n 12", "OK");
    redis.says("SETBIT n 0 0", "(integer) 0");
    redis.says("BITCOUNT n -1 -5 FOO", "(integer) 0");
    redis.says("SET big \"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\"", "OK");
    redis.says("BITCOUNT big", "(integer) 88");
    redis.says("BITCOUNT big 3 80 BIT", "(integer) 78");
    redis.says("BITPOS big 0 5 -1 BIT", "(integer) -1");
    redis.says("SET i 1234567890123456789", "OK");
    redis.says("BITCOUNT i", "(integer) 68");
    redis.says("GETBIT i 3", "(integer) 1");
    redis.says("BITPOS i 1 2", "(integer) 18");
    redis.says("BITOP NOT j i", "(integer) 19");
    redis.says("BITCOUNT j", "(integer) 84");
    redis.says("BITFIELD i INCRBY u16 #1 1", "1) (integer) 13109");
    redis.says("GET i", "\"1235567890123456789\"");
    redis.says("BITFIELD i GET u8 1000", "1) (integer) 0");
  }

  @Test
  void wrongTypes() {
    redis.says("BITOP OR text other", "(integer) 0");
    redis.says("SET text abc", "OK");
    redis.says("SETBIT text 7 1", "(integer) 1");
    redis.says("BITOP AND text text nothing", "(integer) 3");
    redis.says("GET text", "\"\\x00\\x00\\x00\"");
  }
}
