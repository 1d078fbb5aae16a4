package io.redoubt.server.snapshot;

import io.redoubt.protocol.process.ThreadCpuTimes;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How long the thread of a snapshot rests after each chunk while commands come. That it has stepped
 * back says how much of a processor it gets; but Linux may leave it one for itself and have the
 * loop share the other with the clients that talk to it. Whether others want a processor shows in
 * how long the thread waited for one: it leaves one free for several times as long then, and it
 * works without a rest where there are enough of them.
 */
final class Restraint implements AutoCloseable {

  private static final int REST_BY_WAIT = 10;

  /** With this the thread still works for a quarter of the time. */
  private static final int MOST_REST_BY_WORK = 3;

  /** Shorter rests are saved up: Linux takes some milliseconds to make use of a free processor. */
  static final long LEAST_REST_NANOS = 20_000_000;

  private final @Nullable ThreadCpuTimes thread;
  private long ranNanos;
  private long waitedNanos;
  private long owedNanos;

  /**
   * That of a thread.
   *
   * @param thread its times; null: it never rests
   */
  Restraint(@Nullable ThreadCpuTimes thread) {
    this.thread = thread;
  }

  /** How long to rest now, in nanoseconds. */
  long restNanos() {
    if (thread == null) {
      return 0;
    }
    thread.update();
    return restNanos(thread.ranNanos(), thread.waitedNanos());
  }

  /** The same for a thread that has run and has waited for a processor for so long in all. */
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
