package io.redoubt.server.tuning;

import io.redoubt.protocol.net.EndOfTurn;

/**
 * Group commit's wait, under {@code appendfsync always}: a turn of the loop waits briefly for the
 * clients that the last sync has answered. They send their next requests at about the same time,
 * and requests that share a sync need not wait for the next one. The wait never exceeds the
 * duration of a sync, like PostgreSQL's commit_delay, and is skipped for a while after one that
 * collected no further commit.
 *
 * <ul>
 *   <li>Buys: throughput of clients that wait for each reply ({@code dist/benchmark append
 *       --fsync-delay}, rows always).
 *   <li>Costs: up to one sync of latency for requests that come alone after a group.
 *   <li>Off unless {@code appendfsync always}.
 *   <li>Directive: {@code aof-loop-wait-micros}, the maximum wait.
 * </ul>
 */
public final class CommitDelay {

  /** The number of groups without a wait after one that collected no further commit. */
  static final int HURRIED_GROUPS = 8;

  private long answeredNanos;
  private int hurried;
  private boolean looking;
  private long lookNanos;

  /** Records that a sync has answered clients. */
  public void onAnswered(long nowNanos) {
    answeredNanos = nowNanos;
    hurried = Math.max(0, hurried - 1);
  }

  public void endTurn() {
    looking = false;
  }

  /**
   * Decides whether this turn, which already has requests, polls for more.
   *
   * @param mostNanos the maximum wait: the usual time of a sync, or a lower limit
   * @param found the number of connections that the last poll found ready
   * @param returned the number of clients answered by the last sync that have sent another request
   * @param answered the number of clients answered by the last sync
   * @return the maximum wait for the next request in nanoseconds, 0 to poll without waiting, or
   *     {@link EndOfTurn#NO_LOOK}
   */
  public long nanos(long nowNanos, long mostNanos, int found, int returned, int answered) {
    boolean first = !looking;
    if (first) {
      looking = true;
      lookNanos = nowNanos;
    }
    if (hurried == 0 && returned < answered - answered / 8) { // tolerates a few stragglers
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
