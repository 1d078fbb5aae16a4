package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.NodeProcess;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** The steps of a demo: awaits results, checks them, and prints each step with its time. */
final class Steps {
  /** A step had an unexpected result. */
  static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }

  /** A condition that is awaited. */
  interface Condition {
    boolean holds() throws IOException;
  }

  /** The time for a step. On a busy machine a node may stall for many seconds. */
  static final int LIMIT_SECONDS = 120;

  private static final int POLL_MILLIS = 20;

  private final PrintStream out;
  private final long startNanos = System.nanoTime();

  Steps(PrintStream out) {
    this.out = out;
  }

  void until(String what, Condition condition) throws Failure, IOException, InterruptedException {
    until(() -> what, condition);
  }

  /**
   * Waits for a condition.
   *
   * @param what names the condition and the state in which it failed
   */
  void until(Supplier<String> what, Condition condition)
      throws Failure, IOException, InterruptedException {
    long stepStartNanos = System.nanoTime();
    while (!holds(condition)) {
      if (seconds(stepStartNanos) > LIMIT_SECONDS) {
        throw new Failure("not within " + LIMIT_SECONDS + " s: " + what.get());
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /**
   * Treats a lost connection as a condition that does not hold yet: a sentinel closes the clients
   * of a server whose role it changes, and a process may be paused.
   */
  private static boolean holds(Condition condition) throws IOException {
    try {
      return condition.holds();
    } catch (SocketException | SocketTimeoutException | EOFException lost) {
      return false;
    }
  }

  /** Compares a result with the expected one. */
  static void expect(String what, String expected, String found) throws Failure {
    if (!expected.equals(found)) {
      throw new Failure(what + ": expected " + expected + ", found " + found);
    }
  }

  static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }

  /** Prints a line with the time since the start. */
  void report(String format, Object... arguments) {
    out.printf(
        Locale.ROOT,
        "[%5.1f s] %s%n",
        seconds(startNanos),
        String.format(Locale.ROOT, format, arguments));
  }

  /** Prints the pauses that explain the times of the steps. */
  void reportPauses(List<NodeProcess> nodes) {
    ProcessPauses.describe(nodes).ifPresent(pauses -> report("%s", pauses));
  }
}
