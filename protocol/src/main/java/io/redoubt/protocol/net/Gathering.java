package io.redoubt.protocol.net;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Whether a loop rests for a moment before it looks which connections are ready, so that a turn
 * serves several of them and not each as it comes. To look, and to wake the thread and the clients
 * each time, costs about as much as a request; a rest costs less.
 *
 * <p>It does when requests come at a high rate, yet a turn finds few, and from so many connections
 * that a rest is short beside the time between two requests of each. An answer then comes later by
 * {@link #MOST_REST_NANOS} at most. A few clients that wait for each answer are never kept waiting.
 */
final class Gathering {
  /** How many reads are judged together. */
  static final int READS = 256;

  /** The most time in which they came at a high rate: 40 000 reads a second. */
  static final long MOST_NANOS = READS * 25_000L;

  /** What the kernel adds to a rest: the slack of its timers. */
  static final long SLACK_NANOS = 50_000;

  /** The longest rest, with the slack. */
  static final long MOST_REST_NANOS = 100_000;

  /**
   * A rest with the slack takes at most this part of the time in which every connection is read
   * once: clients that find all of their answers there would else have nothing to do.
   */
  static final int PART_OF_ROUND_TRIP = 6;

  /** Fewer connections in a turn than that are few. */
  static final int FEW_CONNECTIONS = 12;

  private final LongSupplier nanoTime;
  private long beginNanos;
  private int round = 1;
  private int reads;
  private int connections;
  private long restNanos;

  /**
   * @param nanoTime a clock that only goes forward, asked on the loop
   */
  Gathering(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The number of the round of reads that are being counted. */
  int round() {
    return round;
  }

  /**
   * A connection has been read.
   *
   * @param first whether for the first time in this round
   */
  void read(boolean first) {
    if (first) {
      connections++;
    }
    if (++reads == READS) {
      judge();
    }
  }

  private void judge() {
    long now = nanoTime.getAsLong();
    long nanos = now - beginNanos;
    restNanos =
        round > 1 && nanos <= MOST_NANOS // the first has no beginning
            ? restNanos(nanos / READS * connections)
            : 0;
    beginNanos = now;
    round++;
    reads = 0;
    connections = 0;
  }

  private static long restNanos(long roundTripNanos) {
    return Math.min(roundTripNanos / PART_OF_ROUND_TRIP, MOST_REST_NANOS) - SLACK_NANOS;
  }

  /** Whether to rest after a turn that has served so many connections. */
  boolean wantsRest(int served) {
    return restNanos > 0 && served > 0 && served < FEW_CONNECTIONS;
  }

  /** For how long it would, without the slack; at most 0 for not at all. */
  long restNanos() {
    return restNanos;
  }

  /** Rests. */
  void rest() {
    LockSupport.parkNanos(this, restNanos);
  }
}
