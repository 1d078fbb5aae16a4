package io.redoubt.server.command.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** XNACK of Redis 8.8, and XREADGROUP with CLAIM of Redis 8.4. */
@ServerTest
final class StreamReleaseCommandsTest {
  private static final String HIGHEST = Long.toString(Long.MAX_VALUE);

  private final Dialogue redis;
  private final RedisServer server;

  StreamReleaseCommandsTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  /** Adds six entries, of which consumer c has read four. */
  @BeforeEach
  void fill() {
    for (int i = 1; i <= 6; i++) {
      redis.says("XADD s " + i + " f v" + i, "\"" + i + "-0\"");
    }
    redis.says("XGROUP CREATE s g 0", "OK");
    redis.reply("XREADGROUP GROUP g c COUNT 4 STREAMS s >");
  }

  /** Returns the pending entries as id, consumer, deliveries; a released one with idle time -1. */
  private List<String> pending() {
    List<String> pending = new ArrayList<>();
    for (Reply entry : redis.reply("XPENDING s g - + 1000").elements()) {
      List<Reply> parts = entry.elements();
      boolean released = parts.get(1).text().isEmpty();
      assertThat(parts.get(2).number() == -1).isEqualTo(released);
      pending.add(parts.get(0).text() + " " + parts.get(1).text() + " " + parts.get(3).number());
    }
    return pending;
  }

  /** Returns what XREADGROUP delivers, as id, released or idle, deliveries before. */
  private List<String> read(String line) {
    Reply reply = redis.reply(line);
    List<String> read = new ArrayList<>();
    if (reply instanceof Reply.Array) {
      for (Reply stream : reply.elements()) {
        for (Reply entry : stream.elements().get(1).elements()) {
          List<Reply> parts = entry.elements();
          assertThat(parts).hasSize(4);
          assertThat(parts.get(1).elements()).hasSize(2);
          long idle = parts.get(2).number();
          String state = idle == -1 ? "released" : idle >= 1000 ? "idle" : "recent";
          read.add(parts.get(0).text() + " " + state + " " + parts.get(3).number());
        }
      }
    }
    return read;
  }

  @Test
  void releasesEntries() {
    redis.says("XNACK s g SILENT IDS 2 1 2-0", "(integer) 2");
    redis.says("XNACK s g fail ids 1 3", "(integer) 1");
    redis.says("XNACK s g FATAL IDS 3 4 5 9", "(integer) 1");
    assertThat(pending()).containsExactly("1-0  0", "2-0  0", "3-0  1", "4-0  " + HIGHEST);
    redis.says("XNACK s g SILENT IDS 2 1 4", "(integer) 2");
    redis.says("XNACK s g FAIL IDS 1 3 RETRYCOUNT 7", "(integer) 1");
    redis.says("XNACK s g FATAL IDS 1 2 FORCE RETRYCOUNT 0", "(integer) 1");
    assertThat(pending())
        .containsExactly("1-0  0", "2-0  0", "3-0  7", "4-0  " + (Long.MAX_VALUE - 1));
    redis.says("XNACK s g FAIL IDS 2 6 9 FORCE", "(integer) 1");
    redis.says("XNACK s g FATAL IDS 1 5 FORCE", "(integer) 1");
    assertThat(pending()).endsWith("5-0  " + HIGHEST, "6-0  0");
  }

  @Test
  void hidesTheConsumerOfReleasedEntries() {
    redis.says("XNACK s g FAIL IDS 2 1 2", "(integer) 2");
    assertThat(redis.reply("XINFO CONSUMERS s g").elements()).hasSize(1);
    redis.says(
        "XPENDING s g", "1) (integer) 4\n2) \"1-0\"\n3) \"4-0\"\n4) 1) 1) \"c\"\n      2) \"2\"");
    redis.says("XGROUP DELCONSUMER s g \"\"", "(integer) 0");
    Reply full = redis.reply("XINFO STREAM s FULL");
    List<Reply> group = full.elements().getLast().elements().getFirst().elements();
    assertThat(group.get(group.size() - 2).text()).isEqualTo("nacked-count");
    assertThat(group.getLast().number()).isEqualTo(2);
    Reply first = group.get(11).elements().getFirst();
    assertThat(first.elements().get(1).text()).isEmpty();
    assertThat(first.elements().get(2).number()).isZero();
    redis.says("XACK s g 1 2", "(integer) 2");
    redis.says("XGROUP DELCONSUMER s g c", "(integer) 2");
    assertThat(pending()).isEmpty();
  }

  @Test
  void showsAConsumerWithAnEmptyNameThatAClientUses() {
    redis.says("XNACK s g FAIL IDS 1 1", "(integer) 1");
    redis.reply("XREADGROUP GROUP g \"\" STREAMS s >");
    assertThat(redis.reply("XINFO CONSUMERS s g").elements()).hasSize(2);
    Reply full = redis.reply("XINFO STREAM s FULL");
    assertThat(full.elements().getLast().elements().getFirst().elements().getLast().number())
        .isEqualTo(1);
    redis.says("XGROUP CREATECONSUMER s g \"\"", "(integer) 0");
  }

  @Test
  void makesEntriesClaimableAtOnce() {
    redis.says("XNACK s g FAIL IDS 2 2 1", "(integer) 2");
    redis.says("XCLAIM s g d " + HIGHEST + " 1 3 JUSTID", "1) \"1-0\"");
    redis.says(
        "XAUTOCLAIM s g d " + HIGHEST + " 0 JUSTID", "1) \"0-0\"\n2) 1) \"2-0\"\n3) (empty array)");
    assertThat(pending()).containsExactly("1-0 d 1", "2-0 d 1", "3-0 c 1", "4-0 c 1");
  }

  @Test
  void claimsReleasedEntriesFirstAndThenTheOldest() {
    redis.says("XCLAIM s g c 0 4 IDLE 9000 JUSTID", "1) \"4-0\"");
    redis.says("XCLAIM s g c 0 3 IDLE 5000 JUSTID", "1) \"3-0\"");
    redis.says("XNACK s g FAIL IDS 2 2 1", "(integer) 2");
    assertThat(read("XREADGROUP GROUP g d COUNT 3 CLAIM 3000 STREAMS s >"))
        .containsExactly("2-0 released 1", "1-0 released 1", "4-0 idle 1");
    assertThat(read("XREADGROUP GROUP g d CLAIM 3000 NOACK STREAMS s >"))
        .containsExactly("3-0 idle 1", "5-0 recent 0", "6-0 recent 0");
    assertThat(pending()).containsExactly("1-0 d 2", "2-0 d 2", "3-0 d 2", "4-0 d 2");
    assertThat(read("XREADGROUP GROUP g d CLAIM 3000 STREAMS s >")).isEmpty();
    assertThat(read("XREADGROUP GROUP g e CLAIM 0 COUNT 3 STREAMS s >")).hasSize(3);
    assertThat(read("XREADGROUP GROUP g e CLAIM 0 STREAMS s >")).hasSize(4);
  }

  @Test
  void ignoresClaimForHistory() {
    redis.says("XNACK s g FAIL IDS 1 1", "(integer) 1");
    Reply history = redis.reply("XREADGROUP GROUP g c CLAIM 0 STREAMS s 0");
    List<Reply> entries = history.elements().getFirst().elements().get(1).elements();
    assertThat(entries).hasSize(3);
    assertThat(entries.getFirst().elements()).hasSize(2);
  }

  @Test
  void forgetsEntriesThatWereDeleted() {
    redis.says("XDEL s 1 2", "(integer) 2");
    redis.says("XNACK s g FAIL IDS 1 1", "(integer) 0");
    redis.says("XNACK s g FAIL IDS 1 1 FORCE", "(integer) 0");
    assertThat(pending()).containsExactly("2-0 c 1", "3-0 c 1", "4-0 c 1");
    assertThat(read("XREADGROUP GROUP g d CLAIM 0 COUNT 1 STREAMS s >")).hasSize(1);
    assertThat(pending()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"COUNT 1000 ", ""})
  void followsEveryChangeOfPendingEntries(String count) {
    for (int i = 7; i <= 600; i++) {
      redis.reply("XADD s " + i + "-" + (i % 3 == 0 ? HIGHEST : "1") + " f v");
    }
    redis.reply("XREADGROUP GROUP g c STREAMS s >");
    read("XREADGROUP GROUP g d CLAIM " + HIGHEST + " STREAMS s >"); // creates the order
    for (int i = 7; i <= 600; i += 7) {
      redis.reply("XACK s g " + i + "-1 " + i + "-" + HIGHEST);
    }
    for (int i = 8; i <= 600; i += 7) {
      redis.reply("XCLAIM s g e 0 " + i + "-1 " + i + "-" + HIGHEST + " IDLE " + (1000 + i));
    }
    redis.reply("XREADGROUP GROUP g c COUNT 50 STREAMS s 0");
    redis.reply("XGROUP DELCONSUMER s g e");
    redis.reply("XNACK s g FAIL IDS 3 9-" + HIGHEST + " 12-" + HIGHEST + " 3");
    int pending = pending().size();
    List<String> read = read("XREADGROUP GROUP g f " + count + "CLAIM 0 STREAMS s >");
    assertThat(read).hasSize(pending);
    assertThat(read.subList(0, 3))
        .containsExactly(
            "9-" + HIGHEST + " released 2", "12-" + HIGHEST + " released 2", "3-0 released 2");
    redis.says("DEL s", "(integer) 1");
  }

  @Test
  void survivesAReloadAndACopy() {
    redis.says("XNACK s g FAIL IDS 2 3 1", "(integer) 2");
    redis.says("COPY s t", "(integer) 1");
    redis.says("DEBUG RELOAD", "OK");
    for (String key : List.of("s", "t")) {
      assertThat(redis.reply("XINFO CONSUMERS " + key + " g").elements()).hasSize(1);
      assertThat(read("XREADGROUP GROUP g d COUNT 2 CLAIM 100000 STREAMS " + key + " >"))
          .containsExactly("3-0 released 1", "1-0 released 1");
    }
  }

  @Test
  void servesAWaitingConsumerWhenAnEntryIsReleasedOrDue() throws IOException {
    redis.reply("XREADGROUP GROUP g c STREAMS s >");
    try (Dialogue waiting = new Dialogue(server.port())) {
      waiting.client().send("XREADGROUP GROUP g d BLOCK 0 CLAIM 1000000 STREAMS s >".split(" "));
      await().until(() -> redis.text("INFO clients").contains("blocked_clients:1"));
      redis.says("XNACK s g SILENT IDS 1 2", "(integer) 1");
      waiting.hears(
          "1) 1) \"s\"\n   2) 1) 1) \"2-0\"\n         2) 1) \"f\"\n            2) \"v2\"\n"
              + "         3) (integer) -1\n         4) (integer) 0");
      waiting.client().send("XREADGROUP GROUP g d BLOCK 0 CLAIM 1000000 STREAMS s >".split(" "));
      await().until(() -> redis.text("INFO clients").contains("blocked_clients:1"));
      redis.says("XADD s 7 f v7", "\"7-0\"");
      waiting.hears(
          "1) 1) \"s\"\n   2) 1) 1) \"7-0\"\n         2) 1) \"f\"\n            2) \"v7\"\n"
              + "         3) (integer) 0\n         4) (integer) 0");
    }
    assertThat(read("XREADGROUP GROUP g e COUNT 1 BLOCK 0 CLAIM 50 STREAMS s >")).hasSize(1);
    redis.says("XREADGROUP GROUP g e BLOCK 20 CLAIM 1000000 STREAMS s >", "(nil)");
    redis.says("XTRIM s MAXLEN 0", "(integer) 7");
    redis.says("XREADGROUP GROUP g e BLOCK 120 CLAIM 0 STREAMS s >", "(nil)");
  }

  @Test
  void refusals() {
    redis.says("SET string x", "OK");
    for (String command : List.of("XNACK none g FAIL IDS 1 1", "XNACK s none FAIL IDS 1 1 FORCE")) {
      assertThat(redis.text(command)).startsWith("NOGROUP No such key");
    }
    redis.says(
        "XNACK string g FAIL IDS 1 1",
        "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    redis.says("XNACK s g IDS 1 1", "(error) ERR wrong number of arguments for 'xnack' command");
    redis.says("XNACK s g NEVER IDS 1 1", "(error) ERR syntax error");
    redis.says("XNACK s g FAIL ID 1 1", "(error) ERR syntax error");
    redis.says("XNACK s g FAIL IDS 1 1 EVER", "(error) ERR syntax error");
    redis.says("XNACK s g FAIL IDS 1 1 RETRYCOUNT", "(error) ERR syntax error");
    for (String count : List.of("-1", "x", "9223372036854775808")) {
      redis.says(
          "XNACK s g FAIL IDS 1 1 RETRYCOUNT " + count,
          "(error) ERR Invalid RETRYCOUNT option argument for XNACK");
      redis.says(
          "XREADGROUP GROUP g c CLAIM " + count + " STREAMS s >",
          "(error) ERR Invalid min-idle-time argument for XREADGROUP");
      redis.says(
          "XNACK s g FAIL IDS " + count + " 1",
          "(error) ERR Number of IDs must be a positive integer");
    }
    for (String ids : List.of("2 1", HIGHEST + " 1", "1 1 2")) {
      redis.says(
          "XNACK s g FAIL IDS " + ids,
          "(error) ERR The `numids` parameter must match the number of arguments");
    }
    redis.says(
        "XNACK s g FAIL IDS 2 1 x",
        "(error) ERR Invalid stream ID specified as stream command argument");
    redis.says(
        "XREAD CLAIM 0 STREAMS s 0",
        "(error) ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.");
    assertThat(pending()).containsExactly("1-0 c 1", "2-0 c 1", "3-0 c 1", "4-0 c 1");
  }

  @Test
  void worksInScriptsAndTransactions() {
    redis.says(
        "EVAL \"return redis.call('XNACK', KEYS[1], 'g', 'FAIL', 'IDS', 1, '1')\" 1 s",
        "(integer) 1");
    redis.says("MULTI", "OK");
    redis.says("XREADGROUP GROUP g d BLOCK 0 COUNT 1 CLAIM 1000 STREAMS s >", "QUEUED");
    redis.reply("EXEC");
    assertThat(pending()).startsWith("1-0 d 2");
    redis.says("COMMAND GETKEYS XNACK s g FAIL IDS 1 1", "1) \"s\"");
    redis.says(
        "COMMAND GETKEYS XREADGROUP GROUP g c CLAIM 1 STREAMS s t > >", "1) \"s\"\n2) \"t\"");
    redis.says("ACL SETUSER u on nopass ~t +@all -@dangerous", "OK");
    redis.says(
        "ACL DRYRUN u XNACK s g FAIL IDS 1 1",
        "\"User u has no permissions to access the 's' key\"");
  }
}
