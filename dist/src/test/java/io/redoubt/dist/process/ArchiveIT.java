package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archive with a Java runtime, on a root file system with only a shell and the C library. */
final class ArchiveIT {
  private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

  /**
   * Mounts the file systems that a system without Java has, too, enters the new root and executes
   * the program.
   */
  private static final String ENTER =
      "mount --rbind /proc \"$0\"/proc && mount --rbind /dev \"$0\"/dev && exec chroot \"$0\""
          + " \"$@\"";

  @TempDir private Path root;

  /** The unpacked folder as seen from within the new root. */
  private final String home = "/opt/" + Distribution.HOME.getFileName();

  @BeforeEach
  void unpack() throws Exception {
    assumeTrue(
        Files.isRegularFile(Distribution.ARCHIVE),
        "built without AOT caches: no archive with a runtime");
    assumeTrue(
        Distribution.run(Map.of(), "unshare", "-m", "mount", "--bind", "/tmp", "/tmp").status()
            == 0,
        "not allowed to mount");
    for (String name : List.of("opt", "proc", "dev", "tmp", "data", "bin")) {
      Files.createDirectory(root.resolve(name));
    }
    assertThat(
            Distribution.run(
                Map.of(),
                "tar",
                "-xzf",
                Distribution.ARCHIVE.toString(),
                "-C",
                root.resolve("opt").toString()))
        .isEqualTo(new Result(0, ""));
    Path runtime = outside("/runtime");
    copyWithLibraries(Path.of("/bin/sh"));
    copyLibraries(runtime.resolve("bin/redis-server"));
    copyLibraries(runtime.resolve("lib/server/libjvm.so"));
    copyLibraries(runtime.resolve("lib/libnet.so"));
  }

  @Test
  @Timeout(120)
  void savesAndRestarts() throws Exception {
    int port = FreePorts.one();
    try (NodeProcess node = start(port)) {
      node.awaitPong(Distribution.LIMIT);
      assertThat(cli(port, "SET", "key", "value")).isEqualTo(new Result(0, "OK\n"));
      assertThat(cli(port, "SAVE")).isEqualTo(new Result(0, "OK\n"));
      assertThat(cli(port, "EVAL", "return redis.call('get', 'key')", "0"))
          .isEqualTo(new Result(0, "value\n"));
      assertThat(Files.readString(node.log())).contains("Ready to accept connections");
    }
    try (NodeProcess node = start(port)) {
      node.awaitPong(Distribution.LIMIT);
      assertThat(node.ask("GET", "key").text()).isEqualTo("value");
    }
    assertThat(inside(home + "/bin/redis-check-rdb", "/data/dump.rdb").status()).isZero();
  }

  @Test
  @Timeout(180)
  void runsTheQuickstart() throws Exception {
    Result demo = inside(home + "/bin/redoubt-quickstart", "--demo");
    assertThat(demo.status()).as(demo.output()).isZero();
  }

  @Test
  void startsAYamlConfigurationAndASentinelInRedisOwnFolders() throws Exception {
    int port = FreePorts.one();
    Files.writeString(
        outside("/server.yaml"), "port: " + port + "\nbind: 127.0.0.1\nsave: ''\ndir: /data\n");
    try (NodeProcess node = enter(port, "cd " + home + " && exec src/redis-server server.yaml")) {
      node.awaitPong(Distribution.LIMIT);
      assertThat(node.info("server")).containsEntry("executable", home + "/bin/redis-server");
    }
    int sentinelPort = FreePorts.one();
    try (NodeProcess node =
        enter(
            sentinelPort,
            "cd "
                + home
                + " && exec ./src/redis-sentinel sentinel.conf --daemonize no --bind 127.0.0.1"
                + " --port "
                + sentinelPort)) {
      node.awaitPong(Distribution.LIMIT);
      assertThat(node.info("server")).containsEntry("redis_mode", "sentinel");
    }
  }

  @Test
  void aLauncherCopiedElsewhereSaysSo() throws Exception {
    Files.copy(
        outside("/bin/redis-server"),
        root.resolve("bin/redis-server"),
        StandardCopyOption.COPY_ATTRIBUTES);
    Result result = inside("/bin/redis-server");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output())
        .contains("/bin/redis-server only works in the folder in which it was unpacked")
        .contains("ln -s ");
  }

  @Test
  void theSumsAreThoseOfTheArchives() throws Exception {
    Result result =
        Distribution.run(
            Map.of(),
            "sh",
            "-c",
            "cd " + Distribution.ARCHIVE.getParent() + " && sha256sum -c SHA256SUMS");
    assertThat(result.output()).contains(Distribution.ARCHIVE.getFileName() + ": OK");
    assertThat(result.status()).isZero();
  }

  private NodeProcess start(int port) throws IOException {
    return enter(
        port,
        "cd "
            + home
            + " && exec src/redis-server redis.conf --bind 127.0.0.1 --dir /data --port "
            + port);
  }

  private Result cli(int port, String... command) throws IOException, InterruptedException {
    return inside(
        Stream.concat(Stream.of(home + "/bin/redis-cli", "-p", port + ""), Stream.of(command))
            .toArray(String[]::new));
  }

  /** Starts a program from a line of shell inside the new root. */
  private NodeProcess enter(int port, String line) throws IOException {
    List<String> arguments = new ArrayList<>(command("/bin/sh", "-c", line));
    return Distribution.launch(
        Path.of(arguments.removeFirst()), arguments, Map.of(), port, root.resolve("log"));
  }

  /** Runs a program inside the new root until it exits. */
  private Result inside(String... command) throws IOException, InterruptedException {
    return Distribution.run(Map.of(), command(command).toArray(String[]::new));
  }

  private List<String> command(String... words) {
    List<String> command =
        new ArrayList<>(List.of("unshare", "-m", "sh", "-c", ENTER, root.toString()));
    command.addAll(List.of(words));
    return command;
  }

  private Path outside(String file) {
    return root.resolve((home + file).substring(1));
  }

  private void copyWithLibraries(Path program) throws IOException, InterruptedException {
    copy(program);
    copyLibraries(program);
  }

  /** Copies the system libraries that a program or library is linked with. */
  private void copyLibraries(Path program) throws IOException, InterruptedException {
    Matcher library =
        LIBRARY.matcher(Distribution.run(Map.of(), "ldd", program.toString()).output());
    while (library.find()) {
      Path file = Path.of(library.group(1));
      if (!file.startsWith(root)) {
        copy(file);
      }
    }
  }

  private void copy(Path file) throws IOException {
    Path copy = root.resolve(file.toString().substring(1));
    Files.createDirectories(copy.getParent());
    if (!Files.exists(copy)) {
      Files.copy(file.toRealPath(), copy, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }
}
