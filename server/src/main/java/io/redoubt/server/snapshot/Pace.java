package io.redoubt.server.snapshot;

/**
 * The length of the walk's slices. Under load the snapshot as a whole gets a small share of the
 * loop's time. Work done ahead of commands counts, and is deducted from the following slices until
 * it is paid back. So a snapshot takes longer the more is written, and writers hardly notice it; it
 * finishes nevertheless, because the work done ahead is progress, too. Between slices the loop
 * sleeps if it is idle, as others may need the processor, the snapshot's thread first.
 *
 * <p>If no command has come for a while, or writes wait for the snapshot, a slice is as long as a
 * command may be delayed at all.
 */
final class Pace {

  /** The maximum time for which the walk delays commands. */
  static final long LONGEST_NANOS = 250_000;

  /** A shorter slice is not worth its turn. */
  private static final long LEAST_NANOS = 8_000;

  // The ratio of all other time to that of the walk.
  private static final int OTHERS_BY_SAVE = 11;
  private static final int OTHERS_BY_TRANSFER = 3;

  private static final long QUIET_AFTER_NANOS = 2_000_000;

  private final LoopTurns turns;
  private final int others;
  private long commands;
  private long lastCommandNanos;
  private long lastLookNanos;

  /** The snapshot's credit of loop time in nanoseconds; negative after work done ahead. */
  private long balance;

  /**
   * Starts the pace of a snapshot.
   *
   * @param isAwaited true if something waits for the snapshot, such as a replica
   */
  Pace(LoopTurns turns, boolean isAwaited, long now) {
    this.turns = turns;
    this.others = isAwaited ? OTHERS_BY_TRANSFER : OTHERS_BY_SAVE;
    commands = turns.commands();
    lastCommandNanos = now;
    lastLookNanos = now;
  }

  /** Charges work done ahead of a command. */
  void wroteAhead(long nanos) {
    balance -= nanos + nanos / others; // which itself does not earn credit
  }

  /**
   * Returns the length of the next slice; 0 if it is too early for one.
   *
   * @param writesWait true if commands wait for the walk
   */
  long sliceNanos(long now, boolean writesWait) {
    long executed = turns.commands();
    if (executed != commands) {
      commands = executed;
      lastCommandNanos = now;
    }
    balance = Math.min(balance + (now - lastLookNanos) / others, LONGEST_NANOS);
    lastLookNanos = now;
    if (writesWait || now - lastCommandNanos > QUIET_AFTER_NANOS) {
      return LONGEST_NANOS;
    }
    return balance < LEAST_NANOS ? 0 : balance;
  }

  /** Charges a finished slice. */
  void sliced(long now) {
    balance -= now - lastLookNanos;
    lastLookNanos = now;
  }
}
