package io.redoubt.protocol.session.input;

/**
 * The time that long pipelines have taken in the current turn of the loop. The more it is, the
 * smaller are the shares of the clients that follow, and when it is used up, further pipelines wait
 * for the next turn. So a turn does not grow with their number, and a new request waits for some
 * milliseconds at most.
 */
public final class TurnTime {
  private static final long NANOS = 4_000_000;

  /** The number of clients that would use up the time that is left. */
  private static final int PART = 8;

  private long usedNanos;

  /** Creates the time of an unused turn. */
  public TurnTime() {}

  /**
   * Adds time of a client, unless all of its time is too short to matter.
   *
   * @param allNanos the time of the client in this turn
   * @param latestNanos the part of it since the last call
   */
  void add(long allNanos, long latestNanos) {
    if (allNanos - latestNanos > TurnShare.MIN_NANOS) {
      usedNanos += latestNanos;
    } else if (allNanos > TurnShare.MIN_NANOS) {
      usedNanos += allNanos;
    }
  }

  /** Returns true if long pipelines have run in this turn. */
  public boolean isUsed() {
    return usedNanos > 0;
  }

  /** Returns true if long pipelines have taken all of their time in this turn. */
  public boolean isUsedUp() {
    return usedNanos >= NANOS;
  }

  /** Starts another turn. */
  public void clear() {
    usedNanos = 0;
  }

  long limit(long shareNanos) {
    return Math.clamp((NANOS - usedNanos) / PART, TurnShare.MIN_NANOS, shareNanos);
  }
}
