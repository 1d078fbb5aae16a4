package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.Strictness;
import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Runs {@code redis-check-rdb --stats} on the files of servers, and compares the report with what a
 * server says that has loaded the file.
 */
final class SnapshotReportIT {

  private static final int[] DATABASES = {0, 3, 15};

  /** Fills a database with values of every type, small and large, some of which expire. */
  private static final String FILL =
      """
      redis.call('SELECT', ARGV[1])
      for number, size in ipairs({1, 7, 128, 129, 600, 2000}) do
        for kind, text in ipairs({'', 'text', string.rep('x', 70)}) do
          local name = ':' .. size .. ':' .. kind
          redis.call('SET', 'string' .. name, text .. size)
          redis.call('SET', 'long' .. name, string.rep(text .. '1', size), 'PX', size * 1000000)
          for i = 1, size do
            redis.call('RPUSH', 'list' .. name, text .. i)
            redis.call('SADD', 'set' .. name, text .. i)
            redis.call('ZADD', 'zset' .. name, i / 3, text .. i)
            redis.call('HSET', 'hash' .. name, i, text .. i)
            redis.call('XADD', 'stream' .. name, i .. '-1', 'field', text .. i)
          end
        end
      end
      return 'OK'
      """;

  private static final String COUNT =
      """
      redis.call('SELECT', ARGV[1])
      local counts = {}
      for _, key in ipairs(redis.call('KEYS', '*')) do
        local kind = redis.call('TYPE', key).ok
        local encoding = redis.call('OBJECT', 'ENCODING', key)
        local name = kind .. ' ' .. encoding
        counts[name] = (counts[name] or 0) + 1
      end
      local lines = {}
      for name, count in pairs(counts) do lines[#lines + 1] = name .. '=' .. count end
      return lines
      """;

  @RegisterExtension private final Nodes nodes = new Nodes();
  private final Gson gson = new GsonBuilder().setStrictness(Strictness.STRICT).create();

  private static Result stats(Object... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(Distribution.HOME.resolve("bin/redis-check-rdb").toString(), "--stats"));
    Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
    return Distribution.run(Map.of(), command.toArray(String[]::new));
  }

  private JsonObject json(Path file) throws Exception {
    Result result = stats("--format", "json", "--top", 1000, file);
    assertThat(result.status()).as(result.output()).isZero();
    return gson.fromJson(result.output(), JsonObject.class);
  }

  private static Map<String, Long> sums(JsonObject report, String table, String... names) {
    Map<String, Long> sums = new TreeMap<>();
    for (JsonElement row : report.getAsJsonArray(table)) {
      List<String> name = new ArrayList<>();
      for (String part : names) {
        name.add(row.getAsJsonObject().get(part).getAsString());
      }
      sums.merge(String.join(" ", name), row.getAsJsonObject().get("keys").getAsLong(), Long::sum);
    }
    return sums;
  }

  /** Merges the encodings of the types for which Redis 7.0 has no listpacks. */
  private static Map<String, Long> before72(Map<String, Long> encodings) {
    Map<String, Long> merged = new TreeMap<>();
    encodings.forEach(
        (name, keys) -> merged.merge(name.replaceFirst("^(list|set) .*", "$1"), keys, Long::sum));
    return merged;
  }

  /** Renames the encoding of packed values in files of version 9, which are loaded as listpacks. */
  private static Map<String, Long> loaded(Map<String, Long> encodings) {
    Map<String, Long> renamed = new TreeMap<>();
    encodings.forEach(
        (name, keys) -> renamed.merge(name.replace("ziplist", "listpack"), keys, Long::sum));
    return renamed;
  }

  private static void assertAgrees(Kind kind, NodeProcess node, JsonObject report)
      throws IOException {
    Map<String, Long> encodings = new TreeMap<>();
    Map<String, Long> databases = new TreeMap<>();
    try (RespClient client = node.connect()) {
      for (int database : DATABASES) {
        client.call("SELECT", database + "");
        databases.put(database + "", client.call("DBSIZE").number());
        for (Reply line : client.call("EVAL", COUNT, "0", database + "").elements()) {
          String[] parts = line.text().split("=", -1);
          encodings.merge(parts[0], Long.parseLong(parts[1]), Long::sum);
        }
      }
    }
    assertThat(sums(report, "by_database", "database")).isEqualTo(databases);
    Map<String, Long> reported = sums(report, "by_encoding", "type", "encoding");
    assertThat(kind == Kind.REDOUBT ? loaded(reported) : before72(reported))
        .isEqualTo(kind == Kind.REDOUBT ? encodings : before72(encodings));
    long keys = databases.values().stream().mapToLong(count -> count).sum();
    assertThat(report.get("keys").getAsLong()).isEqualTo(keys);
    for (String table : List.of("by_type", "by_encoding", "by_database")) {
      for (String sum : List.of("keys", "expiring", "file_bytes", "data_bytes", "elements")) {
        long total = 0;
        for (JsonElement row : report.getAsJsonArray(table)) {
          total += row.getAsJsonObject().get(sum).getAsLong();
        }
        assertThat(total).as("%s of %s", sum, table).isEqualTo(report.get(sum).getAsLong());
      }
    }
  }

  @Test
  void agreesWithTheServerThatLoadsTheFile() throws Exception {
    for (Kind kind : List.of(Kind.REDOUBT, Kind.REAL)) {
      NodeProcess node = nodes.server(kind, "--appendonly", "no");
      for (int database : DATABASES) {
        assertThat(node.ask("EVAL", FILL, "0", database + "").text()).isEqualTo("OK");
      }
      node.ask("SAVE");
      Nodes.end(node, "TERM");
      JsonObject report = json(nodes.folder(node).resolve("dump.rdb"));
      assertAgrees(kind, nodes.restart(node), report);
    }
  }

  @Test
  void readsTheBaseOfAnAppendOnlyDirectory() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT, "--appendonly", "yes");
    node.ask("SET", "key", "value");
    node.ask("BGREWRITEAOF");
    node.awaitInfo("aof_rewrites", "1", Distribution.LIMIT);
    node.awaitInfo("aof_rewrite_in_progress", "0", Distribution.LIMIT);
    Path folder = nodes.folder(node).resolve("appendonlydir");
    JsonObject report = json(folder);
    assertThat(report.get("keys").getAsLong()).isEqualTo(1);
    assertThat(report.get("incremental_files").getAsLong()).isEqualTo(1);
  }

  @Test
  void refusesADamagedFileAfterItsReport() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT);
    node.ask("SET", "first", "1");
    node.ask("SAVE");
    Path file = nodes.folder(node).resolve("dump.rdb");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 9));
    Result result = stats(file);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output())
        .contains("Error at offset " + (whole.length - 9) + ": Short read")
        .containsPattern("\nkeys +1\n")
        .contains("string");
    assertThat(stats(nodes.folder(node).resolve("none")).output())
        .startsWith("redis-check-rdb: Can't read '")
        .endsWith("': No such file or directory\n");
  }
}
