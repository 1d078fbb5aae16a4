package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.load.PushSink;
import io.redoubt.bench.load.Scraper;
import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark cpu}: the server's processor time per operation. */
@Command(
    name = "cpu",
    description = {
      "The server's processor time per operation, summed over all its threads, under a load of"
          + " redis-benchmark with 50 connections. The servers take turns, round by round; the"
          + " ratio is the median of the rounds' ratios, the times are medians. Each row"
          + " starts with rounds that are not counted, in which Java compiles the code. P"
          + " is the number of requests in a pipeline. Unless the title says otherwise, an"
          + " operation picks one of a million keys or elements at random.",
      "With --metrics, both servers are of the distribution: the first without metrics-port, the"
          + " second with one that is scraped every five seconds. With --push, the second pushes"
          + " its metrics to a collector, every five seconds, too.",
      "With --cluster, both servers are in cluster mode and serve all slots; rows whose keys lie in"
          + " several slots are left out.",
      "The last column is the goal for the ratio.",
      "With --all, rows of all commands, the worst first: all with 50 clients and P=16, unless the"
          + " row says otherwise; everyday commands also with P=1; GET, SET, PING, INCR, HGET,"
          + " LPUSH, ZADD, XADD and EVALSHA with 1, 50, 500 and 2000 clients and P=1 and 16, and"
          + " with 50 clients and P=100. Encodings are crossed with their sizes, and strings with"
          + " 10 B to 1 MB; nothing else is crossed. Each row warms up for 60,000 operations and"
          + " until the compiler is idle, for at most twelve times --warm-up; a * marks one in"
          + " which it was not. A row with an error reply is not measured. The full table takes"
          + " about twenty minutes."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CpuBenchmark implements Callable<Integer> {
  /**
   * Data loaded before the measurement. Element counts named in the row's title are not reduced by
   * --quick.
   */
  private record Data(Loader.Source source, int elements) {}

  /**
   * A row of the table.
   *
   * @param range the number of keys or elements to pick from
   * @param cost the approximate work of one operation, in plain operations
   */
  private record Load(
      String title,
      double goalPipelined,
      double goalAlone,
      int range,
      int cost,
      List<Data> before,
      List<String> command) {}

  private static final int MILLION = 1_000_000;
  private static final int MAX_NAMED_ELEMENTS = 10_000;
  private static final int PIPELINE = 16;
  private static final int DEEP_PIPELINE = 100;
  private static final int CONNECTIONS = 50;
  private static final int POLL_MILLIS = 20;
  private static final int WARM_UP_ROUNDS = 3;

  /** The number of pushes during which Java compiles their code. */
  private static final int WARM_UP_PUSHES = 40;

  private static final double METRICS_GOAL = 1.01;

  /** The goal of an operation that is not measured with P=1. */
  private static final double NONE = 0;

  private static final String RANDOM = RedisBenchmark.RANDOM;
  private static final String VALUE = "v".repeat(64);
  private static final String EVALSHA = "EVALSHA";
  private static final String SCRIPT =
      "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[2])";

  private static final String TWO_CALLS = "EVALSHA of two calls";
  private static final String SEVERAL_KEYS = "MSET of 10";

  /** The rows whose keys lie in several slots. */
  private static final Set<String> SEVERAL_SLOTS = Set.of(SEVERAL_KEYS, TWO_CALLS);

  private static final List<Load> LOADS =
      List.of(
          load("SET", 0.6, 1, strings(MILLION), "SET", "key:" + RANDOM, VALUE),
          load("GET", 0.6, 1, strings(MILLION), "GET", "key:" + RANDOM),
          load("INCR", 0.6, 1, List.of(), "INCR", "counter:" + RANDOM),
          new Load(SEVERAL_KEYS, 0.6, 1, MILLION, 5, strings(MILLION), mset(10)),
          load("LPUSH", 0.8, 1, List.of(), "LPUSH", "list", "value:" + RANDOM),
          load("HSET", 0.6, 1, data(DataSets.hash("hash")), "HSET", "hash", "field:" + RANDOM, "1"),
          load("SADD", 0.6, 1, data(DataSets.set("set")), "SADD", "set", "member:" + RANDOM),
          load(
              "ZADD",
              0.6,
              1,
              data(DataSets.sortedSet("zset")),
              "ZADD",
              "zset",
              RANDOM,
              "member:" + RANDOM),
          load("XADD", 0.8, NONE, List.of(), "XADD", "stream", "*", "field", "value:" + RANDOM),
          new Load(
              "LRANGE 0 99",
              1,
              NONE,
              1,
              10,
              List.of(new Data(DataSets.list("list"), 1000)),
              List.of("LRANGE", "list", "0", "99")),
          new Load(
              "ZRANGEBYSCORE of 100",
              1,
              NONE,
              MILLION,
              10,
              List.of(new Data(DataSets.sortedSet("zset"), 100_000)),
              List.of("ZRANGEBYSCORE", "zset", RANDOM, "+inf", "LIMIT", "0", "100")),
          new Load(
              "SMEMBERS of 1000",
              1,
              NONE,
              1,
              50,
              List.of(new Data(DataSets.set("set"), 1000)),
              List.of("SMEMBERS", "set")),
          new Load(
              "SINTER of 100 and 10000",
              1,
              NONE,
              1,
              20,
              List.of(
                  new Data(DataSets.set("{s}small"), 100),
                  new Data(DataSets.set("{s}large"), 10_000)),
              List.of("SINTER", "{s}small", "{s}large")),
          new Load(
              TWO_CALLS,
              1,
              NONE,
              MILLION,
              10,
              List.of(),
              List.of(EVALSHA, sha1(SCRIPT), "2", "key:" + RANDOM, "counter:" + RANDOM, VALUE)),
          new Load(
              "EVAL of a loop of 1e7",
              3,
              NONE,
              1,
              MILLION / 10,
              List.of(),
              List.of("EVAL", "local n = 0 for i = 1, 1e7 do n = n + i end return n", "0")),
          new Load(
              "SET of 6 M keys",
              0.45,
              NONE,
              6 * MILLION,
              1,
              strings(6 * MILLION),
              List.of("SET", "key:" + RANDOM, VALUE)),
          new Load(
              "GET of 6 M keys",
              0.45,
              NONE,
              6 * MILLION,
              1,
              strings(6 * MILLION),
              List.of("GET", "key:" + RANDOM)));

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--operations",
      paramLabel = "COUNT",
      description =
          "Operations per round with P=16 (default: ${DEFAULT-VALUE}); a fifth of it with P=1, and"
              + " fewer of expensive operations.")
  private int operations = MILLION;

  @Mixin private RoundCount rounds = new RoundCount(5);

  @Mixin private RowFilter only = new RowFilter();

  @Option(
      names = "--pipeline",
      split = ",",
      paramLabel = "P",
      description = "Only the rows with this P, 1 or 16; with --all also 100.")
  private List<Integer> pipelines = List.of(1, PIPELINE, DEEP_PIPELINE);

  @Option(names = "--all", description = "Measures all commands, the worst first.")
  private boolean all;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      description =
          "With --all, starts no further row after this time (default: ${DEFAULT-VALUE}).")
  private long limitSeconds = 3600;

  @Option(
      names = "--round",
      paramLabel = "MILLISECONDS",
      description = "With --all, the processor time of a round (default: ${DEFAULT-VALUE}).")
  private int roundMillis = 80;

  @Option(
      names = "--warm-up",
      paramLabel = "MILLISECONDS",
      description =
          "With --all, the least processor time of a warm-up (default: ${DEFAULT-VALUE}).")
  private int warmMillis = 250;

  @Option(
      names = "--metrics",
      description = "Compares the distribution with itself, to measure the cost of metrics-port.")
  private boolean metrics;

  @Option(
      names = "--push",
      description =
          "Compares the distribution with itself, to measure the cost of metrics-otlp-url.")
  private boolean push;

  @Option(
      names = "--cluster",
      description = "Starts both servers in cluster mode, each with all slots.")
  private boolean cluster;

  private static Load load(
      String title, double pipelined, double alone, List<Data> before, String... command) {
    return new Load(title, pipelined, alone, MILLION, 1, before, List.of(command));
  }

  private static List<Data> data(Loader.Source source) {
    return List.of(new Data(source, MILLION));
  }

  private static List<Data> strings(int count) {
    return List.of(new Data(DataSets::strings, count));
  }

  private static String sha1(String text) {
    try {
      byte[] sum = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sum);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  private static List<String> mset(int keys) {
    List<String> words = new ArrayList<>(List.of("MSET"));
    for (int i = 0; i < keys; i++) {
      words.addAll(List.of("key:" + RANDOM, VALUE));
    }
    return words;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (all) {
      RowBenchmark.Depth depth =
          new RowBenchmark.Depth(
              rounds.count(),
              servers.scaled(roundMillis),
              servers.scaled(warmMillis),
              limitSeconds);
      try (MeasuredServer redis = servers.start(true);
          MeasuredServer redoubt = servers.start(false)) {
        new RowBenchmark(only, pipelines, depth, redis, redoubt).run();
      }
      return 0;
    }
    System.out.printf(
        Locale.ROOT,
        "%-24s %4s %12s %12s %7s %6s%n",
        "us per operation",
        "P",
        metrics || push ? "without" : "redis",
        metrics ? "metrics" : push ? "push" : "redoubt",
        "ratio",
        "goal");
    if (metrics) {
      int port = FreePorts.one();
      try (MeasuredServer without = servers.start("without", servers.redoubtLauncher());
          MeasuredServer with =
              servers.start("metrics", servers.redoubtLauncher(), "--metrics-port", port + "");
          Scraper scraper = new Scraper(port)) {
        scraper.awaitWarm();
        measureAll(without, with);
        scraper.check();
      }
    } else if (push) {
      measurePush();
    } else {
      try (MeasuredServer redis = servers.start(true, mode());
          MeasuredServer redoubt = servers.start(false, mode())) {
        if (cluster) {
          serveAllSlots(redis);
          serveAllSlots(redoubt);
        }
        measureAll(redis, redoubt);
      }
    }
    return 0;
  }

  private void measurePush() throws IOException, InterruptedException {
    try (PushSink collector = new PushSink();
        MeasuredServer without = servers.start("without", servers.redoubtLauncher());
        MeasuredServer with =
            servers.start(
                "push",
                servers.redoubtLauncher(),
                "--metrics-otlp-url " + collector.url(),
                "--metrics-otlp-interval 1")) {
      collector.await(WARM_UP_PUSHES);
      with.ask("CONFIG", "SET", "metrics-otlp-interval", "5");
      measureAll(without, with);
      collector.await(1);
    }
  }

  private String[] mode() throws IOException {
    if (!cluster) {
      return new String[0];
    }
    int port = FreePorts.one();
    return new String[] {
      "--cluster-enabled yes",
      "--cluster-port " + port,
      "--cluster-config-file nodes-" + port + ".conf"
    };
  }

  private static void serveAllSlots(MeasuredServer server)
      throws IOException, InterruptedException {
    server.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    while (!server.ask("CLUSTER", "INFO").text().contains("cluster_state:ok")) {
      Thread.sleep(POLL_MILLIS);
    }
  }

  private void measureAll(MeasuredServer redis, MeasuredServer redoubt)
      throws IOException, InterruptedException {
    for (Load load : LOADS) {
      if (only.includes(load.title()) && !(cluster && SEVERAL_SLOTS.contains(load.title()))) {
        measure(load, redis, redoubt);
      }
    }
  }

  private void measure(Load load, MeasuredServer redis, MeasuredServer redoubt)
      throws IOException, InterruptedException {
    try {
      for (MeasuredServer server : List.of(redis, redoubt)) {
        server.ask("FLUSHALL");
        if (load.command().getFirst().equals(EVALSHA)) {
          server.ask("SCRIPT", "LOAD", SCRIPT);
        }
        for (Data data : load.before()) {
          int elements = data.elements();
          boolean named = elements <= MAX_NAMED_ELEMENTS;
          Loader.load(server, named ? elements : servers.scaled(elements), data.source());
        }
      }
      int count = servers.scaled(operations) / load.cost();
      if (pipelines.contains(PIPELINE)) {
        row(load, PIPELINE, count, load.goalPipelined(), redis, redoubt);
      }
      if (pipelines.contains(1) && load.goalAlone() != NONE) {
        row(load, 1, count / 5, load.goalAlone(), redis, redoubt);
      }
    } catch (ErrorReplyException refusal) {
      System.out.printf(Locale.ROOT, "%-24s %4s %s%n", load.title(), "", refusal.getMessage());
    }
  }

  private void row(
      Load load, int pipeline, int count, double goal, MeasuredServer redis, MeasuredServer redoubt)
      throws IOException, InterruptedException {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      micros(load, pipeline, count, redis);
      micros(load, pipeline, count, redoubt);
    }
    Comparison<Double> micros =
        Comparison.ofRounds(
            rounds.count(), ofRedis -> micros(load, pipeline, count, ofRedis ? redis : redoubt));
    double[] theirs = micros.redis().stream().mapToDouble(Double::doubleValue).toArray();
    double[] ours = micros.redoubt().stream().mapToDouble(Double::doubleValue).toArray();
    double[] ratios =
        IntStream.range(0, rounds.count()).mapToDouble(i -> ours[i] / theirs[i]).toArray();
    System.out.printf(
        Locale.ROOT,
        "%-24s %4d %12.3f %12.3f %7.2f %6.2f%n",
        load.title(),
        pipeline,
        Comparison.median(theirs),
        Comparison.median(ours),
        Comparison.median(ratios),
        metrics || push ? METRICS_GOAL : goal);
  }

  /** Returns the server's processor time per operation, in microseconds. */
  private static double micros(Load load, int pipeline, int count, MeasuredServer server)
      throws IOException, InterruptedException {
    long before = server.cpuNanos();
    new RedisBenchmark(CONNECTIONS, pipeline, load.range(), load.command()).run(server, count);
    return (server.cpuNanos() - before) / 1000.0 / count;
  }
}
