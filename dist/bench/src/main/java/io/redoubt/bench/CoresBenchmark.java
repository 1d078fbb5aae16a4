package io.redoubt.bench;

import io.redoubt.bench.cores.Ceiling;
import io.redoubt.bench.cores.KnownWork;
import io.redoubt.bench.cores.PublishedRate;
import io.redoubt.bench.load.ClosedLoop;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.bench.measure.ServerIdentity;
import io.redoubt.dist.load.RequestTemplate;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark cores}: the processor time of the owner of the data and of the I/O threads. */
@Command(
    name = "cores",
    description = {
      "The server's processor time per operation, in microseconds, by thread: owner is the one that"
          + " executes commands, io the others of io-threads together, and sum includes the rest"
          + " but for the JIT compiler. P is the number of requests in a pipeline; a SET picks one"
          + " of 100 000 keys at random, and an operation of PUBLISH reaches all subscribers."
          + " Servers with each number of threads run side by side and take turns, round by round;"
          + " the figures are medians. Redis' I/O threads read as well (io-threads-do-reads); they"
          + " spin, so that their time depends on the load.",
      "The last two columns are the owner's time and the sum in relation to the sum of one thread.",
      "From the owner's time follows the ceiling, from that of the I/O threads the number of them"
          + " which reaches it; both are calculated for machines with more cores, not measured.",
      "A short run: --only 'SET 64 B P=1 50 clients' --threads 2 --rounds 1. All rows take half an"
          + " hour."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CoresBenchmark implements Callable<Integer> {
  /**
   * A row of the table.
   *
   * @param subscribers the number of receivers of a PUBLISH; 0 for a SET
   */
  private record Load(
      String title, int bytes, int pipeline, int clients, int subscribers, boolean tls) {}

  private record Figures(
      double owner, double io, double sum, double thousandsPerSecond, double p99Millis) {}

  /** A server with a number of threads, and its port for TLS. */
  private record Subject(MeasuredServer server, String threads, boolean redis, int tlsPort) {}

  private static final String ONE = "1";
  private static final int KEYS = 100_000;
  private static final int ALONE = 40_000;
  private static final int PIPELINED = 400_000;
  private static final long BYTES = 400_000_000;
  private static final int MESSAGES = 400_000;
  private static final int PUBLISHERS = 2;
  private static final int MAX_WARM_UP = 6;
  private static final double COMPILER_IDLE = 0.02;
  private static final double NANOS_PER_MICRO = 1000;
  private static final String CHANNEL = "channel";
  private static final List<Integer> CORES = List.of(4, 8, 16, 64);

  private static final List<Load> LOADS =
      List.of(
          set(64, 1, 50, false),
          set(64, 10, 50, false),
          set(64, 16, 50, false),
          set(64, 100, 50, false),
          set(64, 1, 500, false),
          set(64, 16, 500, false),
          set(64, 1, 2000, false),
          set(64, 16, 2000, false),
          set(512, 1, 50, false),
          set(512, 10, 50, false),
          set(16_384, 1, 50, false),
          set(16_384, 16, 50, false),
          set(64, 1, 50, true),
          set(64, 16, 50, true),
          set(512, 10, 50, true),
          set(16_384, 1, 50, true),
          publish(1),
          publish(50),
          publish(1000));

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "COUNT",
      description =
          "The values of io-threads in addition to 1 (default: ${DEFAULT-VALUE}); auto is one, too,"
              + " for Redoubt.")
  private List<String> threads = List.of("2", "3", "4");

  @Option(
      names = "--by-load",
      description =
          "Lets I/O threads join by load, as servers do by default; otherwise all are used, even if"
              + " no processor is idle.")
  private boolean byLoad;

  @Option(names = "--no-redis", description = "Measures Redoubt only.")
  private boolean withoutRedis;

  @Mixin private RoundCount rounds = new RoundCount(3);

  @Mixin private RowFilter only = new RowFilter();

  private static Load set(int bytes, int pipeline, int clients, boolean tls) {
    String size = bytes < 1024 ? bytes + " B" : bytes / 1024 + " KB";
    String title =
        "SET " + size + " P=" + pipeline + " " + clients + " clients" + (tls ? " TLS" : "");
    return new Load(title, bytes, pipeline, clients, 0, tls);
  }

  private static Load publish(int subscribers) {
    return new Load("PUBLISH to " + subscribers, 64, 1, PUBLISHERS, subscribers, false);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    ServerIdentity identity = ServerIdentity.ofP256(servers.folder());
    List<Subject> subjects = start(identity);
    System.out.printf(
        Locale.ROOT,
        "%d processors; %d dependent steps of work take %.0f ms.%n%n",
        Runtime.getRuntime().availableProcessors(),
        KnownWork.STEPS,
        KnownWork.millis());
    head();
    Map<String, Ceiling> ceilings = new LinkedHashMap<>();
    for (Load load : LOADS) {
      if (only.includes(load.title())) {
        measure(load, subjects, identity, ceilings);
      }
    }
    printCeilings(ceilings);
    return 0;
  }

  private List<Subject> start(ServerIdentity identity) throws IOException, InterruptedException {
    TreeSet<String> counts = new TreeSet<>(threads);
    counts.add(ONE);
    List<Subject> subjects = new ArrayList<>();
    for (String count : counts) {
      boolean alone = withoutRedis || count.equals("auto");
      for (boolean redis : alone ? List.of(false) : List.of(true, false)) {
        int tlsPort = FreePorts.one();
        List<String> directives = new ArrayList<>(List.of(identity.directives(tlsPort)));
        directives.add("--io-threads " + count);
        directives.add("--io-threads-do-reads yes");
        if (!redis && !byLoad) { // otherwise threads join only where a processor is idle
          directives.add("--io-threads-always-active yes");
        }
        MeasuredServer server = servers.start(redis, directives.toArray(String[]::new));
        subjects.add(new Subject(server, count, redis, tlsPort));
      }
    }
    return subjects;
  }

  private static void head() {
    System.out.printf(
        "%-31s %4s %-8s %7s %7s %7s %8s %7s %6s %6s%n",
        "us per operation", "N", "", "owner", "io", "sum", "1000/s", "p99 ms", "owner", "sum");
  }

  private void measure(
      Load load, List<Subject> subjects, ServerIdentity identity, Map<String, Ceiling> ceilings)
      throws IOException, InterruptedException {
    Map<Subject, List<Figures>> measured = new LinkedHashMap<>();
    for (Subject subject : subjects) {
      warmUp(load, subject, identity);
      measured.put(subject, new ArrayList<>());
    }
    for (int round = 0; round < rounds.count(); round++) {
      for (Map.Entry<Subject, List<Figures>> each : measured.entrySet()) {
        each.getValue().add(figures(load, each.getKey(), identity));
      }
    }
    Map<Boolean, Double> alone = new LinkedHashMap<>();
    for (Map.Entry<Subject, List<Figures>> each : measured.entrySet()) {
      Subject subject = each.getKey();
      double owner = median(each.getValue(), Figures::owner);
      double io = median(each.getValue(), Figures::io);
      double sum = median(each.getValue(), Figures::sum);
      double one = alone.computeIfAbsent(subject.redis(), first -> sum);
      System.out.printf(
          Locale.ROOT,
          "%-31s %4s %-8s %7.2f %7.2f %7.2f %8.1f %7s %6.2f %6.2f%n",
          load.title(),
          subject.threads(),
          subject.server().name(),
          owner,
          io,
          sum,
          median(each.getValue(), Figures::thousandsPerSecond),
          milliseconds(median(each.getValue(), Figures::p99Millis)),
          owner / one,
          sum / one);
      if (!subject.redis() && !subject.threads().equals(ONE)) {
        ceilings.put(load.title() + ", N=" + subject.threads(), new Ceiling(owner, io));
      }
    }
  }

  private static String milliseconds(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
  }

  private static double median(List<Figures> all, ToDoubleFunction<Figures> value) {
    return Comparison.median(all.stream().mapToDouble(value).toArray());
  }

  /** Puts load on a server until its compiler is idle. */
  private void warmUp(Load load, Subject subject, ServerIdentity identity)
      throws IOException, InterruptedException {
    boolean idle = false;
    for (int i = 0; i < (servers.isQuick() ? 1 : MAX_WARM_UP) && !idle; i++) {
      long compilerBefore = subject.server().compilerNanos();
      long before = subject.server().cpuNanos();
      figures(load, subject, identity);
      long compiler = subject.server().compilerNanos() - compilerBefore;
      idle = compiler < COMPILER_IDLE * (subject.server().cpuNanos() - before);
    }
  }

  private Figures figures(Load load, Subject subject, ServerIdentity identity)
      throws IOException, InterruptedException {
    return load.subscribers() > 0
        ? publishFigures(load, subject)
        : setFigures(load, subject, identity);
  }

  private Figures setFigures(Load load, Subject subject, ServerIdentity identity)
      throws IOException, InterruptedException {
    List<String> command = List.of("SET", "key:" + RedisBenchmark.RANDOM, "v".repeat(load.bytes()));
    List<String> options =
        load.tls() ? List.of("--tls", "--cacert", identity.certificate().toString()) : List.of();
    int port = load.tls() ? subject.tlsPort() : subject.server().port();
    long most = BYTES / load.bytes();
    int count = servers.scaled((int) Math.min(most, load.pipeline() == 1 ? ALONE : PIPELINED));
    Map<String, Long> before = subject.server().cpuNanosByName();
    RedisBenchmark.Result result =
        new RedisBenchmark(load.clients(), load.pipeline(), KEYS, command)
            .run(subject.server(), port, options, count);
    return figures(
        subject, before, count, result.perSecond() / NANOS_PER_MICRO, result.p99Millis());
  }

  private Figures publishFigures(Load load, Subject subject) throws IOException {
    byte[][] request =
        List.of("PUBLISH", CHANNEL, "v".repeat(load.bytes())).stream()
            .map(word -> word.getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);
    int count = servers.scaled(Math.min(ALONE, MESSAGES / load.subscribers()));
    try (ClosedLoop loop = new ClosedLoop(subject.server())) {
      byte[] subscribe = RequestEncoder.encode("SUBSCRIBE", CHANNEL);
      loop.listen(load.subscribers(), subscribe);
      Map<String, Long> before = subject.server().cpuNanosByName();
      long startNanos = System.nanoTime();
      RequestTemplate template = RequestTemplate.of(request, load.pipeline());
      var batch = new ClosedLoop.Batch(template, load.pipeline(), load.pipeline(), 1);
      long done = loop.run(batch, load.clients(), count);
      double millis = (System.nanoTime() - startNanos) / 1e6;
      return figures(subject, before, done, done / millis, Double.NaN);
    }
  }

  private static Figures figures(
      Subject subject, Map<String, Long> before, long count, double thousands, double p99)
      throws IOException {
    long owner = 0;
    long io = 0;
    long sum = 0;
    for (Map.Entry<String, Long> each : subject.server().cpuNanosByName().entrySet()) {
      String name = each.getKey();
      long nanos = each.getValue() - before.getOrDefault(name, 0L);
      if (name.equals("redis-server")) {
        owner += nanos;
      } else if (name.startsWith("redis-server io") || name.startsWith("io_thd_")) {
        io += nanos;
      }
      sum += MeasuredServer.isCompiler(name) ? 0 : nanos;
    }
    double micros = NANOS_PER_MICRO * count;
    return new Figures(owner / micros, io / micros, sum / micros, thousands, p99);
  }

  private static void printCeilings(Map<String, Ceiling> ceilings) {
    if (ceilings.isEmpty()) {
      return;
    }
    System.out.printf("%nCalculated, not measured: thousands per second (I/O threads)%n");
    System.out.printf("%-36s %14s", "", "ceiling");
    CORES.forEach(cores -> System.out.printf(" %14s", cores + " cores"));
    System.out.println();
    ceilings.forEach((title, ceiling) -> {
      System.out.printf("%-36s %14s", title, rate(ceiling.perSecond(), ceiling.ioThreads()));
      for (int cores : CORES) {
        System.out.printf(" %14s", rate(ceiling.perSecond(cores), ceiling.ioThreads(cores)));
      }
      System.out.println();
    });
    System.out.printf("%nPublished by others, for other machines:%n");
    for (PublishedRate each : PublishedRate.ALL) {
      System.out.printf("%s, %s: %s%n", each.server(), each.load(), each.rate());
      System.out.printf("  %s%n", each.source());
    }
  }

  private static String rate(double perSecond, int ioThreads) {
    return String.format(Locale.ROOT, "%.0f (%d)", perSecond / 1000, ioThreads);
  }
}
