package io.redoubt.bench;

import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark start}: the duration of a start, and the memory of an idle server. */
@Command(
    name = "start",
    description = {
      "Milliseconds from the start of the process to the first PONG, the processor time that it has"
          + " taken by then, and the resident memory of a server that has been idle for a while."
          + " The servers take turns; the figures are medians."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class StartBenchmark implements Callable<Integer> {
  private record Start(double millis, double cpuMillis) {}

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--rounds",
      paramLabel = "COUNT",
      description = "Starts of each server (default: ${DEFAULT-VALUE}).")
  private int rounds = 20;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      description = "Time until the memory is read (default: ${DEFAULT-VALUE}).")
  private int idleSeconds = 60;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison<Start> starts = Comparison.ofRounds(servers.scaled(rounds), this::start);
    Comparison<Double> memory = Comparison.ofRounds(1, this::idleMegabytes);
    Comparison.head("empty server");
    starts.row("start, ms", Start::millis, Comparison.NO_GOAL);
    starts.row("processor time of it, ms", Start::cpuMillis, Comparison.NO_GOAL);
    memory.row("resident, MB", megabytes -> megabytes, Comparison.NO_GOAL);
    return 0;
  }

  private Start start(boolean redis) throws IOException, InterruptedException {
    long startNanos = System.nanoTime();
    try (MeasuredServer server = servers.start(redis)) {
      double millis = (System.nanoTime() - startNanos) / 1e6;
      return new Start(millis, server.cpuNanos() / 1e6);
    }
  }

  private double idleMegabytes(boolean redis) throws IOException, InterruptedException {
    try (MeasuredServer server = servers.start(redis)) {
      Thread.sleep(Duration.ofSeconds(servers.scaled(idleSeconds)));
      return server.residentBytes() / 1e6;
    }
  }
}
