package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Runs {@code redis-check-rdb}, {@code redis-check-aof} and the downloads of {@code redis-cli} on
 * files of this server, and the tools of a real Redis for comparison.
 */
final class CheckToolsIT {
  private static final int CHANGES = 500;
  private static final String INCREMENTAL = "appendonlydir/appendonly.aof.1.incr.aof";
  private static final String MANIFEST = "appendonlydir/appendonly.aof.manifest";

  @RegisterExtension private final Nodes nodes = new Nodes();

  private static Path ours(String tool) {
    return Distribution.HOME.resolve("bin").resolve(tool);
  }

  private static Result run(Path tool, Object... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(tool.toString()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return Distribution.run(Map.of(), command.toArray(String[]::new));
  }

  /** Runs a tool that asks before a repair, and answers yes. */
  private static Result fix(Path tool, Path file) throws Exception {
    String command = "echo y | " + tool + " --fix " + file;
    return Distribution.run(Map.of(), "sh", "-c", command);
  }

  /** Asserts that both tools print the same about a file and exit with the given status. */
  private static void same(String tool, Path file, int status) throws Exception {
    Result ours = atAnyTime(run(ours(tool), file));
    assertThat(ours).isEqualTo(atAnyTime(run(Kind.tool(tool), file)));
    assertThat(ours.status()).isEqualTo(status);
  }

  /** Blanks the number of expired keys, because keys expire between two checks of a file. */
  private static Result atAnyTime(Result result) {
    String output = result.output().replaceAll("[0-9]+ already expired", "N already expired");
    return new Result(result.status(), output);
  }

  private static Result usage(String tool) {
    return new Result(
        1,
        """
        Usage: TOOL [--fix-to <new-file>] <rdb-file-name>
               TOOL --stats [<options>] <rdb-file-name|aof-directory>
        """
            .replace("TOOL", tool));
  }

  @Test
  void theToolsAreRegularFiles() throws Exception {
    for (String tool : List.of("redis-check-rdb", "redis-check-dump", "redis-check-aof")) {
      assertThat(ours(tool)).isRegularFile().isExecutable();
      assertThat(Files.isSymbolicLink(ours(tool))).isFalse();
    }
    assertThat(run(ours("redis-check-rdb"))).isEqualTo(usage("redis-check-rdb"));
    assertThat(run(ours("redis-check-dump"))).isEqualTo(usage("redis-check-dump"));
    for (Object[] arguments :
        new Object[][] {
          {},
          {"nothing-here"},
          {"a", "b"},
          {"--truncate-to-timestamp", "x", "a"},
          {"--fix", "nothing-here"}
        }) {
      Path real = Kind.tool("redis-check-aof"); // prints its own name as it was called
      Result expected = run(real, arguments);
      assertThat(run(ours("redis-check-aof"), arguments))
          .isEqualTo(
              new Result(
                  expected.status(),
                  expected.output().replace(real.toString(), "redis-check-aof")));
    }
  }

  @Test
  void checksSnapshots() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT);
    new Writes(Seed.random("CheckToolsIT.snapshots")).write(node, CHANGES);
    assertThat(node.ask("SAVE")).isEqualTo(new Reply.Simple("OK"));
    Path file = nodes.folder(node).resolve("dump.rdb");
    same("redis-check-rdb", file, 0);
    byte[] whole = Files.readAllBytes(file);
    same("redis-check-rdb", Files.write(file, Arrays.copyOf(whole, whole.length - 3)), 1);
    whole[whole.length - 1]++;
    same("redis-check-rdb", Files.write(file, whole), 1);
  }

  @Test
  void aCorruptMiddleIsRefusedAndRepaired() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT, "--appendonly", "yes");
    node.ask("SET", "before", "1");
    node.ask("SET", "broken", "2");
    node.ask("SET", "after", "3");
    assertThat(Nodes.end(node, "TERM")).isZero();
    Path folder = nodes.folder(node);
    same("redis-check-aof", folder.resolve(MANIFEST), 0);

    Path file = folder.resolve(INCREMENTAL);
    String content = Files.readString(file, ISO_8859_1);
    Files.writeString(file, content.replace("$6\r\nbroken", "$4\r\nbroken"), ISO_8859_1);
    Result refused =
        run(
            Kind.REDOUBT.server(),
            "--port",
            FreePorts.one(),
            "--dir",
            folder,
            "--appendonly",
            "yes",
            "--save",
            "");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.output())
        .contains(
            "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup"
                + " of your AOF file, then use ./redis-check-aof --fix <filename.manifest>");
    same("redis-check-aof", folder.resolve(MANIFEST), 1);

    assertThat(fix(ours("redis-check-aof"), folder.resolve(MANIFEST)).output())
        .contains("Successfully truncated AOF appendonly.aof.1.incr.aof")
        .endsWith("All AOF files and manifest are valid\n");
    same("redis-check-aof", folder.resolve(MANIFEST), 0);
    node = nodes.restart(node);
    assertThat(node.ask("MGET", "before", "broken", "after").elements())
        .extracting(Reply::isNull)
        .containsExactly(false, true, true);
  }

  @Test
  void aTornEndIsCutAndLogged() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT, "--appendonly", "yes");
    node.ask("SET", "whole", "1");
    node.ask("SET", "torn", "2");
    node.kill();
    Path file = nodes.folder(node).resolve(INCREMENTAL);
    byte[] content = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(content, content.length - 3));
    same("redis-check-aof", file, 1);
    node = nodes.restart(node);
    assertThat(node.ask("EXISTS", "whole", "torn").number()).isEqualTo(1);
    assertThat(Files.readString(node.log(), UTF_8))
        .contains("!!! Warning: short read while loading the AOF file appendonly.aof.1.incr.aof!!!")
        .containsPattern(
            Pattern.compile("!!! Truncating the AOF appendonly.aof.1.incr.aof at offset \\d+ !!!"))
        .contains(
            "AOF appendonly.aof.1.incr.aof loaded anyway because aof-load-truncated is enabled");
    same("redis-check-aof", file, 0);
  }

  @Test
  void redisCliFetchesTheDataAndTheFunctions() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT);
    node.ask("SET", "key", "value");
    node.ask(
        "FUNCTION",
        "LOAD",
        "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
    for (String option : List.of("--rdb", "--functions-rdb")) {
      Path fetched = nodes.folder(node).resolve("fetched.rdb");
      Result result = run(Kind.tool("redis-cli"), "-p", node.port(), option, fetched);
      assertThat(result.output()).contains("Transfer finished with success");
      assertThat(result.status()).isZero();
      same("redis-check-rdb", fetched, 0);
      NodeProcess copy = restored(fetched);
      assertThat(copy.ask("FUNCTION", "LIST").elements()).hasSize(1);
      assertThat(copy.ask("DBSIZE").number()).isEqualTo(option.equals("--rdb") ? 1 : 0);
    }
  }

  /** Starts a real server that loads the file. */
  private NodeProcess restored(Path file) throws IOException, InterruptedException {
    NodeProcess real = nodes.server(Kind.REAL);
    assertThat(Nodes.end(real, "TERM")).isZero();
    Files.copy(file, nodes.folder(real).resolve("dump.rdb"));
    return nodes.restart(real);
  }
}
