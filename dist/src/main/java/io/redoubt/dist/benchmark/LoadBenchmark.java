package io.redoubt.dist.benchmark;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark load}: how long BGSAVE takes in an idle server, and a start with its file. */
@Command(
    name = "load",
    description = {
      "Seconds that BGSAVE takes in a server with nothing else to do, and from the start of the"
          + " process until it has loaded the file that was saved. The servers take turns; medians."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LoadBenchmark implements Callable<Integer> {
  private record Row(double saveSeconds, double loadSeconds) {}

  private static final double GOAL = 1;

  @Mixin private Contenders contenders = new Contenders();

  @Option(
      names = "--keys",
      paramLabel = "COUNT",
      description = "Strings of 64 bytes (default: ${DEFAULT-VALUE}).")
  private int keys = 5_000_000;

  @Option(
      names = "--rounds",
      paramLabel = "COUNT",
      description = "Rounds (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  private int files;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison<Row> rows = Comparison.ofRounds(rounds, this::measure);
    Comparison.head("seconds");
    rows.row("BGSAVE, idle", Row::saveSeconds, GOAL);
    rows.row("start with the file", Row::loadSeconds, GOAL);
    return 0;
  }

  private MeasuredServer start(boolean redis, String file)
      throws IOException, InterruptedException {
    return contenders.start(redis, "--dbfilename " + file);
  }

  private Row measure(boolean redis) throws IOException, InterruptedException {
    String file = "load-" + ++files + ".rdb";
    double saving;
    try (MeasuredServer server = start(redis, file)) {
      Loader.load(server, contenders.scaled(keys), DataSets::strings);
      long begin = System.nanoTime();
      server.ask("BGSAVE");
      if (!server.awaitSaved()) {
        throw new Refusal(server, "BGSAVE failed");
      }
      saving = seconds(begin);
    }
    long begin = System.nanoTime();
    try (MeasuredServer server = start(redis, file)) {
      server.awaitLoaded();
      return new Row(saving, seconds(begin));
    }
  }

  private static double seconds(long beginNanos) {
    return (System.nanoTime() - beginNanos) / 1e9;
  }
}
