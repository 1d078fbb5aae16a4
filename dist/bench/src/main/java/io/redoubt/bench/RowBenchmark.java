package io.redoubt.bench;

import io.redoubt.bench.load.ClosedLoop;
import io.redoubt.bench.load.Subject;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.bench.rows.Row;
import io.redoubt.bench.rows.RowGroup;
import io.redoubt.bench.rows.RowTable;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** {@code benchmark cpu --all}: the processor time per operation of every command. */
final class RowBenchmark {
  /**
   * The duration and number of the rounds of a row. Durations are the server's processor time, so
   * that a busy machine does not shorten them.
   *
   * @param roundMillis the duration of a round of the slower server
   * @param warmMillis the least duration of a warm-up
   * @param limitSeconds the time after which no further row starts
   */
  record Depth(int rounds, int roundMillis, int warmMillis, long limitSeconds) {}

  /**
   * A measured row.
   *
   * @param settled true if the compiler was idle at the end of the warm-up
   * @param replyBytes the bytes per operation of both servers
   */
  private record Result(
      String title,
      Row.Load load,
      double redisMicros,
      double redoubtMicros,
      double ratio,
      double warmSeconds,
      boolean settled,
      double[] replyBytes) {}

  /** The share of the compiler in a server's processor time below which it counts as idle. */
  private static final double IDLE_COMPILER = 0.03;

  /** The time of an operation relative to the slice before, below which it still falls. */
  private static final double STILL_FASTER = 0.95;

  /**
   * The least operations of a warm-up: with the server's options, C2 compiles a method after 20 000
   * to 60 000 calls, and is idle before.
   */
  private static final int LEAST_OPERATIONS = 60_000;

  /** A warm-up ends after this multiple of its least duration even if the compiler is busy. */
  private static final int MAX_WARM_UPS = 12;

  private static final int MAX_SLICE_MILLIS = 40;
  private static final double NANOS_PER_MILLI = 1e6;

  /** The relative difference in the length of replies that is worth a remark. */
  private static final double OTHER_LENGTH = 0.2;

  private static final int SHORT_BYTES = 32;

  private final RowFilter only;
  private final List<Integer> pipelines;
  private final Depth depth;
  private final RowTable table;
  private final Subject redis;
  private final Subject redoubt;
  private final List<Result> results = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private final long startNanos = System.nanoTime();
  private int left;

  RowBenchmark(
      RowFilter only,
      List<Integer> pipelines,
      Depth depth,
      MeasuredServer redis,
      MeasuredServer redoubt)
      throws IOException {
    this.only = only;
    this.pipelines = pipelines;
    this.depth = depth;
    table = RowTable.read();
    this.redis = new Subject(redis, table);
    this.redoubt = new Subject(redoubt, table);
  }

  /** Measures the selected rows and prints them, the worst first. */
  void run() throws IOException {
    try (redis;
        redoubt) {
      for (RowGroup group : table.groups()) {
        List<Row> rows = group.rows().stream().filter(row -> only.includes(row.title())).toList();
        if (!rows.isEmpty() && !isOver()) {
          prepare(group);
        }
        for (Row row : rows) {
          for (Row.Load load : row.loads()) {
            if (pipelines.contains(load.pipeline())) {
              measure(group, row, load);
            }
          }
        }
      }
      print();
    }
  }

  private boolean isOver() {
    return System.nanoTime() - startNanos > depth.limitSeconds() * 1e9;
  }

  private void prepare(RowGroup group) throws IOException {
    redis.prepare(group);
    redoubt.prepare(group);
  }

  private void measure(RowGroup group, Row row, Row.Load load) throws IOException {
    if (isOver()) {
      left++;
      return;
    }
    try {
      Result result = measured(group, row, load);
      results.add(result);
      System.err.println(line(result));
    } catch (IOException refusal) {
      String loaded = " (" + load.clients() + " clients, P=" + load.pipeline() + "): ";
      refused.add(row.title() + loaded + refusal.getMessage());
      System.err.println(refused.getLast());
      prepare(group);
    }
  }

  private Result measured(RowGroup group, Row row, Row.Load load) throws IOException {
    ClosedLoop.Batch theirs = redis.batch(row, load.pipeline());
    ClosedLoop.Batch ours = redoubt.batch(row, load.pipeline());
    Run ofRedis = new Run(redis, group, row, load, theirs);
    Run ofRedoubt = new Run(redoubt, group, row, load, ours);
    Warmth redisWarmth = ofRedis.warmUp(depth.roundMillis(), 1);
    Warmth warmth = ofRedoubt.warmUp(depth.warmMillis(), LEAST_OPERATIONS);
    double perMilli = Math.min(redisWarmth.perMilli(), warmth.perMilli());
    long count =
        row.operations() == Row.BY_TIME
            ? Math.max(1, (long) (perMilli * depth.roundMillis()))
            : row.operations();
    double[] redisMicros = new double[depth.rounds()];
    double[] redoubtMicros = new double[depth.rounds()];
    for (int round = 0; round < depth.rounds(); round++) {
      if (round % 2 == 0) {
        redisMicros[round] = ofRedis.micros(count);
        redoubtMicros[round] = ofRedoubt.micros(count);
      } else {
        redoubtMicros[round] = ofRedoubt.micros(count);
        redisMicros[round] = ofRedis.micros(count);
      }
    }
    double[] ratios =
        IntStream.range(0, depth.rounds())
            .mapToDouble(round -> redoubtMicros[round] / redisMicros[round])
            .toArray();
    return new Result(
        row.title(),
        load,
        Comparison.median(redisMicros),
        Comparison.median(redoubtMicros),
        Comparison.median(ratios),
        warmth.seconds(),
        warmth.settled(),
        new double[] {ofRedis.replyBytes, ofRedoubt.replyBytes});
  }

  /** The end of a warm-up. */
  private record Warmth(double perMilli, double seconds, boolean settled) {}

  /** The runs of one row on one server. */
  private final class Run {
    private final Subject subject;
    private final RowGroup group;
    private final Row row;
    private final int clients;
    private final ClosedLoop.Batch batch;
    private double replyBytes;

    Run(Subject subject, RowGroup group, Row row, Row.Load load, ClosedLoop.Batch batch) {
      this.subject = subject;
      this.group = group;
      this.row = row;
      clients = load.clients();
      this.batch = batch;
    }

    /** Runs operations; returns how many there were. */
    private long run(long operations) throws IOException {
      long done = subject.loop().run(batch, clients, operations);
      replyBytes = (double) subject.loop().receivedBytes() / done;
      return done;
    }

    private void refill() throws IOException {
      if (row.refill()) {
        subject.prepare(group);
      }
    }

    /** Returns the processor time of an operation in microseconds. */
    double micros(long operations) throws IOException {
      refill();
      long before = subject.server().cpuNanos();
      long done = run(operations);
      return (subject.server().cpuNanos() - before) / 1000.0 / done;
    }

    /**
     * Runs until the compiler has been idle for a slice and operations no longer become faster, or
     * until the limit has passed. The second condition is for a compiler that waits for a
     * processor: it looks idle then.
     */
    Warmth warmUp(int leastMillis, int leastOperations) throws IOException {
      long operations = row.operations() == Row.BY_TIME ? 1 : row.operations();
      double warmMillis = 0;
      long warmOperations = 0;
      double sinceGrown = 0;
      double lastNanos = Double.MAX_VALUE; // of an operation in the full slice before
      while (true) {
        refill();
        long cpu = subject.server().cpuNanos();
        long compiler = subject.server().compilerNanos();
        long done = run(operations);
        double nanos = Math.max(1, subject.server().cpuNanos() - cpu);
        double share = (subject.server().compilerNanos() - compiler) / nanos;
        double millis = nanos / NANOS_PER_MILLI;
        warmMillis += millis;
        warmOperations += done;
        boolean full = millis >= MAX_SLICE_MILLIS || row.operations() != Row.BY_TIME;
        sinceGrown += full ? millis : 0;
        double eachNanos = nanos / done;
        boolean faster = eachNanos < lastNanos * STILL_FASTER;
        lastNanos = full ? eachNanos : lastNanos;
        boolean settled = full && share < IDLE_COMPILER && !faster;
        boolean enough =
            warmMillis >= leastMillis && warmOperations >= leastOperations && sinceGrown > 0;
        if ((enough && settled) || warmMillis >= (double) leastMillis * MAX_WARM_UPS) {
          return new Warmth(done / millis, warmMillis / 1000, settled);
        }
        if (!full) {
          operations = done * (millis < MAX_SLICE_MILLIS / 4.0 ? 4 : 2);
        }
      }
    }
  }

  private void print() throws IOException {
    System.out.printf(
        Locale.ROOT,
        "%-46s %7s %4s %10s %10s %6s %6s%n",
        "us per operation",
        "clients",
        "P",
        "redis",
        "redoubt",
        "ratio",
        "warm s");
    results.stream()
        .sorted(Comparator.comparingDouble(Result::ratio).reversed())
        .forEach(result -> System.out.println(line(result)));
    double logs = results.stream().mapToDouble(result -> Math.log(result.ratio())).sum();
    long above = results.stream().filter(result -> result.ratio() > 1).count();
    System.out.printf(
        Locale.ROOT,
        "geometric mean %.3f of %d rows, %d above 1, in %.0f s%n",
        Math.exp(logs / results.size()),
        results.size(),
        above,
        (System.nanoTime() - startNanos) / 1e9);
    if (left > 0) {
      System.out.printf(Locale.ROOT, "not measured for lack of time: %d%n", left);
    }
    refused.forEach(line -> System.out.println("not measured: " + line));
    List<String> common = new ArrayList<>(commands(redoubt));
    common.retainAll(commands(redis));
    List<String> missing = table.missing(common);
    if (!missing.isEmpty()) {
      System.out.println("commands without a row: " + String.join(" ", missing));
    }
  }

  private static List<String> commands(Subject subject) throws IOException {
    return subject.server().ask("COMMAND", "LIST").elements().stream().map(Reply::text).toList();
  }

  private static String line(Result result) {
    double theirs = result.replyBytes()[0];
    double ours = result.replyBytes()[1];
    boolean differs = Math.abs(ours - theirs) > OTHER_LENGTH * theirs + SHORT_BYTES;
    return String.format(
        Locale.ROOT,
        "%-46s %7d %4d %10.3f %10.3f %6.2f %5.1f%s%s",
        result.title(),
        result.load().clients(),
        result.load().pipeline(),
        result.redisMicros(),
        result.redoubtMicros(),
        result.ratio(),
        result.warmSeconds(),
        result.settled() ? " " : "*",
        differs ? String.format(Locale.ROOT, " replies of %.0f and %.0f B", theirs, ours) : "");
  }
}
