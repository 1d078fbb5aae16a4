package io.redoubt.server.command.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Scripts that try to bring the server down. Each ends, by itself or by SCRIPT KILL; afterwards the
 * server replies and has freed the memory.
 */
@ServerTest("busy-reply-threshold 20")
final class HostileScriptsTest {
  private static final long KEPT_BYTES = 10 << 20;
  private static final int POLL_MILLIS = 10;
  private static final int POLLS = 12_000;

  private final int port;
  private final Dialogue hostile;
  private final Dialogue other;
  private long memoryBefore;

  HostileScriptsTest(RedisServer server) {
    port = server.port();
    hostile = new Dialogue(port);
    other = new Dialogue(port);
  }

  @BeforeEach
  void warmUp() {
    hostile.says("EVAL 'return 1' 0", "(integer) 1");
    memoryBefore = other.usedMemory();
  }

  @AfterEach
  void close() {
    hostile.close();
    other.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "local function f() while true do pcall(f) end end f()",
        "while true do pcall(error) end",
        "while true do xpcall(error, function() while true do end end) end",
        "local f = function() while true do end end f()",
        "coroutine.wrap(function() while true do end end)()",
        "coroutine.wrap(function() while true do coroutine.yield() end end)() while true do end",
        "coroutine.wrap(function() pcall(coroutine.wrap(function() while true do end end))"
            + " while true do end end)()",
        "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
        "return tostring(setmetatable({}, {__tostring = function() while true do end end}))",
        "local m = {__lt = function() while true do end end}"
            + " return setmetatable({}, m) < setmetatable({}, m)",
        "string.gsub('x', '.', function() while true do end end)",
        "table.sort({3, 1, 2}, function() while true do end end)",
        "local t = {} while true do redis.call('GET', 'a') end",
        "while true do redis.pcall('GET') end",
        "while true do collectgarbage() end",
        "for i = 1, 1e15 do local s = ('x'):rep(1e6) end",
        "local s = ('x'):rep(1e7) while true do local t = s .. s end",
        "coroutine.wrap(function() local s = ('x'):rep(1e7)"
            + " while true do local t = s .. s end end)()",
        "local a = ('x'):rep(1e7) local b = a .. 'y' while true do local c = a < b end",
        "local t = {} for i = 1, 1e6 do t[i] = i end while true do table.insert(t, 1, 0) end",
        "return string.find(('a'):rep(30000), ('.-'):rep(50) .. 'b')",
        "return string.match(('a'):rep(30000), ('.-'):rep(50) .. 'b')",
        "return string.gsub(('a'):rep(30000), ('.-'):rep(50) .. 'b', 'x')",
        "for w in string.gmatch(('a'):rep(30000), ('.-'):rep(50) .. 'b') do end",
        "return ('a'):rep(30000):find(('a*'):rep(50) .. 'b')",
        "return string.find(('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(41) .. 'b')",
        "return string.find(('a'):rep(1e7), ('a'):rep(4e6) .. 'b', 1, true)",
        "while true do string.find(('a'):rep(300), '.-b') end",
        "while true do pcall(string.find, ('a'):rep(300), ('.-'):rep(3) .. 'b') end",
        "return string.find(11111111111111, ('.-'):rep(40) .. 'x')",
        "return string.match(11111111111111, ('.-'):rep(40) .. 'x')",
        "return string.gsub(11111111111111, ('.-'):rep(40) .. 'x', '')",
        "for w in string.gmatch(11111111111111, ('.-'):rep(40) .. 'x') do end",
        "local s = ('x'):rep(1e5) while true do s:find('[abcdefghijklmnopqrstuvwyz0-9]') end",
        "local s = ('x'):rep(1e7) while true do redis.sha1hex(s) end",
        "while true do string.find('abc', 'b') string.match('abc', '%w+') end",
        "local s = ('x'):rep(38) while true do s:find('.-y') end",
        "while true do string.gsub('abc', 'b', 'x') string.gsub('a', '.', string.upper) end",
        "while true do for w in string.gmatch('a b', '%w') do end end",
        "while true do string.gsub('abc', '.', function() while true do end end) end",
        "while true do ('x'):rep(127) end",
        "local t = {} while true do table.insert(t, 1) table.remove(t) end",
        "local t = {} for i = 1, 2048 do t[i] = i end"
            + " while true do table.insert(t, 1, 0) table.remove(t, 1) end",
        "local t = {1, 2, 3} while true do unpack(t) next(t) rawset(t, 1, rawget(t, 2)) end",
        "while true do setmetatable({}, {}) end",
        "while true do bit.band(1, 2) bit.bnot(3) end",
        "while true do pcall(error, 'x') pcall(error, {err = 'x'}) end",
        "while true do pcall(pcall, pcall, error) end",
        "while true do pcall(redis.call, 'NOSUCH') redis.pcall('NOSUCH') end",
        "local t = {} for i = 1, 4000 do t[i] = -i end while true do table.sort(t) end",
        "coroutine.wrap(function() while true do pcall(string.find, 'abc', 'b') end end)()",
        "coroutine.wrap(function() while true do bit.band(1, 2) end end)()",
        "coroutine.wrap(function() while true do redis.pcall('NOSUCH') end end)()",
        "load(function() while true do end end)",
        "while true do load(function() while true do end end) end",
        "while true do load(function() return {} end) end",
        "while true do load(function() error('x') end) end",
        "while true do load(function() return 'x = 1 ' end) end",
        "coroutine.wrap(function() while true do load(function() return ' ' end) end end)()",
      })
  void killsEndlessScripts(String script) throws Exception {
    assertThat(endOf(script)).contains("Script killed by user with SCRIPT KILL.");
    assertAlive();
  }

  /** The script has ended, so the error can only occur within its reply. */
  @Test
  void limitsAnEndlessReply() throws Exception {
    assertThat(endOf("local t = {} for i = 1, 60 do t = {t, t} end return t"))
        .contains("too long or was interrupted");
    assertAlive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return ('x'):rep(1e10)",
        "local t = {} for i = 0, 29 do t[2 ^ i] = 1 end table.remove(t, 1)",
        "local t = {} for i = 0, 29 do t[2 ^ i] = 1 end table.foreachi(t, rawequal)",
        "return string.find('', ('a*'):rep(1e6))",
        "return string.match('', ('a-'):rep(1e6))",
        "return string.gsub('', ('a*'):rep(1e6), '')",
        "return string.gmatch('', ('a-'):rep(1e6))()",
        "return string.find(1, ('a*'):rep(1e6))",
        "table.insert({}, -2147483648, 1)",
        "table.insert({}, 2147483648, 1)",
        "local t = {} for i = 0, 29 do t[2 ^ i] = 1 end table.insert(t, 1, 1)",
        "return string.rep('', '1e15')",
        "return string.rep(11, 5e8)",
        "return string.rep('a', -(2 ^ 31) - 1)",
        "return string.find(('a'):rep(2e5), 'a', 0 / 0)",
        "return cjson.decode(('1'):rep(1e6))",
        "return cjson.decode((' '):rep(1e7))",
        "return #cjson.encode(('\\1'):rep(1e7))",
        "return loadstring('return ' .. ('a or '):rep(2e5) .. 'a')",
        "local t = {} for i = 1, 5e5 do t[i] = i % 7 end table.sort(t, rawequal)",
        "return redis.sha1hex(setmetatable({1}, {__tostring = function() return {} end}))",
        "return redis.call(unpack({}, 1, 7990))",
        "local t = {'ECHO', 'x'} for i = 3, 7995 do t[i] = 'x' end"
            + " return redis.call(unpack(t))",
        "return (''):rep(1e15)",
        "local s = 'x' while true do s = s .. s end",
        "local s = 'x' while true do pcall(function() s = s .. s .. s .. s end) if #s > 1e7 then"
            + " return end end",
        "local s = '' for i = 1, 1e5 do s = s .. i end return #s",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} for i = 1, 1e9 do t['k' .. i] = {} end",
        "local t = {} while true do t = {t} end",
        "local t = {} while true do table.insert(t, #t .. ('x'):rep(127)) end",
        "local t = {} while true do t[#t + 1] = string.gsub('x', 'x', #t .. '') .. 'y' end",
        "local t = {} while true do t[#t + 1] = {string.match('' .. #t, '(.)(.*)')} end",
        "local t = {} while true do t[#t + 1] = {pcall(error, 'sandbox:1: ' .. #t)} end",
        "local t = {} while true do t[#t + 1] = redis.pcall('NOSUCH' .. #t) end",
        "local t = {} while true do table.insert(t, setmetatable({}, {t})) end",
        "local t = {} while true do pcall(table.insert, t, ('x'):rep(127) .. #t) end",
        "local t = {} pcall(function() while true do rawset(t, #t + 1, ('x'):rep(100) .. #t) end"
            + " end) return {pcall(error, 'sandbox:1: ' .. ('x'):rep(1e6))}",
        "return {pcall(error, 'sandbox:1: ' .. ('x'):rep(2e7))}",
        "for i = 1, 1e5 do string.find('x', 'x' .. i) end",
        "local t = {} while true do pcall(function() t = {t, ('x'):rep(1e6)} end) end",
        "local function f(n) return 1 + f(n) end return f(1)",
        "local function f() return pcall(f) end return f()",
        "local function f() local ok, e = pcall(f) error(e) end f()",
        "local function f() return xpcall(f, f) end return f()",
        "local function f() return string.gsub('x', '.', f) end return f()",
        "local function f() table.sort({1, 2, 3}, function() f() return false end) end f()",
        "local function f() return coroutine.wrap(f)() end return f()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x",
        "local t = setmetatable({}, {__index = function(t, k) return t[k] end}) return t.x",
        "local t = setmetatable({}, {__tostring = function(t) return tostring(t) end})"
            + " return tostring(t)",
        "return unpack({}, 1, 1e8)",
        "return unpack({}, -1e8, 1e8)",
        "return unpack({}, 1, 1e308)",
        "return unpack({}, 2147483648, 1e5)",
        "return unpack({}, -2147483648)",
        "return unpack({1}, '-2147483648', '1')",
        "return select('#', unpack({}, 1, 7999))",
        "return string.byte(('x'):rep(1e6), 1, -1)",
        "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1e6) end return table.concat(t)",
        "return table.concat({}, 'x', 1, 1e15)",
        "local t = {} for i = 1, 1e5 do t = {t} end return cjson.encode(t)",
        "local t = {} t[1] = t return cjson.encode(t)",
        "return cjson.decode(('['):rep(1e6))",
        "return cjson.decode(('{\"a\":'):rep(1e6))",
        "return cjson.encode({[1e9] = 1})",
        "local t = {} for i = 1, 1e5 do t = {t} end return cmsgpack.pack(t)",
        "local t = {} t[1] = t return cmsgpack.pack(t)",
        "return cmsgpack.unpack(('\\145'):rep(1e6))",
        "return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
        "return struct.pack('i999999999', 1)",
        "return struct.unpack(('B'):rep(1e6), ('x'):rep(1e6))",
        "return setmetatable({}, {__gc = function() while true do end end}) and collectgarbage()",
        "return string.format('%999999d', 1)",
        "return string.format('%99.99f', 1e308)",
        "return string.format(('%s'):rep(1e4), 'x')",
        "return string.dump(function() end)",
        "return loadstring('\\27Lua')",
        "return loadstring(('('):rep(1e6))",
        "return loadstring(('x = 1 '):rep(1e6))",
        "return loadstring('return ' .. ('{'):rep(1e5))",
        "return load(function() return {} end)",
        "return load(function() return true end)",
        "return load(function() return ('x'):rep(1e6) end)",
        "return load(function() return 'return \"' .. ('x'):rep(1e6) end)",
        "local n = 0 return load(function() n = n + 1 return '{' .. n .. '},' end)",
        "local function f() return load(f) end return f()",
        "local function f() return coroutine.wrap(function() return load(f) end)() end return f()",
        "local t = {} return load(function() while true do t[#t + 1] = ('x'):rep(1e4) .. #t end"
            + " end)",
        "local t = {} for i = 1, 2e5 do t[i] = 2e5 - i end table.sort(t) return t[1]",
        "return string.find(('a'):rep(4000), ('('):rep(40))",
        "return string.find(('a'):rep(1e6), ('a-'):rep(2040) .. 'b')",
        "return redis.call('SET', 'a')",
        "return redis.call(unpack({}, 1, 7000))",
        "return redis.sha1hex(('x'):rep(1e7))",
        "error(setmetatable({}, {__tostring = function() while true do end end}))",
        "error(setmetatable({}, {__index = function() error('x') end}))",
        "redis.log(redis.LOG_WARNING, ('x'):rep(2e7))",
        "return {err = ('x'):rep(2e7)}",
        "error(('x'):rep(2e7))",
        "return redis.error_reply(('x'):rep(2e7))",
        "return redis.pcall(('x'):rep(2e7))",
        "return tonumber(('9'):rep(1e7))",
        "return math.random(-2^63, 2^63)",
        "rawset(string, 'x', 1)",
        "string.rep = nil",
        "getmetatable('').__index = nil",
        "setmetatable(_G, {})",
        "return debug",
        "return newproxy(true)",
      })
  void bombsEnd(String script) throws Exception {
    endOf(script);
    assertAlive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "string.find(11111111111111, ('.-'):rep(40) .. 'x')",
        "string.find('', ('a*'):rep(1e6))",
        "table.insert({}, -2147483648, 1)",
        "return unpack({}, 2147483648, 1e5)",
        "local t = {} for i = 1, 60 do t = {t, t} end cjson.encode(t)",
      })
  void refusesHostileLibraries(String body) throws Exception {
    Reply reply = hostile.client().call("FUNCTION", "LOAD", "#!lua name=hostile\n" + body);
    assertThat(reply.toString()).contains("ERR Error registering functions: ");
    other.says("FUNCTION LIST", "(empty array)");
    assertAlive();
  }

  @Test
  void repliesToPipelinedRequests() throws Exception {
    for (int round = 0; round < 20; round++) {
      hostile.client().send("EVAL", "while true do redis.call('PING') end", "0");
      String reply;
      do {
        reply = other.ask("PING");
      } while (reply.equals("PONG"));
      assertThat(reply).startsWith("(error) BUSY");
      other.says("SCRIPT KILL", "OK");
      assertThat(hostile.client().receive().toString()).contains("Script killed by user");
    }
  }

  /** The client that kills the script ran a long command just before. */
  @Test
  void isKilledByAClientThatIsReadInTheSameTurn() throws Exception {
    try (Dialogue busy = new Dialogue(port)) {
      for (int round = 0; round < 10; round++) {
        other.says("DEBUG SLEEP 0.01", "OK");
        busy.client().send("DEBUG", "SLEEP", "0.03"); // both others are read in one turn
        hostile.client().send("EVAL", "while true do end", "0");
        other.client().send("SCRIPT", "KILL");
        if (other.client().receive().isError()) { // it arrived before the script
          await().until(() -> other.ask("SCRIPT KILL").equals("OK"));
        }
        assertThat(hostile.client().receive().toString()).contains("Script killed by user");
        Reply unused = busy.client().receive();
      }
    }
  }

  /** Runs a script, kills it as soon as possible and returns its reply. */
  private String endOf(String script) throws Exception {
    CompletableFuture<Reply> end =
        CompletableFuture.supplyAsync(() -> {
          try {
            return hostile.client().call("EVAL", script, "0");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    for (int poll = 0; poll < POLLS; poll++) {
      try {
        return end.get(POLL_MILLIS, TimeUnit.MILLISECONDS).toString();
      } catch (TimeoutException e) {
        other.ask("SCRIPT KILL");
      }
    }
    throw new AssertionError("neither ends nor can be killed: " + script);
  }

  private void assertAlive() {
    hostile.says("EVAL 'return {KEYS[1], ARGV[1]}' 1 k a", "1) \"k\"\n2) \"a\"");
    other.says("PING", "PONG");
    assertThat(other.usedMemory() - memoryBefore).isLessThan(KEPT_BYTES);
  }
}
