package io.redoubt.server.snapshot;

/**
 * How long a slice of the walk may be. While commands come, it is a small part of the time that
 * they take, so that there are hardly fewer of them, but never less than what is worth a slice:
 * that much is done in each turn of the loop, so pauses between commands are used as well. When
 * none has come for a while, or writes wait for the snapshot, it is as long as a command may have
 * to wait at all.
 */
final class Pace {

  /** The longest that the walk keeps the loop from commands. */
  static final long LONGEST_NANOS = 250_000;

  private static final long SHORTEST_NANOS = 15_000;

  /** The part of the walk for each command, which takes some 1000 ns. */
  private static final long NANOS_A_COMMAND = 150;

  private static final long QUIET_AFTER_NANOS = 2_000_000;

  private final LoopTurns turns;
  private long commands;
  private long lastCommandNanos;

  Pace(LoopTurns turns, long now) {
    this.turns = turns;
    commands = turns.commands();
    lastCommandNanos = now;
  }

  /**
   * The length of the slice that begins now.
   *
   * @param writesWait whether there are commands that can't go on before the walk does
   */
  long sliceNanos(long now, boolean writesWait) {
    long executed = turns.commands();
    long since = executed - commands;
    commands = executed;
    if (since != 0) {
      lastCommandNanos = now;
    }
    if (writesWait || now - lastCommandNanos > QUIET_AFTER_NANOS) {
      return LONGEST_NANOS;
    }
    return Math.clamp(since * NANOS_A_COMMAND, SHORTEST_NANOS, LONGEST_NANOS);
  }
}
