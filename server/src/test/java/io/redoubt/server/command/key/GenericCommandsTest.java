package io.redoubt.server.command.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Commands on keys of any type: deletes, renames, copies, moves, finds and inspects them. */
@ServerTest
final class GenericCommandsTest {
  private final Dialogue redis;

  GenericCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  /** Many keys are looked up in groups. */
  @Test
  void deletesAndCountsManyKeys() {
    StringBuilder pairs = new StringBuilder();
    StringBuilder keys = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      pairs.append(" many:").append(i).append(' ').append(i);
      keys.append(" many:").append(i).append(" missing:").append(i);
    }
    redis.says("MSET" + pairs, "OK");
    redis.says("EXISTS" + keys + " many:7 many:8", "(integer) 202");
    redis.says("DEL" + keys + " many:7 many:8", "(integer) 200");
    redis.says("EXISTS" + keys, "(integer) 0");
  }

  @Test
  void deleteAndExist() {
    redis.says("MSET a 1 b 2 c 3", "OK");
    redis.says("EXISTS a b nothing a", "(integer) 3");
    redis.says("DEL a nothing", "(integer) 1");
    redis.says("UNLINK b c", "(integer) 2");
    redis.says("DBSIZE", "(integer) 0");
    redis.says("TOUCH a", "(integer) 0");
    redis.says("TYPE a", "none");
    redis.says("SET a 1", "OK");
    redis.says("TYPE a", "string");
  }

  @Test
  void rename() {
    redis.says("RENAME a b", "(error) ERR no such key");
    redis.says("MSET a 1 b 2", "OK");
    redis.says("EXPIRE a 100", "(integer) 1");
    redis.says("RENAME a b", "OK");
    redis.says("GET b", "\"1\"");
    assertThat(redis.integer("TTL b")).isBetween(95L, 100L);
    redis.says("EXISTS a", "(integer) 0");
    redis.says("SET a 3", "OK");
    redis.says("RENAMENX a b", "(integer) 0");
    redis.says("RENAMENX a c", "(integer) 1");
    redis.says("RENAMENX c c", "(integer) 0");
    redis.says("RENAME c c", "OK");
    redis.says("GET c", "\"3\"");
  }

  @Test
  void copy() {
    redis.says("SET a 1 EX 100", "OK");
    redis.says("COPY a b", "(integer) 1");
    redis.says("GET b", "\"1\"");
    assertThat(redis.integer("TTL b")).isBetween(95L, 100L);
    redis.says("SET a 2", "OK");
    redis.says("COPY a b", "(integer) 0");
    redis.says("COPY a b REPLACE", "(integer) 1");
    redis.says("TTL b", "(integer) -1");
    redis.says("COPY a a", "(error) ERR source and destination objects are the same");
    redis.says("COPY a a DB 3", "(integer) 1");
    redis.says("COPY a b DB 16", "(error) ERR DB index is out of range");
    redis.says("COPY a b SOMEHOW", "(error) ERR syntax error");
    redis.says("COPY nothing b", "(integer) 0");
  }

  @Test
  void moveBetweenDatabases() {
    redis.says("SET a 1 PX 100000", "OK");
    redis.says("MOVE a 0", "(error) ERR source and destination objects are the same");
    redis.says("MOVE a 20", "(error) ERR DB index is out of range");
    redis.says("MOVE a x", "(error) ERR value is not an integer or out of range");
    redis.says("MOVE a 9", "(integer) 1");
    redis.says("MOVE a 9", "(integer) 0");
    redis.says("SELECT 9", "OK");
    redis.says("GET a", "\"1\"");
    assertThat(redis.integer("PTTL a")).isBetween(95_000L, 100_000L);
    redis.says("SELECT 0", "OK");
    redis.says("SET a 2", "OK");
    redis.says("MOVE a 9", "(integer) 0");
  }

  @Test
  void keysAndScan() {
    redis.says("MSET one 1 two 2 three 3 four 4", "OK");
    assertThat(texts(redis.reply("KEYS *o*"))).containsExactlyInAnyOrder("one", "two", "four");
    redis.says("KEYS x*", "(empty array)");
    for (int i = 0; i < 1000; i++) {
      redis.ask("SET key:" + i + " v");
    }
    Set<String> seen = new TreeSet<>();
    String cursor = "0";
    do {
      List<Reply> page = redis.reply("SCAN " + cursor + " MATCH key:* COUNT 50").elements();
      cursor = page.get(0).text();
      seen.addAll(texts(page.get(1)));
    } while (!cursor.equals("0"));
    assertThat(seen).hasSize(1000);
    redis.says("SCAN 0 TYPE list COUNT 100000", "1) \"0\"\n2) (empty array)");
    redis.says("SCAN x", "(error) ERR invalid cursor");
    redis.says("SCAN 0 COUNT 0", "(error) ERR syntax error");
    redis.says("SCAN 0 COUNT x", "(error) ERR value is not an integer or out of range");
    redis.says("SCAN 0 MATCH", "(error) ERR syntax error");
  }

  @Test
  void randomKey() {
    redis.says("RANDOMKEY", "(nil)");
    redis.says("SET only 1", "OK");
    redis.says("RANDOMKEY", "\"only\"");
  }

  @Test
  void object() {
    redis.says("SET k v", "OK");
    redis.says("OBJECT REFCOUNT k", "(integer) 1");
    assertThat(redis.integer("OBJECT IDLETIME k")).isBetween(0L, 1L); // the second may have ended
    redis.says("OBJECT ENCODING nothing", "(nil)");
    assertThat(redis.ask("OBJECT FREQ k")).startsWith("(error) ERR An LFU maxmemory policy is not");
    redis.says("OBJECT WHAT k", "(error) ERR unknown subcommand 'WHAT'. Try OBJECT HELP.");
    redis.says("OBJECT", "(error) ERR wrong number of arguments for 'object' command");
  }

  @Test
  void dumpAndRestore() {
    redis.says("SET k \"some value\"", "OK");
    byte[] payload = ((Reply.Bulk) redis.reply("DUMP k")).bytes();
    redis.says("DUMP nothing", "(nil)");
    redis.says(restore("k", "0", payload, ""), "(error) BUSYKEY Target key name already exists.");
    redis.says(restore("copy", "0", payload, ""), "OK");
    redis.says("GET copy", "\"some value\"");
    redis.says(restore("k", "100000", payload, " REPLACE"), "OK");
    assertThat(redis.integer("PTTL k")).isBetween(95_000L, 100_000L);
    redis.says(
        restore("k", "-1", payload, " REPLACE"), "(error) ERR Invalid TTL value, must be >= 0");
    payload[3] ^= 1;
    redis.says(
        restore("k", "0", payload, " REPLACE"),
        "(error) ERR DUMP payload version or checksum are wrong");
  }

  /** One object restores one value after another; a refused one must leave nothing to the next. */
  @Test
  void restoresSetsAmongRefusedValues() {
    redis.says("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1", "OK");
    StringBuilder members = new StringBuilder();
    for (int i = 1; i <= 140; i++) {
      members.append(i % 3 == 0 ? " " : " m").append(i);
      if (i != 1 && i != 9 && i != 10 && i != 128 && i != 140) {
        continue;
      }
      redis.says("SADD from" + i + members, "(integer) " + i);
      byte[] payload = ((Reply.Bulk) redis.reply("DUMP from" + i)).bytes();
      byte[] cut = payload.clone();
      cut[i < 64 ? 1 : 2]++; // the number of members, so that the last one is missing
      for (String key : List.of("new" + i, "from1")) { // without a value, and with one
        redis.says(restore(key, "0", cut, " REPLACE"), "(error) ERR Bad data format");
        redis.says(restore(key, "0", payload, " REPLACE"), "OK");
        redis.says("SCARD " + key, "(integer) " + i);
        redis.says("SDIFF " + key + " from" + i, "(empty array)");
        redis.says("OBJECT ENCODING " + key, i > 128 ? "\"hashtable\"" : "\"listpack\"");
      }
    }
    redis.says("DEBUG SET-SKIP-CHECKSUM-VALIDATION 0", "OK");
  }

  /** A value that replaces another one is built in a database of its own, which is used again. */
  @Test
  void restoresOverCollectionsAgainAndAgain() {
    redis.says("HSET hash f 1 g 2", "(integer) 2");
    redis.says("ZADD sorted 2 b 1 a", "(integer) 2");
    byte[] hash = ((Reply.Bulk) redis.reply("DUMP hash")).bytes();
    byte[] sorted = ((Reply.Bulk) redis.reply("DUMP sorted")).bytes();
    for (int i = 0; i < 5; i++) {
      redis.says(restore("target", "0", hash, " REPLACE"), "OK");
      redis.says("HGETALL target", "1) \"f\"\n2) \"1\"\n3) \"g\"\n4) \"2\"");
      redis.says(restore("target", "100000", sorted, " REPLACE"), "OK");
      redis.says("ZRANGE target 0 -1", "1) \"a\"\n2) \"b\"");
      assertThat(redis.integer("PTTL target")).isBetween(90_000L, 100_000L);
      redis.says("DBSIZE", "(integer) 3");
    }
  }

  /** A short value takes the place of another at once, a longer one is moved there. */
  @Test
  void keepsAValueIfBytesFollowTheOneThatReplacesIt() {
    redis.says("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1", "OK");
    redis.says("HSET hash f 1 g 2", "(integer) 2");
    redis.says("SADD set a b", "(integer) 2");
    redis.says("SADD numbers 1 2", "(integer) 2");
    redis.says("ZADD sorted 2 b 1 a", "(integer) 2");
    redis.says("XADD stream 1-1 f v", "\"1-1\"");
    redis.says("SET string text", "OK");
    for (int elements : new int[] {1, 10, 300, 3000}) {
      String pushed = " element".repeat(elements);
      redis.says("RPUSH list" + elements + pushed, "(integer) " + elements);
    }
    for (String from : texts(redis.reply("KEYS *"))) {
      byte[] payload = ((Reply.Bulk) redis.reply("DUMP " + from)).bytes();
      byte[] longer = Arrays.copyOf(payload, payload.length + 1);
      System.arraycopy(payload, payload.length - 10, longer, payload.length - 9, 10);
      redis.says("RPUSH target kept", "(integer) 1");
      redis.says(restore("target", "0", longer, " REPLACE"), "(error) ERR Bad data format");
      redis.says("LRANGE target 0 -1", "1) \"kept\"");
      redis.says(restore("new", "0", longer, ""), "(error) ERR Bad data format");
      redis.says("EXISTS new", "(integer) 0");
      redis.says(restore("target", "0", payload, " REPLACE"), "OK");
      assertThat(redis.ask("DEBUG DIGEST-VALUE target"))
          .isEqualTo(redis.ask("DEBUG DIGEST-VALUE " + from));
      redis.says("DEL target", "(integer) 1");
    }
    redis.says("DEBUG SET-SKIP-CHECKSUM-VALIDATION 0", "OK");
  }

  private static String restore(String key, String ttl, byte[] payload, String options) {
    return "RESTORE " + key + ' ' + ttl + ' ' + Quoting.quote(payload) + options;
  }

  private static List<String> texts(Reply list) {
    return list.elements().stream().map(Reply::text).toList();
  }
}
