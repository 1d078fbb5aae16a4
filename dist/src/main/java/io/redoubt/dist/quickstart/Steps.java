package io.redoubt.dist.quickstart;

import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketException;
import java.util.Locale;

/** The steps of a demo: waits for their results, compares them, and prints what happened when. */
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
    /** Returns true if it holds. */
    boolean holds() throws IOException;
  }

  /** The time for a step. */
  static final int LIMIT_SECONDS = 30;

  private static final int POLL_MILLIS = 20;

  private final PrintStream out;
  private final long startNanos = System.nanoTime();

  Steps(PrintStream out) {
    this.out = out;
  }

  /** Waits for a condition. */
  void until(String what, Condition condition) throws Failure, IOException, InterruptedException {
    long stepStartNanos = System.nanoTime();
    while (!holds(condition)) {
      if (seconds(stepStartNanos) > LIMIT_SECONDS) {
        throw new Failure("not within " + LIMIT_SECONDS + " s: " + what);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /**
   * Treats a lost connection as a condition that does not hold yet: a sentinel closes the clients
   * of a server whose role it changes.
   */
  private static boolean holds(Condition condition) throws IOException {
    try {
      return condition.holds();
    } catch (SocketException | EOFException closed) {
      return false;
    }
  }

  /** Compares a result with the expected one. */
  static void expect(String what, String expected, String found) throws Failure {
    if (!expected.equals(found)) {
      throw new Failure(what + ": expected " + expected + ", found " + found);
    }
  }

  /** Returns the seconds since a moment. */
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
}
