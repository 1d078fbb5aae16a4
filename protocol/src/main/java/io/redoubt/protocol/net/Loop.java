package io.redoubt.protocol.net;

/**
 * A single-threaded event loop, which handles the events of its connections and runs submitted
 * tasks. An exception of a task goes to the thread's uncaught exception handler; the loop
 * continues.
 */
public interface Loop {

  /** Returns true if called on the loop's thread. */
  boolean inLoop();

  /** Submits a task, from any thread; tasks of one thread run in order. */
  void execute(Runnable task);

  /** Schedules a task to run once after {@code delayMillis}. */
  Cancellable schedule(Runnable task, long delayMillis);

  /** Schedules a task to run repeatedly, {@code periodMillis} after its last run finished. */
  Cancellable every(Runnable task, long periodMillis);

  /** Returns the loop's thread. */
  Thread thread();
}
