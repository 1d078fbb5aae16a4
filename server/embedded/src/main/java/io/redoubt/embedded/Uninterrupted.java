package io.redoubt.embedded;

/** Lets a thread that was interrupted, as JUnit does after a timeout, give back what it has. */
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
