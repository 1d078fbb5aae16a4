package io.redoubt.sentinel.core;

import org.jspecify.annotations.Nullable;

/** A failover that this sentinel leads or is a candidate for. */
final class FailoverAttempt {
  /** The steps, in the words of SENTINEL MASTER. */
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

  /** The state of the request to the old master to stop writes. */
  enum WritesStop {
    NONE,
    ASKED,
    STOPPED
  }

  /** The epoch of the election, which becomes the config epoch of the new master. */
  final long epoch;

  /** True if ordered by an operator: ODOWN and votes are not required. */
  final boolean forced;

  /** True if writes must be stopped first. */
  final boolean coordinated;

  State state = State.WAIT_START;
  long stateSince;
  @Nullable Replica promoted;
  WritesStop writesStop = WritesStop.NONE;

  /** The number of times that writes were stopped and resumed because no replica caught up. */
  int handovers;

  /** The earliest time for selecting a replica. */
  long selectAt = Link.NEVER;

  /** The time of the last request to pause writes. */
  long pausedAt;

  /** The time at which the master confirmed the pause. */
  long stoppedAt;

  /** The master's offset during the pause, -1 while unknown. */
  long finalOffset = -1;

  FailoverAttempt(long epoch, boolean forced, boolean coordinated, long now) {
    this.epoch = epoch;
    this.forced = forced;
    this.coordinated = coordinated;
    this.stateSince = now;
  }

  /** Returns true if the chosen replica is known to be a master. */
  boolean isPromoted() {
    return state == State.RECONF_REPLICAS;
  }
}
