package io.redoubt.server.aof;

import io.redoubt.protocol.net.EndOfTurn;

/**
 * The time that a turn of the loop waits for clients that the last sync has answered: they send
 * their next requests at about the same time, and those who share a sync need not wait for another.
 * As with PostgreSQL's commit_delay nobody waits for longer than a sync takes.
 *
 * <p>Where clients do not come back so soon, that is found out and waiting stops for a while.
 */
final class GroupPatience {

  /** The most that is waited, however slow the disk: the loop has other things to do. */
  static final long LONGEST_NANOS = 5_000_000;

  /** For so many groups nobody is waited for after that was in vain. */
  static final int HURRIED_GROUPS = 8;

  private long answeredNanos;
  private int hurried;
  private boolean looking;
  private long lookNanos;

  /** Clients have been answered. */
  void answered(long nowNanos) {
    answeredNanos = nowNanos;
    hurried = Math.max(0, hurried - 1);
  }

  /** The turn ends. */
  void endTurn() {
    looking = false;
  }

  /**
   * Decides on a look for further requests in this turn, which has some already.
   *
   * @param usualNanos how long a sync takes
   * @param found how many connections the last look found ready
   * @param returned how many of those answered last have sent a request again
   * @param answered how many those were
   * @return for how long to wait for the next request, in nanoseconds, 0 to look without waiting,
   *     or {@link EndOfTurn#NO_LOOK}
   */
  long nanos(long nowNanos, long usualNanos, int found, int returned, int answered) {
    long most = Math.min(usualNanos, LONGEST_NANOS);
    boolean first = !looking;
    if (first) {
      looking = true;
      lookNanos = nowNanos;
    }
    if (hurried == 0 && returned < answered - answered / 8) { // one is always late
      long left = most - (nowNanos - answeredNanos);
      if (left > 0) {
        return left;
      }
      if (!first) {
        hurried = HURRIED_GROUPS;
      }
    }
    return first || (found > 0 && nowNanos - lookNanos < most) ? 0 : EndOfTurn.NO_LOOK;
  }
}
