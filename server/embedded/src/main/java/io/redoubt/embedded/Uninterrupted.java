package io.redoubt.embedded;

/** Releases resources even in an interrupted thread, such as a thread of JUnit after a timeout. */
final class Uninterrupted {
  private Uninterrupted() {}

  /** Runs a task with the thread's interrupt cleared, and restores the interrupt afterwards. */
  static void run(Runnable task) {
    boolean interrupted = Thread.interrupted();
    try {
      task.run();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
