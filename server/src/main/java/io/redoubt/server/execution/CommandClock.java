package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures the duration of commands, and counts them.
 *
 * <p>Reading the clock takes a quarter of the time of a short command. Consecutive executions of
 * the same short command in a batch therefore form a <em>series</em>, which is measured as a whole.
 */
final class CommandClock {
  /** Requests with more words do not count as short, whatever the command. */
  private static final int SHORT_WORDS = 8;

  private final Clock clock;

  /** The end of the last measured command, or the start of the batch. */
  private long lastNanos;

  private boolean inBatch;
  private @Nullable Command<Call> series;
  private int seriesRuns;
  private final BooleanSupplier measuresEach;

  /**
   * Creates a clock of commands.
   *
   * @param measuresEach true to measure each execution, without series, because the latency monitor
   *     is on
   */
  CommandClock(Clock clock, BooleanSupplier measuresEach) {
    this.clock = clock;
    this.measuresEach = measuresEach;
  }

  /** Starts a batch of requests. */
  void beginBatch() {
    endSeries();
    inBatch = true;
    look();
  }

  /** Finishes a batch of requests. */
  void endBatch() {
    endSeries();
    inBatch = false;
  }

  /** Discards the elapsed time, which belongs to no command. */
  void look() {
    lastNanos = clock.monotonicNanos();
  }

  /** Starts a command; returns the start time, which is stale within a series. */
  long begin(Command<Call> command, Request request) {
    if (series != null && (command != series || !isShort(command, request))) {
      endSeries();
    }
    return lastNanos;
  }

  /**
   * Finishes a command.
   *
   * @param started the result of {@link #begin}
   * @return the duration in nanoseconds, or 0 within a series
   */
  long end(Command<Call> command, Request request, long started) {
    if (inBatch && isShort(command, request) && !measuresEach.getAsBoolean()) {
      series = command;
      seriesRuns++;
      return 0;
    }
    endSeries(); // of commands executed within this one
    long nanos = endAfter(started);
    command.countCalls(1, nanos);
    return nanos;
  }

  /** Finishes a command that is not counted. */
  long endUncounted(long started) {
    endSeries();
    return endAfter(started);
  }

  private long endAfter(long started) {
    look();
    return lastNanos - started;
  }

  private void endSeries() {
    Command<Call> ran = series;
    if (ran != null) {
      ran.countCalls(seriesRuns, endAfter(lastNanos));
      series = null;
      seriesRuns = 0;
    }
  }

  private static boolean isShort(Command<Call> command, Request request) {
    return command.has(Flag.FAST) && request.count() <= SHORT_WORDS;
  }
}
