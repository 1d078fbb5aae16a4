package io.redoubt.dist.cli.mode;

import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * {@code --latency} and {@code --latency-history}: time from PING to its reply, in milliseconds.
 * For people it runs until it is interrupted; in other forms it prints one result.
 */
public final class LatencyMode implements Mode {
  private static final double PAUSE_SECONDS = 0.01;
  private static final double HISTORY_SECONDS = 15;

  private final ModeContext context;
  private final boolean history;
  private long least;
  private long most;
  private long total;
  private long count;

  /**
   * Creates the mode.
   *
   * @param history starts anew after each interval
   */
  public LatencyMode(ModeContext context, boolean history) {
    this.context = context;
    this.history = history;
  }

  @Override
  public int run() throws IOException, ProtocolException, InterruptedException, ModeException {
    boolean people = context.form() == OutputForm.STANDARD;
    double interval = context.intervalOr(history ? HISTORY_SECONDS : 1);
    long started = System.nanoTime();
    while (true) {
      long sent = System.nanoTime();
      context.ask("PING");
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sent);
      least = count == 0 ? millis : Math.min(least, millis);
      most = count == 0 ? millis : Math.max(most, millis);
      total += millis;
      count++;
      if (people) {
        context.out().print("\u001b[0G\u001b[2K" + result());
      } else if (history) {
        context.out().print(result() + "\n");
      }
      double elapsed = (System.nanoTime() - started) / 1e9;
      if (elapsed > interval && !people && !history) {
        context.out().print(result() + "\n");
        return 0;
      }
      if (elapsed > interval && history) {
        context.out().printf(Locale.ROOT, " -- %.2f seconds range%n", elapsed);
        started = System.nanoTime();
        count = 0;
        total = 0;
      }
      context.out().flush();
      ModeContext.sleep(PAUSE_SECONDS);
    }
  }

  private String result() {
    double average = (double) total / count;
    return switch (context.form()) {
      case STANDARD ->
          String.format(
              Locale.ROOT, "min: %d, max: %d, avg: %.2f (%d samples)", least, most, average, count);
      case CSV -> String.format(Locale.ROOT, "%d,%d,%.2f,%d", least, most, average, count);
      case JSON, QUOTED_JSON ->
          String.format(
              Locale.ROOT,
              "{\"min\": %d, \"max\": %d, \"avg\": %.2f, \"count\": %d}",
              least,
              most,
              average,
              count);
      case RAW -> String.format(Locale.ROOT, "%d %d %.2f %d", least, most, average, count);
    };
  }
}
