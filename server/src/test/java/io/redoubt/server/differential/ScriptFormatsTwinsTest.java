package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;

import io.redoubt.protocol.Seed;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Scripts read and write random JSON and MessagePack, most of it damaged, with the same results and
 * errors as in a real Redis. {@code -Dredoubt.documents=1000000} searches longer.
 */
final class ScriptFormatsTwinsTest {
  private static final int DOCUMENTS = Integer.getInteger("redoubt.documents", 10_000);
  private static final int DOCUMENTS_A_SCRIPT = 100;

  private static final String JSON =
      """
      local json = cjson.new()
      json.encode_sparse_array(ARGV[1] == '1', tonumber(ARGV[2]), tonumber(ARGV[3]))
      json.encode_max_depth(tonumber(ARGV[4]))
      json.decode_max_depth(tonumber(ARGV[5]))
      json.encode_number_precision(tonumber(ARGV[6]))
      json.encode_invalid_numbers(ARGV[7] == 'true' or ARGV[7] == 'null' and 'null')
      json.decode_invalid_numbers(ARGV[8] == 'true')
      local results = {}
      for i = 9, #ARGV do
        local done, value = pcall(json.decode, ARGV[i])
        if done then
          done, value = pcall(json.encode, value)
        end
        results[#results + 1] = tostring(value)
      end
      return results
      """;

  private static final String MESSAGE_PACK =
      """
      local results = {}
      -- The order of keys that are tables depends on addresses, and that of long ones on the Lua:
      -- Redis' own hashes all their bytes, ours some.
      local function has_order(value)
        if type(value) == 'table' then
          for k, v in pairs(value) do
            if type(k) == 'table' or type(k) == 'string' and #k > 31 or not has_order(v) then
              return false
            end
          end
        end
        return true
      end
      for i = 1, #ARGV do
        local read = {pcall(cmsgpack.unpack, ARGV[i])}
        if not has_order(read) then
          results[#results + 1] = 'no order'
        elseif read[1] then
          local done, packed = pcall(cmsgpack.pack, 0, unpack(read, 2, table.maxn(read)))
          results[#results + 1] = tostring(packed)
        else
          results[#results + 1] = tostring(read[2])
        end
        local at, first = select(2, pcall(cmsgpack.unpack_one, ARGV[i], i % 3))
        results[#results + 1] = tostring(at)
        results[#results + 1] = type(first)
        local some = {pcall(cmsgpack.unpack_limit, ARGV[i], i % 3, i % 2)}
        results[#results + 1] = type(some[2]) == 'table' and 'table' or tostring(some[2])
        results[#results + 1] = #some
      end
      return results
      """;

  private static final String TABLES =
      """
      local state = tonumber(ARGV[1])
      local function number(limit)
        state = (state * 1103515245 + 12345) % 2147483648
        return math.floor(state / 65536) % limit
      end
      local made
      local function value(depth)
        local kind = number(depth > 6 and 6 or 9)
        if kind == 0 then return number(2) == 0 end
        if kind == 1 then return number(1000) - 500 end
        if kind == 2 then return (number(1000) - 500) / (number(7) + 1) * 10 ^ (number(40) - 20) end
        if kind == 3 then return string.char(number(256), number(256)) end
        if kind == 4 then return cjson.null end
        if kind == 5 then return ({1 / 0, -1 / 0, 2 ^ 31, -2 ^ 63, 2 ^ 53 + 2, -0.0})[number(6) + 1] end
        local t = {}
        for i = 1, number(6) do
          local key = i
          if kind == 7 then key = 'k' .. number(20) end
          if kind == 8 then key = ({i * 2, i - 1.5, 'x', i + 30, true, 2 ^ (30 + i)})[number(6) + 1] end
          t[key] = value(depth + 1)
        end
        return t
      end
      local results = {}
      for i = 1, tonumber(ARGV[2]) do
        local v = value(0)
        results[#results + 1] = tostring(select(2, pcall(cjson.encode, v)))
        results[#results + 1] = tostring(select(2, pcall(cmsgpack.pack, v)))
      end
      return results
      """;

  @TempDir private Path directory;

  @Test
  void convertsLikeRedis() throws Exception {
    Random random = Seed.random("ScriptFormatsTwinsTest");
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, "2")) {
      for (int done = 0; done < DOCUMENTS; done += 3 * DOCUMENTS_A_SCRIPT) {
        List<byte[]> json = words(JSON, settings(random));
        say(conversation, json, documents(random, ScriptFormatsTwinsTest::json));
        List<byte[]> packed = words(MESSAGE_PACK, List.of());
        say(conversation, packed, documents(random, ScriptFormatsTwinsTest::messagePack));
        conversation.say(
            0,
            List.of(
                bytes("EVAL"),
                bytes(TABLES),
                bytes("0"),
                bytes("" + random.nextInt(1 << 30)),
                bytes("" + DOCUMENTS_A_SCRIPT)));
      }
    }
  }

  private interface Document {
    void write(ByteArrayOutputStream out, Random random, int depth);
  }

  /** Sends all documents at once; after a difference one by one, to find that which makes it. */
  private static void say(Conversation conversation, List<byte[]> words, List<byte[]> documents) {
    try {
      conversation.say(0, with(words, documents));
    } catch (AssertionError different) {
      for (byte[] document : documents) {
        conversation.say(0, with(words, List.of(document)));
      }
      throw different;
    }
  }

  private static List<byte[]> with(List<byte[]> words, List<byte[]> documents) {
    List<byte[]> all = new ArrayList<>(words);
    all.addAll(documents);
    return all;
  }

  private static List<byte[]> words(String script, List<String> settings) {
    List<byte[]> words = new ArrayList<>(List.of(bytes("EVAL"), bytes(script), bytes("0")));
    settings.forEach(word -> words.add(bytes(word)));
    return words;
  }

  private static List<byte[]> documents(Random random, Document document) {
    List<byte[]> documents = new ArrayList<>();
    for (int i = 0; i < DOCUMENTS_A_SCRIPT; i++) {
      var out = new ByteArrayOutputStream();
      document.write(out, random, 0);
      documents.add(random.nextBoolean() ? out.toByteArray() : damaged(out.toByteArray(), random));
    }
    return documents;
  }

  private static List<String> settings(Random random) {
    return List.of(
        "" + random.nextInt(2),
        "" + random.nextInt(4),
        "" + random.nextInt(12),
        "" + random.nextInt(1, 12),
        "" + random.nextInt(1, 12),
        "" + random.nextInt(1, 15),
        List.of("true", "false", "null").get(random.nextInt(3)),
        "" + random.nextBoolean());
  }

  private static byte[] damaged(byte[] document, Random random) {
    if (document.length == 0 || random.nextInt(4) == 0) {
      byte[] noise = new byte[random.nextInt(1, 12)];
      random.nextBytes(noise);
      return noise;
    }
    byte[] result = document.clone();
    int at = random.nextInt(result.length);
    String common = "\"\\{}[],:-+.0123456789eExXuntfalsiINF \n\0\u007f\u00ff";
    return switch (random.nextInt(3)) {
      case 0 -> java.util.Arrays.copyOf(result, at);
      case 1 -> {
        result[at] = (byte) random.nextInt(256);
        yield result;
      }
      default -> {
        result[at] = (byte) common.charAt(random.nextInt(common.length()));
        yield result;
      }
    };
  }

  // JSON.

  private static void json(ByteArrayOutputStream out, Random random, int depth) {
    blanks(out, random);
    switch (random.nextInt(depth > 5 ? 6 : 10)) {
      case 0 -> put(out, List.of("true", "false", "null").get(random.nextInt(3)));
      case 1, 2 -> put(out, number(random));
      case 3 -> {
        List<String> rare =
            List.of("nan", "NaN", "Infinity", "-inf", "0x1F", "-0XaB", "1e999", "1E-5", "-", "1.");
        put(out, rare.get(random.nextInt(rare.size())));
      }
      case 4, 5 -> string(out, random);
      case 6, 7 -> elements(out, random, depth, '[', ']');
      default -> elements(out, random, depth, '{', '}');
    }
    blanks(out, random);
  }

  private static void elements(
      ByteArrayOutputStream out, Random random, int depth, char open, char close) {
    out.write(open);
    int count = random.nextInt(random.nextInt(1, 8));
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        out.write(',');
      }
      if (open == '{') {
        blanks(out, random);
        string(out, random);
        blanks(out, random);
        out.write(':');
      }
      json(out, random, depth + 1);
    }
    blanks(out, random);
    out.write(close);
  }

  private static String number(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> "" + random.nextInt(-100, 100);
      case 1 -> "" + random.nextLong();
      case 2 -> "" + random.nextGaussian();
      case 3 -> "" + Double.longBitsToDouble(random.nextLong());
      case 4 -> random.nextInt(-1000, 1000) + "." + random.nextLong(1L << random.nextInt(1, 62));
      default -> "00" + random.nextInt(1000) + "e" + random.nextInt(-30, 30);
    };
  }

  private static void string(ByteArrayOutputStream out, Random random) {
    out.write('"');
    int parts = random.nextInt(6);
    for (int i = 0; i < parts; i++) {
      switch (random.nextInt(6)) {
        case 0 -> put(out, "\\" + "\"\\/bfnrt".charAt(random.nextInt(8)));
        case 1 -> put(out, "\\u%04x".formatted(random.nextInt(0x10000)));
        case 2 ->
            put(out, "\\ud8%02x\\uDc%02X".formatted(random.nextInt(0x100), random.nextInt(0x100)));
        case 3 -> out.write(random.nextInt(0x20, 0x100));
        default -> put(out, List.of("name", "id", "é", "x/y", "12").get(random.nextInt(5)));
      }
    }
    out.write('"');
  }

  private static void blanks(ByteArrayOutputStream out, Random random) {
    for (int i = random.nextInt(8); i > 5; i--) {
      out.write(" \t\r\n".charAt(random.nextInt(4)));
    }
  }

  private static void put(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  // MessagePack.

  private static void messagePack(ByteArrayOutputStream out, Random random, int depth) {
    int kind = random.nextInt(depth > 5 ? 6 : 9);
    switch (kind) {
      case 0 -> out.write(random.nextInt(256));
      case 1 -> out.write(0xc0 + random.nextInt(4));
      case 2, 3 -> {
        int mark = 0xca + random.nextInt(10);
        out.write(mark);
        int bytes = mark == 0xca ? 4 : mark == 0xcb ? 8 : 1 << ((mark - 0xcc) & 3);
        noise(out, random, bytes);
      }
      case 4 -> {
        int length = random.nextInt(10);
        out.write(0xa0 + length);
        noise(out, random, length);
      }
      case 5 -> {
        int size = random.nextInt(3);
        int length = random.nextInt(40);
        out.write((random.nextBoolean() ? 0xc4 : 0xd9) + size);
        for (int i = (1 << size) - 1; i >= 0; i--) {
          out.write(i == 0 ? length : 0);
        }
        noise(out, random, length);
      }
      default -> {
        boolean map = random.nextBoolean();
        int count = random.nextInt(6);
        switch (random.nextInt(3)) {
          case 0 -> out.write((map ? 0x80 : 0x90) + count);
          case 1 -> {
            out.write(map ? 0xde : 0xdc);
            out.write(0);
            out.write(count);
          }
          default -> {
            out.write(map ? 0xdf : 0xdd);
            out.write(0);
            out.write(0);
            out.write(0);
            out.write(count);
          }
        }
        for (int i = 0; i < (map ? 2 * count : count); i++) {
          messagePack(out, random, depth + 1);
        }
      }
    }
  }

  private static void noise(ByteArrayOutputStream out, Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    out.writeBytes(bytes);
  }
}
