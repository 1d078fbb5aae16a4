package io.redoubt.protocol.net;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Whether a loop rests for a moment before it looks which connections are ready, so that a turn
 * serves several of them and not each as it comes. To look, and to wake the thread and the clients
 * each time, costs about as much as a request; the rest, {@link #REST_NANOS}, costs less.
 *
 * <p>It does when many connections send pipelines of requests at a high rate, and yet a turn finds
 * few of them: such clients want throughput, and each waits for the others anyway. It never does
 * for requests that come one by one.
 */
final class Gathering {

  /** The kernel adds the slack of its timers, 50 microseconds. */
  static final long REST_NANOS = 1_000;

  /** How many reads are judged together. */
  static final int READS = 256;

  /** The fewest connections among them that are many. */
  static final int MANY_CONNECTIONS = 16;

  /** What a read brings on average where requests come in pipelines, about eight of them. */
  static final int PIPELINE_BYTES = 256;

  /** The most time in which they came at a high rate: 50 000 reads a second. */
  static final long MOST_NANOS = READS * 20_000L;

  /** Fewer connections in a turn than that are few. */
  private static final int FEW_CONNECTIONS = 4;

  private final LongSupplier nanoTime;
  private long beginNanos;
  private int round = 1;
  private int reads;
  private long bytes;
  private int connections;
  private boolean worthwhile;

  /**
   * @param nanoTime a clock that only goes forward, asked on the loop
   */
  Gathering(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** So many bytes have been read. */
  void received(int count) {
    bytes += count;
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
    worthwhile =
        round > 1 // the first has no beginning
            && connections >= MANY_CONNECTIONS
            && bytes >= (long) READS * PIPELINE_BYTES
            && now - beginNanos <= MOST_NANOS;
    beginNanos = now;
    round++;
    reads = 0;
    bytes = 0;
    connections = 0;
  }

  /** Whether to rest after a turn that has served so many connections. */
  boolean wantsRest(int served) {
    return worthwhile && served > 0 && served < FEW_CONNECTIONS;
  }

  /** Rests. */
  void rest() {
    LockSupport.parkNanos(this, REST_NANOS);
  }
}
