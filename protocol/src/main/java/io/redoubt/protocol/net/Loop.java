package io.redoubt.protocol.net;

/**
 * One thread that does one thing after the other: what is ready on its connections, and the tasks
 * that it is given. A task that throws ends in the thread's handler of uncaught exceptions; the
 * loop goes on.
 */
public interface Loop {

  /** Whether the caller runs on the loop's thread. */
  boolean inLoop();

  /** Runs a task on the loop soon; from any thread, in the order of the calls of a thread. */
  void execute(Runnable task);

  /** Runs a task on the loop once, after {@code delayMillis}. */
  Cancellable schedule(Runnable task, long delayMillis);

  /** Runs a task on the loop again and again, {@code periodMillis} after it has last ended. */
  Cancellable every(Runnable task, long periodMillis);

  /** The loop's thread. */
  Thread thread();
}
