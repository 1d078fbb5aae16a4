package io.redoubt.protocol.tuning;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Decides whether an event loop pauses briefly before it polls, so that a turn serves several
 * connections instead of each one as it becomes ready. A poll, and waking the thread and the
 * clients each time, costs about as much as a request; a pause costs less.
 *
 * <p>It pauses if requests arrive at a high rate but a turn finds few of them, and if they come
 * from so many connections that the pause is short compared to the interval between two requests of
 * one. A few clients that wait for each reply are never delayed.
 *
 * <ul>
 *   <li>Buys: processor time per request of many unpipelined clients ({@code dist/benchmark cpu
 *       --pipeline 1}, and the column cpu of {@code open-loop}).
 *   <li>Costs: latency, up to the pause ({@code dist/benchmark open-loop}).
 *   <li>Off by default, because the median latency must not suffer at any rate.
 *   <li>Directive: {@code gathering-micros}, the maximum pause.
 * </ul>
 */
public final class Gathering {
  /** The number of reads evaluated together. */
  static final int READS = 256;

  /** The maximum duration of {@link #READS} at a high rate: 40 000 reads a second. */
  static final long MAX_BUSY_NANOS = READS * 25_000L;

  /** The time that the kernel adds to a pause: its timer slack. */
  static final long SLACK_NANOS = 50_000;

  /**
   * A pause with slack takes at most this fraction of the time in which every connection is read
   * once; otherwise clients that find all of their replies at once would idle.
   */
  static final int PART_OF_ROUND_TRIP = 6;

  /** Fewer connections in a turn than this are few. */
  static final int FEW_CONNECTIONS = 12;

  private final LongSupplier nanoTime;
  private long startNanos;
  private int round = 1;
  private int reads;
  private int connections;
  private long maxPauseNanos;
  private long pauseNanos;

  /**
   * Creates an instance.
   *
   * @param nanoTime a monotonic clock, called on the loop
   */
  public Gathering(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Sets the longest pause, including the time that the kernel adds.
   *
   * @param micros 0 for none
   */
  public void setMaxPauseMicros(int micros) {
    maxPauseNanos = TimeUnit.MICROSECONDS.toNanos(micros);
    pauseNanos = 0;
  }

  /** Returns the number of the current round of reads. */
  public int round() {
    return round;
  }

  /**
   * Counts a read of a connection.
   *
   * @param first true for its first read in this round
   */
  public void read(boolean first) {
    if (maxPauseNanos == 0) {
      return;
    }
    if (first) {
      connections++;
    }
    if (++reads == READS) {
      evaluate();
    }
  }

  private void evaluate() {
    long now = nanoTime.getAsLong();
    long nanos = now - startNanos;
    pauseNanos =
        round > 1 && nanos <= MAX_BUSY_NANOS // the first round has no start time
            ? pauseNanos(nanos / READS * connections)
            : 0;
    startNanos = now;
    round++;
    reads = 0;
    connections = 0;
  }

  private long pauseNanos(long roundTripNanos) {
    return Math.min(roundTripNanos / PART_OF_ROUND_TRIP, maxPauseNanos) - SLACK_NANOS;
  }

  /** Returns true if the loop should pause after a turn that served that many connections. */
  public boolean wantsPause(int served) {
    return pauseNanos > 0 && served > 0 && served < FEW_CONNECTIONS;
  }

  /** Returns the duration of the pause without the slack; at most 0 for none. */
  long pauseNanos() {
    return pauseNanos;
  }

  public void pause() {
    LockSupport.parkNanos(this, pauseNanos);
  }
}
