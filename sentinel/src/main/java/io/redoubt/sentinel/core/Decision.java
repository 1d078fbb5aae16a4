package io.redoubt.sentinel.core;

/** The next move of a failover, as found by the part that looks after its present state. */
sealed interface Decision {
  /** Something is still to come. */
  Decision WAIT = new Wait();

  /** The reason to end a failover without a new master. */
  enum Reason {
    /** The writes could not be stopped first, as was ordered. */
    WRITES_GO_ON,
    /** The chosen replica makes no progress. */
    REPLICA_TOO_SLOW,
    NO_REPLICA,
    /** Nobody is known to have all acknowledged writes. */
    ACKNOWLEDGED_WRITES
  }

  /** See {@link #WAIT}. */
  record Wait() implements Decision {}

  /** The state has done its part: a replica may become the master. */
  record Promote(Replica replica) implements Decision {}

  /** Another attempt to choose a replica is due at a time of the machine's own clock. */
  record ChooseAgain(long moment) implements Decision {}

  /**
   * The failover ends.
   *
   * @param text more about the reason, or nothing
   */
  record Abort(Reason reason, String text) implements Decision {
    static Abort of(Reason reason) {
      return new Abort(reason, "");
    }
  }
}
