package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark loading}: the start with each kind of file. */
@Command(
    name = "loading",
    description = {
      "Seconds from the start of a process until it has loaded a file, its processor time until"
          + " then, and the milliseconds of the first four reads after it. Redis has written the"
          + " files: RDB with and without compression and an append-only file of commands, with"
          + " strings, or with strings, integers, expiring strings, hashes, lists, sets and sorted"
          + " sets in equal parts, small and large ones. The servers take turns; the figures are"
          + " medians.",
      "A PING every two milliseconds asks whether the server has loaded; its cost is included."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LoadingBenchmark implements Callable<Integer> {
  private record Start(double seconds, double cpuSeconds, double firstMillis) {}

  /**
   * A file to load.
   *
   * @param directives those that make a server load it
   */
  private record Saved(String title, List<String> directives) {}

  private static final double GOAL = 1;
  private static final double CPU_GOAL = 1.2;

  /** The kinds of data in equal parts. */
  private static final int KINDS = 9;

  private static final List<String[]> FIRST_READS =
      List.of(
          new String[] {"GET", "key:000000000001"},
          new String[] {"HGETALL", "hash:00000000000"},
          new String[] {"LRANGE", "list:00000000000", "0", "-1"},
          new String[] {"ZRANGE", "zset", "0", "9"});

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--elements",
      paramLabel = "COUNT",
      description = "Elements of a file (default: ${DEFAULT-VALUE}).")
  private int elements = 2_400_000;

  @Option(
      names = "--rounds",
      paramLabel = "COUNT",
      description = "Rounds (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Mixin private RowFilter only = new RowFilter();

  @Override
  public Integer call() throws IOException, InterruptedException {
    int count = servers.scaled(elements);
    List<Saved> files = new ArrayList<>();
    files.addAll(save("strings", count, LoadingBenchmark::loadStrings));
    files.addAll(save("mixed", count, LoadingBenchmark::loadMixed));
    Comparison.head("start with a file");
    for (Saved file : files) {
      if (only.includes(file.title())) {
        Comparison<Start> starts = Comparison.ofRounds(rounds, redis -> start(redis, file));
        starts.row(file.title() + ", s", Start::seconds, GOAL);
        starts.row("  processor time, s", Start::cpuSeconds, CPU_GOAL);
        starts.row("  first four reads, ms", Start::firstMillis, Comparison.NO_GOAL);
      }
    }
    return 0;
  }

  /** Fills a server. */
  @FunctionalInterface
  private interface Filling {
    void fill(MeasuredServer server, int count) throws IOException, InterruptedException;
  }

  private static void loadStrings(MeasuredServer server, int count)
      throws IOException, InterruptedException {
    Loader.load(server, count, DataSets::strings);
  }

  private static void loadMixed(MeasuredServer server, int count)
      throws IOException, InterruptedException {
    int part = count / KINDS / DataSets.BATCH * DataSets.BATCH;
    Loader.load(server, 0, part, DataSets::strings);
    Loader.load(server, part, 2 * part, DataSets::expiringStrings);
    Loader.load(server, 2 * part, 3 * part, DataSets::integers);
    List<Loader.Source> others =
        List.of(
            DataSets::smallHashes,
            DataSets::smallLists,
            DataSets.hash("hash"),
            DataSets.list("list"),
            DataSets.set("set"),
            DataSets.sortedSet("zset"));
    for (Loader.Source source : others) {
      Loader.load(server, part, source);
    }
  }

  /** Writes the same data with Redis in each form. */
  private List<Saved> save(String data, int count, Filling filling)
      throws IOException, InterruptedException {
    String compressed = data + ".rdb";
    String plain = data + "-plain.rdb";
    String folder = data + "-aof";
    String log = "--appenddirname " + folder;
    try (MeasuredServer redis =
        servers.start(
            true,
            log,
            "--dbfilename " + compressed,
            "--aof-use-rdb-preamble no",
            "--enable-protected-configs yes")) {
      filling.fill(redis, count);
      redis.ask("SAVE");
      redis.ask("CONFIG", "SET", "dbfilename", plain, "rdbcompression", "no");
      redis.ask("SAVE");
      redis.ask("CONFIG", "SET", "appendonly", "yes");
      redis.await("persistence", "aof_rewrite_scheduled", "0");
      redis.await("persistence", "aof_rewrite_in_progress", "0");
    }
    return List.of(
        new Saved("RDB, " + data, List.of("--dbfilename " + compressed)),
        new Saved("RDB uncompressed, " + data, List.of("--dbfilename " + plain)),
        new Saved("AOF, " + data, List.of(log, "--appendonly yes")));
  }

  private Start start(boolean redis, Saved file) throws IOException, InterruptedException {
    long startNanos = System.nanoTime();
    try (MeasuredServer server = servers.start(redis, file.directives().toArray(String[]::new))) {
      server.awaitLoaded();
      double seconds = (System.nanoTime() - startNanos) / 1e9;
      double cpuSeconds = server.cpuNanos() / 1e9;
      if (server.ask("DBSIZE").equals(new Reply.Integer(0))) {
        throw new ErrorReplyException(server, file.title() + " has not been loaded");
      }
      try (RespClient client = server.connect()) {
        long firstNanos = System.nanoTime();
        for (String[] read : FIRST_READS) {
          client.call(read);
        }
        return new Start(seconds, cpuSeconds, (System.nanoTime() - firstNanos) / 1e6);
      }
    }
  }
}
