package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.persistence.rdb.Crc64;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The behavior of Redis 7.2.6 where it differs from Redis 7.0; each case was observed on a real
 * 7.2.6.
 */
@ServerTest
final class Redis72BehaviourTest {
  private final Dialogue redis;
  private final RedisServer server;

  Redis72BehaviourTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @Test
  void usersSanitizePayloadsUnlessToldOtherwise() {
    redis.says("ACL SETUSER u", "OK");
    assertThat(redis.ask("ACL LIST"))
        .contains("user default on nopass sanitize-payload ~* &* +@all")
        .contains("user u off sanitize-payload resetchannels -@all");
    assertThat(redis.ask("ACL GETUSER u")).contains("\"off\"\n").contains("\"sanitize-payload\"");
    redis.says("ACL SETUSER u skip-sanitize-payload", "OK");
    assertThat(redis.ask("ACL LIST"))
        .contains("user u off skip-sanitize-payload resetchannels -@all");
    redis.says("ACL SETUSER u reset", "OK");
    assertThat(redis.ask("ACL LIST")).contains("user u off sanitize-payload resetchannels -@all");
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void denialsNameTheUserAndTheCommand() {
    redis.says("ACL SETUSER u on nopass ~k* &c* +get +eval +publish +multi +exec", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      other.says("GET a", "(error) NOPERM No permissions to access a key");
      other.says("PUBLISH a b", "(error) NOPERM No permissions to access a channel");
      other.says(
          "CONFIG SET a b",
          "(error) NOPERM User u has no permissions to run the 'config|set' command");
      other.says("MULTI", "OK");
      other.says("DEL k", "(error) NOPERM User u has no permissions to run the 'del' command");
      assertThat(other.ask("EXEC")).startsWith("(error) EXECABORT");
    }
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void denialsInScriptsNameTheUserAndTheCommand() {
    redis.says("ACL SETUSER u on nopass ~k* &c* +get +eval +publish", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      String denied = "(error) ERR ACL failure in script: ";
      other.says(
          "EVAL \"return redis.pcall('get', ARGV[1])\" 0 a",
          denied + "No permissions to access a key");
      other.says(
          "EVAL \"return redis.pcall('publish', ARGV[1], 'x')\" 0 a",
          denied + "No permissions to access a channel");
      other.says(
          "EVAL \"return redis.pcall('del', ARGV[1])\" 0 k",
          denied + "User u has no permissions to run the 'del' command");
      assertThat(other.ask("EVAL \"return redis.acl_check_cmd()\" 0"))
          .startsWith("(error) ERR Please specify at least one argument for this redis lib call");
    }
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void wokenCommandsAreCheckedAgainstTheUsersPresentRules() throws Exception {
    redis.says("ACL SETUSER u on nopass ~* +@all", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      other.client().send("BLPOP", "l", "0");
      awaitBlocked();
      redis.says("ACL SETUSER u -blpop", "OK");
      redis.says("LPUSH l x", "(integer) 1");
      other.hears("(error) NOPERM User u has no permissions to run the 'blpop' command");
      redis.says("LLEN l", "(integer) 1");
    }
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void blockedGroupReadersHearOfALostGroup() throws Exception {
    for (String end : new String[] {"DEL s", "SET s x", "XGROUP DESTROY s g", "RENAME s other"}) {
      redis.ask("DEL s");
      redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
      try (var other = new Dialogue(server.port())) {
        other.client().send("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
        awaitBlocked();
        redis.ask(end);
        other.hears(
            end.startsWith("SET")
                ? "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
                : "(error) NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP"
                    + " option");
      }
    }
  }

  @Test
  void streamReadersMayNotAskToBlockInScripts() {
    redis.says(
        "EVAL \"return redis.pcall('xread', 'BLOCK', 0, 'STREAMS', KEYS[1], '$')\" 1 s",
        "(error) ERR xread command is not allowed with BLOCK option from scripts");
    redis.says(
        "EVAL \"return redis.pcall('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', 0, 'STREAMS',"
            + " KEYS[1], '>')\" 1 s",
        "(error) ERR XREADGROUP command is not allowed with BLOCK option from scripts");
  }

  @Test
  void aDeniedWokenCommandCountsAsRejected() throws Exception {
    redis.says("ACL SETUSER u on nopass ~* +@all", "OK");
    redis.says("CONFIG RESETSTAT", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      other.client().send("BLPOP", "l", "0");
      awaitBlocked();
      assertThat(redis.text("INFO commandstats")).doesNotContain("blpop");
      redis.says("ACL SETUSER u -blpop", "OK");
      redis.says("LPUSH l x", "(integer) 1");
      other.hears("(error) NOPERM User u has no permissions to run the 'blpop' command");
    }
    assertThat(redis.text("INFO commandstats"))
        .contains("cmdstat_blpop:calls=0,")
        .containsPattern("cmdstat_blpop:.*rejected_calls=1,failed_calls=0");
    assertThat(redis.text("INFO latencystats")).doesNotContain("blpop");
    assertThat(redis.text("INFO errorstats")).contains("errorstat_NOPERM:count=1\r");
    assertThat(redis.text("INFO stats")).contains("acl_access_denied_cmd:1\r");
    redis.says("ACL DELUSER u", "(integer) 1");
    redis.says("DEL l", "(integer) 1");
  }

  @Test
  void anUnblockedCommandCountsAsCalledAndWithAnErrorAsFailed() throws Exception {
    for (String[] command : new String[][] {{"BLPOP", "l", "0"}, {"WAIT", "1", "0"}}) {
      for (String reason : new String[] {"TIMEOUT", "ERROR"}) {
        redis.says("CONFIG RESETSTAT", "OK");
        try (var other = new Dialogue(server.port())) {
          long id = other.integer("CLIENT ID");
          other.client().send(command);
          awaitBlocked();
          redis.says("CLIENT UNBLOCK " + id + " " + reason, "(integer) 1");
          if (reason.equals("ERROR")) {
            other.hears("(error) UNBLOCKED client unblocked via CLIENT UNBLOCK");
          } else {
            other.hears(command[0].equals("WAIT") ? "(integer) 0" : "(nil)");
          }
        }
        String failed = reason.equals("ERROR") ? "1" : "0";
        assertThat(redis.text("INFO commandstats"))
            .containsPattern(
                command[0].toLowerCase(Locale.ROOT)
                    + ":calls=1,.*rejected_calls=0,failed_calls="
                    + failed);
        String counted = "errorstat_UNBLOCKED:count=1\r";
        assertThat(redis.text("INFO errorstats").contains(counted))
            .isEqualTo(reason.equals("ERROR"));
      }
    }
  }

  @Test
  void pausedClientsCannotBeUnblocked() throws Exception {
    try (var other = new Dialogue(server.port())) {
      long id = other.integer("CLIENT ID");
      redis.says("CLIENT PAUSE 100000 WRITE", "OK");
      other.client().send("SET", "k", "v");
      awaitBlocked();
      redis.says("CLIENT UNBLOCK " + id + " ERROR", "(integer) 0");
      redis.says("CLIENT UNBLOCK " + id, "(integer) 0");
      redis.says("CLIENT UNPAUSE", "OK");
      other.hears("OK");
    }
    redis.says("DEL k", "(integer) 1");
  }

  @Test
  void movedCopiedAndSwappedKeysServeBlockedClients() throws Exception {
    for (String[] arrival :
        new String[][] {
          {"SELECT 1", "RPUSH l x", "MOVE l 0", "SELECT 0"},
          {"RPUSH other x", "COPY other l", "DEL other"},
          {"RPUSH other x", "RENAME other l"},
          {"SELECT 1", "RPUSH l x", "SWAPDB 0 1", "SELECT 0"}
        }) {
      redis.ask("FLUSHALL");
      try (var other = new Dialogue(server.port())) {
        other.client().send("BLPOP", "l", "0");
        awaitBlocked();
        for (String step : arrival) {
          redis.ask(step);
        }
        other.hears("1) \"l\"\n2) \"x\"");
        redis.says("EXISTS l", "(integer) 0");
      }
    }
  }

  /** The transaction lasts longer than the key lives. */
  @Test
  void keysThatExpiredInTheirTransactionServeNobody() throws Exception {
    try (var other = new Dialogue(server.port())) {
      other.client().send("BLPOP", "l", "0");
      awaitBlocked();
      redis.says("MULTI", "OK");
      redis.ask("RPUSH l gone");
      redis.ask("PEXPIRE l 0");
      redis.says("EXEC", "1) (integer) 1\n2) (integer) 1");
      redis.says("RPUSH l x", "(integer) 1");
      other.hears("1) \"l\"\n2) \"x\"");
    }
  }

  @Test
  void smallListsAreListpacks() {
    redis.says("CONFIG SET list-max-listpack-size 3", "OK");
    redis.says("RPUSH l a b c", "(integer) 3");
    redis.says("OBJECT ENCODING l", "\"listpack\"");
    assertThat(redis.text("DEBUG OBJECT l")).contains(" encoding:listpack ").doesNotContain("ql_");
    redis.says("RPUSH l d", "(integer) 4");
    redis.says("OBJECT ENCODING l", "\"quicklist\"");
    assertThat(redis.text("DEBUG OBJECT l")).contains(" encoding:quicklist ", " ql_nodes:2 ");
    redis.ask("RPOP l");
    redis.says("OBJECT ENCODING l", "\"quicklist\"");
    redis.says("DEBUG RELOAD", "OK");
    redis.says("OBJECT ENCODING l", "\"listpack\"");
    redis.says("CONFIG SET list-max-listpack-size -2", "OK");
    redis.says("DEL l", "(integer) 1");
  }

  @Test
  void smallSetsAreListpacks() {
    redis.says("CONFIG SET set-max-listpack-entries 3 set-max-listpack-value 5", "OK");
    redis.says("SADD s 1 2", "(integer) 2");
    redis.says("OBJECT ENCODING s", "\"intset\"");
    redis.says("SADD s abcde", "(integer) 1");
    redis.says("OBJECT ENCODING s", "\"listpack\"");
    assertThat(redis.text("DEBUG OBJECT s")).contains(" encoding:listpack ");
    redis.says("DEBUG RELOAD", "OK");
    redis.says("OBJECT ENCODING s", "\"listpack\"");
    redis.says("COPY s t", "(integer) 1");
    redis.says("SADD s d", "(integer) 1");
    redis.says("OBJECT ENCODING s", "\"hashtable\"");
    redis.says("SREM t 1", "(integer) 1");
    redis.says("SADD t abcdef", "(integer) 1");
    redis.says("OBJECT ENCODING t", "\"hashtable\"");
    redis.says("CONFIG SET set-max-listpack-entries 128 set-max-listpack-value 64", "OK");
    redis.says("DEBUG RELOAD", "OK");
    redis.says("OBJECT ENCODING s", "\"listpack\"");
    redis.says("OBJECT ENCODING t", "\"listpack\"");
    redis.says("DEL s t", "(integer) 2");
  }

  /** The types of lists and sets in files of Redis 2.4 to 7.0, each with the elements a and b. */
  @ParameterizedTest
  @CsvSource({
    "01 02 01 61 01 62, listpack",
    "0A 11 11000000 0D000000 0200 000161 030162 FF, listpack",
    "0E 01 11 11000000 0D000000 0200 000161 030162 FF, listpack",
    "12 01 02 0D 0D000000 0200 816102 816202 FF, listpack",
    "02 02 01 61 01 62, listpack",
    "0B 0C 02000000 02000000 0100 0200, intset"
  })
  void smallListsAndSetsOfOldFilesAreListpacks(String value, String encoding) throws Exception {
    byte[] body = HexFormat.of().parseHex(value.replace(" ", ""));
    byte[] payload = Arrays.copyOf(body, body.length + 10);
    payload[body.length] = 9; // the RDB version of Redis 5 to 6.2
    long sum = Crc64.update(0, MemorySegment.ofArray(payload), 0, body.length + 2L);
    ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putLong(body.length + 2, sum);
    byte[][] restore = {ascii("RESTORE"), ascii("old"), ascii("0"), payload, ascii("REPLACE")};
    assertThat(redis.client().call(restore).text()).isEqualTo("OK");
    redis.says("OBJECT ENCODING old", "\"" + encoding + "\"");
    redis.says("DEL old", "(integer) 1");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void migrateNeedsRightsOnEachKey() {
    redis.says("ACL SETUSER u on nopass ~mine* +@all", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      String denied = "(error) NOPERM No permissions to access a key";
      other.says("MIGRATE 127.0.0.1 1 others 0 10", denied);
      other.says("MIGRATE 127.0.0.1 1 \"\" 0 10 KEYS mine1 others", denied);
      other.says("MIGRATE 127.0.0.1 1 \"\" 0 10 AUTH KEYS KEYS others", denied);
      other.says("MIGRATE 127.0.0.1 1 \"\" 0 10 KEYS mine1 mine2", "NOKEY");
      other.says("MIGRATE 127.0.0.1 1 \"\" 0 10 COPY AUTH2 KEYS KEYS KEYS mine1", "NOKEY");
    }
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void theFirst16KilobytesOfRepliesDoNotCountTowardsTheOutputLimit() throws Exception {
    redis.says("CONFIG SET client-output-buffer-limit \"normal 4000 0 0\"", "OK");
    try (var other = new Dialogue(server.port())) {
      for (int i = 0; i < 3; i++) {
        assertThat(other.ask("ECHO " + "x".repeat(16_000))).hasSize(16_002);
      }
      other.client().send("ECHO", "x".repeat(18_000));
      assertThat(other.client().receive().text()).hasSize(18_000);
      assertThatThrownBy(
              () -> {
                other.client().send("ECHO", "x".repeat(21_000));
                other.client().receive();
              })
          .isInstanceOf(IOException.class);
    } finally {
      redis.says("CONFIG SET client-output-buffer-limit \"normal 0 0 0\"", "OK");
    }
  }

  /** Redis collects such replies in blocks from the start, because their header is written last. */
  @Test
  void repliesOfDeferredLengthCountWholeTowardsTheOutputLimit() throws Exception {
    for (int i = 0; i < 300; i++) {
      redis.ask("SET " + "k".repeat(90) + i + " v");
    }
    redis.says("CONFIG SET client-output-buffer-limit \"normal 20000 0 0\"", "OK");
    try (var other = new Dialogue(server.port())) {
      assertThat(other.ask("ECHO " + "x".repeat(30_000))).hasSize(30_002);
      assertThatThrownBy(
              () -> {
                other.client().send("KEYS", "*");
                other.client().receive();
              })
          .isInstanceOf(IOException.class);
    } finally {
      redis.says("CONFIG SET client-output-buffer-limit \"normal 0 0 0\"", "OK");
      redis.says("FLUSHALL", "OK");
    }
  }

  @Test
  void clientListSplitsWaitingRepliesAsRedisDoes() throws Exception {
    redis.client().send("MULTI");
    redis.client().send("ECHO", "x".repeat(40_000));
    redis.client().send("CLIENT", "INFO");
    redis.client().send("EXEC");
    for (int i = 0; i < 3; i++) {
      redis.client().receive();
    }
    String line = redis.client().receive().elements().get(1).text();
    assertThat(line).contains(" obl=16384 oll=2 omem=23");
  }

  private void awaitBlocked() {
    await().until(() -> redis.text("INFO clients").contains("blocked_clients:1\r\n"));
  }
}
