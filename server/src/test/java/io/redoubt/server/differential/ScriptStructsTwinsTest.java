package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Scripts pack and unpack random values by random formats of {@code struct}, and apply the
 * operations of {@code bit}, with the same results and errors as in a real Redis.
 */
final class ScriptStructsTwinsTest {
  private static final int SCRIPTS = Integer.getInteger("redoubt.structs", 100);
  private static final int FORMATS_A_SCRIPT = 50;
  private static final int MAX_OPTIONS = 8;

  private static final String SCRIPT =
      """
      local state
      local function number(limit)
        state = (state * 1103515245 + 12345) % 2147483648
        return math.floor(state / 65536) % limit
      end
      local function value()
        local kind = number(14)
        if kind < 4 then return number(600) - 300 end
        if kind == 4 then return (number(1000) - 500) * 2 ^ (number(80) - 20) end
        if kind == 5 then return number(1000) / 8 - 60 end
        if kind == 6 then return ({1 / 0, -1 / 0, 0 / 0, -0.0, 1e-320, 1e40})[number(6) + 1] end
        if kind == 7 then return tostring(number(1000)) end
        if kind == 8 then return ({'0x1f', ' 7 ', '1e3', '', 'x', '-'})[number(6) + 1] end
        if kind == 9 and number(4) == 0 then return ({true, {}, tostring})[number(3) + 1] end
        return string.rep(string.char(number(256)), number(12)) .. 'text'
      end
      local results = {}
      local function note(...)
        for i = 1, select('#', ...) do
          local each = select(i, ...)
          if type(each) == 'number' then
            each = string.format('%.17g', each)
          end
          results[#results + 1] = tostring(each)
        end
      end
      for i = 1, #ARGV, 2 do
        state = tonumber(ARGV[i])
        local form = ARGV[i + 1]
        local values = {}
        for k = 1, 12 do
          values[k] = value()
        end
        local packed
        note(pcall(function()
          packed = struct.pack(form, unpack(values))
          return packed
        end))
        note(pcall(function()
          local size = struct.size(form)
          return size
        end))
        local data = packed and packed .. 'tail' or string.rep(form, 4)
        note(pcall(function()
          local read
          if number(3) == 0 then
            read = {struct.unpack(form, data, ({2, 5, 0, -1, '3', 'x', true})[number(7) + 1])}
          else
            read = {struct.unpack(form, data)}
          end
          return unpack(read)
        end))
      end
      local names = {
        'tobit', 'bnot', 'bswap', 'band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror',
        'tohex',
      }
      local function operand()
        local kind = number(12)
        if kind == 0 then return tostring(number(1000)) end
        if kind == 1 and number(8) == 0 then return ({true, {}, 'x'})[number(3) + 1] end
        if kind < 4 then return number(80) - 40 end
        if kind < 6 then return number(10000) / 4 - 1000 end
        return (number(65536) * 65536 + number(65536)) * (number(2) * 2 - 1)
      end
      for i = 1, 40 do
        local name = names[number(#names) + 1]
        local a, b, c, count = operand(), operand(), operand(), number(8)
        local done, result = pcall(function()
          local result
          if count == 0 then result = bit[name]()
          elseif count == 1 then result = bit[name](a)
          elseif count == 2 then result = bit[name](a, b, c)
          elseif count == 3 then result = bit[name](a, nil)
          else result = bit[name](a, b) end
          return result
        end)
        -- The name of a function called by a variable name is '?' in Redis.
        note(name, done, (string.gsub(tostring(result), "to '[^']*'", '')))
      end
      return results
      """;

  @TempDir private Path directory;

  @Test
  void packsLikeRedis() throws Exception {
    Random random = Seed.random("ScriptStructsTwinsTest");
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, "2")) {
      for (int i = 0; i < SCRIPTS; i++) {
        List<byte[]> words = new ArrayList<>(List.of(bytes("EVAL"), bytes(SCRIPT), bytes("0")));
        for (int k = 0; k < FORMATS_A_SCRIPT; k++) {
          // Each with the seed of its values, so that they are the same when it is tried alone.
          words.add(bytes("" + random.nextInt(1 << 30)));
          words.add(format(random).getBytes(StandardCharsets.ISO_8859_1));
        }
        say(conversation, words);
        assertThat(conversation.askReal(0, words.toArray(byte[][]::new))).startsWith('*');
      }
    }
  }

  /** Tries all formats at once; after a difference one by one, to find that which makes it. */
  private static void say(Conversation conversation, List<byte[]> words) {
    try {
      conversation.say(0, words);
    } catch (AssertionError different) {
      for (int i = 3; i < words.size(); i += 2) {
        List<byte[]> one = new ArrayList<>(words.subList(0, 3));
        one.addAll(words.subList(i, i + 2));
        conversation.say(0, one);
      }
      throw different;
    }
  }

  private static String format(Random random) {
    StringBuilder format = new StringBuilder();
    for (int left = random.nextInt(1, MAX_OPTIONS); left > 0; left--) {
      int kind = random.nextInt(60);
      if (kind == 0) {
        format.append((char) random.nextInt(256));
      } else {
        String options = "bBhHlLTiIfdxsc<>=! ";
        format.append(options.charAt(random.nextInt(options.length())));
      }
      if (random.nextInt(3) == 0) {
        format.append(random.nextInt(random.nextInt(20) == 0 ? 40 : 9));
      }
    }
    return format.toString();
  }
}
