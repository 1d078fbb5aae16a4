package io.redoubt.server.snapshot.context;

/** The event loop that owns the keyspace, reduced to the operations that snapshots need. */
public interface LoopTurns {

  /** Runs a task on the loop; may be called by any thread. */
  void execute(Runnable task);

  /**
   * Runs a task in the loop's next turn, after each ready connection has been served once, so that
   * a task that requests turn after turn does not delay commands. Called on the loop.
   */
  void nextTurn(Runnable task);

  /** Runs a task in about a millisecond, until which the loop may sleep. Called on the loop. */
  void soon(Runnable task);

  /**
   * Returns the number of executed commands, an indication whether the loop has other work. Other
   * threads may see a slightly stale value.
   */
  long commands();

  /** Returns true within a turn, whose end-of-turn task will still run before the loop waits. */
  boolean isInTurn();
}
