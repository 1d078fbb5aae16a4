package io.redoubt.server.snapshot;

/**
 * How long a slice of the walk may be. While commands come, the snapshot is to take a small part of
 * the time that they take, so that there are hardly fewer of them: what entries have cost that were
 * written ahead of commands is deducted, down to the least that still gets on. A turn of the loop
 * without commands is used for a little more. When none has come for a while, or writes wait for
 * the snapshot, a slice is as long as a command may have to wait at all.
 */
final class Pace {

  /** The longest that the walk keeps the loop from commands. */
  static final long LONGEST_NANOS = 250_000;

  private static final long LEAST_NANOS = 5_000;
  private static final long IDLE_NANOS = 15_000;

  /** The snapshot's part for each command, which takes some 700 ns. */
  private static final long NANOS_A_COMMAND = 130;

  private static final long NANOS_AN_ENTRY = 200;
  private static final long QUIET_AFTER_NANOS = 2_000_000;

  private final LoopTurns turns;
  private long commands;
  private long writtenAhead;
  private long lastCommandNanos;

  Pace(LoopTurns turns, long now) {
    this.turns = turns;
    commands = turns.commands();
    lastCommandNanos = now;
  }

  /** An entry was written ahead of a command. */
  void wroteAhead() {
    writtenAhead++;
  }

  /**
   * The length of the slice that begins now.
   *
   * @param writesWait whether there are commands that can't go on before the walk does
   */
  long sliceNanos(long now, boolean writesWait) {
    long executed = turns.commands();
    long since = executed - commands;
    long nanos = since * NANOS_A_COMMAND - writtenAhead * NANOS_AN_ENTRY;
    commands = executed;
    writtenAhead = 0;
    if (since != 0) {
      lastCommandNanos = now;
    }
    if (writesWait || now - lastCommandNanos > QUIET_AFTER_NANOS) {
      return LONGEST_NANOS;
    }
    return Math.clamp(nanos, since == 0 ? IDLE_NANOS : LEAST_NANOS, LONGEST_NANOS);
  }
}
