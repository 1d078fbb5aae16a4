package io.redoubt.server.tuning;

import io.redoubt.protocol.net.EndOfTurn;

/**
 * The time that a turn of the loop waits for clients that the last sync has answered, under {@code
 * appendfsync always}. They send their next requests at about the same time, and requests that
 * share a sync need not wait for another. As with PostgreSQL's commit_delay nobody waits for longer
 * than a sync takes. The wait is skipped for a while after one that collected no further commit.
 *
 * <ul>
 *   <li>Buys: throughput of clients that wait for each reply ({@code dist/benchmark append
 *       --fsync-delay}, rows always).
 *   <li>Costs: up to one sync of latency for requests that come alone after a group.
 *   <li>Off unless {@code appendfsync always}.
 *   <li>Directive: {@code aof-loop-wait-micros}, the longest wait.
 * </ul>
 */
public final class CommitDelay {

  /** The number of groups without a wait after one that collected no further commit. */
  static final int HURRIED_GROUPS = 8;

  private long answeredNanos;
  private int hurried;
  private boolean looking;
  private long lookNanos;

  /** Notes that clients have been answered. */
  public void answered(long nowNanos) {
    answeredNanos = nowNanos;
    hurried = Math.max(0, hurried - 1);
  }

  /** Ends the turn. */
  public void endTurn() {
    looking = false;
  }

  /**
   * Decides on another poll for requests in this turn, which has some already.
   *
   * @param mostNanos the longest wait: the usual time of a sync, or a lower limit
   * @param found the number of connections that the last poll found ready
   * @param returned the number of clients answered last that have sent a request again
   * @param answered the number of clients answered last
   * @return the longest wait for the next request, in nanoseconds, 0 to poll without waiting, or
   *     {@link EndOfTurn#NO_LOOK}
   */
  public long nanos(long nowNanos, long mostNanos, int found, int returned, int answered) {
    boolean first = !looking;
    if (first) {
      looking = true;
      lookNanos = nowNanos;
    }
    if (hurried == 0 && returned < answered - answered / 8) { // one is always late
      long left = mostNanos - (nowNanos - answeredNanos);
      if (left > 0) {
        return left;
      }
      if (!first) {
        hurried = HURRIED_GROUPS;
      }
    }
    return first || (found > 0 && nowNanos - lookNanos < mostNanos) ? 0 : EndOfTurn.NO_LOOK;
  }
}
