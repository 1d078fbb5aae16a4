package io.redoubt.server.differential;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random calls of cjson, cmsgpack, bit and struct with arguments that they don't expect (cycles,
 * metatables that fail, NaN, huge numbers, deep and sparse tables, bytes that are no text) have the
 * same results and errors as in a real Redis. {@code -Dredoubt.calls=1000000} searches longer.
 */
final class ScriptHostilityTwinsTest {
  private static final int CALLS = Integer.getInteger("redoubt.calls", 5_000);
  private static final int CALLS_A_SCRIPT = 50;

  private static final String SCRIPT =
      """
      local state = tonumber(ARGV[1])
      local function pick(limit)
        state = (state * 1103515245 + 12345) % 2147483648
        return math.floor(state / 65536) % limit + 1
      end
      local function fails() error('called') end
      local meta = {
        __index = fails, __newindex = fails, __len = fails, __tostring = fails, __call = fails,
        __add = fails, __eq = fails, __lt = fails, __concat = fails,
      }
      local numbers = {
        0 / 0, 1 / 0, -1 / 0, 2 ^ 31, -2 ^ 31, 2 ^ 31 - 1, 2 ^ 32, 2 ^ 53, 2 ^ 63, -2 ^ 63, 1e300,
        -1e-300, 0, 1, -1, 0.5, 1.5, 2.5, 16, 31, 32, 33, 64, 65535, 255, 1e15, 123456.789, 12.25,
        0.1, 1 / 3, 1e-5, -0.25, 99999999999999, 0.000123, 1e14 + 0.5,
      }
      local texts = {
        '', '1', '0x1F', 'text', '\\255\\254', '\\192\\128', '\\237\\160\\128', '[', '{"a":', '[1,2',
        '"\\\\u12', '"\\\\uD800"', '\\0', '[[[[[[[[[[1,[2,{"a":[3]}]]]]]]]]]]]', '{"a":{"b":[null,1]}}',
        '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]', '\\147\\1\\192\\2', '\\130\\1\\2\\161a\\192',
        '\\131\\161a\\1\\161b\\192\\161c\\3', '\\147\\145\\145\\192', '\\222\\0\\1', '\\221\\127\\255\\255\\255',
        '\\145\\145\\145\\145\\145\\145', '\\203\\127\\248\\0\\0\\0\\0\\0\\0', '\\129\\192\\1', '>I4', '<i3b', 'dsB', '!8dB', 'c0',
        'Bc0', 'c5', 'i33', 'i99999999999', 'xxh', ' =>', 'z', 'f', 'T', 'l', '!3', '!99i',
      }
      local function deep(depth)
        local t = {}
        for i = 1, depth do t = i % 3 == 0 and {a = t} or {t} end
        return t
      end
      local function value(level)
        local kind = pick(level > 3 and 5 or 11)
        if kind == 1 then return numbers[pick(#numbers)] end
        if kind == 2 then return texts[pick(#texts)] end
        if kind == 3 then return pick(2) == 1 end
        if kind == 4 then return nil end
        if kind == 5 then return cjson.null end
        if kind == 6 then return fails end
        if kind == 7 then return deep(({1, 5, 15, 16, 17, 999, 1000, 1001})[pick(8)]) end
        local t = {}
        if kind == 8 then t[1] = t return t end
        if kind == 9 then setmetatable(t, meta) end
        for i = 1, pick(4) do
          local key = ({i, 'k' .. i, i * 1000, i + 0.5, -i, true, numbers[pick(#numbers)]})[pick(7)]
          if key == key then rawset(t, key, value(level + 1)) end
        end
        return t
      end
      local names = {'tobit', 'bnot', 'bswap', 'band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror', 'tohex'}
      local others = {
        'cjson.encode', 'cjson.decode', 'cmsgpack.pack', 'cmsgpack.unpack', 'cmsgpack.unpack_one',
        'cmsgpack.unpack_limit', 'struct.pack', 'struct.unpack', 'struct.size',
      }
      -- Errors name the function as its caller does.
      local function named(f)
        return loadstring('return function(...) local a, b, c, d = ' .. f .. '(...) return a, b, c, d end', '=call')()
      end
      local functions = {}
      for i = 1, #names do functions[i] = named('bit.' .. names[i]) end
      for i = 1, #others do others[i] = named(others[i]) end
      local function shown(v, level)
        if type(v) ~= 'table' then
          return type(v) == 'userdata' and 'null' or type(v) == 'function' and 'function' or tostring(v)
        end
        if level > 4 then return '...' end
        local parts = {}
        for i = 1, 20 do
          local e = rawget(v, i)
          if e == nil then break end
          parts[i] = shown(e, level + 1)
        end
        return '{' .. #v .. ':' .. table.concat(parts, ',') .. '}'
      end
      local results = {}
      for call = 1, tonumber(ARGV[2]) do
        local f = pick(3) == 1 and functions[pick(#functions)] or others[pick(#others)]
        local arguments, count = {}, pick(5) - 1
        for i = 1, count do arguments[i] = value(0) end
        local got = {pcall(f, unpack(arguments, 1, count))}
        for i = 1, math.min(table.maxn(got), 10) do got[i] = shown(got[i], 0) end
        -- Of several errors the order of keys decides.
        results[call] =
          table.concat(got, ' ', 1, math.min(table.maxn(got), 10)):gsub('Cannot serialise.*', 'Cannot serialise')
      end
      return ARGV[3] == 'last' and results[#results] or results
      """;

  @TempDir private Path directory;

  @Test
  void failsLikeRedis() throws Exception {
    Random random = Seed.random("ScriptHostilityTwinsTest");
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, "2")) {
      for (int done = 0; done < CALLS; done += CALLS_A_SCRIPT) {
        SeededCalls.say(conversation, SCRIPT, random.nextInt(1 << 30), CALLS_A_SCRIPT);
      }
    }
  }
}
