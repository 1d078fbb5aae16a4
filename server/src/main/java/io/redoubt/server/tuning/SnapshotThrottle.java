package io.redoubt.server.tuning;

import io.redoubt.protocol.process.ThreadCpuTimes;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Throttles a snapshot's thread: computes its rest after each chunk while commands run. The thread
 * has a low priority, but Linux may still give it a processor of its own and leave the loop and
 * local clients to share another. Time for which the thread was runnable but not running shows that
 * processors are scarce; it then rests for several times as long. It never rests if there are
 * enough processors.
 *
 * <ul>
 *   <li>Buys: throughput during a snapshot on two processors shared with the clients ({@code
 *       dist/benchmark snapshot}, column ratio).
 *   <li>Costs: a snapshot takes longer there (column BGSAVE).
 *   <li>Off if replicas wait for the snapshot, while no commands run, and where the thread never
 *       waits for a processor or the kernel does not report it.
 *   <li>Directive: {@code snapshot-thread-rests}.
 * </ul>
 */
public final class SnapshotThrottle implements AutoCloseable {

  private static final int REST_BY_WAIT = 10;

  /** With this limit the thread works for at least a quarter of the time. */
  private static final int MOST_REST_BY_WORK = 3;

  /**
   * Shorter rests are accumulated, because Linux takes some milliseconds to use a free processor.
   */
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
