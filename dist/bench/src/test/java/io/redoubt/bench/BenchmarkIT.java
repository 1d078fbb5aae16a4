package io.redoubt.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The script {@code dist/benchmark} on the packed distribution. */
final class BenchmarkIT {
  private static final Path SCRIPT = Path.of("../benchmark").toAbsolutePath().normalize();

  @Test
  @Timeout(60)
  void describesABenchmark() throws Exception {
    assertThat(run("latency", "--help")).contains("Usage: benchmark latency");
  }

  @Test
  @Timeout(60)
  void comparesBothServers() throws Exception {
    RealRedis.assumeInstalled("redis-server", "redis-benchmark");
    String table =
        run("cpu", "--quick", "--only=INCR", "--rounds=1", "--pipeline=16", "--operations=50000");
    assertThat(table.lines())
        .as(table)
        .hasSize(2)
        .last()
        .asString()
        .matches("INCR +16 +[0-9.]+ +[0-9.]+ +[0-9.]+ +0\\.60");
  }

  @Test
  @Timeout(300)
  void measuresRowsOfAllCommands() throws Exception {
    RealRedis.assumeInstalled("redis-server");
    String table =
        run("cpu", "--all", "--quick", "--rounds=1", "--only=INCRBYFLOAT,SPOP 10", "--pipeline=16");
    assertThat(table.lines().map(line -> line.replaceAll("  .*", "")))
        .as(table)
        .contains("INCRBYFLOAT", "HINCRBYFLOAT", "SPOP 10 of 100 000");
    assertThat(table).contains("of 3 rows, ").doesNotContain("not measured");
  }

  @Test
  @Timeout(300)
  void measuresTls() throws Exception {
    RealRedis.assumeInstalled("redis-server", "openssl");
    String table = run("tls", "--quick", "--rounds=1", "--only=SET 1 KB P=16,resumed TLSv1.2");
    assertThat(table).containsPattern("SET 1 KB P=16 +[0-9.]+ +[0-9.]+");
    // All of Redis' sessions are resumed, or the client could not tell.
    assertThat(table).containsPattern("resumed, of 20 +20 +[0-9]+");
  }

  @Test
  @Timeout(300)
  void measuresThreadsAndCalculatesTheirCeiling() throws Exception {
    RealRedis.assumeInstalled("redis-server", "redis-benchmark", "openssl");
    String only = "--only=SET 64 B P=16 50 clients,PUBLISH to 50";
    String table = run("cores", "--quick", "--rounds=1", "--threads=2", only);
    assertThat(table).containsPattern("SET 64 B P=16 50 clients +1 redis ( +[0-9.]+){7}");
    assertThat(table).containsPattern("SET 64 B P=16 50 clients TLS +2 redoubt ( +[0-9.]+){7}");
    assertThat(table).containsPattern("PUBLISH to 50 +2 redoubt ( +[0-9.]+){4} +- +[0-9.]+");
    // No I/O thread writes or reads with one thread.
    assertThat(table).containsPattern("SET 64 B P=16 50 clients +1 redoubt +[0-9.]+ +0\\.00 ");
    assertThat(table)
        .containsPattern("clients, N=2 +[0-9]+ \\([0-9]+\\)( +[0-9]+ \\([0-9]+\\)){4}");
  }

  @Test
  @Timeout(300)
  void measuresTheLoadOfEachFile() throws Exception {
    RealRedis.assumeInstalled("redis-server");
    String table = run("loading", "--quick", "--rounds=1", "--elements=50000");
    assertThat(table.lines().filter(line -> line.matches(".*, s +[0-9.]+ +[0-9.]+ .*")))
        .as(table)
        .hasSize(12);
  }

  @Test
  @Timeout(300)
  void measuresJobs() throws Exception {
    RealRedis.assumeInstalled("redis-server", "node", "npm");
    List<String> command = new ArrayList<>(List.of("jobs", "--quick", "--rounds=1"));
    command.add("--jobs=2000");
    modules().ifPresent(folder -> command.add("--modules=" + folder));
    assertThat(run(command.toArray(String[]::new)))
        .containsPattern("add +[0-9.]+ +[0-9.]+")
        .containsPattern("process +[0-9.]+ +[0-9.]+");
  }

  @Test
  @Timeout(300)
  void measuresFirstCalls() throws Exception {
    RealRedis.assumeInstalled("redis-server");
    String table = run("first", "--quick", "--rounds=1", "--only=MIGRATE,transactions");
    assertThat(table.lines().filter(line -> line.matches(".{30}( +[0-9.]+){8}")))
        .as(table)
        .hasSize(2);
  }

  /** Returns the modules that a test of the distribution has installed. */
  private static Optional<Path> modules() throws IOException {
    try (Stream<Path> folders = Files.list(Path.of("../target"))) {
      return folders
          .map(folder -> folder.resolve("node_modules"))
          .filter(folder -> Files.isDirectory(folder.resolve("bullmq")))
          .findAny();
    }
  }

  /** Returns the output of the script, which must succeed. */
  private static String run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(output).isZero();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }
}
