package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.load.OpenLoopLoad;
import io.redoubt.bench.measure.LatencyHistogram;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark open-loop}: latencies at fixed request rates. */
@Command(
    name = "open-loop",
    description = {
      "SETs and GETs are sent at a fixed rate over a number of connections in turn, whether or not"
          + " earlier ones have been answered. A latency is the time from when a request was due"
          + " until its reply was read (no coordinated omission). The table shows percentiles of"
          + " the latency in microseconds, the longest one, and the server's processor time a"
          + " request in microseconds, each the median of the rounds.",
      "Each server is started anew in each round; the servers take turns. With --with Redoubt is"
          + " also measured with other directives, and with --other another redis-server, so that"
          + " a mechanism is compared with and without in one run. The load keeps one processor"
          + " busy."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class OpenLoopBenchmark implements Callable<Integer> {
  /** Starts a server. */
  @FunctionalInterface
  private interface Start {
    MeasuredServer get() throws IOException, InterruptedException;
  }

  /** A server to measure: its name in the table, and its measurements. */
  private record Candidate(String name, Start start, Map<Load, List<Row>> rows) {
    static Candidate of(String name, Start start) {
      return new Candidate(name, start, new HashMap<>());
    }
  }

  private record Load(int rate, int clients) {}

  private record Row(LatencyHistogram latencies, double cpuMicros) {
    double micros(double share) {
      return latencies.micros(share);
    }
  }

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--rates",
      split = ",",
      paramLabel = "COUNT",
      description = "Requests per second (default: ${DEFAULT-VALUE}).")
  private List<Integer> rates = List.of(10_000, 40_000, 80_000);

  @Option(
      names = "--clients",
      split = ",",
      paramLabel = "COUNT",
      description = "Connections (default: ${DEFAULT-VALUE}).")
  private List<Integer> clients = List.of(8, 50, 200);

  @Option(
      names = "--seconds",
      paramLabel = "COUNT",
      description = "Duration of a measurement (default: ${DEFAULT-VALUE}).")
  private int seconds = 5;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      description =
          "How long each load runs before it is measured; 0 shows how a new server starts (default:"
              + " ${DEFAULT-VALUE}).")
  private int warmUpSeconds = 2;

  @Mixin private RoundCount rounds = new RoundCount(3);

  @Option(
      names = "--with",
      paramLabel = "DIRECTIVE",
      description = "A directive and its value, such as \"gathering-micros 100\"; repeatable.")
  private List<String> directives = List.of();

  @Option(
      names = "--other",
      paramLabel = "FILE",
      description = "Another redis-server of Redoubt to compare with.")
  private @Nullable Path other;

  @Option(names = "--without-redis", description = "Don't measure Redis.")
  private boolean withoutRedis;

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Candidate> candidates = candidates();
    for (int round = 0; round < rounds.count(); round++) {
      for (Candidate candidate : round % 2 == 0 ? candidates : candidates.reversed()) {
        try (MeasuredServer server = candidate.start().get()) {
          measure(server, candidate.rows());
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%8s %8s  %-14s %8s %8s %8s %8s %8s%n",
        "rate/s",
        "clients",
        "server",
        "p50",
        "p99",
        "p99.9",
        "longest",
        "cpu");
    for (Load load : loads()) {
      candidates.forEach(
          each -> print(load, each.name(), each.rows().getOrDefault(load, List.of())));
    }
    return 0;
  }

  private List<Candidate> candidates() {
    List<Candidate> candidates = new ArrayList<>();
    if (!withoutRedis) {
      candidates.add(Candidate.of("redis", () -> servers.start(true)));
    }
    candidates.add(Candidate.of("redoubt", () -> servers.start(false)));
    if (!directives.isEmpty()) {
      String[] more = directives.stream().map(each -> "--" + each).toArray(String[]::new);
      candidates.add(Candidate.of("with", () -> servers.start(false, more)));
    }
    Path launcher = other;
    if (launcher != null) {
      candidates.add(Candidate.of("other", () -> servers.start("other", launcher)));
    }
    return candidates;
  }

  private List<Load> loads() {
    return rates.stream()
        .flatMap(rate -> clients.stream().map(count -> new Load(rate, count)))
        .toList();
  }

  private void measure(MeasuredServer server, Map<Load, List<Row>> rows)
      throws IOException, InterruptedException {
    Loader.load(server, OpenLoopLoad.KEYS, DataSets::strings);
    for (Load load : loads()) {
      try (OpenLoopLoad requests = new OpenLoopLoad(server, load.clients())) {
        requests.run(load.rate(), warmUpSeconds);
        long cpuNanos = server.cpuNanos();
        LatencyHistogram latencies = requests.run(load.rate(), servers.scaled(seconds));
        double cpuMicros = (server.cpuNanos() - cpuNanos) / 1000.0 / latencies.count();
        rows.computeIfAbsent(load, ignored -> new ArrayList<>()).add(new Row(latencies, cpuMicros));
      }
    }
  }

  private static void print(Load load, String name, List<Row> rows) {
    System.out.printf(
        Locale.ROOT,
        "%8d %8d  %-14s %8.0f %8.0f %8.0f %8.0f %8.2f%n",
        load.rate(),
        load.clients(),
        name,
        median(rows, row -> row.micros(0.5)),
        median(rows, row -> row.micros(0.99)),
        median(rows, row -> row.micros(0.999)),
        median(rows, row -> row.micros(1)),
        median(rows, Row::cpuMicros));
  }

  private static double median(List<Row> rows, ToDoubleFunction<Row> value) {
    return Comparison.median(rows.stream().mapToDouble(value).toArray());
  }
}
