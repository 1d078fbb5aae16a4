package io.redoubt.dist.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark latency}: how long others wait while much grows or is freed. */
@Command(
    name = "latency",
    description = {
      "A connection sends PING after PING (P=1) while another one fills large keys, or removes"
          + " them: the longest of these PINGs in milliseconds, and how long what went on beside"
          + " them took. What grows one by one gets a request, of several elements, when the reply"
          + " to the one before has come. All of it happens several times, each with a new server.",
      "Other programs, the kernel's own threads and the host of a virtual machine make PINGs wait"
          + " as well, as the row with nothing beside shows. So the first column of a server does"
          + " not count the time in which its thread or the client's could have run and had no"
          + " processor, unless other threads of the server had it; and as nobody in a virtual"
          + " machine can tell when its host does not let it run, it is the least of the rounds:"
          + " the host does not strike at the same place each time, but the server does. The second"
          + " column is the longest PING of all rounds as it was, whoever was to blame.",
      "The last column is the goal for the first one; pipelines have none, as the work that others"
          + " have sent before a PING comes before it."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LatencyBenchmark implements Callable<Integer> {
  /** Something that goes on in a server. */
  @FunctionalInterface
  private interface Event {
    void run(MeasuredServer server) throws IOException, InterruptedException;
  }

  private record Row(String title, PingLoad.Longest longest, double seconds) {}

  /** The same of all rounds. */
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
  private static final long REST_MILLIS = 3_000;

  /** One such part of the elements before a power of two, and one after it, grow one by one. */
  private static final int STRETCH = 16;

  @Mixin private Contenders contenders = new Contenders();

  @Option(
      names = "--elements",
      paramLabel = "COUNT",
      description = "Members, fields and keys (default: ${DEFAULT-VALUE}).")
  private int size = 10_000_000;

  @Option(
      names = "--rounds",
      paramLabel = "COUNT",
      description = "How often all is done (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison<List<Row>> rows = Comparison.ofRounds(rounds, this::rows);
    System.out.printf(
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
    try (MeasuredServer server = contenders.start(redis)) {
      return rows(server);
    }
  }

  private List<Row> rows(MeasuredServer server) throws IOException, InterruptedException {
    int elements = contenders.scaled(size);
    List<Row> rows = new ArrayList<>();
    beside(server, "nothing", each -> Thread.sleep(REST_MILLIS)); // the first is for warming up
    rows.add(beside(server, "nothing", each -> Thread.sleep(REST_MILLIS)));
    grow(rows, server, "keys", elements, DataSets.STRINGS_AT_ONCE, DataSets::manyStrings);
    rows.add(beside(server, "FLUSHALL ASYNC of keys", freeing("FLUSHALL", "ASYNC")));
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

  /**
   * Lets something grow to so many elements: by pipelines as deep as the connection takes, and
   * around the last power of two, where tables double, by one request after the other.
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

  /** A command, and a while for what the server does of it later. */
  private static Event freeing(String... command) {
    return server -> {
      server.ask(command);
      Thread.sleep(REST_MILLIS);
    };
  }

  private static Row beside(MeasuredServer server, String title, Event event)
      throws IOException, InterruptedException {
    try (PingLoad pings = PingLoad.start(server)) {
      long begin = System.nanoTime();
      event.run(server);
      double seconds = (System.nanoTime() - begin) / 1e9;
      return new Row(title, pings.end(), seconds);
    }
  }
}
