package io.redoubt.server.replies;

import io.redoubt.protocol.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Generates calls of Lua's library functions with arguments at their limits. A seed and a number
 * always yield the same batch of calls, so that each can be replayed alone.
 */
final class HostileCalls {
  private static final String[] FUNCTIONS = {
    "string.find",
    "string.match",
    "string.gmatch",
    "string.gsub",
    "string.gfind",
    "string.rep",
    "string.sub",
    "string.byte",
    "string.char",
    "string.format",
    "string.len",
    "string.upper",
    "string.lower",
    "string.reverse",
    "string.dump",
    "table.insert",
    "table.remove",
    "table.concat",
    "table.sort",
    "table.maxn",
    "table.foreach",
    "table.foreachi",
    "table.getn",
    "math.random",
    "math.randomseed",
    "math.ldexp",
    "math.fmod",
    "math.frexp",
    "math.max",
    "math.floor",
    "coroutine.create",
    "coroutine.wrap",
    "coroutine.resume",
    "coroutine.status",
    "cjson.encode",
    "cjson.decode",
    "cjson.encode_max_depth",
    "cjson.decode_max_depth",
    "cjson.encode_sparse_array",
    "cmsgpack.pack",
    "cmsgpack.unpack",
    "cmsgpack.unpack_one",
    "cmsgpack.unpack_limit",
    "struct.pack",
    "struct.unpack",
    "struct.size",
    "bit.band",
    "bit.bor",
    "bit.lshift",
    "bit.rol",
    "bit.tohex",
    "bit.bswap",
    "redis.call",
    "redis.pcall",
    "redis.sha1hex",
    "redis.error_reply",
    "redis.status_reply",
    "redis.setresp",
    "redis.set_repl",
    "redis.acl_check_cmd",
    "load",
    "loadstring",
    "tostring",
    "tonumber",
    "unpack",
    "select",
    "next",
    "pairs",
    "ipairs",
    "rawget",
    "rawset",
    "rawequal",
    "setmetatable",
    "getmetatable",
    "pcall",
    "xpcall",
    "error",
    "assert",
    "type",
    "collectgarbage",
    "__redis__err__handler"
  };

  private static final String[] NUMBERS = {
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "3",
    "0.5",
    "255",
    "65536",
    "1e5",
    "1e6",
    "1e9",
    "1e15",
    "1e308",
    "-1e308",
    "5e-324",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967296",
    "4294967301",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "0/0",
    "1/0",
    "-1/0",
    "11111111111111",
    "7999",
    "8000"
  };

  private static final String[] PIECES = {
    "a",
    "a*",
    "a-",
    "a?",
    ".-",
    ".*",
    "[^b]",
    "[a-",
    "[]",
    "%a+",
    "%b()",
    "%f[a]",
    "(a*)",
    "()",
    "(",
    ")",
    "%1",
    "%",
    "^",
    "$",
    "x",
    "\\\\0",
    "\\\\255",
    "[",
    "]",
    "{\\\"a\\\":",
    "}",
    ",",
    "\\\\145",
    "\\\\221\\\\255\\\\255\\\\255\\\\255",
    "\\\\223",
    "\\\"",
    "\\\\\\\\u0",
    "1",
    "e",
    "9.",
    "i4",
    "i999999999",
    "c0",
    "s",
    "!8",
    ">d",
    "%d",
    "%99.99f",
    "%s",
    "%q",
    "a or ",
    "x=1 ",
    "do end ",
    "(a)(",
    "..1",
    " ",
    "\\\\n",
    "\\\\1"
  };

  private static final String[] COUNTS = {
    "1", "1", "2", "3", "7", "16", "33", "41", "129", "300", "5000", "30000", "200000", "1e6"
  };

  private static final String[] VALUES = {
    "nil",
    "true",
    "false",
    "{}",
    "{1, 2, 3}",
    "{n = 1e9}",
    "string",
    "_G",
    "cjson.null",
    "sparse",
    "cyclic",
    "deep",
    "wide",
    "shared",
    "evil",
    "looped",
    "big",
    "KEYS",
    "ARGV",
    "function() end",
    "function(...) return ... end",
    "function() error({}) end",
    "function() return {} end",
    "function(a, b) return true end",
    "string.upper",
    "tostring",
    "rawequal",
    "pcall",
    "coroutine.create(function() end)",
    "coroutine.yield"
  };

  private static final String NAMES =
      "sparse, cyclic, deep, wide, shared, evil, looped, big, KEYS, ARGV";

  /**
   * A library that runs the calls in its arguments, from one with a given number on. Its function
   * 'reached' returns the number of the call that ran last, which may have been killed.
   */
  static final String LIBRARY =
      """
      #!lua name=hostile
      local reached = 0
      local function values(keys, arguments)
        local sparse = {} for i = 0, 29 do sparse[2 ^ i] = i end
        local cyclic = {1} cyclic[2] = cyclic cyclic.x = cyclic
        local deep = {} for i = 1, 5000 do deep = {deep} end
        local wide = {} for i = 1, 30000 do wide[i] = 30000 - i end
        local shared = {} for i = 1, 70 do shared = {shared, shared} end
        local evil = {} local m = {} setmetatable(evil, m)
        for _, k in ipairs({'__index', '__newindex', '__call', '__tostring', '__concat', '__lt',
          '__le', '__eq', '__add', '__unm', '__len'}) do m[k] = function(a, b) return a .. b end end
        local looped = setmetatable({}, {}) getmetatable(looped).__index = looped
        return sparse, cyclic, deep, wide, shared, evil, looped, ('ab'):rep(150000), keys, arguments
      end
      local function run(keys, arguments)
        local first = tonumber(keys[1])
        local function attempt(...)
          local result
          for i = first, #arguments do
            reached = i
            result = loadstring(arguments[i])(...)
          end
          return {'ended', result}
        end
        return attempt(values({'k'}, {'a'}))
      end
      redis.register_function('run', run)
      redis.register_function('reached', function() return reached end)
      """;

  private final Random random;

  private HostileCalls(long seed, long batch) {
    random = Seed.from(seed * 0x9e37_79b9_7f4a_7c15L + batch * 0xbf58_476d_1ce4_e5b9L);
  }

  /**
   * Returns a batch of calls, each in its own chunk. A chunk returns its call's result, unless many
   * such replies would be too long.
   */
  static List<String> batch(long seed, long batch, int count) {
    HostileCalls generator = new HostileCalls(seed, batch);
    List<String> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String call = generator.call();
      boolean returned = !call.contains("shared") && !call.contains("big");
      calls.add("local " + NAMES + " = ... local ok, r = " + call + (returned ? " return r" : ""));
    }
    return calls;
  }

  private String call() {
    List<String> arguments = new ArrayList<>();
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      arguments.add(argument(i));
    }
    String list = arguments.isEmpty() ? "" : ", " + String.join(", ", arguments);
    return switch (random.nextInt(10)) {
      case 0 ->
          "pcall(coroutine.wrap(function() return "
              + one(FUNCTIONS)
              + "("
              + String.join(", ", arguments)
              + ") end))";
      case 1 ->
          "pcall(function() for k in "
              + one(FUNCTIONS)
              + "("
              + String.join(", ", arguments)
              + ") do end end)";
      default -> "pcall(" + one(FUNCTIONS) + list + ")";
    };
  }

  private String argument(int index) {
    return switch (random.nextInt(index == 0 ? 8 : 6)) {
      case 0 -> one(NUMBERS);
      case 1 -> "'" + one(NUMBERS) + "'";
      case 2 -> one(VALUES);
      default -> text();
    };
  }

  private String text() {
    StringBuilder text = new StringBuilder("(");
    int pieces = 1 + random.nextInt(3);
    for (int i = 0; i < pieces; i++) {
      text.append(i == 0 ? "" : " .. ");
      text.append("(\"").append(one(PIECES).replace("\\\\", "\\").replace("\\\\\"", "\\\""));
      text.append("\"):rep(").append(one(COUNTS)).append(')');
    }
    return text.append(')').toString();
  }

  private String one(String[] choices) {
    return choices[random.nextInt(choices.length)];
  }
}
