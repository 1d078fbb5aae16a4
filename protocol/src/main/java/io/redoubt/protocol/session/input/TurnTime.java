package io.redoubt.protocol.session.input;

/**
 * The time that long pipelines have taken in the current turn of the loop. The more it is, the
 * smaller are the shares of the clients that follow, so that a turn does not grow with their number
 * and a new request waits for some milliseconds at most.
 */
public final class TurnTime {
  private static final long NANOS = 4_000_000;

  /** The number of clients that would use up the time that is left. */
  private static final int PART = 8;

  private long usedNanos;

  /** Creates the time of an unused turn. */
  public TurnTime() {}

  /** Adds the time of a client, unless it is too short to matter. */
  void add(long nanos) {
    if (nanos > TurnShare.MIN_NANOS) {
      usedNanos += nanos;
    }
  }

  /** Returns true if long pipelines have run in this turn. */
  public boolean isUsed() {
    return usedNanos > 0;
  }

  /** Starts another turn. */
  public void clear() {
    usedNanos = 0;
  }

  long limit(long shareNanos) {
    return Math.clamp((NANOS - usedNanos) / PART, TurnShare.MIN_NANOS, shareNanos);
  }
}
