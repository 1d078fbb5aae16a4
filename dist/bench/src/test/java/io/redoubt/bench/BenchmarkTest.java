package io.redoubt.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class BenchmarkTest {
  /** The script passes the folder of the distribution to each benchmark. */
  @Test
  void everyBenchmarkTakesTheDistributionAndDescribesItself() {
    assertThat(Benchmark.commandLine().getSubcommands().keySet())
        .hasSizeGreaterThan(10)
        .allSatisfy(name -> {
          CommandLine.ParseResult parsed =
              Benchmark.commandLine().parseArgs(name, "--home", "folder", "--help").subcommand();
          assertThat(parsed.isUsageHelpRequested()).isTrue();
          assertThat(parsed.commandSpec().commandLine().getUsageMessage())
              .startsWith("Usage: benchmark " + name);
        });
  }
}
