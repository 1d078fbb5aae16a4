package io.redoubt.sentinel.core;

/** The next action of a failover, returned by the class responsible for its current state. */
sealed interface Decision {
  /** The state is not complete yet. */
  Decision WAIT = new Wait();

  /** The reason to abort a failover. */
  enum Reason {
    /** Writes could not be stopped first, as ordered. */
    WRITES_GO_ON,
    /** The chosen replica makes no progress. */
    REPLICA_TOO_SLOW,
    NO_REPLICA,
    /** No promotable replica is known to have all acknowledged writes. */
    ACKNOWLEDGED_WRITES
  }

  /** See {@link #WAIT}. */
  record Wait() implements Decision {}

  /** The state is complete: this replica may be promoted. */
  record Promote(Replica replica) implements Decision {}

  /** Another replica is to be chosen, no earlier than a time of the machine's own clock. */
  record ChooseAgain(long moment) implements Decision {}

  /**
   * The failover is aborted.
   *
   * @param text details about the reason, may be empty
   */
  record Abort(Reason reason, String text) implements Decision {
    static Abort of(Reason reason) {
      return new Abort(reason, "");
    }
  }
}
