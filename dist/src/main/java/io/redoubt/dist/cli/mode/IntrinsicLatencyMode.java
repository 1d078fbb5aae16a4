package io.redoubt.dist.cli.mode;

import java.io.PrintStream;
import java.util.Locale;

/**
 * {@code --intrinsic-latency}: measures how long the machine stalls a busy process. Needs no
 * server.
 */
public final class IntrinsicLatencyMode implements Mode {
  private final PrintStream out;
  private final int seconds;

  /** Creates the mode for a test of {@code seconds} seconds. */
  public IntrinsicLatencyMode(PrintStream out, int seconds) {
    this.out = out;
    this.seconds = seconds;
  }

  @Override
  public int run() {
    long start = System.nanoTime();
    long end = start + seconds * 1_000_000_000L;
    long runs = 0;
    long worstMicros = 0;
    long before = start;
    while (before < end) {
      long now = System.nanoTime();
      runs++;
      long micros = (now - before) / 1000;
      if (micros > worstMicros) {
        worstMicros = micros;
        out.print("Max latency so far: " + micros + " microseconds.\n");
        out.flush();
        now = System.nanoTime(); // excludes the time of printing
      }
      before = now;
    }
    double nanos = (double) (before - start) / runs;
    out.printf(
        Locale.ROOT,
        "%n%d total runs (avg latency: %.4f microseconds / %.2f nanoseconds per run).%n"
            + "Worst run took %.0fx longer than the average latency.%n",
        runs,
        nanos / 1000,
        nanos,
        worstMicros * 1000 / nanos);
    return 0;
  }
}
