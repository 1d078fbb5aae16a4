package io.redoubt.server.snapshot;

/** The loop that owns the keyspace, as far as a snapshot needs it. */
public interface LoopTurns {

  /** Runs a task on the loop; may be called by any thread. */
  void execute(Runnable task);

  /**
   * Runs a task in the loop's next turn, after the connections that are ready have been served
   * once; called on the loop. A task that asks for the next turn again and again must not keep
   * commands waiting.
   */
  void nextTurn(Runnable task);

  /**
   * Runs a task on the loop in about a millisecond; called on the loop, which may rest till then.
   */
  void soon(Runnable task);

  /**
   * How many commands were executed so far: whether the loop has other things to do. To other
   * threads it may be a little behind.
   */
  long commands();

  /** Returns true if the end of the current turn is still to come before the loop waits. */
  boolean isInTurn();
}
