package io.redoubt.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

final class BenchmarkTest {

  /** A benchmark whose servers are closed by Ctrl-C while it uses them. */
  @Command(name = "closed")
  private static final class Closed implements Callable<Integer> {
    @Mixin private BenchmarkServers servers = new BenchmarkServers();

    @Option(names = "--interrupt")
    private boolean interrupt;

    @Override
    public Integer call() throws IOException {
      if (interrupt) {
        servers.clean();
      }
      throw new IOException("Connection reset");
    }
  }

  private static String error(String... arguments) {
    StringWriter error = new StringWriter();
    CommandLine line = Benchmark.commandLine().addSubcommand(new Closed());
    line.setErr(new PrintWriter(error));
    line.getSubcommands().get("closed").setErr(new PrintWriter(error));
    assertThat(line.execute(arguments)).isNotZero();
    return error.toString().strip();
  }

  @Test
  void reportsAnInterruptionAsSuchAndNotAsTheConnectionThatItClosed() {
    assertThat(error("closed")).isEqualTo("Connection reset");
    assertThat(error("closed", "--interrupt")).isEqualTo("interrupted");
  }

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
