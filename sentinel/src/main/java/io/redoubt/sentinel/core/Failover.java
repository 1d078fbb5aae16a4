package io.redoubt.sentinel.core;

import org.jspecify.annotations.Nullable;

/** A failover that this sentinel leads, or stands for. */
final class Failover {
  /** Its steps; the words are those of SENTINEL MASTER. */
  enum State {
    WAIT_START("wait_start"),
    SELECT_REPLICA("select_slave"),
    HANDOVER("stop_writes"),
    SEND_REPLICAOF_NO_ONE("send_slaveof_noone"),
    WAIT_PROMOTION("wait_promotion"),
    RECONF_REPLICAS("reconf_slaves");

    final String word;

    State(String word) {
      this.word = word;
    }
  }

  /** What became of the request to the old master to take no more writes. */
  enum WritesStop {
    NONE,
    ASKED,
    STOPPED
  }

  /** The epoch in which it leads, and the config epoch of what comes out. */
  final long epoch;

  /** Ordered by an operator: needs no ODOWN and no votes. */
  final boolean forced;

  /** Ordered with the condition that writes are stopped first. */
  final boolean coordinated;

  State state = State.WAIT_START;
  long stateSince;
  @Nullable Replica promoted;
  WritesStop writesStop = WritesStop.NONE;

  /** How often writes were stopped and let go on, for want of a replica that has it all. */
  int handovers;

  /** No choice of a replica before this moment. */
  long selectAt = Link.NEVER;

  /** When the pause was asked for last. */
  long pausedAt;

  /** When the master said that writes are paused. */
  long stoppedAt;

  /** How much the master had then, -1 before it told. */
  long finalOffset = -1;

  Failover(long epoch, boolean forced, boolean coordinated, long now) {
    this.epoch = epoch;
    this.forced = forced;
    this.coordinated = coordinated;
    this.stateSince = now;
  }

  /** Whether the chosen replica is known to be master already. */
  boolean isPromoted() {
    return state == State.RECONF_REPLICAS;
  }
}
