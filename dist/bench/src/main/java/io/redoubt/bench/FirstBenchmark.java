package io.redoubt.bench;

import io.redoubt.bench.first.Use;
import io.redoubt.bench.first.Uses;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code benchmark first}: how long the first calls on a fresh server take. */
@Command(
    name = "first",
    description = {
      "What one client waits on a server that started a second ago, in milliseconds: for its first"
          + " call of a kind, around the tenth, the hundredth and the thousandth. A call is all"
          + " requests of the row, one after the other. Each row and round starts new servers; the"
          + " servers take turns after a round that is not counted, and the figures are medians.",
      "The goals: "
          + FirstBenchmark.FIRST_GOAL_MILLIS
          + " ms for the first call, and Redis' order"
          + " of size from the hundredth."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class FirstBenchmark implements Callable<Integer> {
  static final int FIRST_GOAL_MILLIS = 5;

  private static final int CALLS = 1_000;

  /** Some work is left to the time after a start. */
  private static final int SETTLING_MILLIS = 1_000;

  /** The calls that are shown; the figure is the median of a tenth of them around each. */
  private static final int[] SHOWN = {1, 10, 100, 1_000};

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Mixin private RoundCount rounds = new RoundCount(3);

  @Mixin private RowFilter only = new RowFilter();

  @Override
  public Integer call() throws IOException, InterruptedException {
    String columns =
        String.format(Locale.ROOT, "%9s %9s %9s %9s", "first", "10th", "100th", "1000th");
    System.out.printf(Locale.ROOT, "%-30s %38s %38s%n", "ms per call", "redis", "redoubt");
    System.out.printf(Locale.ROOT, "%-30s %s %s%n", "", columns, columns);
    for (Map.Entry<String, Uses.Opener> use : new Uses(servers.folder()).all().entrySet()) {
      if (only.includes(use.getKey())) {
        measure(true, use.getValue()); // the client, too, is slow at first
        show(
            use.getKey(),
            Comparison.ofRounds(rounds.count(), redis -> measure(redis, use.getValue())));
      }
    }
    return 0;
  }

  /** Returns the milliseconds of {@link #SHOWN}, on fresh servers. */
  private double[] measure(boolean redis, Uses.Opener opener)
      throws IOException, InterruptedException {
    List<MeasuredServer> started = new ArrayList<>();
    Uses.Starter starter =
        directives -> {
          MeasuredServer server = servers.start(redis, directives);
          started.add(server);
          return server;
        };
    double[] millis = new double[CALLS];
    try (Use use = opener.open(starter)) {
      Thread.sleep(servers.scaled(SETTLING_MILLIS));
      for (int call = 0; call < CALLS; call++) {
        long startNanos = System.nanoTime();
        use.call(call + 1);
        millis[call] = (System.nanoTime() - startNanos) / 1e6;
      }
    } finally {
      started.forEach(MeasuredServer::close);
    }
    return Arrays.stream(SHOWN).mapToDouble(call -> around(millis, call)).toArray();
  }

  private static double around(double[] millis, int call) {
    int from = call - call / 20;
    int to = Math.min(millis.length, call + call / 20);
    return Comparison.median(Arrays.copyOfRange(millis, from - 1, to));
  }

  private static void show(String title, Comparison<double[]> comparison) {
    System.out.printf(
        Locale.ROOT,
        "%-30s %s %s%n",
        title,
        medians(comparison.redis()),
        medians(comparison.redoubt()));
  }

  private static String medians(List<double[]> measured) {
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < SHOWN.length; i++) {
      int column = i;
      ToDoubleFunction<double[]> value = row -> row[column];
      double median = Comparison.median(measured.stream().mapToDouble(value).toArray());
      columns.add(String.format(Locale.ROOT, "%9.3f", median));
    }
    return String.join(" ", columns);
  }
}
