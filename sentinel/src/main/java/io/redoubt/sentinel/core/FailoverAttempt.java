package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.FenceAnswer;
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

  /** The state of the request to the old master to stop writes. */
  enum WritesStop {
    NONE,
    ASKED,
    STOPPED
  }

  private final long epoch;
  private final boolean forced;
  private final boolean coordinated;
  private final boolean acceptsLoss;

  /** The members that have made a promise, by their ids. */
  private final Map<String, Fenced> fenced = new LinkedHashMap<>();

  private long fenceAskedAt = Link.NEVER;

  private State state = State.WAIT_START;
  private long stateSince;
  private @Nullable Replica chosen;
  private boolean caughtUp;
  private WritesStop writesStop = WritesStop.NONE;

  /** The number of times that writes were stopped and resumed because no replica caught up. */
  private int handovers;

  private long selectAt = Link.NEVER;
  private long pausedAt;
  private long stoppedAt;
  private long finalOffset = -1;

  /**
   * A member's promise.
   *
   * @param connectedAt the start of the connection on which it was made
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

  /** Returns true if ordered by an operator: ODOWN and votes are not required. */
  boolean isForced() {
    return forced;
  }

  /** Returns true if writes must be stopped first. */
  boolean isCoordinated() {
    return coordinated;
  }

  /** Returns true if the operator accepts that acknowledged writes are lost. */
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

  void fenceAsked(long now) {
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

  /** Returns the earliest time for selecting a replica. */
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

  /** Returns the master's offset during the pause, -1 while unknown. */
  long finalOffset() {
    return finalOffset;
  }

  /** Enters a step. */
  void enter(State next, long now) {
    state = next;
    stateSince = now;
  }

  void replicaChosen(Replica replica) {
    chosen = replica;
    caughtUp = false;
  }

  /** Records that the chosen replica has all that the master has, which takes no writes. */
  void caughtUp() {
    caughtUp = true;
  }

  boolean hasCaughtUp() {
    return caughtUp;
  }

  /** Returns to the selection, which chooses from {@code selectFrom} on. */
  void selectAgain(long selectFrom, long now) {
    enter(State.SELECT_REPLICA, now);
    chosen = null;
    selectAt = selectFrom;
    finalOffset = -1;
  }

  /** Records the first request to stop writes. */
  void writesStopAsked() {
    writesStop = WritesStop.ASKED;
  }

  /** Records the master's agreement: its offset is final from now on. */
  void writesStopped(long now) {
    writesStop = WritesStop.STOPPED;
    stoppedAt = now;
    finalOffset = -1;
  }

  /** Records that writes go on: the master refused to stop them, or resumes them. */
  void writesResumed() {
    writesStop = WritesStop.NONE;
  }

  /** Records a request for a pause, which lasts for a limited time. */
  void pauseAsked(long now) {
    pausedAt = now;
  }

  /** Records that this process was paused, during which the master's pause may have ended. */
  void pauseDoubted() {
    pausedAt = Link.NEVER;
  }

  /** Records the offset of a master that has stopped writes; only the first one counts. */
  void offsetReported(long offset) {
    if (writesStop == WritesStop.STOPPED && finalOffset < 0) {
      finalOffset = offset;
    }
  }

  /** Records that the replica did not catch up and returns the number of such handovers. */
  int handoverFailed() {
    return ++handovers;
  }

  /** Returns true if the chosen replica is known to be a master. */
  boolean isPromoted() {
    return state == State.RECONF_REPLICAS;
  }
}
