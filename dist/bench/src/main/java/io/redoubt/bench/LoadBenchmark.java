package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code benchmark load}: the duration of BGSAVE in an idle server, and of a start with its file.
 */
@Command(
    name = "load",
    description = {
      "Seconds that BGSAVE takes in an idle server, and from the start of the process until it has"
          + " loaded the saved file. The servers take turns; the figures are medians."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LoadBenchmark implements Callable<Integer> {
  private record Row(double saveSeconds, double loadSeconds) {}

  private static final double GOAL = 1;

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--keys",
      paramLabel = "COUNT",
      description = "Strings of 64 bytes (default: ${DEFAULT-VALUE}).")
  private int keys = 5_000_000;

  @Mixin private RoundCount rounds = new RoundCount(3);

  private int files;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison<Row> rows = Comparison.ofRounds(rounds.count(), this::measure);
    Comparison.head("seconds");
    rows.row("BGSAVE, idle", Row::saveSeconds, GOAL);
    rows.row("start with the file", Row::loadSeconds, GOAL);
    return 0;
  }

  private MeasuredServer start(boolean redis, String file)
      throws IOException, InterruptedException {
    return servers.start(redis, "--dbfilename " + file);
  }

  private Row measure(boolean redis) throws IOException, InterruptedException {
    String file = "load-" + ++files + ".rdb";
    double saving;
    try (MeasuredServer server = start(redis, file)) {
      Loader.load(server, servers.scaled(keys), DataSets::strings);
      long startNanos = System.nanoTime();
      server.ask("BGSAVE");
      if (!server.awaitSaved()) {
        throw new ErrorReplyException(server, "BGSAVE failed");
      }
      saving = seconds(startNanos);
    }
    long startNanos = System.nanoTime();
    try (MeasuredServer server = start(redis, file)) {
      server.awaitLoaded();
      return new Row(saving, seconds(startNanos));
    }
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}
