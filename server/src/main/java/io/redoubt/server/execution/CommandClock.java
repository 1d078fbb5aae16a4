package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long commands take, and counts their runs.
 *
 * <p>To look at the clock takes as long as a quarter of a short command. So the runs of one and the
 * same short command that follow each other in a batch are a <em>series</em>, which is measured as
 * a whole.
 */
final class CommandClock {
  /** A request of more words is not short, however fast each of them is dealt with. */
  private static final int SHORT_WORDS = 8;

  private final Clock clock;

  /** When the last command ended that was measured, or the batch began. */
  private long lastNanos;

  private boolean inBatch;
  private @Nullable Command<Call> series;
  private int seriesRuns;
  private final BooleanSupplier measuresEach;

  /**
   * A clock of commands.
   *
   * @param measuresEach whether there are no series: somebody looks for single runs that take long
   */
  CommandClock(Clock clock, BooleanSupplier measuresEach) {
    this.clock = clock;
    this.measuresEach = measuresEach;
  }

  /** Requests are about to run. */
  void beginBatch() {
    endSeries();
    inBatch = true;
    look();
  }

  /** The requests have run. */
  void endBatch() {
    endSeries();
    inBatch = false;
  }

  /** Forgets the time that has passed: it is no command's. */
  void look() {
    lastNanos = clock.monotonicNanos();
  }

  /** A command is about to run; returns when that is, unless it belongs to a series. */
  long begin(Command<Call> command, Request request) {
    if (series != null && (command != series || !isShort(command, request))) {
      endSeries();
    }
    return lastNanos;
  }

  /**
   * A command has run.
   *
   * @param started what {@link #begin} returned
   * @return the nanoseconds that it took, or 0 when that is not known yet because it was short
   */
  long end(Command<Call> command, Request request, long started) {
    if (inBatch && isShort(command, request) && !measuresEach.getAsBoolean()) {
      series = command;
      seriesRuns++;
      return 0;
    }
    endSeries(); // of commands that ran within this one
    long nanos = endAfter(started);
    command.countCalls(1, nanos);
    return nanos;
  }

  /** A command has run that is not to be counted. */
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
