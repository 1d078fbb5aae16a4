package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Epochs;
import org.jspecify.annotations.Nullable;

/**
 * Answers whether a node may be promoted now. The only class that knows all protections of a
 * failover; each supplies its own {@link Objection} and knows nothing of the others:
 *
 * <ul>
 *   <li>{@link VoteCount}: each epoch has at most one leader, elected by a majority.
 *   <li>{@link Leases}: no other node can accept writes under a lease from this sentinel.
 *   <li>{@link Fencing}: the new master has all acknowledged writes.
 *   <li>{@link Handover}: a planned failover first stops the writes of the old master.
 *   <li>{@link Candidates}: the replica is reachable and its data are recent, as in Redis.
 * </ul>
 *
 * <p>Each method answers at one point of the way to a promotion, and returns null if nothing
 * objects.
 */
final class Promotions {
  /** The delay before a failover is retried that lacked members of the group. */
  private static final long LACK_MILLIS = 3000;

  private final SentinelWorld world;
  private final LeaderWait leaderWait;
  private final Leases leases;
  private final Fencing fencing;

  Promotions(SentinelWorld world, LeaderWait leaderWait, Leases leases, Fencing fencing) {
    this.world = world;
    this.leaderWait = leaderWait;
    this.leases = leases;
    this.fencing = fencing;
  }

  /** Returns the objection to a failover that this sentinel starts by itself. */
  @Nullable Objection toStart(Master master) {
    if (!master.isObjectivelyDown()) {
      return Objection.NOT_DOWN;
    }
    if (world.isJoining()) {
      return Objection.JOINING;
    }
    if (!Epochs.isPossible(world.currentEpoch())) {
      return Objection.NO_EPOCH;
    }
    if (leaderWait.waitsForLeader(master)) {
      return Objection.OTHER_LEADER;
    }
    if (world.nowMillis() < master.nextAttemptAt() && !hasReplicaTurnedUp(master)) {
      world.wakeBy(master.nextAttemptAt());
      return Objection.TOO_EARLY;
    }
    return VoteCount.reachable(master) < master.votesToWin()
        ? Objection.NO_MAJORITY
        : leases.objection(master);
  }

  /** Returns true if the last failover lacked a replica and one is available now. */
  private boolean hasReplicaTurnedUp(Master master) {
    if (!master.lackedReplica()) {
      return false;
    }
    if (!fencing.isNeeded(master)) {
      return Candidates.choose(world, master) != null;
    }
    // The reports that make it promising may be outdated, so it must not retry without a pause.
    return world.nowMillis() - master.lackedReplicaAt() >= LACK_MILLIS
        && fencing.isPromising(master, false);
  }

  /** Returns the objection to an operator's order. */
  @Nullable Objection toOrder(Master master, boolean coordinated, boolean acceptsLoss) {
    if (master.failover() != null) {
      return Objection.IN_PROGRESS;
    }
    if (!Epochs.isPossible(world.currentEpoch())) {
      return Objection.NO_EPOCH;
    }
    if (!fencing.isNeeded(master) && Candidates.choose(world, master) == null) {
      return Objection.NO_REPLICA;
    }
    if (!acceptsLoss && !fencing.isPromising(master, Handover.isPossible(master))) {
      return Objection.ACKNOWLEDGED_WRITES;
    }
    return coordinated && !Handover.isPossible(master) ? Objection.WRITES_CONTINUE : null;
  }

  /**
   * Returns the objection to a vote for another sentinel. A coordinated failover stops the writes
   * itself, so leases don't object; its votes only exclude a competing failover.
   */
  @Nullable Objection toVote(Master master, SentinelInput.AskedIfDown asked) {
    if (world.isJoining()) {
      return Objection.JOINING;
    }
    Objection objection =
        asked.coordinated() && !master.isSubjectivelyDown()
            ? ofLeadership(master, asked.candidate())
            : leases.objection(master);
    return objection == null
        ? VoteCount.objection(master, asked.epoch(), world.currentEpoch())
        : objection;
  }

  private @Nullable Objection ofLeadership(Master master, String candidate) {
    if (master.failover() != null) {
      return Objection.IN_PROGRESS;
    }
    boolean led = leaderWait.waitsForLeader(master) && !candidate.equals(master.expectedLeader());
    return led ? Objection.OTHER_LEADER : null;
  }

  /** Returns the objection to a promotion without another step between, after the handover. */
  @Nullable Objection afterHandover(Master master, FailoverAttempt failover) {
    if (needsPromises(master, failover)) {
      return Objection.PROMISES_NEEDED;
    }
    boolean elected = world.myId().equals(VoteCount.winner(master, failover.epoch()));
    return needsVotes(master, failover) && !elected ? Objection.NOT_ELECTED : null;
  }

  /** Returns the objection to the order that makes a chosen replica the master. */
  @Nullable Objection toPromote(Master master, FailoverAttempt failover, Replica chosen) {
    if (!chosen.link().command.isUp()) {
      return Objection.DISCONNECTED;
    }
    Objection objection = Fencing.objection(failover, chosen);
    return objection == null && !needsPromises(master, failover)
        ? Handover.objection(failover, world.nowMillis())
        : objection;
  }

  /** Returns the objection to a repetition of that order, which may have been lost. */
  @Nullable Objection toRepeat(FailoverAttempt failover, Replica chosen) {
    return chosen.link().command.isUp()
        ? Fencing.objection(failover, chosen)
        : Objection.DISCONNECTED;
  }

  /** Returns true if members of the group must promise before a promotion. */
  boolean needsPromises(Master master, FailoverAttempt failover) {
    return failover.acceptsLoss() || fencing.isNeeded(master);
  }

  /**
   * Returns true if even an ordered failover needs the votes of an election. During a partition,
   * the majority may have promoted another master and granted it leases; without votes this
   * failover would replace it when the partition heals, and its writes would be lost.
   */
  boolean needsVotes(Master master, FailoverAttempt failover) {
    return failover.isForced() && !failover.acceptsLoss() && reliesOnLeases(master);
  }

  /**
   * Returns true if an ordered failover must stop the writes first: sentinels that have granted the
   * master a lease vote for no other.
   */
  boolean mustStopWrites(Master master, boolean acceptsLoss) {
    return !acceptsLoss && reliesOnLeases(master) && Handover.isPossible(master);
  }

  private boolean reliesOnLeases(Master master) {
    return Leases.areWanted(master) && !fencing.isNeeded(master);
  }
}
