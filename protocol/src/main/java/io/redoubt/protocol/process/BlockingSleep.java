package io.redoubt.protocol.process;

/** A sleep that blocks the calling thread, for DEBUG SLEEP and other delays that tests inject. */
public final class BlockingSleep {
  private BlockingSleep() {}

  /** Sleeps for the given time or until the thread is interrupted. */
  public static void ofMillis(long millis) {
    try {
      Thread.sleep(Math.max(millis, 0));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
