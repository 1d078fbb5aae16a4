package io.redoubt.server.snapshot;

/**
 * How long a slice of the walk may be. While commands come, the snapshot as a whole takes a small
 * share of the loop's time: what was written ahead of commands counts, and is saved on slices until
 * it is paid back. So a snapshot takes longer the more is written, and those who write hardly feel
 * it. It ends all the same: whatever it owes has brought it forward.
 *
 * <p>A turn of the loop without commands is used for a little more. When none has come for a while,
 * or writes wait for the snapshot, a slice is as long as a command may have to wait at all.
 */
final class Pace {

  /** The longest that the walk keeps the loop from commands. */
  static final long LONGEST_NANOS = 250_000;

  private static final long IDLE_NANOS = 15_000;

  /** A shorter slice is not worth its turn. */
  private static final long LEAST_NANOS = 8_000;

  /** The walk gets this part of the time that everything else takes. */
  private static final int PART = 9;

  private static final long QUIET_AFTER_NANOS = 2_000_000;

  private final LoopTurns turns;
  private long commands;
  private long lastCommandNanos;
  private long lastLookNanos;

  /** How much of the loop's time the snapshot may take now, in nanoseconds; negative: it owes. */
  private long balance;

  Pace(LoopTurns turns, long now) {
    this.turns = turns;
    commands = turns.commands();
    lastCommandNanos = now;
    lastLookNanos = now;
  }

  /** Something was written ahead of a command, which took about that long. */
  void wroteAhead(long nanos) {
    balance -= nanos + nanos / PART; // and is no part of the time that counts
  }

  /**
   * The length of the slice that begins now; 0 for none.
   *
   * @param writesWait whether there are commands that can't go on before the walk does
   */
  long sliceNanos(long now, boolean writesWait) {
    long executed = turns.commands();
    boolean idle = executed == commands;
    commands = executed;
    if (!idle) {
      lastCommandNanos = now;
    }
    balance = Math.min(balance + (now - lastLookNanos) / PART, LONGEST_NANOS);
    lastLookNanos = now;
    if (writesWait || now - lastCommandNanos > QUIET_AFTER_NANOS) {
      return LONGEST_NANOS;
    }
    long nanos = balance < LEAST_NANOS ? 0 : balance;
    return idle ? Math.max(nanos, IDLE_NANOS) : nanos;
  }

  /** A slice has ended. */
  void sliced(long now) {
    balance -= now - lastLookNanos;
    lastLookNanos = now;
  }
}
