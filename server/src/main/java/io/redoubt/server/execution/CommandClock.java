package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.CommandTrace;
import io.redoubt.server.execution.monitoring.ServerStats;
import org.jspecify.annotations.Nullable;

/**
 * Measures the duration of commands, and counts them.
 *
 * <p>Reading the clock takes a quarter of the time of a short command. Consecutive executions of
 * the same short command in a batch therefore form a <em>series</em> that is measured as a whole. A
 * series that took as long as a slow command is recorded under its last command, since a long reply
 * ends a series; so does a maximum number of executions.
 */
final class CommandClock {
  /** Returned as the duration of a command within a series. */
  static final long NOT_MEASURED = -1;

  /** The number of words above which a request of any command does not count as short. */
  private static final int SHORT_WORDS = 8;

  /** The maximum number of commands in a series, which together take less than a slow command. */
  private static final int MOST_RUNS = 64;

  private final Clock clock;
  private final CommandTrace trace;
  private final ServerStats stats;

  /** Needs the time of each command while it is on; null without cluster mode. */
  private final @Nullable SlotMeter meter;

  /** The end of the last measured command, or the start of the batch. */
  private long lastNanos;

  private boolean inBatch;
  private @Nullable Command<Call> series;
  private int seriesRuns;
  private boolean isLastInScript;
  private boolean isSeriesNested;
  private long windowBefore;
  private @Nullable ServerClient lastClient;
  private @Nullable Request lastRequest;

  /**
   * Creates a clock of commands.
   *
   * @param trace observes slow series
   * @param meter needs the time of each command while it is on; null without cluster mode
   */
  CommandClock(Clock clock, CommandTrace trace, ServerStats stats, @Nullable SlotMeter meter) {
    this.clock = clock;
    this.trace = trace;
    this.stats = stats;
    this.meter = meter;
  }

  void beginBatch() {
    endSeries();
    inBatch = true;
    discardElapsed();
  }

  void endBatch() {
    endSeries();
    inBatch = false;
  }

  /** Discards the elapsed time, which belongs to no command. */
  void discardElapsed() {
    lastNanos = clock.monotonicNanos();
  }

  /** Starts a command; returns the start time, which is stale within a series. */
  long begin(Command<Call> command, Request request, ReplyWriter reply) {
    windowBefore = reply.window();
    if (series != null && (command != series || !isShort(command, request))) {
      endSeries();
    }
    return lastNanos;
  }

  /**
   * Finishes a command.
   *
   * @param started the result of {@link #begin}
   * @param nested true for a command within another one
   * @return the duration in nanoseconds, or {@link #NOT_MEASURED} within a series
   */
  long end(
      ServerClient client,
      Command<Call> command,
      Request request,
      ReplyWriter reply,
      long started,
      boolean nested) {
    if (inBatch
        && isShort(command, request)
        && !trace.measuresEach()
        && (meter == null || !meter.isOn())) {
      series = command;
      lastClient = client;
      lastRequest = request;
      isSeriesNested = nested;
      isLastInScript = reply != client.reply();
      boolean isLong = reply.window() > windowBefore + 1; // the first reply always starts a window
      if (++seriesRuns == MOST_RUNS || isLong) {
        endSeries();
      }
      return NOT_MEASURED;
    }
    endSeries(); // of commands executed within this one
    long nanos = endAfter(started);
    count(nanos, nested);
    command.countCalls(1, nanos);
    return nanos;
  }

  /** Finishes a command that is not counted. */
  long endUncounted(long started, boolean nested) {
    endSeries();
    long nanos = endAfter(started);
    count(nanos, nested);
    return nanos;
  }

  /** Adds to the time of clients' commands; nested commands are included in their outer one. */
  private void count(long nanos, boolean nested) {
    if (!nested) {
      stats.countCommandNanos(nanos);
    }
  }

  private long endAfter(long started) {
    discardElapsed();
    return lastNanos - started;
  }

  private void endSeries() {
    Command<Call> ran = series;
    if (ran != null) {
      long nanos = endAfter(lastNanos);
      count(nanos, isSeriesNested);
      ran.countCalls(seriesRuns, nanos);
      series = null;
      seriesRuns = 0;
      if (lastClient != null && lastRequest != null && !lastClient.isReleased()) {
        trace.ran(lastClient, ran, lastRequest, isLastInScript, nanos);
      }
      lastClient = null;
      lastRequest = null;
    }
  }

  private static boolean isShort(Command<Call> command, Request request) {
    return command.has(Flag.FAST) && request.count() <= SHORT_WORDS;
  }
}
