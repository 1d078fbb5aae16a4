package io.redoubt.dist.load;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Prints progress and results in the forms of Redis' tool. */
final class LoadReport {
  /** The first steps of the cumulative distribution, in microseconds; later steps are wider. */
  private static final int FINE_STEP = 100;

  private static final int FINE_STEPS_END = 2_100;
  private static final int COARSE_STEP = 1_000;

  private final LoadOptions options;
  private final PrintStream out;
  private final @Nullable String save;
  private final @Nullable String appendOnly;
  private int progressLength;

  LoadReport(
      LoadOptions options, PrintStream out, @Nullable String save, @Nullable String appendOnly) {
    this.options = options;
    this.out = out;
    this.save = save;
    this.appendOnly = appendOnly;
  }

  /** Returns the value of a directive of the server, or null if the server refuses CONFIG. */
  static @Nullable String directive(ClientConnection connection, String name)
      throws IOException, ProtocolException {
    Reply reply = connection.call("CONFIG", "GET", name);
    if (!(reply instanceof Reply.Array) && !(reply instanceof Reply.Map)) {
      return null;
    }
    List<Reply> pair = reply.elements();
    return pair.size() == 2 && pair.get(1) instanceof Reply.Bulk value ? value.text() : null;
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** Prints the first line of a report in CSV. */
  void header() {
    if (options.csv) {
      out.print(
          "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\","
              + "\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n");
    }
  }

  /** Returns an object that prints the progress of a run each time it is called. */
  Runnable progress(String title, LoadRun run) {
    return new Runnable() {
      private final long started = System.nanoTime();
      private long lastNanos = started;
      private long lastFinished;
      private long lastMicros;

      @Override
      public void run() {
        if (options.csv) {
          return;
        }
        long now = System.nanoTime();
        long finished = run.finished();
        long micros = run.latencyMicros();
        String line =
            format(
                "%s: rps=%.1f (overall: %.1f) avg_msec=%s (overall: %s)",
                title,
                rate(finished - lastFinished, now - lastNanos),
                rate(finished, now - started),
                average(micros - lastMicros, finished - lastFinished),
                average(micros, finished));
        clear();
        out.print(line + "\r");
        out.flush();
        progressLength = line.length();
        lastNanos = now;
        lastFinished = finished;
        lastMicros = micros;
      }
    };
  }

  private static double rate(long requests, long nanos) {
    return nanos <= 0 ? 0 : requests * 1e9 / nanos;
  }

  private static String average(long micros, long requests) {
    return requests == 0 ? "-nan" : format("%.3f", micros / 1000.0 / requests);
  }

  /** Erases the line of progress. */
  private void clear() {
    out.print(" ".repeat(Math.max(1, progressLength)) + "\r");
    progressLength = 0;
  }

  void result(String title, LoadRun run, long millis) {
    MicrosHistogram latencies = run.latencies();
    long finished = run.finished();
    double rate = finished * 1000.0 / Math.max(1, millis);
    if (options.csv) {
      out.print(
          format(
              "\"%s\",\"%.2f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\"%n",
              title,
              rate,
              latencies.mean() / 1000,
              least(latencies),
              percentile(latencies, 50),
              percentile(latencies, 95),
              percentile(latencies, 99),
              latencies.most() / 1000.0));
    } else if (options.quiet) {
      clear();
      out.print(
          format(
              "%s: %.2f requests per second, p50=%.3f msec%n",
              title, rate, percentile(latencies, 50)));
    } else {
      clear();
      details(title, finished, millis);
      distribution(latencies);
      out.print(
          format(
              "%nSummary:%n  throughput summary: %.2f requests per second%n"
                  + "  latency summary (msec):%n"
                  + "    %9s %9s %9s %9s %9s %9s%n    %9.3f %9.3f %9.3f %9.3f %9.3f %9.3f%n",
              rate,
              "avg",
              "min",
              "p50",
              "p95",
              "p99",
              "max",
              latencies.mean() / 1000,
              least(latencies),
              percentile(latencies, 50),
              percentile(latencies, 95),
              percentile(latencies, 99),
              latencies.most() / 1000.0));
    }
    out.flush();
  }

  /** Prints the end of the output, after all tests. */
  void end() {
    if (!options.csv) {
      out.print("\n");
    }
    out.flush();
  }

  private void details(String title, long finished, long millis) {
    out.print("====== " + title + " ======\n");
    out.print(format("  %d requests completed in %.2f seconds%n", finished, millis / 1000.0));
    out.print("  " + options.clients + " parallel clients\n");
    out.print("  " + options.valueBytes + " bytes payload\n");
    out.print("  keep alive: " + (options.keepsConnections ? 1 : 0) + "\n");
    if (save != null && appendOnly != null) {
      out.print("  host configuration \"save\": " + save + "\n");
      out.print("  host configuration \"appendonly\": " + appendOnly + "\n");
    }
    out.print("  multi-thread: " + (options.threads > 0 ? "yes" : "no") + "\n");
    if (options.threads > 0) {
      out.print("  threads: " + options.threads + "\n");
    }
  }

  private void distribution(MicrosHistogram latencies) {
    out.print("\nLatency by percentile distribution:\n");
    long total = latencies.count();
    // Each level halves the distance to 100 %.
    for (double left = 100; ; left /= 2) {
      double percent = 100 - left;
      long value = latencies.percentile(percent);
      line(percent, value, latencies.countTo(value));
      if (latencies.countTo(value) == total) {
        line(100, value, total);
        break;
      }
    }
    out.print("\nCumulative distribution of latencies:\n");
    long before = -1;
    for (long level = FINE_STEP; before < total; ) {
      long end = latencies.endOfStep(level);
      long count = latencies.countTo(end);
      if (count != before) {
        line(100.0 * count / total, end, count);
      }
      before = count;
      level += level < FINE_STEPS_END ? FINE_STEP : COARSE_STEP;
    }
  }

  private void line(double percent, long micros, long count) {
    out.print(
        format(
            "%.3f%% <= %.3f milliseconds (cumulative count %d)%n", percent, micros / 1e3, count));
  }

  private static double least(MicrosHistogram latencies) {
    return latencies.least() / 1000.0;
  }

  private static double percentile(MicrosHistogram latencies, double percent) {
    return latencies.percentile(percent) / 1000.0;
  }
}
