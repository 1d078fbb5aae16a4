package io.redoubt.server.snapshot.context;

/** The event loop that owns the keyspace, reduced to the needs of a snapshot. */
public interface LoopTurns {

  /** Runs a task on the loop; may be called by any thread. */
  void execute(Runnable task);

  /**
   * Runs a task in the loop's next turn, after each ready connection has been served once; called
   * on the loop. A task that repeatedly asks for the next turn must not delay commands.
   */
  void nextTurn(Runnable task);

  /**
   * Runs a task on the loop in about a millisecond; called on the loop, which may sleep until then.
   */
  void soon(Runnable task);

  /**
   * Returns the number of executed commands, which shows if the loop has other work. The value seen
   * by other threads may be slightly stale.
   */
  long commands();

  /** Returns true if the end of the current turn is still to come before the loop waits. */
  boolean isInTurn();
}
