package io.redoubt.protocol.session;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;

/**
 * How much of a turn of the loop the requests of one client may take, so that a deep pipeline of
 * requests that are much work, or of code that is not compiled yet, holds up the others for a
 * moment and not until its end. One request runs to its end in any case.
 */
final class TurnShare {
  /** More than what was read in a turn usually takes. */
  static final long NANOS = 500_000;

  /** How many words are run between two looks at the clock. */
  private static final int STRIDE_WORDS = 32;

  private static final long NOT_BEGUN = Long.MIN_VALUE;

  private final Clock clock;
  private long beginNanos = NOT_BEGUN;
  private int words;
  private boolean usedUp;

  TurnShare(Clock clock) {
    this.clock = clock;
  }

  /** A new turn. */
  void renew() {
    beginNanos = NOT_BEGUN;
    words = 0;
    usedUp = false;
  }

  /** Whether this request may run in this turn. */
  boolean admits(Request request) {
    if (words >= STRIDE_WORDS) {
      words = 0;
      look();
    }
    words += request.count();
    return !usedUp;
  }

  private void look() {
    long now = clock.monotonicNanos();
    if (beginNanos == NOT_BEGUN) {
      beginNanos = now; // those that were not measured are a few
    } else if (now - beginNanos > NANOS) {
      usedUp = true;
    }
  }

  /** Whether requests were not admitted, or would not be. */
  boolean isUsedUp() {
    return usedUp;
  }
}
