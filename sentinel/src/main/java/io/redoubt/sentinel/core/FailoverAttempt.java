package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.machine.MachineClock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A failover that this sentinel leads or is a candidate for. */
final class FailoverAttempt {
  /** The steps, in the words of SENTINEL MASTER. */
  enum State {
    WAIT_START("wait_start"),
    SELECT_REPLICA("select_slave"),
    HANDOVER("stop_writes"),
    FENCE("fence_slaves"),
    SEND_REPLICAOF_NO_ONE("send_slaveof_noone"),
    WAIT_PROMOTION("wait_promotion"),
    RECONF_REPLICAS("reconf_slaves");

    final String word;

    State(String word) {
      this.word = word;
    }
  }

  /** The progress of stopping writes at the old master. */
  enum WritesStop {
    NONE,
    ASKED,
    STOPPED
  }

  private final long epoch;
  private final boolean forced;
  private final boolean coordinated;
  private final boolean acceptsLoss;

  /** The promises by the ids of the members. */
  private final Map<String, Fenced> fenced = new LinkedHashMap<>();

  private long fenceAskedAt = MachineClock.NEVER;

  private State state = State.WAIT_START;
  private long stateSince;
  private @Nullable Replica chosen;
  private boolean caughtUp;
  private WritesStop writesStop = WritesStop.NONE;

  /** The number of times that writes were resumed because no replica caught up. */
  private int handovers;

  private long selectAt = MachineClock.NEVER;
  private long pausedAt;
  private long stoppedAt;
  private long finalOffset = -1;

  /**
   * A member's promise.
   *
   * @param connectedAt the start of the connection on which it was made; a later one may mean a
   *     restart
   */
  record Fenced(DataNode node, FenceAnswer answer, long connectedAt) {}

  FailoverAttempt(long epoch, boolean forced, boolean coordinated, boolean acceptsLoss, long now) {
    this.epoch = epoch;
    this.forced = forced;
    this.coordinated = coordinated;
    this.acceptsLoss = acceptsLoss;
    this.stateSince = now;
  }

  /** Returns the epoch of the election, which becomes the config epoch of the new master. */
  long epoch() {
    return epoch;
  }

  /** Returns true if ordered by an operator, so that ODOWN is not required. */
  boolean isForced() {
    return forced;
  }

  /** Returns true if the failover must not proceed unless writes were stopped. */
  boolean isCoordinated() {
    return coordinated;
  }

  /** Returns true if the operator accepts the loss of acknowledged writes. */
  boolean acceptsLoss() {
    return acceptsLoss;
  }

  Map<String, Fenced> fenced() {
    return fenced;
  }

  /** Returns the time of the last request for promises. */
  long fenceAskedAt() {
    return fenceAskedAt;
  }

  void setFenceAskedAt(long now) {
    fenceAskedAt = now;
  }

  State state() {
    return state;
  }

  long stateSince() {
    return stateSince;
  }

  /** Returns the replica to promote, null before the selection. */
  @Nullable Replica chosen() {
    return chosen;
  }

  WritesStop writesStop() {
    return writesStop;
  }

  /** Returns the earliest time of the selection. */
  long selectAt() {
    return selectAt;
  }

  /** Returns the time of the last request to pause writes. */
  long pausedAt() {
    return pausedAt;
  }

  /** Returns the time at which the master confirmed the pause. */
  long stoppedAt() {
    return stoppedAt;
  }

  /** Returns the master's final offset while writes are stopped, -1 if unknown. */
  long finalOffset() {
    return finalOffset;
  }

  void enter(State next, long now) {
    state = next;
    stateSince = now;
  }

  void setChosen(Replica replica) {
    chosen = replica;
    caughtUp = false;
  }

  /** Records that the chosen replica has all data of the master, whose writes are stopped. */
  void markCaughtUp() {
    caughtUp = true;
  }

  boolean hasCaughtUp() {
    return caughtUp;
  }

  /**
   * Returns to the selection.
   *
   * @param selectFrom the earliest time of the next choice
   */
  void selectAgain(long selectFrom, long now) {
    enter(State.SELECT_REPLICA, now);
    chosen = null;
    selectAt = selectFrom;
    finalOffset = -1;
  }

  /** Records the first request to stop writes. */
  void markWritesStopAsked() {
    writesStop = WritesStop.ASKED;
  }

  /** Records the master's confirmation: its offset no longer changes. */
  void onWritesStopped(long now) {
    writesStop = WritesStop.STOPPED;
    stoppedAt = now;
    finalOffset = -1;
  }

  /**
   * Records that writes continue: the master has refused to stop them, or is about to resume them.
   */
  void onWritesResumed() {
    writesStop = WritesStop.NONE;
  }

  /** Records a request for a pause, which lasts for a limited time. */
  void setPauseAskedAt(long now) {
    pausedAt = now;
  }

  /** Records a pause of this process, during which the master's pause may have expired. */
  void doubtPause() {
    pausedAt = MachineClock.NEVER;
  }

  /** Records the offset of a master whose writes are stopped; only the first one counts. */
  void onOffset(long offset) {
    if (writesStop == WritesStop.STOPPED && finalOffset < 0) {
      finalOffset = offset;
    }
  }

  /** Records that the replica did not catch up; returns the number of failed attempts. */
  int handoverFailed() {
    return ++handovers;
  }

  /** Returns true if the chosen replica is known to be a master. */
  boolean isPromoted() {
    return state == State.RECONF_REPLICAS;
  }
}
