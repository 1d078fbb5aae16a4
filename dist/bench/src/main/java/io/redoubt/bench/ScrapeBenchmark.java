package io.redoubt.bench;

import io.redoubt.bench.load.EveryCommand;
import io.redoubt.bench.load.PingLoad;
import io.redoubt.bench.load.RequestBuffer;
import io.redoubt.bench.load.Scraper;
import io.redoubt.bench.load.WriteLoad;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code benchmark scrape}: the duration of a scrape of a busy server, and its effect on clients.
 */
@Command(
    name = "scrape",
    description = {
      "Scrapes a server that has executed nearly all kinds of commands and serves SETs over eight"
          + " pipelining connections: Redoubt by its metrics-port, Redis by redis_exporter, if that"
          + " is installed. The table shows the duration of a scrape, and the longest PING of a"
          + " client in as long a time without scrapes and with one every 1.1 seconds.",
      "Of Redoubt it also shows the longest time for which a scrape held the event loop: the"
          + " median and the maximum of all scrapes."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ScrapeBenchmark implements Callable<Integer> {
  private static final int KEYS = 100_000;
  private static final int DIGITS = 6;
  private static final String VALUE = "v".repeat(64);
  private static final int WARM_UP = 30;
  private static final double MILLION = 1e6;

  /**
   * Commands such as PFSELFTEST, which take longer, would hide how long a scrape occupies the loop.
   */
  private static final long SLOW_NANOS = 1_000_000;

  /** Longer than a second, during which Redoubt serves the same metrics again. */
  private static final Duration PERIOD = Duration.ofMillis(1100);

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--scrapes",
      paramLabel = "COUNT",
      description = "Scrapes that count (default: ${DEFAULT-VALUE}).")
  private int scrapes = 30;

  @Option(
      names = "--exporter",
      paramLabel = "FILE",
      description = "The redis_exporter to compare with (default: ${DEFAULT-VALUE}).")
  private Path exporter = Path.of("/usr/bin/prometheus-redis-exporter");

  /** A process next to a server that exports the server's metrics. */
  private static final class Exporter implements AutoCloseable {
    private final Process process;

    Exporter(Path program, int server, int port) throws IOException {
      process =
          new ProcessBuilder(
                  program.toString(),
                  "-redis.addr=redis://" + MeasuredServer.HOST + ":" + server,
                  "-web.listen-address=" + MeasuredServer.HOST + ":" + port)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    System.out.printf(
        Locale.ROOT,
        "%-24s %6s %9s %9s %9s %9s %9s %9s%n",
        "milliseconds",
        "kinds",
        "scrape",
        "slowest",
        "PING",
        "with",
        "held",
        "longest");
    if (Files.isExecutable(exporter)) {
      int port = FreePorts.one();
      try (MeasuredServer redis = servers.start(true);
          Exporter beside = new Exporter(exporter, redis.port(), port)) {
        servers.closeOnExit(beside::close);
        measure("redis, redis_exporter", redis, port);
      }
    } else {
      System.out.println(exporter + " is not installed");
    }
    int port = FreePorts.one();
    try (MeasuredServer redoubt =
        servers.start("redoubt", servers.redoubtLauncher(), "--metrics-port", port + "")) {
      measure("redoubt", redoubt, port);
    }
    return 0;
  }

  private void measure(String title, MeasuredServer server, int port)
      throws IOException, InterruptedException {
    EveryCommand commands = new EveryCommand(server);
    commands.call(); // cold code and Lua's library would distort the measurement
    commands.dropSlow(SLOW_NANOS);
    try (WriteLoad load = WriteLoad.start(server)) {
      load.write(ScrapeBenchmark::set);
      Scrapes.take(port, servers.scaled(WARM_UP));
      int counted = servers.scaled(scrapes);
      load.write(null);
      server.ask("CONFIG", "RESETSTAT");
      commands.call();
      load.write(ScrapeBenchmark::set);
      PingLoad before = PingLoad.start(server);
      Thread.sleep(PERIOD.multipliedBy(counted));
      double pingBefore = before.end().withoutOthersNanos() / MILLION;
      PingLoad during = PingLoad.start(server);
      Scrapes taken = Scrapes.take(port, counted);
      double ping = during.end().withoutOthersNanos() / MILLION;
      System.out.printf(
          Locale.ROOT,
          "%-24s %6d %9.2f %9.2f %9.2f %9.2f %9s %9s%n",
          title,
          kinds(server),
          Comparison.median(taken.millis),
          Arrays.stream(taken.millis).max().orElseThrow(),
          pingBefore,
          ping,
          taken.held(Comparison::median),
          taken.held(held -> Arrays.stream(held).max().orElseThrow()));
    }
  }

  /**
   * Successive scrapes.
   *
   * @param millis the duration of each, in milliseconds
   * @param heldMillis the longest time for which the previous scrape held the event loop, in
   *     milliseconds; NaN if the server does not report it
   */
  private record Scrapes(double[] millis, double[] heldMillis) {
    private static final Pattern HELD =
        Pattern.compile("^redoubt_scrape_longest_slice_seconds (\\S+)$", Pattern.MULTILINE);

    static Scrapes take(int port, int count) throws IOException, InterruptedException {
      Scrapes scrapes = new Scrapes(new double[count], new double[count]);
      for (int i = 0; i < count; i++) {
        long startNanos = System.nanoTime();
        String metrics = Scraper.scrape(port);
        scrapes.millis[i] = (System.nanoTime() - startNanos) / MILLION;
        Matcher held = HELD.matcher(metrics);
        scrapes.heldMillis[i] = held.find() ? Double.parseDouble(held.group(1)) * 1e3 : Double.NaN;
        Thread.sleep(PERIOD);
      }
      return scrapes;
    }

    String held(ToDoubleFunction<double[]> summary) {
      double value = summary.applyAsDouble(heldMillis);
      return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
    }
  }

  private static int set(RequestBuffer requests, int step) {
    requests.request(3).word("SET").numbered("key:", step % KEYS, DIGITS).word(VALUE);
    return 1;
  }

  private static int kinds(MeasuredServer server) throws IOException {
    try (RespClient client = RespClient.connect(MeasuredServer.HOST, server.port())) {
      return NodeProcess.info(client, "commandstats").size();
    }
  }
}
