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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launchers replace themselves by the server, and nothing of the JVM is visible. */
final class LauncherIT {
  private static final Path SERVER = Distribution.HOME.resolve("bin/redis-server");
  private static final Path SENTINEL = Distribution.HOME.resolve("bin/redis-sentinel");

  @TempDir private Path folder;

  @Test
  void theStartedProcessBecomesTheServerUnderItsName() throws Exception {
    try (NodeProcess node = Distribution.start(SERVER, folder, Map.of(), "--save", "")) {
      assertThat(node.info("server"))
          .containsEntry("process_id", node.pid() + "")
          .containsEntry("executable", SERVER.toRealPath().toString());
      assertThat(Files.readString(Path.of("/proc/" + node.pid() + "/comm")))
          .isEqualTo("redis-server\n");
      assertThat(commandLine(node)).first().isEqualTo(SERVER + " 127.0.0.1:" + node.port());
      node.stop();
      assertThat(node.awaitEnd(Distribution.LIMIT)).isTrue();
      assertThat(node.exitStatus()).isZero();
      assertOnlyLogLines(node);
    }
  }

  @Test
  void startsThroughASymbolicLinkFromAnotherFolder() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("redis-server"), SERVER);
    try (NodeProcess node = Distribution.start(link, folder, Map.of(), "--save", "")) {
      assertThat(node.info("server")).containsEntry("redis_mode", "standalone");
    }
  }

  @Test
  void ignoresOptionsForOtherPrograms() throws Exception {
    Map<String, String> environment =
        Map.of(
            "JAVA_TOOL_OPTIONS", "-XX:+UseParallelGC",
            "JDK_JAVA_OPTIONS", "-javaagent:/opt/agent.jar",
            "_JAVA_OPTIONS", "-Xmx8m");
    try (NodeProcess node = Distribution.start(SERVER, folder, environment, "--save", "")) {
      assertThat(node.info("server")).containsEntry("redis_mode", "standalone");
      assertOnlyLogLines(node);
    }
  }

  /** Tools parse the first line as Redis' version line; the second is for people. */
  @Test
  void namesTheVersionOfEachProgram() throws Exception {
    Map<String, String> first =
        Map.of(
            "redis-server", "Redis server v=7.2.6 sha=",
            "redis-sentinel", "Redis server v=7.2.6 sha=",
            "redis-cli", "redis-cli 7.2.6\nRedoubt ",
            "redis-benchmark", "redis-benchmark 7.2.6\nRedoubt ",
            "redis-check-rdb", "redis-check-rdb 7.2.6\nRedoubt ",
            "redis-check-aof", "redis-check-aof 7.2.6\nRedoubt ",
            "redis-check-dump", "redis-check-dump 7.2.6\nRedoubt ",
            "redoubt-quickstart", "Redoubt ");
    try (Stream<Path> programs = Files.list(Distribution.HOME.resolve("bin"))) {
      for (Path program : programs.toList()) {
        Result result = Distribution.run(Map.of(), program.toString(), "--version");
        String name = program.getFileName().toString();
        assertThat(result.output())
            .as(name)
            .startsWith(first.get(name))
            .containsPattern(
                "(^|\\n)Redoubt \\S+, commit [0-9a-f]{8}.*, compatible with Redis 7.2.6")
            .contains(", Java 25");
        assertThat(result.status()).isZero();
      }
    }
  }

  @Test
  void refusesAFolderWithAColon() throws Exception {
    Path home = Files.createDirectories(folder.resolve("a:b"));
    Files.createSymbolicLink(home.resolve("lib"), Distribution.HOME.resolve("lib"));
    Path server = Files.createDirectories(home.resolve("bin")).resolve("redis-server");
    Files.copy(SERVER, server, StandardCopyOption.COPY_ATTRIBUTES);
    Result result = Distribution.run(Map.of(), server.toString(), "--version");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output())
        .isEqualTo(
            "redis-server: Java can't run in "
                + home
                + ", whose name has a colon. Rename that folder.\n");
  }

  @Test
  void sentinelByNameAndByOption() throws Exception {
    for (List<String> command :
        List.of(List.of(SENTINEL.toString()), List.of(SERVER.toString(), "--sentinel"))) {
      int port = FreePorts.one();
      Path conf = folder.resolve(port + ".conf");
      Files.writeString(conf, "port %d\nbind 127.0.0.1\ndir %s\n".formatted(port, folder));
      List<String> arguments = new ArrayList<>(List.of(conf.toString()));
      arguments.addAll(command.subList(1, command.size()));
      Path log = folder.resolve(port + ".log");
      try (NodeProcess node =
          Distribution.launch(Path.of(command.getFirst()), arguments, Map.of(), port, log)) {
        node.awaitPong(Distribution.LIMIT);
        assertThat(node.info("server"))
            .containsEntry("redis_mode", "sentinel")
            .containsEntry("process_id", node.pid() + "");
        assertThat(Files.readString(Path.of("/proc/" + node.pid() + "/comm")))
            .startsWith("redis-sentinel");
        node.stop();
        assertThat(node.awaitEnd(Distribution.LIMIT)).isTrue();
        assertOnlyLogLines(node);
      }
    }
  }

  @Test
  void servesWithoutAUselessAotCacheAndShowsTheError() throws Exception {
    assumeTrue(Files.exists(Distribution.ARCHIVE), "built without AOT caches");
    Path copy = folder.resolve("copy");
    Distribution.run(Map.of(), "cp", "-a", Distribution.HOME.toString(), copy.toString());
    Path cache = copy.resolve("lib/redis-server.aot");
    Files.writeString(cache, "not a cache");
    try (NodeProcess node =
        Distribution.start(copy.resolve("bin/redis-server"), folder, Map.of(), "--save", "")) {
      assertThat(Files.readString(node.log())).containsPattern("\\[error *\\]\\[aot *\\]");
    }
  }

  @Test
  void switchesNoWarningOfTheJvmOff() throws Exception {
    for (String program : List.of("redis-server", "redis-sentinel", "redis-check")) {
      assertThat(Files.readString(Distribution.HOME.resolve("lib/" + program + ".jvm")))
          .contains("-Xlog:all=warning")
          .doesNotContain("PrintWarnings", "=off");
    }
  }

  @Test
  void takesJvmOptionsFromTheEnvironment() throws Exception {
    Map<String, String> environment = Map.of("REDOUBT_JAVA_OPTS", "-Xmx77m -Dsome.property=value");
    try (NodeProcess node =
        Distribution.start(SERVER, folder, environment, "--save", "", "--set-proc-title", "no")) {
      assertThat(commandLine(node)).contains("-Xmx77m", "-Dsome.property=value");
    }
  }

  @Test
  void theArchiveUnpacksIntoOneWorkingFolder() throws Exception {
    assumeTrue(Files.exists(Distribution.ARCHIVE), "built without AOT caches");
    Result unpacked =
        Distribution.run(
            Map.of(), "tar", "-xzf", Distribution.ARCHIVE.toString(), "-C", folder.toString());
    assertThat(unpacked).isEqualTo(new Result(0, ""));
    Path home = folder.resolve(Distribution.HOME.getFileName());
    assertThat(folder).isDirectoryContaining(home::equals);
    for (String launcher :
        List.of(
            "bin/redis-server",
            "bin/redis-sentinel",
            "bin/redis-check-rdb",
            "bin/redis-check-dump",
            "bin/redis-check-aof",
            "bin/redis-cli",
            "bin/redoubt-quickstart",
            "src/redis-server",
            "src/redis-sentinel",
            "init.d/redis",
            "init.d/redis-sentinel")) {
      assertThat(home.resolve(launcher)).isRegularFile().isExecutable();
    }
    try (NodeProcess node =
        Distribution.start(
            home.resolve("bin/redis-server"),
            folder,
            Map.of(),
            "--save",
            "",
            "--set-proc-title",
            "no")) {
      assertThat(commandLine(node)).anyMatch(argument -> argument.startsWith("-XX:AOTCache="));
      assertOnlyLogLines(node);
    }
  }

  private static List<String> commandLine(NodeProcess node) throws IOException {
    return List.of(Files.readString(Path.of("/proc/" + node.pid() + "/cmdline")).split("\0", -1));
  }

  /**
   * Asserts that every line of the output is a log line, {@code pid:role date * text}, or part of
   * the logo. The first line names Java's version.
   */
  private static void assertOnlyLogLines(NodeProcess node) throws IOException {
    assertThat(Files.readAllLines(node.log()))
        .isNotEmpty()
        .filteredOn(line -> !line.contains(" Redis is starting "))
        .noneMatch(line ->
            line.matches(
                "(?i).*(\\bjava\\b|\\[error\\]|\\[warning\\]|WARNING:|\\bat io\\.|Picked up).*"));
  }
}
