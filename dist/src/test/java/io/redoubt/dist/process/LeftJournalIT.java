package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A directory as left by a machine crash: the append-only file lacks commits that only the journal
 * of {@code appendfsync always} has, and the system has been rebooted since. {@code
 * redis-check-aof} repairs the directory without a start.
 */
final class LeftJournalIT {
  private static final int KEYS = 300;
  private static final String TOOL =
      Distribution.HOME.resolve("bin").resolve("redis-check-aof").toString();

  @RegisterExtension private final Nodes nodes = new Nodes();
  private final Random random = Seed.random("LeftJournalIT");
  private Path folder;
  private Path manifest;

  /** Runs a command line in its own mount namespace. */
  private static Result run(String line) throws Exception {
    return Distribution.run(Map.of(), "unshare", "-m", "sh", "-c", line);
  }

  private NodeProcess launch(Path launcher, String line, String... arguments) throws Exception {
    int port = FreePorts.one();
    String options =
        "--port %d --bind 127.0.0.1 --dir %s --save '' --appendonly yes %s"
            .formatted(port, folder, String.join(" ", arguments));
    String command = "%s exec %s %s".formatted(line, launcher, options);
    Path output = Files.createTempDirectory(folder.getParent(), "output");
    NodeProcess node = nodes.launch(Path.of("unshare"), output, port, "-m", "sh", "-c", command);
    node.awaitPong(Distribution.LIMIT);
    return node;
  }

  @BeforeEach
  void crash() throws Exception {
    folder = nodes.folder("data");
    manifest = folder.resolve("appendonlydir/appendonly.aof.manifest");
    Path bootId =
        Files.writeString(
            nodes.folder("boot").resolve("id"),
            new UUID(random.nextLong(), random.nextLong()).toString());
    String earlier = "mount --bind " + bootId + " /proc/sys/kernel/random/boot_id &&";
    assumeTrue(run(earlier + " true").status() == 0, "not allowed to mount");
    NodeProcess node = launch(Kind.REDOUBT.server(), earlier, "--appendfsync", "always");
    for (int i = 0; i < KEYS; i++) {
      assertThat(node.ask("SET", "key" + i, "value" + i)).isEqualTo(new Reply.Simple("OK"));
    }
    node.kill();
    Matcher journal =
        Pattern.compile("seq=(\\d+), offset=(\\d+), system=earlier\n")
            .matcher(run(TOOL + " " + manifest).output());
    assertThat(journal.find()).isTrue();
    String file = "appendonly.aof.%s.incr.aof".formatted(journal.group(1));
    try (FileChannel channel =
        FileChannel.open(manifest.resolveSibling(file), StandardOpenOption.WRITE)) {
      channel.truncate(Long.parseLong(journal.group(2)));
    }
  }

  /** Returns the output of the tool, which must report the directory as damaged. */
  private String refused() throws Exception {
    Result result = run(TOOL + " " + manifest);
    assertThat(result.status()).isEqualTo(1);
    return result.output();
  }

  @Test
  void reportsAndAppliesItsCommits() throws Exception {
    assertThat(refused())
        .containsPattern("Journal analyzed: filename=appendonly.aof.journal, entries=\\d+, ")
        .containsPattern(
            "Journal appendonly.aof.journal contains \\d+ bytes that INCR AOF"
                + " appendonly.aof.1.incr.aof lacks\n")
        .endsWith(
            "Journal appendonly.aof.journal is not applied. Use the --fix option to apply it.\n");
    Result fixed = run("echo y | " + TOOL + " --fix " + manifest);
    assertThat(fixed.output())
        .contains("Successfully applied journal appendonly.aof.journal\n")
        .endsWith("All AOF files and manifest are valid\n");
    assertThat(fixed.status()).isZero();
    Path copy = nodes.folder("copy");
    Distribution.run(Map.of(), "cp", "-r", folder + "/.", copy.toString());
    expectAllKeys(launch(Kind.REAL.server(), ""));
    folder = copy;
    expectAllKeys(launch(Kind.REDOUBT.server(), "", "--appendfsync", "always"));
  }

  @Test
  void aDirectoryThatCannotBeWrittenKeepsIt() throws Exception {
    String mounted =
        "mount --bind %1$s %1$s && mount -o remount,bind,ro %1$s && ".formatted(folder);
    assumeTrue(run(mounted + "true").status() == 0, "not allowed to mount read-only");
    Result result = run(mounted + "echo y | " + TOOL + " --fix " + manifest);
    assertThat(result.output())
        .contains("Read-only file system")
        .doesNotContain("Exception", "Successfully");
    assertThat(result.status()).isEqualTo(1);
    assertThat(refused()).contains(" bytes that INCR AOF ");
    expectAllKeys(launch(Kind.REDOUBT.server(), "", "--appendfsync", "always"));
  }

  private static void expectAllKeys(NodeProcess node) throws IOException {
    assertThat(node.ask("DBSIZE").number()).isEqualTo(KEYS);
    for (int i = 0; i < KEYS; i++) {
      assertThat(node.ask("GET", "key" + i).text()).isEqualTo("value" + i);
    }
  }
}
