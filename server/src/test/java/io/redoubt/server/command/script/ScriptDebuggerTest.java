package io.redoubt.server.command.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SCRIPT DEBUG SYNC and its dialogue; the expected replies are those of Redis 7.0. */
@ServerTest
final class ScriptDebuggerTest {
  private static final String FUNCTION =
      "local a = 1\\nlocal function f(n)\\n  local inner = n * 0.1\\n  return inner\\nend\\n"
          + "redis.call('SET', 'k', 'v')\\nlocal t = {1, 'z', {k = f(3)}}\\nreturn a";

  private final RedisServer server;
  private final Dialogue debugger;

  ScriptDebuggerTest(RedisServer server) {
    this.server = server;
    debugger = new Dialogue(server.port());
  }

  @AfterEach
  void close() {
    debugger.close();
  }

  private void begin(String script) {
    debugger.says("SCRIPT DEBUG SYNC", "OK");
    String firstLine = script.split("\\\\n", 2)[0];
    tells(
        "EVAL \"" + script + "\" 0",
        "* Stopped at 1, stop reason = step over",
        "-> 1   " + firstLine);
  }

  private void tells(String line, String... lines) {
    assertThat(debugger.reply(line).elements()).extracting(Reply::text).containsExactly(lines);
  }

  private void ends(String line, String reply) {
    tells(line, "<endsession>");
    debugger.hears(reply);
    assertThatThrownBy(() -> debugger.client().receive()).isInstanceOf(IOException.class);
  }

  @Test
  void stepsThroughAScript() {
    begin(FUNCTION);
    tells("print", "No local variables in the current context.");
    tells("step", "* Stopped at 5, stop reason = step over", "-> 5   end");
    tells("s", "* Stopped at 6, stop reason = step over", "-> 6   redis.call('SET', 'k', 'v')");
    tells(
        "next",
        "<redis> SET k v",
        "<reply> \"+OK\"",
        "* Stopped at 7, stop reason = step over",
        "-> 7   local t = {1, 'z', {k = f(3)}}");
    tells("s", "* Stopped at 3, stop reason = step over", "-> 3     local inner = n * 0.1");
    tells("print n", "<value> 3");
    tells("p", "<value> n = 3");
    tells(
        "trace",
        "In f:",
        "-> 3     local inner = n * 0.1",
        "From top level:",
        "   7   local t = {1, 'z', {k = f(3)}}");
    tells("s", "* Stopped at 4, stop reason = step over", "-> 4     return inner");
    tells("s", "* Stopped at 8, stop reason = step over", "-> 8   return a");
    tells("p t", "<value> {1; \"z\"; {[\"k\"]=0.3}}");
    tells("p nothing", "No such variable.");
    ends("continue", "(integer) 1");
  }

  @Test
  void stopsAtBreakpoints() {
    begin("local a = 1\\nfor i = 1, 2 do\\n  a = a + i\\nend\\nredis.breakpoint()\\nreturn a");
    tells("break", "No breakpoints set. Use 'b <line>' to add one.");
    tells("break 3", "   2   for i = 1, 2 do", "  #3     a = a + i", "   4   end");
    tells("b", "1 breakpoints set:", "  #3     a = a + i");
    tells("b 99", "Wrong line number.");
    tells("b -2", "No breakpoint in the specified line.");
    tells("c", "* Stopped at 3, stop reason = break point", "->#3     a = a + i");
    tells("c", "* Stopped at 3, stop reason = break point", "->#3     a = a + i");
    tells("b -3", "Breakpoint removed.");
    tells("c", "* Stopped at 6, stop reason = redis.breakpoint() called", "-> 6   return a");
    ends("c", "(integer) 4");
  }

  @Test
  void runsCodeAndCommands() {
    begin("return redis.debug('seen', 1)");
    tells("eval 1+1", "<retval> 2");
    tells("eval \"return {1,a='x'}\"", "<retval> {[1]=1; [\"a\"]=\"x\"}");
    tells("eval foo(", "<error> ldb_eval:1: unexpected symbol near '<eof>'");
    tells("eval \"error('x')\"", "<error> ldb_eval:1: x");
    tells("redis LPUSH list a b", "<redis> LPUSH list a b", "<reply> 2");
    tells("redis LRANGE list 0 -1", "<redis> LRANGE list 0 -1", "<reply> [\"b\",\"a\"]");
    tells("redis nope", "<redis> nope", "<error> Unknown Redis command called from script");
    tells("maxlen 3", "<value> replies are truncated at 60 bytes.");
    String text = "y".repeat(80);
    tells(
        "eval '\"" + text + "\"'",
        "<retval> \"" + text.substring(0, 50) + " ...",
        "<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.");
    tells("nonsense", "<error> Unknown Redis Lua debugger command or wrong number of arguments.");
    tells("c", "<debug> line 1: \"seen\", 1", "<endsession>");
    debugger.hears("(nil)");
  }

  @Test
  void listsTheSource() {
    begin("local a = 1\\nlocal b\\nlocal c\\nreturn 1\\n\\n");
    tells("list 3 1", "   2   local b", "   3   local c", "   4   return 1");
    tells("whole", "-> 1   local a = 1", "   2   local b", "   3   local c", "   4   return 1");
    assertThat(debugger.reply("help").elements()).hasSizeGreaterThan(10);
    ends(
        "abort",
        "(error) ERR script aborted for user request script:"
            + " daf9761dcafac9c430af2fb74e627dd8d4457d85, on @user_script:1.");
  }

  @Test
  void endsTheSessionOnACompileError() {
    debugger.says("SCRIPT DEBUG SYNC", "OK");
    ends(
        "EVAL 'return (' 0",
        "(error) ERR Error compiling script (new function): user_script:1: unexpected symbol near"
            + " '<eof>'");
  }

  @Test
  void stopsAnEndlessScript() {
    try (Dialogue other = new Dialogue(server.port())) {
      other.says("CONFIG SET busy-reply-threshold 20", "OK");
      begin("while true do\\nend");
      assertThat(debugger.reply("continue").elements().getFirst().text())
          .matches("\\* Stopped at [12], stop reason = timeout reached, infinite loop\\?");
      assertThat(debugger.reply("abort").elements()).hasSize(1);
      debugger.close();
      other.says("CONFIG SET busy-reply-threshold 5000", "OK");
    }
  }

  @Test
  void otherClientsCanEndIt() {
    try (Dialogue other = new Dialogue(server.port())) {
      begin("return 1");
      other.says(
          "GET a",
          "(error) BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN"
              + " NOSAVE.");
      other.says("SCRIPT KILL", "OK");
      debugger.hears("1) <endsession>");
      debugger.hears(
          "(error) ERR Script killed by user with SCRIPT KILL. script:"
              + " e0e1f9fabfc9d4800c877a703b823ac0578ff8db, on @user_script:1.");
      other.says("GET a", "(nil)");
    }
  }

  @Test
  void continuesTheScriptAfterTheDebuggerDisconnects() {
    begin("local a = 1\\nredis.call('SET', 'after', 'all')\\nreturn 1");
    debugger.close();
    try (Dialogue other = new Dialogue(server.port())) {
      other.says("GET after", "\"all\"");
    }
  }

  @Test
  void supportsCoroutines() {
    begin("local a = 1\\ncoroutine.wrap(function() a = 2 end)()\\nlocal b = 3\\nreturn a");
    tells(
        "s",
        "* Stopped at 2, stop reason = step over",
        "-> 2   coroutine.wrap(function() a = 2 end)()");
    tells("s", "* Stopped at 3, stop reason = step over", "-> 3   local b = 3");
    ends("c", "(integer) 2");
  }

  @Test
  void refusesForkedDebuggingAndEvalsha() {
    assertThat(debugger.ask("SCRIPT DEBUG YES"))
        .startsWith("(error) ERR Scripts are debugged with SCRIPT DEBUG SYNC only");
    debugger.says("SCRIPT DEBUG x", "(error) ERR Use SCRIPT DEBUG YES/SYNC/NO");
    debugger.says("SCRIPT DEBUG SYNC", "OK");
    debugger.says(
        "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0",
        "(error) ERR Please use EVAL instead of EVALSHA for debugging");
    debugger.says("SCRIPT DEBUG NO", "OK");
    debugger.says("EVAL 'return 1' 0", "(integer) 1");
    debugger.says("PING", "PONG");
  }

  @Test
  void isResetAfterwards() {
    begin("return 1");
    ends("c", "(integer) 1");
    try (Dialogue other = new Dialogue(server.port())) {
      other.says("EVAL 'redis.debug(1) return redis.breakpoint()' 0", "(nil)");
    }
  }
}
