package io.redoubt.protocol.session.input;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;

/**
 * Limits the part of a turn that one client's requests may use, so that a deep pipeline of
 * expensive requests, or of code that is not compiled yet, delays other clients only briefly. A
 * client that has used up its share, or whose request took long, is heavy: others are served first
 * in the next turn. A single request always runs to its end.
 */
public final class TurnShare {
  /** Usually enough for all input read in a turn. */
  public static final long NANOS = 500_000;

  /** A request of so many arguments takes a good part of a share, whatever the command. */
  static final int LONG_ARGUMENTS = 1024;

  /** The maximum number of arguments executed between two readings of the clock. */
  private static final int MAX_STRIDE_ARGUMENTS = 32;

  private static final long NOT_STARTED = Long.MIN_VALUE;

  private final Clock clock;
  private long startNanos = NOT_STARTED;
  private long lookedNanos;

  /** The arguments executed since the last reading of the clock. */
  private int words;

  /** The arguments after which the clock is read next; fewer if they take long. */
  private long stride = 1;

  private boolean usedUp;
  private boolean ranLong;
  private boolean heavy;

  TurnShare(Clock clock) {
    this.clock = clock;
  }

  /** Starts a new turn. */
  void renew() {
    if (words > 0 || usedUp) { // or nothing has run that would show what requests take
      heavy = usedUp || ranLong;
    }
    startNanos = NOT_STARTED;
    words = 0;
    stride = 1;
    usedUp = false;
    ranLong = false;
  }

  /**
   * Returns true if the request may run in this turn.
   *
   * @param late true if others have been served, so that a long request may run
   */
  boolean admits(Request request, boolean late) {
    if (words >= stride) {
      look();
      words = 0;
    }
    usedUp |= ranLong || (!late && request.count() >= LONG_ARGUMENTS);
    words += request.count();
    return !usedUp;
  }

  private void look() {
    long now = clock.monotonicNanos();
    if (startNanos == NOT_STARTED) {
      startNanos = now; // after the first request, which is not measured: most come alone
    } else {
      long leftNanos = NANOS - (now - startNanos);
      usedUp = leftNanos < 0;
      long fitting = words * leftNanos / Math.max(2 * (now - lookedNanos), 1);
      stride = Math.clamp(fitting, 1, MAX_STRIDE_ARGUMENTS);
    }
    lookedNanos = now;
  }

  /** Marks the client as heavy from the next turn on, because a request took long. */
  void ranLong() {
    ranLong = true;
  }

  /** Returns true if the share is used up. */
  boolean isUsedUp() {
    return usedUp;
  }

  /** Returns true if the requests of the last turn took long. */
  boolean isHeavy() {
    return heavy;
  }
}
