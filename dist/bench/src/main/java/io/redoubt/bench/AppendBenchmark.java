package io.redoubt.bench;

import io.redoubt.bench.load.SetLoad;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark append}: the cost of the append-only file. */
@Command(
    name = "append",
    description = {
      "Thousands of SETs per second with P=1, as measured by redis-benchmark: with appendfsync"
          + " always, with everysec, and without an append-only file. The servers take turns; the"
          + " figures are medians. Both servers write to the same temporary folder. Each load runs"
          + " three times before it is measured.",
      "With 500 clients redis-benchmark spends as much processor time on a SET as Redis does and"
          + " limits both servers. The rows of the lighter client send the same requests, one at a"
          + " time on each connection, at half that cost.",
      "The last column is the goal for the ratio. The last row is the ratio of everysec to no"
          + " file for each server, and its goal is for Redoubt."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class AppendBenchmark implements Callable<Integer> {
  /** Throughput in thousands of SETs per second. */
  private record Row(Always benchmark, Always lighter, double everySecond, double none) {}

  /** Throughput with appendfsync always, measured by one kind of client. */
  private record Always(double few, double many) {}

  private static final int FEW = 50;
  private static final int MANY = 500;
  private static final int KEYS = 1_000_000;
  private static final int WARM_UP_ROUNDS = 3;
  private static final double ALWAYS_GOAL = 1.2;
  private static final double EVERY_SECOND_GOAL = 0.9;
  private static final String VALUE = "v".repeat(64);
  private static final List<String> SET = List.of("SET", "key:" + RedisBenchmark.RANDOM, VALUE);

  /** The number of SETs that take as long as one that waits for the disk. */
  private static final int WITHOUT_WAITING = 4;

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--operations",
      paramLabel = "COUNT",
      description =
          "SETs per round with always (default: ${DEFAULT-VALUE}); four times as many otherwise.")
  private int operations = 100_000;

  @Mixin private RoundCount rounds = new RoundCount(5);

  @Option(
      names = "--fsync-delay",
      paramLabel = "MICROS",
      description =
          "Make each fsync take longer, as on a slower disk; needs gcc. Fewer --operations are then"
              + " enough (default: ${DEFAULT-VALUE}).")
  private int fsyncDelayMicros;

  private int folders;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (fsyncDelayMicros > 0) {
      servers.delayFsync(fsyncDelayMicros);
    }
    Comparison<Row> rows = Comparison.ofRounds(rounds.count(), this::measure);
    Comparison.head("thousands a second");
    rows.row("always, 50 clients", row -> row.benchmark().few(), ALWAYS_GOAL);
    rows.row("always, 500 clients", row -> row.benchmark().many(), ALWAYS_GOAL);
    rows.row("always, 50, lighter client", row -> row.lighter().few(), ALWAYS_GOAL);
    rows.row("always, 500, lighter client", row -> row.lighter().many(), ALWAYS_GOAL);
    rows.row("everysec", Row::everySecond, Comparison.NO_GOAL);
    rows.row("no file", Row::none, Comparison.NO_GOAL);
    System.out.printf(
        Locale.ROOT,
        "%-28s %10.2f %10.2f %7s %6.2f%n",
        "everysec / no file",
        share(rows.redis()),
        share(rows.redoubt()),
        "",
        EVERY_SECOND_GOAL);
    return 0;
  }

  private static double share(List<Row> rows) {
    return Comparison.median(
        rows.stream().mapToDouble(row -> row.everySecond() / row.none()).toArray());
  }

  private Row measure(boolean redis) throws IOException, InterruptedException {
    int waiting = servers.scaled(operations);
    Always benchmark;
    Always lighter;
    try (MeasuredServer server = start(redis, "yes", "always")) {
      benchmark = new Always(thousands(server, FEW, waiting), thousands(server, MANY, waiting));
      lighter = new Always(lighter(server, FEW, waiting), lighter(server, MANY, waiting));
    }
    double everySecond;
    try (MeasuredServer server = start(redis, "yes", "everysec")) {
      everySecond = thousands(server, FEW, waiting * WITHOUT_WAITING);
    }
    try (MeasuredServer server = start(redis, "no", "no")) {
      return new Row(
          benchmark, lighter, everySecond, thousands(server, FEW, waiting * WITHOUT_WAITING));
    }
  }

  private static double thousands(MeasuredServer server, int connections, int count)
      throws IOException, InterruptedException {
    RedisBenchmark load = new RedisBenchmark(connections, 1, KEYS, SET);
    load.run(server, count * WARM_UP_ROUNDS); // compiles the hot code
    return load.run(server, count) / 1000;
  }

  private static double lighter(MeasuredServer server, int connections, int count)
      throws IOException {
    try (SetLoad load = new SetLoad(server, connections, KEYS, VALUE)) {
      load.run(count * WARM_UP_ROUNDS);
      return load.run(count) / 1000;
    }
  }

  private MeasuredServer start(boolean redis, String appendOnly, String fsync)
      throws IOException, InterruptedException {
    String[] more = {
      "--appendonly " + appendOnly,
      "--appendfsync " + fsync,
      "--appenddirname append-" + ++folders,
      "--auto-aof-rewrite-percentage 0"
    };
    return servers.start(redis, more);
  }
}
