package io.redoubt.sentinel.core;

import org.jspecify.annotations.Nullable;

/** A failover that this sentinel leads, or stands for. */
final class Failover {
  /** Its steps; the words are those of SENTINEL MASTER. */
  enum State {
    WAIT_START("wait_start"),
    SELECT_REPLICA("select_slave"),
    SEND_REPLICAOF_NO_ONE("send_slaveof_noone"),
    WAIT_PROMOTION("wait_promotion"),
    RECONF_REPLICAS("reconf_slaves");

    final String word;

    State(String word) {
      this.word = word;
    }
  }

  /** The epoch in which it leads, and the config epoch of what comes out. */
  final long epoch;

  /** Ordered by an operator: needs no ODOWN and no votes. */
  final boolean forced;

  State state = State.WAIT_START;
  long stateSince;
  @Nullable Replica promoted;

  Failover(long epoch, boolean forced, long now) {
    this.epoch = epoch;
    this.forced = forced;
    this.stateSince = now;
  }

  /** Whether the chosen replica is known to be master already. */
  boolean isPromoted() {
    return state == State.RECONF_REPLICAS;
  }
}
