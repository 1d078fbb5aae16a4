package io.redoubt.dist.benchmark;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark memory}: what an element takes. */
@Command(
    name = "memory",
    description = {
      "How much resident memory grows by an element, from an empty server that has warmed up to one"
          + " that is filled, each a moment later. Of hashes the elements are fields, of lists"
          + " their elements; of strings they are keys.",
      "The last column is the goal for the ratio."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class MemoryBenchmark implements Callable<Integer> {
  private record Filling(String title, double goal, Loader.Source source) {}

  private static final List<Filling> FILLINGS =
      List.of(
          new Filling("strings of 64 B", 0.62, DataSets::strings),
          new Filling("strings of 64 B that expire", 0.65, DataSets::expiringStrings),
          new Filling("integer strings", 0.50, DataSets::integers),
          new Filling("hashes of 4 fields", 0.75, DataSets::smallHashes),
          new Filling("lists of 10", 0.65, DataSets::smallLists),
          new Filling("one hash", 0.55, DataSets.hash("hash")),
          new Filling("one sorted set", 0.50, DataSets.sortedSet("zset")),
          new Filling("one set", 0.45, DataSets.set("set")));

  private static final int WARM_UP_ELEMENTS = 20_000;
  private static final int WARM_UP_ROUNDS = 100;

  /** In it a server gives back what it needed for a moment, such as the memory of its compilers. */
  private static final Duration SETTLING = Duration.ofMillis(1500);

  @Mixin private Contenders contenders = new Contenders();

  @Option(
      names = "--elements",
      split = ",",
      paramLabel = "COUNT",
      description = "How many elements, comma separated (default: ${DEFAULT-VALUE}).")
  private List<Integer> sizes = List.of(400_000, 4_000_000);

  @Override
  public Integer call() throws IOException, InterruptedException {
    System.out.printf(
        "%-28s %10s %14s %14s %7s %6s%n",
        "bytes an element", "elements", "redis", "redoubt", "ratio", "goal");
    for (int size : sizes) {
      int elements = contenders.scaled(size);
      for (Filling filling : FILLINGS) {
        row(filling, elements);
      }
    }
    return 0;
  }

  private void row(Filling filling, int elements) throws IOException, InterruptedException {
    try (MeasuredServer redis = contenders.start(true);
        MeasuredServer redoubt = contenders.start(false)) {
      double theirs = growth(redis, filling.source(), elements);
      double ours = growth(redoubt, filling.source(), elements);
      System.out.printf(
          "%-28s %10d %14.1f %14.1f %7.2f %6.2f%n",
          filling.title(), elements, theirs, ours, ours / theirs, filling.goal());
    } catch (Refusal refusal) {
      System.out.printf("%-28s %10d %s%n", filling.title(), elements, refusal.getMessage());
    }
  }

  /** Bytes an element. */
  private static double growth(MeasuredServer server, Loader.Source source, int elements)
      throws IOException, InterruptedException {
    // What a server needs for its own work, above all for compiled code, is no growth by data.
    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
      Loader.load(server, WARM_UP_ELEMENTS, source);
      server.ask("FLUSHALL");
    }
    long before = settled(server);
    Loader.load(server, elements, source);
    return (double) (settled(server) - before) / elements;
  }

  private static long settled(MeasuredServer server) throws IOException, InterruptedException {
    purge(server); // both times, or what is free counts as the data's
    Thread.sleep(SETTLING);
    return server.residentBytes();
  }

  /** Gives back to the system what is free; a server that does so anyway need not know how. */
  private static void purge(MeasuredServer server) throws IOException {
    try {
      server.ask("MEMORY", "PURGE");
    } catch (Refusal unknown) {
      return;
    }
  }
}
