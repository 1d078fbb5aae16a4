package io.redoubt.server.command.hyperloglog;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** HyperLogLogs: replies, bytes and errors as recorded from a real Redis 7.0. */
@ServerTest
final class HyperLogLogCommandsTest {
  private final Dialogue redis;

  HyperLogLogCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void countsAndMerges() {
    redis.says("PFADD h", "(integer) 1");
    redis.says("PFADD h", "(integer) 0");
    redis.says("PFADD h a b c", "(integer) 1");
    redis.says("PFADD h a", "(integer) 0");
    redis.says("PFCOUNT h", "(integer) 3");
    redis.says("PFCOUNT h", "(integer) 3");
    redis.says(
        "GET h",
        "\"HYLL\\x01\\x00\\x00\\x00\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00`\\xf3\\x80P\\xb1\\x84K\\xfb\\x80BZ\"");
    redis.says("PFCOUNT nothing", "(integer) 0");
    redis.says("PFCOUNT h nothing", "(integer) 3");
    redis.says("PFCOUNT nothing nothing", "(integer) 0");
    redis.says("PFMERGE m", "OK");
    redis.says(
        "GET m", "\"HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff\"");
    redis.says("PFMERGE m h nothing", "OK");
    redis.says(
        "GET m",
        "\"HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80`\\xf3\\x80P\\xb1\\x84K\\xfb\\x80BZ\"");
    redis.says("PFMERGE m", "OK");
    redis.says("OBJECT ENCODING m", "\"raw\"");
    redis.says("OBJECT ENCODING h", "\"raw\"");
    redis.says("SET s foo", "OK");
    redis.says("PFADD s a", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("PFCOUNT s", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("PFCOUNT h s", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("PFMERGE m s", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("PFMERGE s h", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("PFDEBUG GETREG nothing", "(error) ERR The specified key does not exist");
    redis.says("PFDEBUG FOO h", "(error) ERR Unknown PFDEBUG subcommand 'FOO'");
    redis.says("PFDEBUG DECODE h", "\"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\"");
    redis.says("PFDEBUG ENCODING h", "sparse");
    redis.says("PFDEBUG TODENSE h", "(integer) 1");
    redis.says("PFDEBUG TODENSE h", "(integer) 0");
    redis.says("PFDEBUG DECODE h", "(error) ERR HLL encoding is not sparse");
    redis.says("PFDEBUG ENCODING h", "dense");
    redis.says(
        "PFDEBUG GETREG s", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("PFDEBUG DECODE nothing", "(error) ERR The specified key does not exist");
    redis.says("PFDEBUG FOO nothing", "(error) ERR The specified key does not exist");
  }

  @Test
  void corruptValues() {
    redis.says("PFADD h a b c", "(integer) 1");
    redis.says("PFDEBUG TODENSE h", "(integer) 1");
    redis.says("SET c HYLL", "OK");
    redis.says("PFCOUNT c", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("SET c \"HYLL\\x02aaaaaaaaaaaaaaaa\"", "OK");
    redis.says("PFCOUNT c", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("SET c \"HYLL\\x00aaaaaaaaaaaaaaaa\"", "OK");
    redis.says("PFCOUNT c", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("SET c \"HYLL\\x00aaaaaaaaaaa\\x80\"", "OK");
    redis.says("PFCOUNT c", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    redis.says("SET c \"HYLL\\x01aaaaaaaaaaa\\x7f\"", "OK");
    redis.says("PFADD c x", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says("PFCOUNT c", "(integer) 7016996765293437281");
    redis.says("PFCOUNT c c", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says("PFMERGE m c", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says("PFDEBUG GETREG c", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says("PFDEBUG TODENSE c", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says("SET c \"HYLL\\x01aaaaaaaaaaa\\x00\"", "OK");
    redis.says("PFCOUNT c", "(integer) 7016996765293437281");
    redis.says("SET c \"HYLL\\x01aaaaaaaaaaa\\x00\\x7f\\xff\\x7f\\xff\"", "OK");
    redis.says("PFADD c x", "(integer) 1");
    redis.says("PFCOUNT c", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says(
        "SET c \"HYLL\\x01aaa\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff\\x7f\\xff\"", "OK");
    redis.says("PFADD c x", "(integer) 1");
    redis.says("PFCOUNT c", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says(
        "GET c",
        "\"HYLL\\x01aaa\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xf5\\x84\\b\\x7f\\xff\"");
    redis.says("PFCOUNT c h", "(error) INVALIDOBJ Corrupted HLL object detected");
    redis.says("PFDEBUG ENCODING c", "sparse");
    redis.says("PFDEBUG DECODE c", "\"Z:16374 v:2,1 z:9 Z:16384\"");
    redis.says("PFMERGE h c", "(error) INVALIDOBJ Corrupted HLL object detected");
  }

  @Test
  void mergeConvertsTheTargetToDense() {
    redis.says("PFADD h a b c", "(integer) 1");
    redis.says("PFDEBUG TODENSE h", "(integer) 1");
    redis.says("PFADD c x", "(integer) 1");
    redis.says("EXPIRE c 10000", "(integer) 1");
    redis.says("PFMERGE c h", "OK");
    redis.says("PERSIST c", "(integer) 1");
    redis.says("PFDEBUG ENCODING c", "dense");
    redis.says("OBJECT ENCODING c", "\"raw\"");
    redis.says("PFCOUNT c", "(integer) 4");
    redis.says("APPEND c xxxxxxxxxx", "(integer) 12314");
    redis.says("PFADD c a", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
  }

  @Test
  void convertsToDenseAtTheSparseLimit() {
    redis.says("CONFIG SET hll-sparse-max-bytes 30", "OK");
    redis.says("PFADD k a b c", "(integer) 1");
    redis.says("PFDEBUG ENCODING k", "sparse");
    redis.says("PFADD k d e f", "(integer) 1");
    redis.says("PFDEBUG ENCODING k", "dense");
    redis.says("PFCOUNT k", "(integer) 6");
  }

  @Test
  void selfTest() {
    redis.says("PFSELFTEST", "OK");
  }
}
