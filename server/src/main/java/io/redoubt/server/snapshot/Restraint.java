package io.redoubt.server.snapshot;

import io.redoubt.protocol.process.ThreadCpuTimes;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Limits the processor time of a snapshot's thread by rests after its chunks while commands arrive.
 * A lower priority determines its share of a processor only; Linux may still leave it one processor
 * and make the loop share the other with local clients. Competition shows in the time for which the
 * thread waited for a processor: it then leaves one free for several times as long. With enough
 * processors it never rests.
 */
final class Restraint implements AutoCloseable {

  private static final int REST_BY_WAIT = 10;

  /** Rests at this limit leave the thread a quarter of the time. */
  private static final int MOST_REST_BY_WORK = 3;

  /** Shorter rests are accumulated: Linux takes some milliseconds to use an idle processor. */
  static final long LEAST_REST_NANOS = 20_000_000;

  private final @Nullable ThreadCpuTimes thread;
  private long ranNanos;
  private long waitedNanos;
  private long owedNanos;

  /**
   * Throttles the given thread.
   *
   * @param thread its processor times; null to never rest
   */
  Restraint(@Nullable ThreadCpuTimes thread) {
    this.thread = thread;
  }

  /** Returns the time to rest now, in nanoseconds. */
  long restNanos() {
    if (thread == null) {
      return 0;
    }
    thread.update();
    return restNanos(thread.ranNanos(), thread.waitedNanos());
  }

  /**
   * Returns the time to rest, given the total times for which the thread ran and waited for a
   * processor.
   */
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
