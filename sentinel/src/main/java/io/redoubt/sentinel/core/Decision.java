package io.redoubt.sentinel.core;

/**
 * The next action of a failover, returned by the class responsible for its current state. {@link
 * Failovers} alone carries it out.
 */
sealed interface Decision {
  /** The state is not complete yet. */
  Decision WAIT = new Wait();

  /** The state is complete, and no acknowledged write restricts the choice of a replica. */
  Decision PROMOTE_BEST = new PromoteBest();

  /** See {@link #WAIT}. */
  record Wait() implements Decision {}

  /** The state is complete: this replica may be promoted. */
  record Promote(Replica replica) implements Decision {}

  /** See {@link #PROMOTE_BEST}. */
  record PromoteBest() implements Decision {}

  /** Another replica is to be chosen, no earlier than a time of the machine's own clock. */
  record ChooseAgain(long moment) implements Decision {}

  /**
   * The failover is aborted.
   *
   * @param text details about the reason, may be empty
   */
  record Abort(Objection reason, String text) implements Decision {
    static Abort of(Objection reason) {
      return new Abort(reason, "");
    }
  }
}
