package io.redoubt.server.differential;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random calls of the functions of Lua that have a guard (string, table, bit, pcall and those on
 * metatables), with arguments about the guards' bounds and with others, have the same results and
 * errors as in a real Redis. {@code -Dredoubt.calls=1000000} searches longer.
 */
final class ScriptFunctionsTwinsTest {
  private static final int CALLS = Integer.getInteger("redoubt.calls", 20_000);
  private static final int CALLS_A_SCRIPT = 200;

  private static final String SCRIPT =
      """
      local state = tonumber(ARGV[1])
      local function pick(limit)
        state = (state * 1103515245 + 12345) % 2147483648
        return math.floor(state / 65536) % limit + 1
      end
      local function of(list) return list[pick(#list)] end
      local function fails() error('called') end
      local numbers = {
        0, 1, 2, 3, 5, -1, -2, 0.5, 1.5, 64, 127, 128, 511, 511.5, 512, 513, 1000, '3', '0x10', ' 7 ',
        2 ^ 31 - 1, 2 ^ 31, -2 ^ 31, 2 ^ 32 + 5, 2 ^ 53, 1e300, -1e300, 0 / 0, 1 / 0, -1 / 0, -0.5,
      }
      local lengths = {
        0, 1, 2, 5, 10, 11, 12, 37, 38, 39, 63, 64, 65, 99, 100, 101, 127, 128, 129, 300, 1499, 1500, 1501,
      }
      local units = {'a', 'ab', '(a)', '[x', 'key:1,', ' b\\0c', 'a%', '\\255', '12.5 '}
      local most_repeated -- more would take long in Redis
      local function text()
        local unit, length = of(units), of(lengths)
        most_repeated = length > 130 and 1 or 2
        return string.sub(string.rep(unit, 200) .. string.rep(unit, 1500), 1, length)
      end
      local items = {
        'a', 'b', '.', '%a', '%d', '[ab]', '[^a]', '%(', '()', '(a)', '(.)', '%b()', '%f[%w]', '%z',
        '[%w_]', '[a-c]', ':', ',',
      }
      local wrong = {'[', '(', ')', '%', '%b', '%f', '%9', '[%', '(()', '%1'}
      local function pattern()
        most_repeated = most_repeated or 1
        if pick(12) == 1 then return of(wrong) end
        local parts, repeated = {}, 0
        if pick(4) == 1 then parts[1] = '^' end
        for i = 1, pick(4) do
          local item = of(items)
          if repeated < most_repeated and pick(3) == 1 and not string.find(item, '[()%%]') then
            item, repeated = item .. of({'*', '+', '-', '?'}), repeated + 1
          end
          parts[#parts + 1] = item
        end
        if pick(6) == 1 then parts[#parts + 1] = '$' end
        return table.concat(parts)
      end
      local meta = {__index = fails, __newindex = fails, __len = fails, __call = fails}
      local function list()
        local t, n = {}, of({0, 1, 2, 3, 4, 7, 8, 9, 100, 2047, 2048, 2049, 2100})
        for i = 1, n do t[i] = i % 3 == 0 and 'x' or i end
        if pick(5) == 1 then t[of({0, -1, n + 2, 'k', n + 1})] = 'other' end
        if pick(8) == 1 then t.field, t.other, t.third = 1, 2, 3 end
        if pick(8) == 1 then setmetatable(t, meta) end
        return t
      end
      local function any()
        local kind = pick(9)
        if kind == 1 then return of({0, 1, 2.5, '3'}) end
        if kind == 2 then return of({'', 'a', '12'}) end
        if kind == 3 then return pick(2) == 1 end
        if kind == 4 then return nil end
        if kind == 5 then return fails end
        if kind == 6 then return string.find end
        if kind == 7 then return string end
        if kind == 8 then return list() end
        return {err = of({'text', 7, false})}
      end
      local function number() return of(numbers) end
      local function place() return of({-3, 0, 0.5, 1, 1.5, 2, 2047, 2048, 2049, 4000, 2 ^ 31 - 1, '2'}) end
      local function small() return pick(12) == 1 and any() or pick(20) - 4 end
      local function values()
        local t = {}
        for i = 1, of({0, 1, 2, 3, 5, 30, 301, 2000}) do t[i] = pick(50) == 1 and of(numbers) or pick(40) - 20 end
        return t
      end
      local greater = function(a, b) return a > b end
      local function order()
        return of({greater, greater, function(x, y) return x < y end, function(a, b) return b < a end,
          function(a, b) return a >= b end, function(a, b) return a > b end, function(a) return a > 0 end,
          function(a, b) return tostring(a) < tostring(b) end, function(a, b, c) return a > b end,
          function(...) local a, b = ... return a > b end, function(a, b) return greater(a, b) end, rawequal, false, 5})
      end
      local function replacement()
        return of({'', 'x', '%0', '%1', '%2', '%', ('y'):rep(64), ('y'):rep(65), 7, fails, string.upper,
          function() return nil end, function(c) return c and c .. '!' end, {a = 'A', b = false}, string, true})
      end
      local function raised()
        return of({fails, error, function() error({err = 'table'}) end, function() error({}) end,
          function() error() end, function() error('text', 0) end, function() error('sandbox:1:x', 0) end,
          function() error('sandbox:x', 0) end, function() error('redis:12:3', 0) end,
          function() error(5) end, function() return 1, nil, 3 end, function() return pcall(fails) end,
          function() return false, 'sandbox:1: no error' end,
          function() local x = nil; return x.y end,
          function() return redis.call('NOSUCH') end, function() return redis.pcall('GET') end,
          function() return redis.call('PING') end, function() return redis.call('INCR', 'n') end})
      end
      local function all(f, ...)
        local results = {}
        for a, b in f(...) do results[#results + 1] = tostring(a) .. '/' .. tostring(b) end
        return table.concat(results, ',')
      end
      local calls = {
        {'string.find', text, pattern, small, any}, {'string.find', text, pattern}, {'string.match', text, pattern},
        {'string.match', text, pattern, small}, {'string.gmatch', text, pattern}, {'string.gsub', text, pattern, replacement},
        {'string.gsub', text, pattern, replacement, place}, {'string.rep', text, small}, {'string.rep', text, small},
        {'table.insert', list, small}, {'table.insert', list, small, any}, {'table.insert', list, place, any},
        {'table.remove', list}, {'table.remove', list, small}, {'table.remove', list, place},
        {'unpack', list}, {'unpack', list, small}, {'unpack', list, small, small}, {'next', list}, {'next', list, small},
        {'rawset', list, small, any}, {'rawget', list, small}, {'setmetatable', list, list}, {'pcall', raised, small},
        {'table.sort', list}, {'table.sort', values, order}, {'table.sort', list, order}, {'bit.band', number, number}, {'bit.bor', number, number}, {'bit.bxor', number, number},
        {'bit.lshift', number, number}, {'bit.rshift', number, number}, {'bit.arshift', number, number},
        {'bit.rol', number, number}, {'bit.ror', number, number}, {'bit.bnot', number}, {'bit.bswap', number},
        {'bit.tobit', number},
      }
      -- Of the place and the name in an error the caller decides.
      local loaded = {}
      for i = 1, #calls do
        loaded[i] = loadstring('return function(...) local a, b, c, d, e = ' .. calls[i][1] .. '(...) return a, b, c, d, e end', '=call')()
      end
      local function plain(v)
        return (string.gsub(tostring(v), ': 0x%x+', ''))
      end
      local function shown(v)
        if type(v) == 'table' then
          if rawget(v, 'err') then return '{err=' .. tostring(v.err) .. '}' end
          local parts = {}
          for i = math.max(1, #v - 4), #v + 1 do parts[#parts + 1] = plain(rawget(v, i)) end
          return '{' .. #v .. ':' .. plain(rawget(v, 1)) .. plain(rawget(v, 2)) .. ',' .. table.concat(parts, ',') .. '}'
        elseif type(v) == 'string' then
          v = string.gsub(v, '^call:1: ', '')
          v = string.gsub(v, "to '%??[%w_]*'", 'to a function')
          v = string.gsub(v, ': 0x%x+', '')
          return #v > 60 and #v .. string.sub(v, 1, 30) .. string.sub(v, -20) or v
        end
        return type(v) == 'function' and 'function' or tostring(v)
      end
      local results = {}
      for i = 1, tonumber(ARGV[2]) do
        local c = pick(#calls)
        local f, arguments, count = loaded[c], {}, #calls[c] - 1
        for a = 1, count do
          if pick(25) == 1 then arguments[a] = any() else arguments[a] = calls[c][a + 1]() end
        end
        if pick(25) == 1 then count = count - 1 end
        local first = arguments[1]
        if first == string and string.find(calls[c][1], 'table') then first = nil end -- empty in Redis
        arguments[1] = first
        if c == 5 and pick(2) == 1 then
          local gmatch = f
          f = function(...) return all(gmatch, ...) end
        end
        local got = {pcall(f, unpack(arguments, 1, count))}
        for r = 1, 6 do got[r] = shown(got[r]) end
        if type(first) == 'table' and first ~= string then got[7] = shown(first) end
        local second = type(arguments[2]) == 'string' and arguments[2] or ''
        results[i] = calls[c][1] .. ' ' .. second .. ' gives ' .. table.concat(got, ' ')
      end
      return ARGV[3] == 'last' and results[#results] or results
      """;

  @TempDir private Path directory;

  @Test
  void givesTheResultsOfRedis() throws Exception {
    Random random = Seed.random("ScriptFunctionsTwinsTest");
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, "2")) {
      for (int done = 0; done < CALLS; done += CALLS_A_SCRIPT) {
        SeededCalls.say(conversation, SCRIPT, random.nextInt(1 << 30), CALLS_A_SCRIPT);
      }
    }
  }
}
