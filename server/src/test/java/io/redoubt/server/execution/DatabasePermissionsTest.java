package io.redoubt.server.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ACL rules on databases, as in Valkey 9.1. */
final class DatabasePermissionsTest {
  private static final String DENIED = "(error) NOPERM No permissions to access database";

  @TempDir private Path folder;
  private RedisServer server;
  private Dialogue redis;
  private Dialogue bob;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("enable-debug-command yes");
    redis = new Dialogue(server.port());
    bob = new Dialogue(server.port());
    redis.says("ACL SETUSER bob on nopass +@all ~* &* db=0,1", "OK");
    bob.says("AUTH bob any", "OK");
  }

  @AfterEach
  void stop() {
    bob.close();
    redis.close();
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          SELECT 1;                              OK
          SELECT 2;                              (error) NOPERM No permissions to access database
          SELECT 16;                             (error) ERR DB index is out of range
          SELECT -1;                             (error) ERR DB index is out of range
          SELECT 99999999999999999999;           (error) ERR value is not an integer or out of range
          SELECT x;                              (error) ERR value is not an integer or out of range
          SELECT;                                (error) ERR wrong number of arguments for 'select' command
          SWAPDB 0 1;                            OK
          SWAPDB 0 2;                            (error) NOPERM No permissions to access database
          SWAPDB 2 0;                            (error) NOPERM No permissions to access database
          SWAPDB 2 x;                            (error) NOPERM No permissions to access database
          SWAPDB 0 x;                            (error) ERR invalid second DB index
          MOVE k 1;                              (integer) 0
          MOVE k 2;                              (error) NOPERM No permissions to access database
          MOVE k 16;                             (error) ERR DB index is out of range
          COPY k DB;                             (integer) 0
          COPY k other DB 1;                     (integer) 0
          COPY k other db 2;                     (error) NOPERM No permissions to access database
          COPY k other REPLACE DB 2;             (error) NOPERM No permissions to access database
          COPY k other DB 2 DB 1;                (error) NOPERM No permissions to access database
          COPY k DB DB 2;                        (error) NOPERM No permissions to access database
          COPY k other DB;                       (error) ERR syntax error
          FLUSHALL;                              (error) NOPERM No permissions to access database
          FLUSHALL ASYNC;                        (error) NOPERM No permissions to access database
          FLUSHDB;                               OK
          DEBUG OBJECT k;                        (error) NOPERM No permissions to access database
          CLUSTER CANCELSLOTMIGRATIONS;          (error) NOPERM No permissions to access database
          PUBLISH c m;                           (integer) 0
          """)
  void checksTheDatabasesThatArgumentsName(String request, String reply) {
    bob.says(request, reply);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET k",
        "SET k v",
        "DBSIZE",
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "FLUSHDB",
        "EXISTS k",
        "WATCH k",
        "OBJECT ENCODING k",
        "MEMORY USAGE k",
        "BLPOP k 0",
        "XREAD BLOCK 0 STREAMS k 0",
        "EVAL 'return 1' 1 k",
        "MIGRATE 127.0.0.1 1 k 0 10",
        "RESTORE k 0 x",
        "SORT k",
        "MOVE k 0",
        "COPY k other DB 0",
        "CLUSTER GETKEYSINSLOT 0 1",
        "CLUSTER COUNTKEYSINSLOT 0"
      })
  void deniesTheCurrentDatabase(String request) {
    bob.says("SELECT 1", "OK");
    redis.says("ACL SETUSER bob db=0", "OK");
    bob.says(request, DENIED);
    bob.says("SELECT 0", "OK");
    assertThat(bob.ask(request.startsWith("BLPOP") ? "GET k" : "PING")).doesNotContain("NOPERM");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PING",
        "ECHO x",
        "INFO",
        "ACL WHOAMI",
        "CLIENT ID",
        "CONFIG GET maxmemory",
        "PUBLISH c m",
        "EVAL 'return 1' 0",
        "COMMAND COUNT",
        "MULTI",
        "UNWATCH",
        "HELLO"
      })
  void permitsRequestsWithoutADatabase(String request) {
    redis.says("ACL SETUSER bob resetdbs", "OK");
    assertThat(bob.ask(request)).doesNotContain("NOPERM");
    bob.says(request.equals("MULTI") ? "DISCARD" : "AUTH bob any", "OK");
    bob.says("GET k", DENIED);
  }

  @Test
  void checksQueuedCommandsInTheDatabaseThatTheyWillUse() {
    redis.says(
        "ACL SETUSER bob reset on nopass (db=0 +@all -@read ~*) (db=2 +@all -@write ~*)", "OK");
    bob.says("MULTI", "OK");
    bob.says("SET k v", "QUEUED");
    bob.says("SELECT 2", "QUEUED");
    bob.says("GET k", "QUEUED");
    assertThat(bob.ask("SET k v")).contains("NOPERM User bob has no permissions to run the 'set'");
    assertThat(bob.ask("EXEC")).contains("EXECABORT");
    bob.says("MULTI", "OK");
    bob.says("SELECT 2", "QUEUED");
    bob.says("GET k", "QUEUED");
    bob.says("SELECT 0", "QUEUED");
    bob.says("SET k v", "QUEUED");
    assertThat(bob.reply("EXEC").elements()).extracting(Reply::isError).containsOnly(false);
    bob.says("SET k v", "OK");
  }

  @Test
  void checksAgainAtExec() {
    bob.says("MULTI", "OK");
    bob.says("SET a 1", "QUEUED");
    bob.says("SELECT 1", "QUEUED");
    bob.says("SET b 2", "QUEUED");
    redis.says("ACL SETUSER bob db=0", "OK");
    List<Reply> replies = bob.reply("EXEC").elements();
    assertThat(replies.getFirst().text()).isEqualTo("OK");
    assertThat(replies.get(1).text())
        .isEqualTo(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the"
                + " EXEC call. This command is no longer allowed for the following reason: no"
                + " permission to access the database");
    assertThat(replies.get(2).text()).as("in database 0, because SELECT failed").isEqualTo("OK");
    bob.says("GET b", "\"2\"");
  }

  @Test
  void checksTheCallsOfScripts() {
    String failure = "ERR ACL failure in script: No permissions to access database";
    assertThat(bob.ask("EVAL \"return redis.call('select', '2')\" 0")).contains(failure);
    assertThat(bob.ask("EVAL \"return redis.call('copy', 'a', 'b', 'DB', '2')\" 0"))
        .contains(failure);
    bob.says("EVAL \"redis.call('select', '1'); return redis.call('set', 'k', 'v')\" 0", "OK");
    bob.says("GET k", "(nil)");
    bob.says("SELECT 1", "OK");
    bob.says("GET k", "\"v\"");
    bob.says(
        "EVAL \"return {redis.acl_check_cmd('select', '1'), redis.acl_check_cmd('select', '2'),"
            + " redis.acl_check_cmd('flushall')}\" 0",
        "1) (integer) 1\n2) (nil)\n3) (nil)");
    redis.says("ACL SETUSER bob db=0", "OK");
    assertThat(bob.ask("EVAL \"return redis.call('get', 'k')\" 0")).contains(failure);
  }

  @Test
  void endsAWaitInADatabaseThatIsNoLongerPermitted() throws Exception {
    bob.says("SELECT 1", "OK");
    bob.client().sendRaw("BLPOP list 0\r\n");
    redis.says("SELECT 1", "OK");
    while (!redis.text("CLIENT LIST USER bob").contains("flags=b")) {
      Thread.onSpinWait();
    }
    redis.says("ACL SETUSER bob db=0", "OK");
    redis.says("RPUSH list a", "(integer) 1");
    bob.hears(DENIED);
    redis.says("LRANGE list 0 -1", "1) \"a\"");
  }

  @Test
  void staysInADatabaseAfterALogin() {
    redis.says("ACL SETUSER bob db=3", "OK");
    try (Dialogue other = new Dialogue(server.port())) {
      other.says("AUTH bob any", "OK");
      other.says("GET k", DENIED);
      other.says("SELECT 3", "OK");
      other.says("GET k", "(nil)");
      other.says("RESET", "RESET");
      other.says("GET k", "(nil)");
    }
  }

  @Test
  void showsDatabases() {
    redis.says(
        "ACL SETUSER carl reset on nopass ~* +@all db=3,1,1 (+get ~x) (+set resetdbs)", "OK");
    assertThat(redis.ask("ACL LIST"))
        .contains(
            "user carl on nopass sanitize-payload ~* resetchannels db=1,3 +@all"
                + " (~x resetchannels -@all +get) (resetchannels resetdbs -@all +set)")
        .contains("user default on nopass sanitize-payload ~* &* +@all");
    Reply shown = redis.reply("ACL GETUSER carl");
    assertThat(shown.elements()).hasSize(14);
    assertThat(shown.elements().get(10).text()).isEqualTo("databases");
    assertThat(shown.elements().get(11).text()).isEqualTo("db=1,3");
    List<Reply> selectors = shown.elements().get(13).elements();
    assertThat(selectors.getFirst().elements().get(7).text()).isEqualTo("alldbs");
    assertThat(selectors.get(1).elements().get(7).text()).isEmpty();
    redis.reply("HELLO 3");
    Reply.Map map = (Reply.Map) redis.reply("ACL GETUSER carl");
    assertThat(map.keys()).extracting(Reply::text).contains("databases");
    assertThat(((Reply.Array) map.values().getLast()).elements().getFirst())
        .isInstanceOf(Reply.Map.class);
  }

  @Test
  void logsAndSimulatesDenials() {
    bob.says("SELECT 2", DENIED);
    bob.says("SELECT 1", "OK");
    bob.says("FLUSHALL", DENIED);
    redis.says("ACL SETUSER bob db=0", "OK");
    bob.says("GET k", DENIED);
    assertThat(redis.ask("ACL LOG"))
        .contains("\"database\"")
        .contains("\"2\"")
        .contains("\"1\"")
        .contains("\"flushall\"");
    redis.says("ACL DRYRUN bob SELECT 0", "OK");
    redis.says("ACL DRYRUN bob SELECT 2", "\"User bob has no permissions to access database 2\"");
    redis.says(
        "ACL DRYRUN bob FLUSHALL", "\"User bob has no permissions to access database flushall\"");
    redis.says("ACL DRYRUN bob GET k", "OK");
    redis.says("SELECT 5", "OK");
    redis.says("ACL DRYRUN bob GET k", "\"User bob has no permissions to access database 5\"");
  }

  @Test
  void keepsDatabasesInFiles() throws Exception {
    Path file = Files.createFile(folder.resolve("users.acl"));
    Files.writeString(
        file,
        """
        user default on nopass ~* &* +@all
        user old on nopass ~* &* +@all
        user new on nopass ~* &* +@all db=2,1 (+get ~* db=0)
        """);
    try (RedisServer other = TestServers.start("aclfile " + file);
        Dialogue admin = new Dialogue(other.port())) {
      admin.says("ACL SAVE", "OK");
      assertThat(Files.readAllLines(file))
          .containsExactly(
              "user default on nopass sanitize-payload ~* &* +@all",
              "user new on nopass sanitize-payload ~* &* db=1,2 +@all"
                  + " (~* resetchannels db=0 -@all +get)",
              "user old on nopass sanitize-payload ~* &* +@all");
      admin.says("ACL LOAD", "OK");
      assertThat(admin.ask("ACL GETUSER old")).contains("\"alldbs\"");
      Files.writeString(file, "user new on nopass db=x");
      assertThat(admin.ask("ACL LOAD")).contains(":1: Syntax error");
      assertThat(admin.ask("ACL LIST")).contains("db=1,2");
    }
  }

  /** The commands of a file or a master have been permitted where they were sent. */
  @Test
  void loadsWhatTheDefaultUserMayNotRun() throws Exception {
    try (RedisServer other = TestServers.start("appendonly yes", "enable-debug-command yes");
        Dialogue root = new Dialogue(other.port())) {
      root.says("ACL SETUSER root on nopass ~* &* +@all", "OK");
      root.says("AUTH root x", "OK");
      root.says("ACL SETUSER default db=0", "OK");
      root.says("SELECT 1", "OK");
      root.says("MULTI", "OK");
      root.says("SET a 1", "QUEUED");
      root.says("SET b 2", "QUEUED");
      root.reply("EXEC");
      root.says("RPUSH list 3 1 2", "(integer) 3");
      root.says("SORT list BY w_* GET # STORE sorted", "(integer) 3");
      root.says("DEBUG LOADAOF", "OK");
      root.says("MGET a b", "1) \"1\"\n2) \"2\"");
      root.says("LLEN sorted", "(integer) 3");
    }
  }

  @Test
  void readsAllKeysOnlyInPermittedDatabases() {
    redis.says("ACL SETUSER bob reset on nopass +select (+sort ~* db=0) (+sort ~k* db=1)", "OK");
    redis.says("ACL SETUSER bob +rpush ~k*", "OK");
    bob.says("RPUSH k 1", "(integer) 1");
    assertThat(bob.ask("SORT k GET other*")).doesNotContain("denied");
    bob.says("SELECT 1", "OK");
    assertThat(bob.ask("SORT k GET other*"))
        .contains("GET option of SORT denied due to insufficient ACL permissions");
  }
}
