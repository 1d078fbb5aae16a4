package io.redoubt.bench;

import io.redoubt.bench.load.DataSets;
import io.redoubt.bench.load.GetProbe;
import io.redoubt.bench.load.Loader;
import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark sync}: a full sync of an empty replica with a large master. */
@Command(
    name = "sync",
    description = {
      "Seconds from REPLICAOF until the replica has all keys and the master's offset. During the"
          + " sync a connection sends the master about a thousand GETs per second, and the resident"
          + " memory is sampled, including what a child process does not share. Master and replica"
          + " are of one kind, without files of their own; the kinds take turns; the figures are"
          + " medians."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SyncBenchmark implements Callable<Integer> {
  private static final long BEFORE_MILLIS = 3_000;
  private static final long SAMPLE_MILLIS = 20;
  private static final double MEMORY_GOAL = 1.1;

  /** The measurements of a sync; memory in bytes. */
  private record Row(
      double seconds,
      double p999BeforeMillis,
      double p999Millis,
      double longestMillis,
      double masterPeak,
      double replicaPeak) {}

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--keys",
      paramLabel = "COUNT",
      description = "Strings of 64 bytes (default: ${DEFAULT-VALUE}).")
  private int keys = 5_000_000;

  @Mixin private RoundCount rounds = new RoundCount(3);

  @Option(
      names = "--with",
      paramLabel = "DIRECTIVE",
      description = "A directive for both, such as \"repl-diskless-load swapdb\".")
  private String[] with = {};

  private int startedCount;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison<Row> rows = Comparison.ofRounds(rounds.count(), this::measure);
    Comparison.head("");
    rows.row("seconds", Row::seconds, 1);
    rows.row("p99.9 of a GET before, ms", Row::p999BeforeMillis, Comparison.NO_GOAL);
    rows.row("p99.9 of a GET, ms", Row::p999Millis, 1);
    rows.row("longest GET, ms", Row::longestMillis, Comparison.NO_GOAL);
    rows.row("master's peak, MB", row -> row.masterPeak() / (1 << 20), MEMORY_GOAL);
    rows.row("replica's peak, MB", row -> row.replicaPeak() / (1 << 20), MEMORY_GOAL);
    return 0;
  }

  private MeasuredServer start(boolean redis) throws IOException, InterruptedException {
    String[] more = new String[with.length + 3];
    more[0] = "--repl-diskless-sync-delay 0";
    more[1] = "--client-output-buffer-limit replica 0 0 0";
    more[2] = "--dbfilename sync-" + ++startedCount + ".rdb";
    for (int i = 0; i < with.length; i++) {
      more[i + 3] = "--" + with[i];
    }
    return servers.start(redis, more);
  }

  private Row measure(boolean redis) throws IOException, InterruptedException {
    try (MeasuredServer master = start(redis);
        MeasuredServer replica = start(redis)) {
      int count = servers.scaled(keys);
      Loader.load(master, count, DataSets::strings);
      try (GetProbe probe = GetProbe.start(master)) {
        Thread.sleep(BEFORE_MILLIS / 4);
        probe.take();
        Thread.sleep(BEFORE_MILLIS);
        double before = probe.take().p999Millis();
        AtomicLong masterPeak = new AtomicLong();
        AtomicLong replicaPeak = new AtomicLong();
        Thread sampler =
            Thread.ofPlatform()
                .daemon()
                .start(() -> sample(master, masterPeak, replica, replicaPeak));
        probe.take();
        long startNanos = System.nanoTime();
        replica.ask("REPLICAOF", MeasuredServer.HOST, Integer.toString(master.port()));
        replica.await("replication", "master_link_status", "up");
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        GetProbe.Times during = probe.take();
        sampler.interrupt();
        sampler.join();
        String size = replica.ask("DBSIZE").text();
        if (!size.equals(master.ask("DBSIZE").text())) {
          throw new ErrorReplyException(replica, "the replica has " + size + " keys");
        }
        return new Row(
            seconds,
            before,
            during.p999Millis(),
            during.longestMillis(),
            masterPeak.get(),
            replicaPeak.get());
      }
    }
  }

  private static void sample(
      MeasuredServer master,
      AtomicLong masterPeak,
      MeasuredServer replica,
      AtomicLong replicaPeak) {
    try {
      while (!Thread.interrupted()) {
        masterPeak.accumulateAndGet(master.residentBytesWithChildren(), Math::max);
        replicaPeak.accumulateAndGet(replica.residentBytesWithChildren(), Math::max);
        Thread.sleep(SAMPLE_MILLIS);
      }
    } catch (InterruptedException | IOException e) {
      return; // the server is gone: keeps the peaks so far
    }
  }
}
