package io.redoubt.protocol.session.input;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;

/**
 * Limits the part of a turn used by one client's requests, so that a deep pipeline of expensive
 * requests, or of code that is not compiled yet, delays other clients only briefly. The more
 * clients use up their shares, the smaller the shares are, in the next turn and, by {@link
 * TurnTime}, in this one. A single request always runs to its end.
 */
public final class TurnShare {
  /** The maximum share, usually enough for all input read in a turn. */
  public static final long NANOS = 500_000;

  /** The total of all shares, as long as each is at least {@link #MIN_NANOS}. */
  private static final long ALL_NANOS = 20 * NANOS;

  static final long MIN_NANOS = NANOS / 10;

  /** The maximum number of arguments executed between two readings of the clock. */
  private static final int MAX_STRIDE_ARGUMENTS = 32;

  private static final long NOT_STARTED = Long.MIN_VALUE;

  private final Clock clock;
  private final TurnTime turn;
  private long nanos = NANOS;
  private long startNanos = NOT_STARTED;
  private long lookedNanos;

  /** The arguments executed since the last reading of the clock. */
  private int words = 1;

  /** The number of arguments after which the clock is read next; smaller if they take long. */
  private long stride = 1;

  private boolean first = true;
  private boolean usedUp;

  TurnShare(Clock clock, TurnTime turn) {
    this.clock = clock;
    this.turn = turn;
  }

  /**
   * Starts a new turn.
   *
   * @param sharers the number of clients that use up their shares
   */
  void renew(int sharers) {
    nanos = Math.clamp(ALL_NANOS / Math.max(sharers, 1), MIN_NANOS, NANOS);
    startNanos = NOT_STARTED;
    first = true;
    words = 1;
    stride = 1;
    usedUp = false;
  }

  /**
   * Returns true if the request may run in this turn.
   *
   * @param followed true if more input of the client was received: a pipeline waits for the next
   *     turn if others have used up this one, a single request does not
   */
  boolean admits(Request request, boolean followed) {
    if (words >= stride) {
      if (first && followed && turn.isUsedUp()) {
        usedUp = true;
      } else if (first && !turn.isUsed()) {
        first = false; // not measured: usually it is the only request
      } else {
        sample();
      }
      words = 0;
    }
    words += request.count();
    return !usedUp;
  }

  private void sample() {
    long now = clock.monotonicNanos();
    if (startNanos == NOT_STARTED) {
      nanos = turn.limit(nanos);
      startNanos = now;
    } else {
      // At once, because the clients that follow may run before this one's turn ends.
      turn.add(now - startNanos, now - lookedNanos);
      long leftNanos = nanos - (now - startNanos);
      usedUp = leftNanos < 0;
      long fitting = words * leftNanos / Math.max(2 * (now - lookedNanos), 1);
      stride = Math.clamp(fitting, 1, MAX_STRIDE_ARGUMENTS);
    }
    lookedNanos = now;
  }

  boolean isUsedUp() {
    return usedUp;
  }
}
