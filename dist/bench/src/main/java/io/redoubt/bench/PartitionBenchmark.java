package io.redoubt.bench;

import io.redoubt.bench.measure.FsyncDelay;
import io.redoubt.bench.partition.AcknowledgedWrites;
import io.redoubt.bench.partition.Fault;
import io.redoubt.bench.partition.MachineGroup;
import io.redoubt.bench.partition.MachineGroup.Programs;
import io.redoubt.bench.partition.MachineNetwork;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark partition}: the acknowledged writes lost when a master is cut off. */
@Command(
    name = "partition",
    description = {
      "Three machines (network namespaces), each with a server and a sentinel, the master on the"
          + " first. A client writes new keys to that server all the time, another one to the"
          + " master that the other sentinels name. The fault begins, lasts, and ends; once the"
          + " group is stable, all keys are looked up. A write is lost if it was acknowledged and"
          + " its key is missing.",
      "With the fault cut-with-replica there are five sentinels. Seconds"
          + " are relative to the beginning (cut) and the end (healing) of the fault; the gap is"
          + " the time from its beginning to the first write at a new master."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PartitionBenchmark implements Callable<Integer> {
  private static final Duration STABLE_LIMIT = Duration.ofSeconds(90);
  private static final int BEFORE_MILLIS = 3_000;
  private static final int AFTER_MILLIS = 15_000;
  private static final int FSYNC_MICROS = 20_000;
  private static final String OTHERS = "others:";

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--fault",
      paramLabel = "FAULT",
      description = "One of ${COMPLETION-CANDIDATES} (default: cut); may be repeated.")
  private List<Fault> faults = List.of(Fault.CUT);

  @Option(
      names = "--runs",
      paramLabel = "COUNT",
      description = "Runs of each fault (default: ${DEFAULT-VALUE}).")
  private int runs = 1;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "The duration of the fault (default: ${DEFAULT-VALUE}; 6 with --quick).")
  private int seconds = 20;

  @Option(
      names = "--down-after",
      paramLabel = "MS",
      description = "down-after-milliseconds (default: ${DEFAULT-VALUE}).")
  private int downAfterMillis = 2_000;

  @Option(
      names = "--with",
      paramLabel = "LINE",
      description = "A line of redis.conf for both, such as \"min-replicas-to-write 1\".")
  private List<String> with = List.of();

  @Option(
      names = "--redoubt-with",
      paramLabel = "LINE",
      description = "A line of redis.conf for Redoubt only.")
  private List<String> redoubtWith = List.of();

  @Option(
      names = "--sentinel-with",
      paramLabel = "LINE",
      description = "A line of sentinel.conf for Redoubt's sentinels.")
  private List<String> sentinelWith = List.of();

  @Option(names = "--only-redoubt", description = "Measure Redoubt alone.")
  private boolean onlyRedoubt;

  /**
   * The outcome of a run; times in seconds, NaN without a lost write.
   *
   * @param acknowledged the writes that the first server has acknowledged since the start
   * @param othersLost the lost writes of the other client
   */
  private record Outcome(
      int acknowledged,
      int lost,
      double lastAfterCut,
      double lastAfterHealing,
      int others,
      int othersLost,
      double gap) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    System.out.printf(
        Locale.ROOT,
        "%-17s %-8s %12s %8s %10s %14s %8s %8s %6s%n",
        "fault",
        "",
        "acknowledged",
        "lost",
        "last, cut",
        "last, healing",
        "others",
        "lost",
        "gap");
    for (Fault fault : faults) {
      for (int run = 0; run < runs; run++) {
        if (!onlyRedoubt) {
          row(fault, "redis", measure(true, fault));
        }
        row(fault, "redoubt", measure(false, fault));
      }
    }
    return 0;
  }

  private static void row(Fault fault, String name, Outcome outcome) {
    System.out.printf(
        Locale.ROOT,
        "%-17s %-8s %12d %8d %10s %14s %8d %8d %6.1f%n",
        fault,
        name,
        outcome.acknowledged(),
        outcome.lost(),
        time(outcome.lastAfterCut()),
        time(outcome.lastAfterHealing()),
        outcome.others(),
        outcome.othersLost(),
        outcome.gap());
  }

  private static String time(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%+.2f s", value);
  }

  private Programs programs(boolean redis, Fault fault) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>(with);
    if (!redis) {
      lines.addAll(redoubtWith);
    }
    Map<String, String> environment = Map.of();
    if (fault == Fault.CUT_WITH_SLOW_DISK) {
      lines.addAll(List.of("appendonly yes", "appendfsync always"));
      environment = FsyncDelay.environment(servers.folder(), FSYNC_MICROS);
    }
    return new Programs(
        redis ? servers.redisLauncher() : servers.redoubtLauncher(),
        redis ? redisSentinel() : servers.redoubtSentinel(),
        lines,
        redis ? List.of() : sentinelWith,
        environment);
  }

  /** Returns a link to redis-server; under the name of the link it starts as a sentinel. */
  private Path redisSentinel() throws IOException {
    Path link = servers.folder().resolve("redis-sentinel");
    return Files.exists(link)
        ? link
        : Files.createSymbolicLink(link, servers.redisLauncher().toAbsolutePath());
  }

  private Outcome measure(boolean redis, Fault fault) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory(servers.folder(), redis ? "redis-" : "redoubt-");
    try (MachineNetwork network = new MachineNetwork(fault.machines());
        MachineGroup group =
            new MachineGroup(
                network, folder, programs(redis, fault), fault.machines(), downAfterMillis)) {
      servers.closeOnExit(group::close);
      servers.closeOnExit(network::close);
      fault.prepare(network);
      group.start();
      group.awaitStable(STABLE_LIMIT);
      return measure(network, group, fault);
    }
  }

  private Outcome measure(MachineNetwork network, MachineGroup group, Fault fault)
      throws IOException, InterruptedException {
    AtomicInteger firstReachable = new AtomicInteger();
    AcknowledgedWrites near = AcknowledgedWrites.start("near:", () -> group.connect(0), false);
    AcknowledgedWrites others =
        AcknowledgedWrites.start(
            OTHERS, () -> group.connectToMaster(fault.cutOff(), firstReachable.get()), true);
    long cut;
    long healed;
    int master;
    try (near;
        others) {
      Thread.sleep(BEFORE_MILLIS);
      cut = System.nanoTime();
      fault.begin(network, group);
      if (fault.separates()) {
        // This process reaches all machines; a client on the far side would not.
        firstReachable.set(fault.cutOff());
        others.disconnect();
      }
      TimeUnit.SECONDS.sleep(servers.isQuick() ? 6 : seconds);
      healed = System.nanoTime();
      fault.end(network, group);
      firstReachable.set(0);
      Thread.sleep(AFTER_MILLIS);
    }
    master = group.awaitStable(STABLE_LIMIT);
    try (RespClient server = group.server(master).connect()) {
      List<Long> lost = near.lost(server);
      double last = lost.isEmpty() ? Double.NaN : lost.getLast();
      return new Outcome(
          (int) near.acknowledged().stream().filter(time -> time >= cut).count(),
          lost.size(),
          (last - cut) / 1e9,
          (last - healed) / 1e9,
          (int) others.acknowledged().stream().filter(time -> time >= cut).count(),
          others.lost(server).size(),
          gap(others.acknowledged(), cut));
    }
  }

  /** Returns the longest time between two acknowledgements after the cut, in seconds. */
  private static double gap(List<Long> acknowledged, long cut) {
    long longest = 0;
    long before = cut;
    for (long time : acknowledged) {
      if (time > cut) {
        longest = Math.max(longest, time - before);
        before = time;
      }
    }
    return longest / 1e9;
  }
}
