package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.load.ManyClients;
import io.redoubt.bench.load.PingLoad;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark latency}: the latency of other clients while large data grows or is freed. */
@Command(
    name = "latency",
    description = {
      "One connection sends PING after PING (P=1) while others fill or remove large keys, or ask"
          + " for long replies. The table shows the longest PING in milliseconds, and the seconds"
          + " that the concurrent work took. Data that grows one by one gets its next request, of"
          + " several elements, when the previous one has been answered. Each round uses a new"
          + " server. A line for each measurement is printed as soon as it ends, the table of all"
          + " rounds at last. A round takes some minutes, about one with --quick.",
      "Other programs, kernel threads and the host of a virtual machine delay PINGs as well, as the"
          + " row with nothing beside shows. The first column of a server therefore excludes the"
          + " time in which its loop thread or the client was runnable but not running, unless"
          + " other threads of the server had the processor. A virtual machine cannot see when its"
          + " host suspends it; so the column is the minimum of the rounds, as the host does not"
          + " strike at the same place in each round but the server does. The second column is the"
          + " longest PING of all rounds as measured.",
      "The last column is the goal for the first one. Pipelines have no goal, because the requests"
          + " that others sent before a PING are executed before it."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LatencyBenchmark implements Callable<Integer> {
  /** Work done in a server while PINGs are measured. */
  @FunctionalInterface
  private interface Event {
    void run(MeasuredServer server) throws IOException, InterruptedException;
  }

  private record Row(String title, PingLoad.Longest longest, double seconds) {}

  /** One row, aggregated over all rounds. */
  private record Rounds(String title, double ownMillis, double longestMillis, double seconds) {
    private static Rounds of(List<Row> rows) {
      return new Rounds(
          rows.getFirst().title(),
          rows.stream().mapToDouble(row -> row.longest().withoutOthersNanos()).min().orElseThrow()
              / NANOS_PER_MILLI,
          rows.stream().mapToDouble(row -> row.longest().nanos()).max().orElseThrow()
              / NANOS_PER_MILLI,
          rows.stream().mapToDouble(Row::seconds).average().orElseThrow());
    }
  }

  private static final String GOAL_MILLIS = "5";
  private static final String BY_PIPELINES = ", by pipelines";
  private static final double NANOS_PER_MILLI = 1e6;
  private static final int REST_MILLIS = 3_000;

  /** The number of clients of CLIENT LIST; servers admit 10 000 by default. */
  private static final int CLIENTS = 9_900;

  private static final int WARM_UPS = 20;

  private static final String FLUSH_SCRIPT = "return redis.call('FLUSHALL')";

  /**
   * The range around a power of two in which elements are added one by one, as a divisor of the
   * power.
   */
  private static final int STRETCH = 16;

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--elements",
      paramLabel = "COUNT",
      description = "Members, fields and keys (default: ${DEFAULT-VALUE}).")
  private int size = 10_000_000;

  @Mixin private RoundCount rounds = new RoundCount(3);

  @Override
  public Integer call() throws IOException, InterruptedException {
    System.out.printf(
        Locale.ROOT,
        "%-10s %-30s %10s %10s %12s%n",
        "measured",
        "beside",
        "ms",
        "at most",
        "seconds");
    Comparison<List<Row>> rows = Comparison.ofRounds(rounds.count(), this::rows);
    System.out.println();
    System.out.printf(
        Locale.ROOT,
        "%-30s %10s %10s %10s %10s %6s %12s %12s%n",
        "longest PING in ms",
        "redis",
        "at most",
        "redoubt",
        "at most",
        "goal",
        "redis s",
        "redoubt s");
    for (int i = 0; i < rows.redis().getFirst().size(); i++) {
      Rounds redis = acrossRounds(rows.redis(), i);
      Rounds redoubt = acrossRounds(rows.redoubt(), i);
      System.out.printf(
          Locale.ROOT,
          "%-30s %10.2f %10.2f %10.2f %10.2f %6s %12.1f %12.1f%n",
          redis.title(),
          redis.ownMillis(),
          redis.longestMillis(),
          redoubt.ownMillis(),
          redoubt.longestMillis(),
          redis.title().endsWith(BY_PIPELINES) ? "" : GOAL_MILLIS,
          redis.seconds(),
          redoubt.seconds());
    }
    return 0;
  }

  private static Rounds acrossRounds(List<List<Row>> rounds, int row) {
    return Rounds.of(rounds.stream().map(rows -> rows.get(row)).toList());
  }

  private List<Row> rows(boolean redis) throws IOException, InterruptedException {
    try (MeasuredServer server = servers.start(redis)) {
      return rows(server);
    }
  }

  private List<Row> rows(MeasuredServer server) throws IOException, InterruptedException {
    int elements = servers.scaled(size);
    List<Row> rows = new ArrayList<>();
    beside(server, "nothing, to warm up", this::rest);
    rows.add(beside(server, "nothing", this::rest));
    addReplies(rows, server);
    grow(rows, server, "keys", elements, DataSets.STRINGS_AT_ONCE, DataSets::manyStrings);
    rows.add(beside(server, "FLUSHALL ASYNC of keys", freeing("FLUSHALL", "ASYNC")));
    Loader.load(server, 0, elements, DataSets::manyStrings);
    rows.add(beside(server, "FLUSHALL SYNC of keys", each -> each.ask("FLUSHALL", "SYNC")));
    addNestedFlushes(rows, server, elements);
    grow(rows, server, "sorted set", elements, DataSets.BATCH, DataSets.sortedSet("zset"));
    grow(rows, server, "hash", elements, DataSets.BATCH, DataSets.hash("hash"));
    for (String key : List.of("zset", "hash")) {
      server.ask("COPY", key, key + ":unlinked");
      server.ask("COPY", key, key + ":flushed");
    }
    rows.add(beside(server, "DEL of the sorted set", freeing("DEL", "zset")));
    rows.add(beside(server, "DEL of the hash", freeing("DEL", "hash")));
    rows.add(beside(server, "UNLINK of the sorted set", freeing("UNLINK", "zset:unlinked")));
    rows.add(beside(server, "UNLINK of the hash", freeing("UNLINK", "hash:unlinked")));
    rows.add(beside(server, "FLUSHALL ASYNC of both", freeing("FLUSHALL", "ASYNC")));
    return rows;
  }

  /** Adds rows with long replies, whose code has run often by then. */
  private void addReplies(List<Row> rows, MeasuredServer server)
      throws IOException, InterruptedException {
    try (ManyClients clients = ManyClients.connect(server, 20)) {
      Event docs = each -> clients.ask("COMMAND DOCS", 8);
      docs.run(server);
      rows.add(beside(server, "COMMAND DOCS", each -> each.ask("COMMAND", "DOCS")));
      rows.add(beside(server, "COMMAND DOCS, 20 clients", docs));
    }
    try (ManyClients clients = ManyClients.connect(server, 50)) {
      Event info = each -> clients.ask("INFO", 16);
      for (int i = 0; i < WARM_UPS; i++) {
        info.run(server);
      }
      rows.add(beside(server, "INFO, 50 clients", info));
    }
    int count = servers.scaled(CLIENTS);
    try (ManyClients clients = ManyClients.connect(server, count)) {
      clients.ask("PING", 1);
      Event list = each -> each.ask("CLIENT", "LIST");
      for (int i = 0; i < WARM_UPS; i++) {
        list.run(server);
      }
      rows.add(beside(server, "CLIENT LIST of " + count, list));
    }
  }

  /** Adds rows with a FLUSHALL that can't wait for its end. */
  private void addNestedFlushes(List<Row> rows, MeasuredServer server, int elements)
      throws IOException, InterruptedException {
    Loader.load(server, 0, elements, DataSets::manyStrings);
    rows.add(beside(server, "FLUSHALL in MULTI, EXEC", this::flushInTransaction));
    server.ask("EVAL", FLUSH_SCRIPT, "0"); // loads Lua
    Loader.load(server, 0, elements, DataSets::manyStrings);
    rows.add(beside(server, "FLUSHALL in a script", freeing("EVAL", FLUSH_SCRIPT, "0")));
    Loader.load(server, 0, elements, DataSets::manyStrings);
    boolean redis = server.name().equals("redis");
    String master = "--replicaof " + MeasuredServer.HOST + " " + server.port();
    try (MeasuredServer replica = servers.start(redis, master)) {
      replica.await("replication", "master_link_status", "up");
      rows.add(
          beside(
              replica,
              "FLUSHALL from the master",
              each -> {
                server.ask("FLUSHALL", "SYNC");
                rest(server);
              }));
    }
  }

  private void flushInTransaction(MeasuredServer server) throws IOException, InterruptedException {
    try (RespClient client = server.connect()) {
      client.pipeline(
          List.of(new String[] {"MULTI"}, new String[] {"FLUSHALL"}, new String[] {"EXEC"}));
    }
    rest(server);
  }

  /**
   * Grows data to the given number of elements: in full pipelines, and one request at a time around
   * the last power of two, where tables double.
   */
  private static void grow(
      List<Row> rows,
      MeasuredServer server,
      String what,
      int elements,
      int each,
      Loader.Source source)
      throws IOException, InterruptedException {
    int doubling = Integer.highestOneBit(elements);
    int from = doubling / STRETCH * (STRETCH - 1) / DataSets.BATCH * DataSets.BATCH;
    int to = Math.min(elements, doubling / STRETCH * (STRETCH + 1));
    rows.add(beside(server, what + BY_PIPELINES, it -> Loader.load(it, 0, from, source)));
    rows.add(
        beside(
            server, what + ", one by one", it -> Loader.loadOneByOne(it, from, to, each, source)));
    Loader.load(server, to, elements, source);
  }

  /** Returns an event that runs a command and waits for the work that the server defers. */
  private Event freeing(String... command) {
    return server -> {
      server.ask(command);
      rest(server);
    };
  }

  /** Waits until a server has done what it defers. */
  private void rest(MeasuredServer server) throws InterruptedException {
    Thread.sleep(servers.scaled(REST_MILLIS));
  }

  private static Row beside(MeasuredServer server, String title, Event event)
      throws IOException, InterruptedException {
    try (PingLoad pings = PingLoad.start(server)) {
      long startNanos = System.nanoTime();
      event.run(server);
      double seconds = (System.nanoTime() - startNanos) / 1e9;
      Row row = new Row(title, pings.end(), seconds);
      System.out.printf(
          Locale.ROOT,
          "%-10s %-30s %10.2f %10.2f %12.1f%n",
          server.name(),
          title,
          row.longest().withoutOthersNanos() / NANOS_PER_MILLI,
          row.longest().nanos() / NANOS_PER_MILLI,
          seconds);
      return row;
    }
  }
}
