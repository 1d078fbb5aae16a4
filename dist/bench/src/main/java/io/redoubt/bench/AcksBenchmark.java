package io.redoubt.bench;

import io.redoubt.bench.load.DelayedLink;
import io.redoubt.bench.load.ReplicatedLoad;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark acks}: the cost of a write that waits for a replica. */
@Command(
    name = "acks",
    description = {
      "SETs to a master with one replica of its kind, one at a time on each connection: without"
          + " waiting; each followed by WAIT 1 in the same pipeline; and with write-acks 1, which"
          + " Redis lacks, so that its figures are those of WAIT 1. The table shows thousands"
          + " of SETs per second, and the median and the 99th percentile of the time from a SET to"
          + " its last reply. The client reads replies in the order of its requests, so that with"
          + " 50 connections its own work is part of each latency, the same for both servers.",
      "The servers take turns; each load runs once before it is measured; the figures are medians"
          + " of the rounds. The run fails if a WAIT returns anything but 1."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class AcksBenchmark implements Callable<Integer> {
  /** Throughput in thousands per second, latencies in microseconds. */
  private record Load(double thousands, double medianMicros, double p99Micros) {}

  private record Row(
      Load few, Load many, Load fewWaits, Load manyWaits, Load fewAcks, Load manyAcks) {}

  private static final int FEW = 1;
  private static final int MANY = 50;
  private static final int KEYS = 100_000;
  private static final double MEDIAN = 0.5;
  private static final double P99 = 0.99;
  private static final String VALUE = "v".repeat(64);

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--operations",
      paramLabel = "COUNT",
      description = "SETs per round and row (default: ${DEFAULT-VALUE}).")
  private int operations = 100_000;

  @Mixin private RoundCount rounds = new RoundCount(5);

  @Option(
      names = "--delay",
      paramLabel = "MICROS",
      description = "Latency of the replica's link in each direction (default: none).")
  private int delayMicros;

  private int startedCount;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison<Row> rows = Comparison.ofRounds(rounds.count(), this::measure);
    Comparison.head("");
    print(rows, "no acks, 1 client", Row::few);
    print(rows, "WAIT 1, 1 client", Row::fewWaits);
    print(rows, "write-acks 1, 1 client", Row::fewAcks);
    print(rows, "no acks, 50 clients", Row::many);
    print(rows, "WAIT 1, 50 clients", Row::manyWaits);
    print(rows, "write-acks 1, 50 clients", Row::manyAcks);
    return 0;
  }

  private static void print(Comparison<Row> rows, String title, Function<Row, Load> load) {
    rows.row(title, row -> load.apply(row).thousands(), Comparison.NO_GOAL);
    rows.row("  median, µs", row -> load.apply(row).medianMicros(), Comparison.NO_GOAL);
    rows.row("  p99, µs", row -> load.apply(row).p99Micros(), Comparison.NO_GOAL);
  }

  private Row measure(boolean redis) throws IOException, InterruptedException {
    try (MeasuredServer master = start(redis);
        MeasuredServer replica = start(redis);
        DelayedLink link =
            new DelayedLink(master.port(), TimeUnit.MICROSECONDS.toNanos(delayMicros))) {
      int port = delayMicros == 0 ? master.port() : link.port();
      replica.ask("REPLICAOF", MeasuredServer.HOST, Integer.toString(port));
      replica.await("replication", "master_link_status", "up");
      Load few = load(master, FEW, false);
      Load many = load(master, MANY, false);
      Load fewWaits = load(master, FEW, true);
      Load manyWaits = load(master, MANY, true);
      if (redis) {
        return new Row(few, many, fewWaits, manyWaits, fewWaits, manyWaits);
      }
      master.ask("CONFIG", "SET", "write-acks", "1");
      return new Row(
          few, many, fewWaits, manyWaits, load(master, FEW, false), load(master, MANY, false));
    }
  }

  private Load load(MeasuredServer master, int connections, boolean waits) throws IOException {
    int count = servers.scaled(operations);
    try (ReplicatedLoad load = new ReplicatedLoad(master, connections, KEYS, VALUE, waits)) {
      load.run(count); // compiles the hot code
      ReplicatedLoad.Figures figures = load.run(count);
      return new Load(
          figures.perSecond() / 1000,
          figures.latencies().micros(MEDIAN),
          figures.latencies().micros(P99));
    }
  }

  /** Starts a server with its own snapshot file. */
  private MeasuredServer start(boolean redis) throws IOException, InterruptedException {
    return servers.start(
        redis, "--repl-diskless-sync-delay 0", "--dbfilename acks-" + ++startedCount + ".rdb");
  }
}
