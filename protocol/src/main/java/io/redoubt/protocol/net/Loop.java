package io.redoubt.protocol.net;

import java.util.concurrent.RejectedExecutionException;

/**
 * A single-threaded event loop, which handles the events of its connections and runs submitted
 * tasks. An exception of a task goes to the thread's uncaught exception handler; the loop
 * continues.
 */
public interface Loop {

  /** Returns true if called on the loop's thread. */
  boolean inLoop();

  /**
   * Submits a task, from any thread; tasks of one thread run in order.
   *
   * @throws RejectedExecutionException if the loop has ended
   */
  void execute(Runnable task);

  /**
   * Submits the result of background work, from any thread. Drops it if the loop has ended: the
   * work may take longer than the owner of the loop exists.
   */
  default void report(Runnable result) {
    try {
      execute(result);
    } catch (RejectedExecutionException ended) {
      return; // nothing is left that the result could concern
    }
  }

  /** Schedules a task to run once after {@code delayMillis}. */
  Cancellable schedule(Runnable task, long delayMillis);

  /** Schedules a task to run repeatedly, {@code periodMillis} after its last run finished. */
  Cancellable every(Runnable task, long periodMillis);

  /** Returns the loop's thread. */
  Thread thread();
}
