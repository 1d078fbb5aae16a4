package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.load.TrackingLoad;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark tracking}: the cost of MONITOR and of client-side caching. */
@Command(
    name = "tracking",
    description = {
      "The server's processor time per SET, in microseconds, summed over all its threads, under a"
          + " load of redis-benchmark with 50 connections and 16 requests in a pipeline, while a"
          + " monitor reads along, or clients with client-side caching have read a million keys,"
          + " each its share or ten times as many, or receive broadcasts of all changes. Each SET"
          + " picks one of the keys at random. Before each round all keys are read again, which is"
          + " not counted but has a row of its own. The resident memory is that at the end of a"
          + " row, in megabytes.",
      "The servers take turns, round by round, after a round that is not counted. The last column"
          + " is the goal for the ratio."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrackingBenchmark implements Callable<Integer> {
  /**
   * The clients in addition to the load.
   *
   * @param readers the number of tracking clients that read a key
   */
  private record Row(String title, int monitors, int trackers, int readers, int broadcasts) {}

  private record Figures(double setMicros, double getMicros, double megabytes) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("neither", 0, 0, 0, 0),
          new Row("a monitor", 1, 0, 0, 0),
          new Row("1000 tracking clients", 0, 1000, 1, 0),
          new Row("both", 1, 1000, 1, 0),
          new Row("10 readers of a key", 0, 1000, 10, 0),
          new Row("10 broadcasts", 0, 0, 0, 10));

  private static final int KEYS = 1_000_000;
  private static final int CONNECTIONS = 50;
  private static final int PIPELINE = 16;
  private static final double GOAL = 1;
  private static final double MEGABYTE = 1 << 20;
  private static final List<String> SET =
      List.of("SET", "key:" + RedisBenchmark.RANDOM, "v".repeat(64));

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--operations",
      paramLabel = "COUNT",
      description = "SETs per round (default: ${DEFAULT-VALUE}).")
  private int operations = KEYS;

  @Mixin private RoundCount rounds = new RoundCount(3);

  @Mixin private RowFilter only = new RowFilter();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison.head("");
    try (MeasuredServer redis = servers.start(true);
        MeasuredServer redoubt = servers.start(false)) {
      Loader.load(redis, servers.scaled(KEYS), DataSets::strings);
      Loader.load(redoubt, servers.scaled(KEYS), DataSets::strings);
      for (Row row : ROWS) {
        if (only.includes(row.title())) {
          measure(row, redis, redoubt);
        }
      }
    }
    return 0;
  }

  private void measure(Row row, MeasuredServer redis, MeasuredServer redoubt)
      throws IOException, InterruptedException {
    try (TrackingLoad besideRedis = besides(row, redis);
        TrackingLoad besideRedoubt = besides(row, redoubt)) {
      figures(row, redis, besideRedis);
      figures(row, redoubt, besideRedoubt);
      Comparison<Figures> all =
          Comparison.ofRounds(
              rounds.count(),
              ofRedis ->
                  figures(row, ofRedis ? redis : redoubt, ofRedis ? besideRedis : besideRedoubt));
      all.row("SET, " + row.title(), Figures::setMicros, GOAL);
      if (row.trackers() > 0) {
        all.row("  a tracked GET", Figures::getMicros, GOAL);
      }
      all.row("  resident MB", Figures::megabytes, GOAL);
    }
  }

  private static TrackingLoad besides(Row row, MeasuredServer server)
      throws IOException, InterruptedException {
    TrackingLoad load = new TrackingLoad(server);
    for (int i = 0; i < row.monitors(); i++) {
      load.monitor();
    }
    load.track(row.trackers());
    load.broadcast(row.broadcasts());
    return load;
  }

  private Figures figures(Row row, MeasuredServer server, TrackingLoad beside)
      throws IOException, InterruptedException {
    int keys = servers.scaled(KEYS);
    int count = servers.scaled(operations);
    long start = server.cpuNanos();
    if (row.trackers() > 0) {
      beside.read(keys, row.readers());
    }
    long afterReads = server.cpuNanos();
    new RedisBenchmark(CONNECTIONS, PIPELINE, keys, SET).run(server, count);
    return new Figures(
        micros(server.cpuNanos() - afterReads, count),
        micros(afterReads - start, keys * Math.max(row.readers(), 1)),
        server.residentBytes() / MEGABYTE);
  }

  private static double micros(long nanos, int count) {
    return nanos / 1000.0 / count;
  }
}
