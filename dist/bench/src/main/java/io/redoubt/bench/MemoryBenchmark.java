package io.redoubt.bench;

import io.redoubt.bench.load.Churn;
import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark memory}: the memory per element. */
@Command(
    name = "memory",
    description = {
      "Growth of the resident memory per element, from a warmed-up empty server to the filled one."
          + " The elements are the fields of hashes and the elements of lists; of strings they are"
          + " the keys.",
      "The last column is the goal for the ratio.",
      "Then the memory in MB after a minute of mixed writes of all types, and 10 s after FLUSHALL."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class MemoryBenchmark implements Callable<Integer> {
  private record Row(String title, double goal, Loader.Source source) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("strings of 64 B", 0.62, DataSets::strings),
          new Row("strings of 64 B that expire", 0.65, DataSets::expiringStrings),
          new Row("integer strings", 0.50, DataSets::integers),
          new Row("hashes of 4 fields", 0.75, DataSets::smallHashes),
          new Row("lists of 10", 0.65, DataSets::smallLists),
          new Row("one hash", 0.55, DataSets.hash("hash")),
          new Row("one sorted set", 0.50, DataSets.sortedSet("zset")),
          new Row("one set", 0.45, DataSets.set("set")));

  private static final String CHURN = "mixed writes";
  private static final Duration NO_LIMIT = Duration.ofDays(1);
  private static final Duration AFTER_FLUSH = Duration.ofSeconds(10);

  private static final int WARM_UP_ELEMENTS = 20_000;
  private static final int WARM_UP_ROUNDS = 100;

  /** Time for a server to free transient memory, such as that of its compilers. */
  private static final Duration SETTLING = Duration.ofMillis(1500);

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--elements",
      split = ",",
      paramLabel = "COUNT",
      description = "Element counts, comma separated (default: ${DEFAULT-VALUE}).")
  private List<Integer> sizes = List.of(400_000, 4_000_000);

  @Option(
      names = "--seconds",
      paramLabel = "COUNT",
      description = "The duration of the mixed writes (default: ${DEFAULT-VALUE}).")
  private int seconds = 60;

  @Option(
      names = "--names",
      paramLabel = "COUNT",
      description =
          "The names of each type in the mixed writes (default: ${DEFAULT-VALUE}); ten times as"
              + " many hold ten times the data after ten times as long.")
  private int names = 20_000;

  @Option(
      names = "--redoubt",
      paramLabel = "DIRECTIVE",
      description = "A directive of Redoubt during the mixed writes, such as 'activedefrag yes'.")
  private List<String> directives = List.of();

  @Mixin private RowFilter rows = new RowFilter();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (ROWS.stream().anyMatch(row -> rows.includes(row.title()))) {
      compareElements();
    }
    if (rows.includes(CHURN)) {
      compareChurn();
    }
    return 0;
  }

  private void compareElements() throws IOException, InterruptedException {
    System.out.printf(
        Locale.ROOT,
        "%-28s %10s %14s %14s %7s %6s%n",
        "bytes per element",
        "elements",
        "redis",
        "redoubt",
        "ratio",
        "goal");
    for (int size : sizes) {
      int elements = servers.scaled(size);
      for (Row row : ROWS) {
        if (rows.includes(row.title())) {
          print(row, elements);
        }
      }
    }
  }

  private void compareChurn() throws IOException, InterruptedException {
    Duration duration = Duration.ofSeconds(servers.scaled(seconds));
    System.out.printf(
        Locale.ROOT,
        "%n%-28s %10s %10s %10s %10s %14s%n",
        CHURN,
        "requests",
        "used",
        "pages",
        "resident",
        "after FLUSHALL");
    long requests = churn(true, duration, Long.MAX_VALUE, List.of());
    churn(false, NO_LIMIT, requests, directives);
  }

  /**
   * Prints the memory of one server; pages are the pages of its allocator. Redoubt gets as many
   * requests as Redis answered in the time.
   */
  private long churn(boolean redis, Duration duration, long count, List<String> more)
      throws IOException, InterruptedException {
    String[] arguments = more.stream().map(directive -> "--" + directive).toArray(String[]::new);
    try (MeasuredServer server = servers.start(redis, arguments)) {
      long requests = Churn.run(server, names, duration, count);
      Map<String, String> memory = server.info("memory");
      long resident = server.residentBytes();
      server.ask("FLUSHALL");
      Thread.sleep(AFTER_FLUSH);
      System.out.printf(
          Locale.ROOT,
          "%-28s %10d %10.1f %10.1f %10.1f %14.1f%n",
          server.name(),
          requests,
          megabytes(Long.parseLong(memory.getOrDefault("allocator_allocated", "0"))),
          megabytes(Long.parseLong(memory.getOrDefault("allocator_active", "0"))),
          megabytes(resident),
          megabytes(server.residentBytes()));
      return requests;
    }
  }

  private static double megabytes(long bytes) {
    return bytes / 1e6;
  }

  private void print(Row row, int elements) throws IOException, InterruptedException {
    try (MeasuredServer redis = servers.start(true);
        MeasuredServer redoubt = servers.start(false)) {
      double theirs = growth(redis, row.source(), elements);
      double ours = growth(redoubt, row.source(), elements);
      System.out.printf(
          Locale.ROOT,
          "%-28s %10d %14.1f %14.1f %7.2f %6.2f%n",
          row.title(),
          elements,
          theirs,
          ours,
          ours / theirs,
          row.goal());
    } catch (ErrorReplyException refusal) {
      System.out.printf(
          Locale.ROOT, "%-28s %10d %s%n", row.title(), elements, refusal.getMessage());
    }
  }

  /** Returns the memory growth per element, in bytes. */
  private static double growth(MeasuredServer server, Loader.Source source, int elements)
      throws IOException, InterruptedException {
    // Warms up first, because memory for compiled code is no growth of data.
    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
      Loader.load(server, WARM_UP_ELEMENTS, source);
      server.ask("FLUSHALL");
    }
    long before = settled(server);
    Loader.load(server, elements, source);
    return (double) (settled(server) - before) / elements;
  }

  private static long settled(MeasuredServer server) throws IOException, InterruptedException {
    purge(server); // before both readings: free memory would count as data
    Thread.sleep(SETTLING);
    return server.residentBytes();
  }

  /** Frees unused memory; ignores servers without the command, which free it anyway. */
  private static void purge(MeasuredServer server) throws IOException {
    try {
      server.ask("MEMORY", "PURGE");
    } catch (ErrorReplyException unknown) {
      return;
    }
  }
}
