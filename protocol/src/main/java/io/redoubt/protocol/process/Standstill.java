package io.redoubt.protocol.process;

/** Stops the thread that asks for it: what DEBUG SLEEP does to a server, so that tests can. */
public final class Standstill {
  private Standstill() {}

  /** Returns after so many milliseconds, or when the thread is interrupted. */
  public static void ofMillis(long millis) {
    try {
      Thread.sleep(Math.max(millis, 0));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
