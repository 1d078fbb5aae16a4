package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code --bigkeys} and {@code --memkeys}: finds the largest key of each type. */
public final class BigKeysMode implements Mode {
  private static final int STEPS_A_PAUSE = 100;

  private final ModeContext context;
  private final byte @Nullable [] pattern;
  private final boolean byMemory;
  private final int memorySamples;
  private final Map<String, Type> types = new LinkedHashMap<>();
  private long sampled;
  private long nameBytes;

  /** The findings about the keys of a type. */
  private static final class Type {
    final String name;
    final @Nullable String command;
    final String unit;
    String biggest = "";
    long biggestSize;
    long totalSize;
    long count;

    Type(String name, @Nullable String command, String unit) {
      this.name = name;
      this.command = command;
      this.unit = unit;
    }
  }

  /**
   * Creates the mode.
   *
   * @param pattern the keys' pattern, or null for all keys
   * @param byMemory measures bytes rather than elements
   * @param memorySamples the value of MEMORY USAGE's SAMPLES; negative for the server's default
   */
  public BigKeysMode(
      ModeContext context, byte @Nullable [] pattern, boolean byMemory, int memorySamples) {
    this.context = context;
    this.pattern = pattern;
    this.byMemory = byMemory;
    this.memorySamples = memorySamples;
    for (Type type :
        List.of(
            new Type("list", "LLEN", "items"),
            new Type("hash", "HLEN", "fields"),
            new Type("string", "STRLEN", "bytes"),
            new Type("stream", "XLEN", "entries"),
            new Type("set", "SCARD", "members"),
            new Type("zset", "ZCARD", "members"))) {
      types.put(type.name, type);
    }
  }

  @Override
  public int run() throws IOException, ProtocolException, InterruptedException, ModeException {
    long total = context.ask("DBSIZE").number();
    context
        .out()
        .print(
            """

            # Scanning the entire keyspace to find biggest keys as well as
            # average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec
            # per 100 SCAN commands (not usually needed).

            """);
    KeyScan scan = new KeyScan(context, pattern, 0);
    for (long steps = 1; !scan.isFinished(); steps++) {
      sample(scan.next(), total);
      context.out().flush();
      if (context.intervalSeconds() > 0 && steps % STEPS_A_PAUSE == 0) {
        ModeContext.sleep(context.intervalSeconds());
      }
    }
    printSummary();
    return 0;
  }

  private void sample(List<byte[]> keys, long total)
      throws IOException, ProtocolException, ModeException {
    List<Type> found = types(keys);
    List<Reply> sizes = sizes(keys, found);
    for (int i = 0; i < keys.size(); i++) {
      Type type = found.get(i);
      sampled++;
      nameBytes += keys.get(i).length;
      if (type == null || !(sizes.get(i) instanceof Reply.Integer number)) {
        continue; // gone meanwhile, or of another type
      }
      long size = number.value();
      type.count++;
      type.totalSize += size;
      if (size > type.biggestSize) {
        type.biggestSize = size;
        type.biggest = Quoting.quote(keys.get(i));
        context
            .out()
            .printf(
                Locale.ROOT,
                "[%05.2f%%] Biggest %-6s found so far '%s' with %d %s%n",
                total == 0 ? 0 : 100.0 * Math.min(before(keys), total) / total,
                type.name,
                type.biggest,
                size,
                unit(type));
      }
    }
  }

  private long before(List<byte[]> keys) {
    return Math.max(0, sampled - keys.size());
  }

  private String unit(Type type) {
    return byMemory ? "bytes" : type.unit;
  }

  /** Returns the types of keys, null for one that is gone. */
  private List<@Nullable Type> types(List<byte[]> keys) throws IOException, ProtocolException {
    ClientConnection connection = context.connection();
    for (byte[] key : keys) {
      connection.send("TYPE".getBytes(UTF_8), key);
    }
    List<@Nullable Type> found = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Reply reply = connection.receive();
      if (!(reply instanceof Reply.Simple simple) || simple.value().equals("none")) {
        found.add(null);
        continue;
      }
      found.add(types.computeIfAbsent(simple.value(), name -> new Type(name, null, "?")));
    }
    return found;
  }

  private List<@Nullable Reply> sizes(List<byte[]> keys, List<@Nullable Type> found)
      throws IOException, ProtocolException {
    ClientConnection connection = context.connection();
    boolean[] asked = new boolean[keys.size()];
    for (int i = 0; i < asked.length; i++) {
      Type type = found.get(i);
      if (type == null || (!byMemory && type.command == null)) {
        continue; // a module's type has no command for its length
      }
      asked[i] = true;
      byte[] key = keys.get(i);
      if (!byMemory) {
        connection.send(String.valueOf(type.command).getBytes(UTF_8), key);
      } else if (memorySamples < 0) {
        connection.send(bytes("MEMORY"), bytes("USAGE"), key);
      } else {
        byte[] samples = bytes(Integer.toString(memorySamples));
        connection.send(bytes("MEMORY"), bytes("USAGE"), key, bytes("SAMPLES"), samples);
      }
    }
    List<@Nullable Reply> sizes = new ArrayList<>();
    for (boolean one : asked) {
      sizes.add(one ? connection.receive() : null);
    }
    return sizes;
  }

  private static byte[] bytes(String word) {
    return word.getBytes(ISO_8859_1);
  }

  private void printSummary() {
    StringBuilder text = new StringBuilder("\n-------- summary -------\n\n");
    text.append("Sampled ").append(sampled).append(" keys in the keyspace!\n");
    text.append(
        String.format(
            Locale.ROOT,
            "Total key length in bytes is %d (avg len %.2f)%n%n",
            nameBytes,
            sampled == 0 ? 0.0 : (double) nameBytes / sampled));
    for (Type type : types.values()) {
      if (!type.biggest.isEmpty()) {
        text.append(
            String.format(
                Locale.ROOT,
                "Biggest %6s found '%s' has %d %s%n",
                type.name,
                type.biggest,
                type.biggestSize,
                unit(type)));
      }
    }
    text.append('\n');
    for (Type type : types.values()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%d %ss with %d %s (%05.2f%% of keys, avg size %.2f)%n",
              type.count,
              type.name,
              type.totalSize,
              unit(type),
              sampled == 0 ? 0.0 : 100.0 * type.count / sampled,
              type.count == 0 ? 0.0 : (double) type.totalSize / type.count));
    }
    context.out().print(text);
  }
}
