package io.redoubt.embedded;

/** Releases resources in a thread that was interrupted, as JUnit does after a timeout. */
final class Uninterrupted {
  private Uninterrupted() {}

  /** Runs a task, and interrupts the thread again afterwards if it was interrupted. */
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
