package io.redoubt.server.command.script;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** EVAL, SCRIPT, FUNCTION and FCALL. */
@ServerTest
final class ScriptCommandsTest {
  private static final String SHA = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";

  private final Dialogue redis;
  private final RedisServer server;

  ScriptCommandsTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @Test
  void findsScriptsByTheirSha1() {
    redis.says("SCRIPT LOAD 'return 1'", "\"" + SHA + "\"");
    redis.says(
        "SCRIPT EXISTS " + SHA + " " + SHA.replace('e', 'f'), "1) (integer) 1\n2) (integer) 0");
    redis.says("EVALSHA " + SHA.toUpperCase(Locale.ROOT) + " 0", "(integer) 1");
    redis.says("SCRIPT FLUSH", "OK");
    redis.says("EVALSHA " + SHA + " 0", "(error) NOSCRIPT No matching script. Please use EVAL.");
    redis.says("EVAL 'return 1' 0", "(integer) 1");
    redis.says("EVALSHA_RO " + SHA + " 0", "(integer) 1");
  }

  @Test
  void protectsGlobalVariables() {
    String modified = "user_script:1: Attempt to modify a readonly table";
    for (String change :
        new String[] {"x = 1", "redis = 1", "_G.x = 1", "(function() KEYS = 1 end)()"}) {
      redis.says(
          "EVAL \"return select(2, pcall(function() " + change + " end))\" 0",
          "\"" + modified + "\"");
    }
    redis.says(
        "EVAL 'return select(2, pcall(function() return x end))' 0",
        "\"user_script:1: Script attempted to access nonexistent global variable 'x'\"");
    redis.says("EVAL 'return _G.redis == redis and _G.KEYS == KEYS' 0", "(integer) 1");
    redis.says("EVAL 'return loadstring(\"return ARGV[1]\")()' 0 a", "\"a\"");
  }

  @Test
  void buildsLongTables() {
    // After 25 550 elements, the code has words that are no instructions but may look like some.
    String elements = "1,".repeat(30_000);
    redis.says(
        "EVAL 'local t = {"
            + elements
            + "} local n = 0 for i = 1, #t do n = n + t[i] end return n' 0",
        "(integer) 30000");
  }

  @Test
  void sortsWithPlainComparisons() {
    String sorted = "for i = 1, 9 do t[i] = i * 7 % 10 end table.sort(t, function(a, b) return ";
    redis.says(
        "EVAL 'local t = {} " + sorted + "a < b end) return table.concat(t)' 0", "\"123456789\"");
    redis.says(
        "EVAL 'local t = {} " + sorted + "a > b end) return table.concat(t)' 0", "\"987654321\"");
    redis.says(
        "EVAL 'local t = {\"b\", \"a\"} table.sort(t, function(a, b) return a < b end) return t' 0",
        "1) \"a\"\n2) \"b\"");
    redis.says(
        "EVAL 'return select(2, pcall(table.sort, {1, \"a\"}, function(a, b) return a > b end))' 0",
        "\"user_script:1: attempt to compare number with string\"");
    redis.says( // another variable
        "EVAL 'local c = 5 local t = {1, 2} table.sort(t, function(a, b) return c > b end) return"
            + " t' 0",
        "1) (integer) 2\n2) (integer) 1");
  }

  @Test
  void evictsTheOldestScriptsOfEval() throws NoSuchAlgorithmException {
    redis.says("CONFIG RESETSTAT", "OK");
    redis.says("SCRIPT FLUSH", "OK");
    redis.says("SCRIPT LOAD 'return 1'", "\"" + SHA + "\"");
    redis.says("EVAL 'return \"first\"' 0", "\"first\"");
    redis.says("EVAL 'return \"used\"' 0", "\"used\"");
    for (int i = 0; i < 499; i++) {
      redis.says("EVAL 'return \"text " + i + "\"' 0", "\"text " + i + "\"");
      redis.says("EVALSHA " + sum("return \"used\"") + " 0", "\"used\"");
    }
    String known =
        "SCRIPT EXISTS "
            + String.join(
                " ",
                SHA,
                sum("return \"used\""),
                sum("return \"first\""),
                sum("return \"text 0\""));
    redis.says(known, "1) (integer) 1\n2) (integer) 1\n3) (integer) 0\n4) (integer) 1");
    assertThat(redis.text("INFO"))
        .contains("evicted_scripts:1\r", "number_of_cached_scripts:501\r");
    redis.says("SCRIPT LOAD 'return \"text 0\"'", "\"" + sum("return \"text 0\"") + "\"");
    assertThat(redis.text("INFO")).contains("number_of_cached_scripts:501\r");
    redis.says("SCRIPT FLUSH", "OK");
    assertThat(redis.text("INFO"))
        .contains("number_of_cached_scripts:0\r", "used_memory_scripts_eval:0\r");
  }

  private static String sum(String script) throws NoSuchAlgorithmException {
    byte[] sum = MessageDigest.getInstance("SHA-1").digest(script.getBytes(US_ASCII));
    return HexFormat.of().formatHex(sum);
  }

  @Test
  void respectsFlagsOfScriptsInTransactions() {
    String refusal = "NOREPLICAS Not enough good replicas to write.";
    redis.says(
        "FUNCTION LOAD \"#!lua name=l\\nredis.register_function('w', function() end)\"", "\"l\"");
    String sum = redis.text("SCRIPT LOAD \"#!lua\\nreturn 1\"");
    for (String call :
        new String[] {"EVAL \"#!lua\\nreturn 1\" 0", "EVALSHA " + sum + " 0", "FCALL w 0"}) {
      redis.says("MULTI", "OK");
      redis.says(call, "QUEUED");
      try (Dialogue other = new Dialogue(server.port())) {
        other.says("CONFIG SET min-replicas-to-write 1", "OK");
        redis.says("EXEC", "(error) EXECABORT Transaction discarded because of: " + refusal);
        other.says("CONFIG SET min-replicas-to-write 0", "OK");
      }
    }
    redis.says("FUNCTION FLUSH", "OK");
  }

  @Test
  void continuesAScriptThatHasWrittenWithoutEnoughReplicas() {
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 1", "OK");
    redis.says(
        "EVAL \"redis.call('SET','a','1') redis.call('CONFIG','SET','min-replicas-to-write','1')"
            + " return redis.call('SET','a','2')\" 0",
        "OK");
    assertThat(redis.ask("EVAL \"return redis.call('SET','a','3')\" 0"))
        .startsWith("(error) NOREPLICAS Not enough good replicas to write.");
    redis.says("CONFIG SET min-replicas-to-write 0", "OK");
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 0", "OK");
    redis.says("GET a", "\"2\"");
  }

  @Test
  void repliesAsWithoutCluster() {
    redis.says("CLUSTER KEYSLOT {user}1", "(integer) 5474");
    redis.says("CLUSTER INFO", "(error) ERR This instance has cluster support disabled");
    redis.says("READONLY", "(error) ERR This instance has cluster support disabled");
    assertThat(redis.ask("EVAL \"return redis.call('CLUSTER','RESET','HARD')\" 0"))
        .startsWith("(error) ERR This Redis command is not allowed from script");
  }

  @Test
  void checksNumbersOfKeys() {
    redis.says(
        "EVAL 'return 1' 1", "(error) ERR Number of keys can't be greater than number of args");
    redis.says("EVAL 'return 1' -1", "(error) ERR Number of keys can't be negative");
    redis.says("EVAL 'return 1' x", "(error) ERR value is not an integer or out of range");
    redis.says("FCALL nothing x", "(error) ERR Function not found");
  }

  @Test
  void readOnlyScriptsCannotWrite() {
    assertThat(redis.ask("EVAL_RO \"redis.call('SET','a','b')\" 1 a"))
        .startsWith("(error) ERR Write commands are not allowed from read-only scripts.");
  }

  /** A script that gets around a pause of writes must not reach the replicas in any other way. */
  @Test
  void readOnlyScriptsCannotCauseReplication() {
    for (String call : new String[] {"'PUBLISH','c','m'", "'SPUBLISH','c','m'", "'PFCOUNT','k'"}) {
      assertThat(redis.ask("EVAL_RO \"return redis.call(" + call + ")\" 0"))
          .startsWith("(error) ERR Write commands are not allowed from read-only scripts.");
      redis.says("EVAL \"return redis.call(" + call + ")\" 0", "(integer) 0");
    }
    assertThat(redis.ask("EVAL \"#!lua flags=no-writes\nreturn redis.call('PUBLISH','c','m')\" 0"))
        .startsWith("(error) ERR Write commands are not allowed from read-only scripts.");
  }

  @Test
  void selectInAScriptDoesNotAffectTheClient() {
    redis.says("EVAL \"redis.call('SELECT',5) return redis.call('SET','a','in five')\" 0", "OK");
    redis.says("GET a", "(nil)");
    redis.says("SELECT 5", "OK");
    redis.says("GET a", "\"in five\"");
  }

  @Test
  void freezesTimeForAScript() {
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 1", "OK");
    redis.says(
        "EVAL \"redis.call('SET','a','b','PX',1) redis.call('DEBUG','SLEEP','0.01')"
            + " return redis.call('EXISTS','a')\" 0",
        "(integer) 1");
    redis.says("EXISTS a", "(integer) 0");
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 0", "OK");
  }

  @Test
  void hidesAttributesFromScripts() {
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 1", "OK");
    redis.says(
        "EVAL \"redis.setresp(3) return redis.call('DEBUG','PROTOCOL','ATTRIB')\" 0",
        "\"Some real reply following the attribute\"");
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 0", "OK");
  }

  @Test
  void testsMayPermitScriptsForbiddenCommands() {
    String calls = "EVAL \"return redis.call('CLIENT','GETNAME')\" 0";
    assertThat(redis.ask(calls))
        .startsWith("(error) ERR This Redis command is not allowed from script");
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 1", "OK");
    redis.says(calls, "(nil)");
    redis.says("DEBUG SET-DISABLE-DENY-SCRIPTS 0", "OK");
  }

  @Test
  void failsScriptsThatUseTooMuchMemoryAndFreesIt() {
    long before = redis.usedMemory();
    assertThat(redis.ask("EVAL \"local s='x' while true do s=s..s end\" 0"))
        .startsWith("(error) ERR not enough memory");
    assertThat(redis.usedMemory() - before).isLessThan(1 << 20);
    redis.says("EVAL 'return 1' 0", "(integer) 1");
  }

  @Test
  void loadsListsAndDeletesLibraries() {
    String library =
        "#!lua name=mylib\\nredis.register_function('f', function(k,a) return {k[1],a[1]} end)";
    redis.says("FUNCTION LOAD \"" + library + "\"", "\"mylib\"");
    redis.says("FUNCTION LOAD \"" + library + "\"", "(error) ERR Library 'mylib' already exists");
    redis.says("FUNCTION LOAD REPLACE \"" + library + "\"", "\"mylib\"");
    redis.says("FCALL f 1 key arg", "1) \"key\"\n2) \"arg\"");
    redis.says(
        "FUNCTION LOAD \"" + library.replace("mylib", "other") + "\"",
        "(error) ERR Function f already exists");
    redis.says("FUNCTION DELETE mylib", "OK");
    redis.says("FCALL f 1 key arg", "(error) ERR Function not found");
    redis.says("FUNCTION DELETE mylib", "(error) ERR Library not found");
  }
}
