package io.redoubt.bench;

import io.redoubt.protocol.process.Version;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of {@code dist/benchmark}. */
@Command(
    name = "benchmark",
    description = "Compares Redoubt with the Redis of this machine.",
    subcommands = {
      MemoryBenchmark.class,
      CpuBenchmark.class,
      LatencyBenchmark.class,
      OpenLoopBenchmark.class,
      SnapshotBenchmark.class,
      LoadBenchmark.class,
      LoadingBenchmark.class,
      TlsBenchmark.class,
      CoresBenchmark.class,
      JobsBenchmark.class,
      AppendBenchmark.class,
      SyncBenchmark.class,
      TrackingBenchmark.class,
      AcksBenchmark.class,
      FailoverBenchmark.class,
      PartitionBenchmark.class,
      StartBenchmark.class,
      FirstBenchmark.class,
      ScrapeBenchmark.class
    },
    mixinStandardHelpOptions = true)
public final class Benchmark {
  private Benchmark() {}

  /** Runs one of the benchmarks; the exit status is 0 if it completed. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** Returns the command line with all benchmarks. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Benchmark());
    line.getCommandSpec().version(Version.ofThisProcess().describe());
    line.setExecutionExceptionHandler((failure, command, result) -> {
      // A missing program or a refused port; the trace would hide the reason.
      if (failure instanceof IOException) {
        command.getErr().println(isInterrupted(command) ? "interrupted" : failure.getMessage());
        return command.getCommandSpec().exitCodeOnExecutionException();
      }
      throw failure;
    });
    return line;
  }

  /** Returns true if the JVM exits, which closes the servers before their clients. */
  private static boolean isInterrupted(CommandLine command) {
    return command.getMixins().values().stream()
        .anyMatch(mixin -> mixin instanceof BenchmarkServers servers && servers.isEnding());
  }
}
