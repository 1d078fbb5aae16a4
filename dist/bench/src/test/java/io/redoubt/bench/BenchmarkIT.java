package io.redoubt.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  @Timeout(120)
  void measuresRowsOfAllCommands() throws Exception {
    RealRedis.assumeInstalled("redis-server");
    String table =
        run("cpu", "--all", "--quick", "--rounds=1", "--only=INCRBYFLOAT,SPOP 10", "--pipeline=16");
    assertThat(table.lines().map(line -> line.replaceAll("  .*", "")))
        .as(table)
        .contains("INCRBYFLOAT", "HINCRBYFLOAT", "SPOP 10 of 100 000");
    assertThat(table).contains("of 3 rows, ").doesNotContain("not measured");
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
