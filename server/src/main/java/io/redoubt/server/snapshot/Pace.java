package io.redoubt.server.snapshot;

/**
 * How long a slice of the walk may be. While commands come, the snapshot as a whole takes a small
 * share of the loop's time: what was written ahead of commands counts, and is saved on slices until
 * it is paid back. So a snapshot takes longer the more is written, and those who write hardly feel
 * it. It ends all the same: whatever it owes has brought it forward. In between the loop rests if
 * it has nothing else to do, as the processor may be needed by others, the snapshot's thread first.
 *
 * <p>When no command has come for a while, or writes wait for the snapshot, a slice is as long as a
 * command may have to wait at all.
 */
final class Pace {

  /** The longest that the walk keeps the loop from commands. */
  static final long LONGEST_NANOS = 250_000;

  /** A shorter slice is not worth its turn. */
  private static final long LEAST_NANOS = 8_000;

  // The time that everything else takes by that which the walk gets.
  private static final int OTHERS_BY_SAVE = 11;
  private static final int OTHERS_BY_TRANSFER = 3;

  private static final long QUIET_AFTER_NANOS = 2_000_000;

  private final LoopTurns turns;
  private final int others;
  private long commands;
  private long lastCommandNanos;
  private long lastLookNanos;

  /** How much of the loop's time the snapshot may take now, in nanoseconds; negative: it owes. */
  private long balance;

  /**
   * The pace of a snapshot that begins now.
   *
   * @param isAwaited whether somebody can't go on before the snapshot is there, such as a replica
   */
  Pace(LoopTurns turns, boolean isAwaited, long now) {
    this.turns = turns;
    this.others = isAwaited ? OTHERS_BY_TRANSFER : OTHERS_BY_SAVE;
    commands = turns.commands();
    lastCommandNanos = now;
    lastLookNanos = now;
  }

  /** Something was written ahead of a command, which took about that long. */
  void wroteAhead(long nanos) {
    balance -= nanos + nanos / others; // and is no part of the time that counts
  }

  /**
   * The length of the slice that begins now; 0: it is too early for one.
   *
   * @param writesWait whether there are commands that can't go on before the walk does
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

  /** A slice has ended. */
  void sliced(long now) {
    balance -= now - lastLookNanos;
    lastLookNanos = now;
  }
}
