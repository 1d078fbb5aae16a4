package io.redoubt.server.tuning;

import io.redoubt.protocol.process.ThreadCpuTimes;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Computes the rests of a snapshot's thread after each chunk while commands run. Its low priority
 * bounds its share of a processor, but Linux may leave it one for itself and have the loop share
 * the other with local clients. The time that the thread was runnable without a processor shows
 * that others want one; it then leaves one free for several times as long. It never rests where
 * there are enough processors.
 *
 * <ul>
 *   <li>Buys: throughput beside a snapshot on two processors shared with the clients ({@code
 *       dist/benchmark snapshot}, column ratio).
 *   <li>Costs: a snapshot takes longer there (column BGSAVE).
 *   <li>Off if replicas wait for the snapshot, while no commands run, and where the thread never
 *       waits for a processor or the kernel does not tell.
 *   <li>Directive: {@code snapshot-thread-rests}.
 * </ul>
 */
public final class SnapshotThrottle implements AutoCloseable {

  private static final int REST_BY_WAIT = 10;

  /** The thread thus works for at least a quarter of the time. */
  private static final int MOST_REST_BY_WORK = 3;

  /** Shorter rests are saved up: Linux takes some milliseconds to make use of a free processor. */
  static final long LEAST_REST_NANOS = 20_000_000;

  private final @Nullable ThreadCpuTimes thread;
  private long ranNanos;
  private long waitedNanos;
  private long owedNanos;

  /**
   * Throttles the given thread.
   *
   * @param thread its times; null if it never rests
   */
  public SnapshotThrottle(@Nullable ThreadCpuTimes thread) {
    this.thread = thread;
  }

  /** Returns the length of the rest due now, in nanoseconds. */
  public long restNanos() {
    if (thread == null) {
      return 0;
    }
    thread.update();
    return restNanos(thread.ranNanos(), thread.waitedNanos());
  }

  /** Returns the rest due for a thread with these total times of running and waiting. */
  long restNanos(long ran, long waited) {
    owedNanos +=
        Math.min((waited - waitedNanos) * REST_BY_WAIT, (ran - ranNanos) * MOST_REST_BY_WORK);
    ranNanos = ran;
    waitedNanos = waited;
    if (owedNanos < LEAST_REST_NANOS) {
      return 0;
    }
    long rest = owedNanos;
    owedNanos = 0;
    return rest;
  }

  @Override
  public void close() throws IOException {
    if (thread != null) {
      thread.close();
    }
  }
}
