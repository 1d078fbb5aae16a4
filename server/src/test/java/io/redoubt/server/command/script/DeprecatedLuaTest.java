package io.redoubt.server.command.script;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/**
 * {@code lua-enable-deprecated-api}: getfenv, setfenv and newproxy, which leave the sandbox closed.
 */
@ServerTest("lua-enable-deprecated-api yes")
final class DeprecatedLuaTest {
  private final Dialogue redis;

  DeprecatedLuaTest(Dialogue redis) {
    this.redis = redis;
  }

  private void returns(String script, String reply) {
    redis.says("EVAL \"" + script + "\" 0", reply);
  }

  @Test
  void supportsEnvironmentsOfFunctions() {
    returns("local function f() return seen end setfenv(f, {seen = 7}) return f()", "(integer) 7");
    returns("setfenv(1, {}) x = 5 return x", "(integer) 5");
    returns("return getfenv(1) == _G and getfenv() == _G and getfenv(0) == _G", "(integer) 1");
    returns(
        "local e = {} local f = setfenv(function() end, e) return getfenv(f) == e", "(integer) 1");
  }

  @Test
  void hidesOurOwnCode() {
    for (String hidden : new String[] {"pcall", "string.rep", "cjson.encode", "redis.call"}) {
      returns("return getfenv(" + hidden + ") == _G", "(integer) 1");
      assertThat(redis.ask("EVAL \"setfenv(" + hidden + ", {})\" 0"))
          .contains("'setfenv' cannot change environment of given object");
    }
    assertThat(redis.ask("EVAL \"return getfenv(string.rep).os\" 0"))
        .contains("nonexistent global variable 'os'");
    assertThat(redis.ask("EVAL \"setfenv(0, {})\" 0"))
        .contains("'setfenv' cannot change environment of given object");
    assertThat(redis.ask("EVAL \"setfenv(2, {})\" 0")).startsWith("(error) ERR");
    assertThat(redis.ask("EVAL \"getfenv(99)\" 0")).contains("invalid level");
  }

  @Test
  void givesProxiesMetatablesWithoutFinalizers() {
    returns(
        "local p = newproxy(true) getmetatable(p).__index = function(_, k) return k end"
            + " return p.name",
        "\"name\"");
    returns(
        "local p = newproxy(true) getmetatable(p).__len = function() return 3 end"
            + " return #newproxy(p)",
        "(integer) 3");
    returns(
        "getmetatable(newproxy(true)).__gc = function() error('late') end collectgarbage()"
            + " collectgarbage() return type(newproxy())",
        "\"userdata\"");
    redis.says("EVAL 'collectgarbage() return 1' 0", "(integer) 1");
    assertThat(redis.ask("EVAL 'newproxy({})' 0")).contains("boolean or proxy expected");
  }
}
