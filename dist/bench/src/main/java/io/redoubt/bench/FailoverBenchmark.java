package io.redoubt.bench;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.dist.process.Topology;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark failover}: the time without writes after the death of a master. */
@Command(
    name = "failover",
    description = {
      "Two groups of three servers and three sentinels each, one of Redoubt and one of Redis, take"
          + " turns. The master is killed (kill -9) while a client writes; the time runs until the"
          + " node that all three sentinels name accepts the first write. Then the killed node is"
          + " restarted, and a random pause follows, so that kills do not align with the sentinels'"
          + " periods.",
      "With --stop-a-sentinel one of the sentinels, each in turn, is stopped (SIGSTOP) for five"
          + " seconds first, and the master is killed one second after it resumes.",
      "Milliseconds; the last column is the goal with --down-after 1000."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class FailoverBenchmark implements Callable<Integer> {
  private static final Duration STABLE_LIMIT = Duration.ofSeconds(120);
  private static final Duration FAILOVER_LIMIT = Duration.ofSeconds(60);
  private static final String ACK_GROUP_STATE = "write_acks_group_state";
  private static final int POLL_MILLIS = 2;
  private static final int REST_MILLIS = 2_000;
  private static final int STOP_MILLIS = 5_000;
  private static final int AFTER_STOP_MILLIS = 1_000;
  private static final int ASK_TIMEOUT_MILLIS = 2_000;
  private static final double GOAL_MEDIAN_MILLIS = 1_300;
  private static final double GOAL_P99_MILLIS = 2_000;
  private static final String KEY = "failover";

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--sentinel",
      paramLabel = "FILE",
      description = "Another redis-sentinel to measure instead of the distribution's.")
  private Path sentinel = Path.of("");

  @Option(
      names = "--redis-sentinel",
      paramLabel = "FILE",
      description = "The redis-sentinel to compare with (default: the --redis under that name).")
  private @Nullable Path redisSentinel;

  @Option(
      names = "--runs",
      paramLabel = "COUNT",
      description = "Failovers of each group (default: ${DEFAULT-VALUE}).")
  private int runs = 20;

  @Option(
      names = "--down-after",
      paramLabel = "MS",
      description = "down-after-milliseconds (default: ${DEFAULT-VALUE}).")
  private int downAfterMillis = 1_000;

  @Option(
      names = "--stop-a-sentinel",
      description = "Stop a sentinel for five seconds before each failover.")
  private boolean stopASentinel;

  @Option(
      names = "--redoubt-with",
      paramLabel = "LINE",
      description = "A line of redis.conf for Redoubt's servers, such as \"write-acks 1\".")
  private List<String> redoubtWith = List.of();

  private final Random random = new Random();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path own = sentinel.toString().isEmpty() ? servers.redoubtSentinel() : sentinel;
    Topology redis = group("redis", servers.redisLauncher(), redisSentinel());
    Topology redoubt = group("redoubt", servers.redoubtLauncher(), own);
    List<Double> theirs = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    redoubt.configureServers(redoubtWith);
    redis.start();
    redoubt.start();
    for (int run = 0; run < servers.scaled(runs); run++) {
      theirs.add(failover(redis, run));
      ours.add(failover(redoubt, run));
      System.out.printf(
          Locale.ROOT,
          "%3d   redis %8.0f   redoubt %8.0f%n",
          run + 1,
          theirs.getLast(),
          ours.getLast());
    }
    System.out.printf(Locale.ROOT, "%-12s %10s %10s %8s%n", "ms", "redis", "redoubt", "goal");
    row("median", quantile(theirs, 0.5), quantile(ours, 0.5), GOAL_MEDIAN_MILLIS);
    row("p99", quantile(theirs, 0.99), quantile(ours, 0.99), GOAL_P99_MILLIS);
    return 0;
  }

  private static void row(String title, double redis, double redoubt, double goal) {
    System.out.printf(Locale.ROOT, "%-12s %10.0f %10.0f %8.0f%n", title, redis, redoubt, goal);
  }

  /** Returns a link to redis-server; under the name of the link it starts as a sentinel. */
  private Path redisSentinel() throws IOException {
    if (redisSentinel != null) {
      return redisSentinel;
    }
    Path link = servers.folder().resolve("redis-sentinel");
    return Files.createSymbolicLink(link, servers.redisLauncher().toAbsolutePath());
  }

  private Topology group(String name, Path server, Path sentinels) throws IOException {
    Path folder = Files.createDirectories(servers.folder().resolve(name));
    List<Integer> ports = FreePorts.several(Topology.NODES);
    Topology group = new Topology(folder, server, sentinels, ports, downAfterMillis);
    servers.closeOnExit(group::close);
    return group;
  }

  /** Kills the master and returns the milliseconds until its successor accepts a write. */
  private double failover(Topology group, int run) throws IOException, InterruptedException {
    int old = group.awaitStable(STABLE_LIMIT);
    awaitAckGroup(group);
    Thread.sleep(REST_MILLIS + random.nextInt(1_000));
    if (stopASentinel) {
      NodeProcess sentinel = group.sentinels().get(run % Topology.SENTINELS);
      sentinel.signal("STOP");
      Thread.sleep(STOP_MILLIS);
      sentinel.signal("CONT");
      Thread.sleep(AFTER_STOP_MILLIS);
      Set<Integer> named = group.namedMasters();
      if (!named.equals(Set.of(old))) {
        throw new IOException("a failover before the kill: " + named + " instead of " + old);
      }
    }
    NodeProcess master = group.server(old);
    double millis;
    try (RespClient load = master.connect()) {
      Thread writer = Thread.ofPlatform().daemon().name("load").start(() -> write(load));
      master.kill();
      long killed = System.nanoTime();
      millis = (firstWrite(group, old) - killed) / 1e6;
      writer.join();
    }
    group.restart(group.servers().indexOf(master));
    return millis;
  }

  /** Waits until all servers belong to the acknowledgement group, if there is one. */
  private static void awaitAckGroup(Topology group) throws IOException, InterruptedException {
    for (NodeProcess server : group.servers()) {
      List<Reply> acks = List.copyOf(server.ask("CONFIG", "GET", "write-acks").elements());
      if (!acks.isEmpty() && !acks.get(1).text().equals("0")) {
        server.awaitInfo(ACK_GROUP_STATE, "ok", STABLE_LIMIT);
      }
    }
  }

  private static void write(RespClient client) {
    try {
      while (true) {
        client.call("INCR", KEY);
      }
    } catch (IOException e) {
      // Expected: the master was killed.
    }
  }

  /** Returns the time at which a new master that all sentinels name has accepted a write. */
  private static long firstWrite(Topology group, int old) throws IOException, InterruptedException {
    List<RespClient> sentinels = new ArrayList<>();
    try {
      for (NodeProcess each : group.sentinels()) {
        sentinels.add(RespClient.connect("127.0.0.1", each.port(), ASK_TIMEOUT_MILLIS));
      }
      long end = System.nanoTime() + FAILOVER_LIMIT.toNanos();
      while (System.nanoTime() < end) {
        int named = namedByAll(sentinels);
        if (named != 0 && named != old) {
          Reply written = group.server(named).ask("SET", KEY + ":after", "1");
          if (!written.isError()) {
            return System.nanoTime();
          }
        }
        Thread.sleep(POLL_MILLIS);
      }
    } finally {
      for (RespClient each : sentinels) {
        each.close();
      }
    }
    throw new IOException("no failover within " + FAILOVER_LIMIT);
  }

  /** Returns the port that all sentinels name, or 0 if they disagree. */
  private static int namedByAll(List<RespClient> sentinels) throws IOException {
    int named = 0;
    for (RespClient each : sentinels) {
      Reply address = each.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Topology.MASTER_NAME);
      int port = (int) address.elements().get(1).number();
      if (named != 0 && named != port) {
        return 0;
      }
      named = port;
    }
    return named;
  }

  private static double quantile(List<Double> values, double part) {
    List<Double> sorted = values.stream().sorted().toList();
    int index = (int) Math.ceil(part * sorted.size()) - 1;
    return sorted.get(Math.max(0, index));
  }
}
