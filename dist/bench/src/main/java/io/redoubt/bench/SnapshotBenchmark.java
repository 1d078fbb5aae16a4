package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.GetProbe;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.load.RequestBuffer;
import io.redoubt.bench.load.WriteLoad;
import io.redoubt.bench.measure.MachineStalls;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark snapshot}: the cost of BGSAVE for concurrent writers. */
@Command(
    name = "snapshot",
    description = {
      "BGSAVE while everything is overwritten by eight connections with 16 requests in a pipeline"
          + " each; another connection sends about a thousand GETs per second. Before BGSAVE the"
          + " writers run for a few seconds, and pause while the digest of the data is computed.",
      "Memory is the resident memory plus what a child process does not share: its peak, and the"
          + " ratio to the value before. The digest of the data just before BGSAVE is compared with"
          + " the digest of the file, loaded into another server of the same kind; Redoubt's file"
          + " is loaded into Redis as well.",
      "After the rows of some data, their medians are compared with Redis.",
      "The host of a virtual machine delays GETs too, and so does memory that it has reclaimed."
          + " Real-time threads, one per processor, detect when they are not run either; the last"
          + " of the longest GETs excludes that time. Detecting it requires root."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SnapshotBenchmark implements Callable<Integer> {
  /**
   * The data of a measurement and the writes during it.
   *
   * @param changes writes that change everything and keep the amount of data about constant
   */
  private record Scenario(
      String title, int elements, Loader.Source data, WriteLoad.Requests changes) {}

  /** The figures of a server's last save. */
  private record Figures(double seconds, double peakRatio, double p999Millis) {}

  private record Save(Figures figures, String digest) {}

  private static final double TIME_GOAL = 1.5;
  private static final double LATENCY_GOAL = 1.0;
  private static final int MILLION = 1_000_000;
  private static final long BEFORE_MILLIS = 4_000;
  private static final long SAMPLE_MILLIS = 20;

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Mixin private RowFilter only = new RowFilter();

  @Mixin private RoundCount rounds = new RoundCount(1);

  @Option(
      names = "--saves",
      paramLabel = "COUNT",
      description =
          "Number of saves by the same server; each prints a row. A process compiles the code that"
              + " saves during its first one (default: ${DEFAULT-VALUE}).")
  private int saves = 1;

  @Option(
      names = "--no-digests",
      description = "Don't compare digests; comparing takes most of the time.")
  private boolean withoutDigests;

  private int files;

  private List<Scenario> scenarios() {
    return List.of(
        keys("2 M keys", 2 * MILLION),
        sortedSet("sorted set of 5 M", 5 * MILLION),
        list("list of 5 M", 5 * MILLION),
        keys("10 M keys", 10 * MILLION));
  }

  private Scenario keys(String title, int count) {
    int keys = servers.scaled(count);
    return new Scenario(
        title,
        keys,
        DataSets::strings,
        (pipeline, step) -> {
          int key = place(step, keys);
          if (step / keys % 2 == 0) {
            DataSets.otherStrings(pipeline, key, key + 1);
          } else {
            DataSets.strings(pipeline, key, key + 1);
          }
          return 1;
        });
  }

  /**
   * Returns a place in {@code [0, count)}; increasing steps visit all places in scattered order.
   */
  private static int place(int step, int count) {
    // The factor is odd and shares no prime with the counts, so that each place is visited once.
    return (int) (step * 1_000_003L * 7919 % count);
  }

  private Scenario sortedSet(String title, int count) {
    int members = servers.scaled(count);
    return new Scenario(
        title,
        members,
        DataSets.sortedSet("zset"),
        (pipeline, step) -> {
          int member = place(step, members);
          switch (step % 8) {
            case 0 -> pipeline.request(2).word("ZPOPMIN").word("zset");
            case 1 -> pipeline.request(2).word("ZPOPMAX").word("zset");
            case 2 ->
                pipeline
                    .request(4)
                    .word("ZREMRANGEBYRANK")
                    .word("zset")
                    .number(member / 2)
                    .number(member / 2);
            case 3 -> score(pipeline, step, members + step);
            default -> score(pipeline, step, member);
          }
          return step % 8 < 2 ? 5 : 1;
        });
  }

  private static void score(RequestBuffer pipeline, long score, int member) {
    pipeline.request(4).word("ZADD").word("zset").number(score).numbered("member:", member, 9);
  }

  private Scenario list(String title, int count) {
    int elements = servers.scaled(count);
    return new Scenario(
        title,
        elements,
        DataSets.list("list"),
        (pipeline, step) -> {
          switch (step % 8) {
            case 0 -> pipeline.request(2).word("LPOP").word("list");
            case 1 -> pipeline.request(2).word("RPOP").word("list");
            case 2 -> {
              pipeline.request(4).word("LSET").word("list").number(step % 5000);
              pipeline.numbered("other:", step, 10);
            }
            case 3 -> {
              pipeline.request(4).word("LTRIM").word("list").number(step % 65_536 == 3 ? 2000 : 2);
              pipeline.number(elements);
            }
            case 4, 5 -> {
              pipeline.request(3).word("RPUSH").word("list").numbered("other:", step, 10);
            }
            default -> {
              pipeline.request(3).word("LPUSH").word("list").numbered("other:", step, 10);
            }
          }
          return step % 8 < 2 ? 2 : 1;
        });
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    System.out.printf(
        Locale.ROOT,
        "%-18s %-8s %10s %7s %9s %9s %9s %9s %9s %9s %7s %7s %s%n",
        "",
        "",
        "before",
        "during",
        "p99.9 ms",
        "p99.9 ms",
        "longest",
        "longest",
        "longest",
        "memory",
        "peak",
        "BGSAVE",
        "file");
    System.out.printf(
        Locale.ROOT,
        "%-18s %-8s %10s %7s %9s %9s %9s %9s %9s %9s %7s %7s%n",
        "",
        "",
        "writes/s",
        "ratio",
        "before",
        "during",
        "before",
        "during",
        "no stalls",
        "MB",
        "ratio",
        "s");
    try (MachineStalls stalls = MachineStalls.watch()) {
      for (Scenario scenario : scenarios()) {
        if (only.includes(scenario.title())) {
          Comparison<Figures> figures =
              Comparison.ofRounds(rounds.count(), redis -> row(scenario, stalls, redis));
          Comparison.head(scenario.title());
          figures.row("BGSAVE in s", Figures::seconds, TIME_GOAL);
          figures.row("p99.9 of GET in ms", Figures::p999Millis, LATENCY_GOAL);
          figures.row("peak (redoubt's goal 1.05)", Figures::peakRatio, Comparison.NO_GOAL);
        }
      }
    }
    return 0;
  }

  private MeasuredServer start(boolean redis, String file)
      throws IOException, InterruptedException {
    String[] more = {"--dbfilename " + file, "--enable-debug-command yes"};
    return servers.start(redis, more);
  }

  private Figures row(Scenario scenario, MachineStalls stalls, boolean redis)
      throws IOException, InterruptedException {
    String file = "snapshot-" + ++files + ".rdb";
    Save save;
    try (MeasuredServer server = start(redis, file)) {
      Loader.load(server, scenario.elements(), scenario.data());
      try (GetProbe probe = GetProbe.start(server);
          WriteLoad writes = WriteLoad.start(server)) {
        save = measure(scenario, stalls, server, probe, writes);
        for (int i = 1; i < saves; i++) {
          System.out.println();
          save = measure(scenario, stalls, server, probe, writes);
        }
      }
    }
    System.out.println(withoutDigests ? "not checked" : check(file, redis, save.digest()));
    return save.figures();
  }

  /** Prints and returns the figures, and the digest of the data that BGSAVE had to write. */
  private Save measure(
      Scenario scenario,
      MachineStalls stalls,
      MeasuredServer server,
      GetProbe probe,
      WriteLoad writes)
      throws IOException, InterruptedException {
    AtomicLong peak = new AtomicLong();
    Thread sampler = Thread.ofPlatform().daemon().start(() -> sample(server, peak));
    writes.write(scenario.changes());
    Thread.sleep(BEFORE_MILLIS / 4);
    probe.take();
    long startNanos = System.nanoTime();
    long answeredAtStart = writes.answered();
    Thread.sleep(BEFORE_MILLIS);
    double before = rate(writes.answered() - answeredAtStart, startNanos);
    GetProbe.Times timesBefore = probe.take();
    writes.write(null);
    String digest = withoutDigests ? "" : digest(server);
    long memory = server.residentBytes();
    peak.set(memory);
    probe.take();
    probe.take(); // skips the GET that the digest may have delayed
    server.ask("BGSAVE");
    startNanos = System.nanoTime();
    answeredAtStart = writes.answered();
    writes.write(scenario.changes());
    boolean ok = server.awaitSaved();
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    double during = rate(writes.answered() - answeredAtStart, startNanos);
    GetProbe.Times timesDuring = probe.take();
    sampler.interrupt();
    sampler.join();
    writes.write(null);
    System.out.printf(
        Locale.ROOT,
        "%-18s %-8s %10.0f %7.2f %9.2f %9.2f %9.2f %9.2f %9s %9d %7.2f %7.1f %s",
        scenario.title(),
        server.name(),
        before,
        during / before,
        timesBefore.p999Millis(),
        timesDuring.p999Millis(),
        timesBefore.longestMillis(),
        timesDuring.longestMillis(),
        stalls.isWatching()
            ? String.format(Locale.ROOT, "%.2f", timesDuring.longestMillis(stalls))
            : "-",
        memory >> 20,
        (double) peak.get() / memory,
        seconds,
        ok ? "" : "BGSAVE FAILED ");
    return new Save(
        new Figures(seconds, (double) peak.get() / memory, timesDuring.p999Millis()), digest);
  }

  private static double rate(long count, long startNanos) {
    return count * 1e9 / (System.nanoTime() - startNanos);
  }

  private static void sample(MeasuredServer server, AtomicLong peak) {
    try {
      while (!Thread.interrupted()) {
        peak.accumulateAndGet(server.residentBytesWithChildren(), Math::max);
        Thread.sleep(SAMPLE_MILLIS);
      }
    } catch (InterruptedException | IOException e) {
      return; // the server is gone: keeps the peak so far
    }
  }

  private static String digest(MeasuredServer server) throws IOException {
    Reply reply = server.ask("DEBUG", "DIGEST");
    return reply.text();
  }

  private String check(String file, boolean redis, String digest)
      throws IOException, InterruptedException {
    String result = compare(file, redis, digest);
    return redis ? result : result + ", in Redis: " + compare(file, true, digest);
  }

  private String compare(String file, boolean redis, String digest)
      throws IOException, InterruptedException {
    try (MeasuredServer server = start(redis, file)) {
      server.awaitLoaded();
      return digest(server).equals(digest) ? "exact" : "DIFFERS";
    }
  }
}
