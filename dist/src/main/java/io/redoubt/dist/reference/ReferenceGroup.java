package io.redoubt.dist.reference;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.sentinel.SentinelHost;
import io.redoubt.sentinel.SentinelServer;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.RedisServer;
import io.redoubt.server.assembly.Machine;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A master, its replica and a sentinel in this process, which have done enough to export all of
 * their metrics.
 */
final class ReferenceGroup implements AutoCloseable {
  /** A metric and the processes that export it. */
  record Exported(String kind, String help, TreeSet<String> sources) {}

  private static final String HOST = "127.0.0.1";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int POLL_MILLIS = 50;

  /** The number of rounds without a new metric after which all are assumed to be found. */
  private static final int SETTLED_ROUNDS = 60;

  private static final Pattern HELP =
      Pattern.compile("(?m)^# HELP (\\S+) (.*)\n# TYPE \\S+ (\\S+)");
  private static final List<String> SOURCES = List.of("master", "replica", "sentinel");

  /** The metric of each process that appears last. */
  private static final List<String> AWAITED =
      List.of(
          "slave_state=\"online\"", "redis_master_link_up{", "redis_sentinel_master_ok_slaves{");

  private final Path folder;
  private final List<Integer> ports = FreePorts.several(2 * SOURCES.size());
  private final RedisServer master;
  private final RedisServer replica;
  private final SentinelServer sentinel;
  private final RespClient toServer;
  private final RespClient toSentinel;

  private ReferenceGroup(Path folder) throws Exception {
    this.folder = folder;
    master =
        server(0, "appendonly yes", "slowlog-log-slower-than 0", "latency-monitor-threshold 1");
    replica = server(1, "replicaof " + HOST + " " + master.port());
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(
        file,
        String.format(
            Locale.ROOT,
            "port %d\nbind %s\nmetrics-port %d\nsentinel monitor main %s %d 1\n",
            ports.get(2),
            HOST,
            metricsPort(2),
            HOST,
            master.port()));
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(file, new byte[0], "");
    sentinel =
        SentinelServer.start(
            directives, SentinelHost.ofProcess(environment(), NameLookup.ofSystem()), () -> {});
    toServer = RespClient.connect(HOST, master.port());
    toSentinel = RespClient.connect(HOST, ports.get(2));
  }

  static ReferenceGroup start() throws Exception {
    return new ReferenceGroup(Files.createTempDirectory("redoubt-reference"));
  }

  private int metricsPort(int process) {
    return ports.get(SOURCES.size() + process);
  }

  private static Environment environment() {
    Clock clock = Clock.system();
    return new Environment(clock, Log.silent(clock), new SplittableRandom(1));
  }

  private RedisServer server(int process, String... lines) throws Exception {
    ServerDirectives settings = new ServerDirectives();
    Path place = Files.createDirectory(folder.resolve(SOURCES.get(process)));
    String options =
        String.format(
            Locale.ROOT,
            "dir %s\n"
                + "bind %s\n"
                + "port %d\n"
                + "metrics-port %d\n"
                + "save \"\"\n"
                + "repl-diskless-sync-delay 0\n"
                + "%s\n",
            place,
            HOST,
            ports.get(process),
            metricsPort(process),
            String.join("\n", lines));
    settings.load(null, new byte[0], options);
    RedisServer server = new RedisServer(settings, environment(), false, Machine.real());
    server.start().get();
    return server;
  }

  RespClient server() {
    return toServer;
  }

  RespClient sentinel() {
    return toSentinel;
  }

  /** Returns the metrics by name, after a failover. */
  Map<String, Exported> metrics() throws IOException, InterruptedException {
    toServer.call("SET", "key", "value", "EX", "1000");
    toServer.call("INCR", "key");
    toServer.call("EVAL", "local n = 0 for i = 1, 5000000 do n = n + i end return n", "0");
    for (int i = 0; i < AWAITED.size(); i++) {
      await(i, AWAITED.get(i));
    }
    await(0, "redis_latency_spike_last{");
    await(2, "redoubt_sentinel_replica_offset_bytes{"); // after the sentinel's first INFO
    Map<String, Exported> metrics = new TreeMap<>();
    // Some appear with the first command or ping of a process. Rounds rather than time are counted,
    // because a busy machine may not run this process for seconds.
    int count = 0;
    for (int quietRounds = 0; quietRounds < SETTLED_ROUNDS; quietRounds++) {
      for (int i = 0; i < SOURCES.size(); i++) {
        collect(i, metrics);
      }
      int now = metrics.values().stream().mapToInt(metric -> metric.sources().size()).sum();
      if (now != count) {
        count = now;
        quietRounds = 0;
      }
      Thread.sleep(POLL_MILLIS);
    }
    failOver();
    collect(2, metrics); // the others have changed their roles
    return metrics;
  }

  private void collect(int process, Map<String, Exported> metrics) throws IOException {
    Matcher families = HELP.matcher(scrape(process));
    while (families.find()) {
      metrics
          .computeIfAbsent(
              families.group(1),
              _ -> new Exported(families.group(3), families.group(2), new TreeSet<>()))
          .sources()
          .add(SOURCES.get(process));
    }
  }

  /**
   * Requests a failover until one succeeds: the sentinel must have known the replica for some time.
   */
  private void failOver() throws IOException, InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!scrape(2).contains("redoubt_sentinel_last_failover_seconds{")) {
      if (System.nanoTime() > end) {
        throw new IOException("no failover");
      }
      toSentinel.call("SENTINEL", "FAILOVER", "main"); // refused during a failover
      Thread.sleep(10 * POLL_MILLIS);
    }
  }

  private void await(int process, String text) throws IOException, InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!scrape(process).contains(text)) {
      if (System.nanoTime() > end) {
        throw new IOException("no " + text + " of the " + SOURCES.get(process));
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private String scrape(int process) throws IOException {
    try (Socket socket = new Socket(HOST, metricsPort(process))) {
      String request = "GET /metrics HTTP/1.0\r\nHost: " + HOST + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void close() throws IOException {
    toSentinel.close();
    toServer.close();
    sentinel.close();
    replica.close();
    master.close();
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
