package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.sentinel.core.FailoverAttempt.State;
import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.core.Replica.Reconf;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.Epochs;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;

/** Leads failovers, from ODOWN through the election to the switch. */
final class Failovers {
  /**
   * The lower bound of the random delay before the first retry of a lost election; it doubles each
   * time.
   */
  private static final long RETRY_FROM_MILLIS = 100;

  private static final long RETRY_TO_MILLIS = 500;
  private static final int MAX_DOUBLINGS = 6;

  /** The time within which connected but slow sentinels must vote. */
  private static final long VOTES_LIMIT_MILLIS = 3000;

  /** The time within which live replicas must report their current offsets. */
  private static final long FRESH_INFO_WAIT_MILLIS = 1000;

  /** The interval at which a promotion order is repeated. */
  private static final long ORDER_AGAIN_MILLIS = 1000;

  /** The delay before a failover is retried that lacked members of the group. */
  private static final long LACK_MILLIS = 3000;

  private final SentinelWorld world;
  private final Links links;
  private final Roster roster;
  private final LeaderWait leaderWait;
  private final Elections elections;
  private final Leases leases;
  private final Handover handover;
  private final Fencing fencing;

  Failovers(
      SentinelWorld world,
      Links links,
      Roster roster,
      LeaderWait leaderWait,
      Elections elections,
      Leases leases,
      Handover handover,
      Fencing fencing) {
    this.world = world;
    this.links = links;
    this.roster = roster;
    this.leaderWait = leaderWait;
    this.elections = elections;
    this.leases = leases;
    this.handover = handover;
    this.fencing = fencing;
  }

  /** Starts a failover when it is due, and advances it as far as possible. */
  void advance(Master master) {
    if (master.failover() == null && mayStart(master)) {
      start(master, false, false, false);
    }
    FailoverAttempt failover = master.failover();
    while (failover != null) {
      State before = failover.state();
      advance(master, failover);
      if (master.failover() != failover || failover.state() == before) {
        return;
      }
    }
  }

  private boolean mayStart(Master master) {
    if (!master.isObjectivelyDown()
        || world.isJoining()
        || !Epochs.isPossible(world.currentEpoch())
        || leaderWait.waitsForLeader(master)) {
      return false;
    }
    if (world.nowMillis() < master.nextAttemptAt() && !hasReplicaTurnedUp(master)) {
      world.wakeBy(master.nextAttemptAt());
      return false;
    }
    return elections.reachable(master) >= master.votesToWin() && !leases.isPromised(master);
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

  /**
   * Starts a failover ordered by an operator. Sentinels that have granted the master a lease vote
   * for it only if it stops the writes first.
   */
  void order(Master master, boolean coordinated, boolean acceptsLoss) {
    boolean stopsWrites =
        coordinated || (!acceptsLoss && reliesOnLeases(master) && Handover.isPossible(master));
    start(master, true, stopsWrites, acceptsLoss);
  }

  private void start(Master master, boolean forced, boolean coordinated, boolean acceptsLoss) {
    leaderWait.expect(master, null);
    world.raiseEpoch(master, world.currentEpoch() + 1);
    long epoch = world.currentEpoch();
    master.failoverStarted(
        new FailoverAttempt(epoch, forced, coordinated, acceptsLoss, world.nowMillis()));
    world.event(Level.WARNING, "+try-failover", master);
    elections.vote(master, world.myId(), epoch, coordinated);
    elections.askPeers(master, true);
  }

  /** Abandons a candidacy if our vote went to another sentinel in a later epoch. */
  void standDown(Master master) {
    FailoverAttempt failover = master.failover();
    if (failover != null
        && failover.state() == State.WAIT_START
        && !failover.isForced()
        && master.leaderEpoch() > failover.epoch()) {
      notElected(master);
    }
  }

  /**
   * Abandons our failover after a later one has produced a configuration: completing it would give
   * two masters the same config epoch.
   */
  void supersede(Master master, long configEpoch) {
    FailoverAttempt failover = master.failover();
    if (failover != null && configEpoch >= failover.epoch()) {
      world.remark(
          Level.NOTICE,
          "The failover of "
              + master.name()
              + " in epoch "
              + failover.epoch()
              + " is superseded by config epoch "
              + configEpoch);
      drop(master);
      master.forgetReconfigurations();
    }
  }

  private void advance(Master master, FailoverAttempt failover) {
    switch (failover.state()) {
      case WAIT_START -> awaitElection(master, failover);
      case SELECT_REPLICA -> select(master, failover);
      case HANDOVER -> act(master, failover, handover.advance(master, failover, chosen(failover)));
      case FENCE -> act(master, failover, fencing.advance(master, failover));
      case SEND_REPLICAOF_NO_ONE -> promote(master, failover);
      case WAIT_PROMOTION -> awaitPromotion(master, failover);
      case RECONF_REPLICAS -> reconfigure(master, failover);
    }
  }

  /** Acts on a decision about the current state of a failover. */
  private void act(Master master, FailoverAttempt failover, Decision decision) {
    switch (decision) {
      case Decision.Wait() -> {}
      case Decision.Promote(Replica replica) -> {
        if (failover.state() == State.FENCE) {
          promoteFenced(failover, replica);
        } else {
          promoteNow(master, failover);
        }
      }
      case Decision.ChooseAgain(long moment) -> failover.selectAgain(moment, world.nowMillis());
      case Decision.Abort(Decision.Reason reason, String text) -> {
        switch (reason) {
          case WRITES_GO_ON -> abortUncoordinated(master);
          case REPLICA_TOO_SLOW -> abortForReplica(master);
          case NO_REPLICA -> abortForLack(master, "-failover-abort-no-good-slave", text);
          case ACKNOWLEDGED_WRITES ->
              abortForLack(master, "-failover-abort-acknowledged-writes", text);
        }
      }
    }
  }

  /** Promotes the replica that has all acknowledged writes. */
  private void promoteFenced(FailoverAttempt failover, Replica replica) {
    if (failover.chosen() != replica) {
      failover.replicaChosen(replica);
      world.event(Level.WARNING, "+selected-slave", replica);
    }
    order(failover);
  }

  /** Handles the master's reply to CLIENT PAUSE. */
  void pauseAnswered(Master master, Answer answer) {
    FailoverAttempt failover = master.failover();
    if (failover != null) {
      act(master, failover, handover.pauseAnswered(master, answer));
    }
  }

  /**
   * Returns true if even an ordered failover needs the votes of an election. During a partition,
   * the majority may have promoted another master and granted it leases; without votes this
   * failover would replace it when the partition heals, and its writes would be lost.
   */
  private boolean needsVotes(Master master, FailoverAttempt failover) {
    return failover.isForced() && !failover.acceptsLoss() && reliesOnLeases(master);
  }

  private boolean reliesOnLeases(Master master) {
    return Leases.areWanted(master) && !fencing.isNeeded(master);
  }

  private boolean hasVotes(Master master, FailoverAttempt failover) {
    return world.myId().equals(elections.winner(master, failover.epoch()));
  }

  private void awaitElection(Master master, FailoverAttempt failover) {
    boolean ordered = failover.isForced() && !needsVotes(master, failover);
    String winner = ordered ? world.myId() : elections.winner(master, failover.epoch());
    boolean due = failover.isForced() || master.isObjectivelyDown();
    if (world.myId().equals(winner) && due) {
      world.event(Level.WARNING, "+elected-leader", master);
      if (world.settings().crash().afterElection()) {
        world.emit(new Output.Crash("crash-after-election"));
      }
      master.electionWon();
      enter(failover, State.SELECT_REPLICA);
      world.event(Level.WARNING, "+failover-state-select-slave", master);
      return;
    }
    long end =
        failover.stateSince()
            + Math.min(VOTES_LIMIT_MILLIS, leaderWait.electionTimeoutMillis(master));
    // For an order, sentinels may vote later, when their leases have expired.
    boolean votesMayCome = failover.isForced() || elections.awaitsVotes(master, failover.epoch());
    boolean over = winner != null || !due || !votesMayCome || world.nowMillis() >= end;
    if (over) {
      notElected(master);
      leaderWait.expect(master, winner);
    } else {
      world.wakeBy(end);
    }
  }

  private void notElected(Master master) {
    world.event(Level.WARNING, "-failover-abort-not-elected", master);
    int doublings = Math.min(master.electionLost(), MAX_DOUBLINGS);
    long wait = world.randomMillis(RETRY_FROM_MILLIS, RETRY_TO_MILLIS) << doublings;
    postpone(master, Math.min(wait, world.timings().millis(Timing.ELECTION_TIMEOUT)));
  }

  private void postpone(Master master, long millis) {
    master.attemptPostponed(world.nowMillis() + millis);
    world.wakeBy(master.nextAttemptAt());
  }

  private void enter(FailoverAttempt failover, State state) {
    failover.enter(state, world.nowMillis());
  }

  private void select(Master master, FailoverAttempt failover) {
    if (world.nowMillis() < failover.selectAt()) {
      world.wakeBy(failover.selectAt());
      return;
    }
    long end = failover.stateSince() + FRESH_INFO_WAIT_MILLIS;
    if (!failover.isForced() && awaitsInfo(master) && world.nowMillis() < end) {
      world.wakeBy(end);
      return;
    }
    boolean planned = failover.isForced() && Handover.isPossible(master);
    if (!planned && !failover.isCoordinated() && mustFence(master, failover)) {
      fence(master, failover); // this finds the member with the most data
      return;
    }
    Replica chosen = Candidates.choose(world, master);
    if (chosen == null) {
      abortForLack(master, "-failover-abort-no-good-slave", "");
      return;
    }
    failover.replicaChosen(chosen);
    world.event(Level.WARNING, "+selected-slave", chosen);
    if (failover.isForced() && Handover.isPossible(master)) {
      enter(failover, State.HANDOVER);
      handover.stopWrites(master, failover);
    } else if (failover.isCoordinated()) {
      abortUncoordinated(master);
    } else {
      order(failover);
    }
  }

  private boolean mustFence(Master master, FailoverAttempt failover) {
    return failover.acceptsLoss() || fencing.isNeeded(master);
  }

  private void fence(Master master, FailoverAttempt failover) {
    enter(failover, State.FENCE);
    fencing.begin(master, failover);
  }

  /** Aborts until a replica appears that could be promoted. */
  private void abortForLack(Master master, String event, String why) {
    world.event(
        Level.WARNING, event, master, world.described(master) + (why.isEmpty() ? "" : " " + why));
    drop(master);
    master.failoverLackedReplica(world.nowMillis());
    // Longer than other sentinels wait for us, since one of them may have found another replica.
    long timeout = master.options().failoverTimeoutMillis();
    postpone(master, timeout + world.randomMillis(0, timeout + 1));
  }

  /** Promotes the chosen replica, which has caught up or is no longer awaited. */
  private void promoteNow(Master master, FailoverAttempt failover) {
    if (mustFence(master, failover)) {
      fence(master, failover);
    } else if (needsVotes(master, failover) && !hasVotes(master, failover)) {
      handover.resumeWrites(master, failover);
      notElected(master);
    } else {
      order(failover);
    }
  }

  /** Promotes the chosen replica. */
  private void order(FailoverAttempt failover) {
    enter(failover, State.SEND_REPLICAOF_NO_ONE);
    world.event(Level.NOTICE, "+failover-state-send-slaveof-noone", chosen(failover));
  }

  /** Returns true if a live replica has not reported its offset since the master went down. */
  private static boolean awaitsInfo(Master master) {
    for (Replica replica : master.replicas()) {
      if (!replica.isSubjectivelyDown()
          && replica.link().command.isUp()
          && replica.infoAt() < master.subjectivelyDownSince()) {
        return true;
      }
    }
    return false;
  }

  private void promote(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    if (!promoted.link().command.isUp()) {
      abortIfStuck(master, failover, promoted);
      return;
    }
    boolean writesMayGoOn =
        failover.isCoordinated()
            && !mustFence(master, failover)
            && !Handover.isComplete(failover, world.nowMillis());
    if (hasRestarted(failover, promoted) || writesMayGoOn) {
      abortForReplica(master);
      return;
    }
    orderPromotion(promoted);
    enter(failover, State.WAIT_PROMOTION);
    world.event(Level.NOTICE, "+failover-state-wait-promotion", promoted);
  }

  private void orderPromotion(Replica promoted) {
    boolean unused = links.setRole(promoted, null);
    promoted.promotionOrdered(world.nowMillis());
  }

  private void awaitPromotion(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    long now = world.nowMillis();
    if (abortIfStuck(master, failover, promoted)) {
      return;
    }
    handover.renew(master, failover);
    // The order may have been lost with a connection; it is idempotent.
    if (promoted.link().command.isUp()
        && now - promoted.orderedAt() >= ORDER_AGAIN_MILLIS
        && promoted.infoAt() > promoted.orderedAt()) {
      if (hasRestarted(failover, promoted)) {
        abortForReplica(master);
      } else {
        orderPromotion(promoted);
      }
    }
  }

  /**
   * Returns true if the chosen member has reconnected since its promise. It may have restarted and
   * lost data, but would still obey the order.
   */
  private static boolean hasRestarted(FailoverAttempt failover, Replica promoted) {
    return !failover.acceptsLoss()
        && failover.fenced().values().stream()
            .anyMatch(each ->
                each.node() == promoted
                    && each.connectedAt() != promoted.link().command.connectedAt);
  }

  private boolean abortIfStuck(Master master, FailoverAttempt failover, Replica promoted) {
    boolean stuck =
        world.nowMillis() - failover.stateSince() > master.options().failoverTimeoutMillis();
    if (!stuck && !promoted.isSubjectivelyDown()) {
      return false;
    }
    abortForReplica(master);
    return true;
  }

  /** Aborts a failover because writes could not be stopped first, as ordered. */
  private void abortUncoordinated(Master master) {
    world.event(Level.WARNING, "-failover-abort-not-coordinated", master);
    drop(master);
  }

  /** Aborts a failover because the chosen replica makes no progress. */
  private void abortForReplica(Master master) {
    world.event(Level.WARNING, "-failover-abort-slave-timeout", master);
    drop(master);
    postpone(master, world.randomMillis(RETRY_FROM_MILLIS, RETRY_TO_MILLIS));
  }

  /** Drops our failover; writes resume if it had stopped them. */
  private void drop(Master master) {
    FailoverAttempt failover = master.failover();
    if (failover != null) {
      handover.resumeWrites(master, failover);
      master.failoverDropped();
    }
  }

  private static Replica chosen(FailoverAttempt failover) {
    Replica chosen = failover.chosen();
    if (chosen == null) {
      throw new IllegalStateException("no replica chosen in state " + failover.state());
    }
    return chosen;
  }

  /** Handles the reply to a role change by requesting INFO, which reports the node's new role. */
  void roleAnswered(Instance instance, Answer answer) {
    // The first command of the transaction is the one that changes the role.
    Answer outcome =
        answer instanceof Answer.Items items && !items.values().isEmpty()
            ? items.values().getFirst()
            : answer;
    if (outcome instanceof Answer.Failure failure) {
      world.remark(
          Level.WARNING,
          world.described(instance) + " refused to change its role: " + failure.text());
      Master master = world.masterOf(instance);
      FailoverAttempt failover = master.failover();
      if (failover != null
          && failover.state() == State.WAIT_PROMOTION
          && failover.chosen() == instance
          && failure.text().startsWith(FenceAnswer.OUTPROMISED)) {
        abortForReplica(master);
      }
    }
    if (instance instanceof DataNode node) {
      links.askInfo(node);
    }
  }

  /** Handles a replica's INFO, which may show the progress of our failover. */
  void observed(Replica replica, NodeInfo info) {
    Master master = world.masterOf(replica);
    FailoverAttempt failover = master.failover();
    Replica chosen = failover == null ? null : failover.chosen();
    if (failover == null || chosen == null) {
      return;
    }
    if (chosen == replica) {
      if (failover.state() == State.WAIT_PROMOTION && info.role() == NodeInfo.Role.MASTER) {
        promoted(master, failover, replica);
      }
      return;
    }
    if (replica.reconf() == Reconf.SENT
        && info.role() == NodeInfo.Role.REPLICA
        && world.names.follows(info, chosen.address())) {
      replica.reconfigurationStarted();
      world.event(Level.NOTICE, "+slave-reconf-inprog", replica);
    }
    if (replica.reconf() == Reconf.IN_PROGRESS && info.masterLink().isUp()) {
      replica.reconfigurationFinished();
      world.event(Level.NOTICE, "+slave-reconf-done", replica);
    }
  }

  private void promoted(Master master, FailoverAttempt failover, Replica promoted) {
    master.raiseConfigEpoch(failover.epoch());
    enter(failover, State.RECONF_REPLICAS);
    world.stateChanged();
    world.event(Level.WARNING, "+promoted-slave", promoted);
    if (world.settings().crash().afterPromotion()) {
      world.emit(new Output.Crash("crash-after-promotion"));
    }
    world.event(Level.WARNING, "+failover-state-reconf-slaves", master);
    if (failover.isForced() && master.link().command.isUp()) {
      // The old master is alive: demote it at once, to limit the time with two masters.
      boolean unused = links.setRole(master, promoted.address());
    }
    handover.resumeWrites(master, failover);
    links.sayHelloToAll(master);
    leases.moved(master);
    world.runReconfigScript(master, true, master.address(), promoted.address());
  }

  private void reconfigure(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    long now = world.nowMillis();
    int inProgress = 0;
    for (Replica replica : master.replicas()) {
      if (replica.reconf() == Reconf.SENT
          && now - replica.orderedAt() > world.timings().millis(Timing.REPLICA_RECONF_TIMEOUT)) {
        world.event(Level.NOTICE, "-slave-reconf-sent-timeout", replica);
        replica.reconfigurationFinished();
      }
      if (replica.isReconfiguring()) {
        inProgress++;
      }
    }
    for (Replica replica : master.replicas()) {
      if (replica != promoted
          && replica.reconf() == Reconf.NONE
          && replica.link().command.isUp()
          && inProgress < master.options().parallelSyncs()
          && turn(replica, promoted.address(), "+slave-reconf-sent")) {
        inProgress++;
      }
    }
    boolean late = now - failover.stateSince() > master.options().failoverTimeoutMillis();
    if (late || !someTurning(master, promoted)) {
      end(master, promoted, late);
    }
  }

  /** Orders a replica to follow the new master; returns false if it is the new master itself. */
  private boolean turn(Replica replica, Address master, String event) {
    if (!links.setRole(replica, master)) {
      replica.reconfigurationFinished();
      return false;
    }
    replica.reconfigurationOrdered(world.nowMillis());
    world.event(Level.NOTICE, event, replica);
    return true;
  }

  private static boolean someTurning(Master master, Replica promoted) {
    for (Replica replica : master.replicas()) {
      if (replica != promoted && replica.reconf() != Reconf.DONE && !replica.isSubjectivelyDown()) {
        return true;
      }
    }
    return false;
  }

  private void end(Master master, Replica promoted, boolean late) {
    if (late) {
      world.event(Level.WARNING, "+failover-end-for-timeout", master);
    }
    world.event(Level.WARNING, "+failover-end", master);
    if (late) {
      for (Replica replica : master.replicas()) {
        if (replica != promoted
            && replica.reconf() == Reconf.NONE
            && replica.link().command.isUp()) {
          boolean unused = turn(replica, promoted.address(), "+slave-reconf-sent-be");
        }
      }
    }
    switchTo(master, promoted.address());
  }

  /**
   * Makes another address the master. The old one becomes a replica, to be reconfigured when it
   * returns.
   */
  void switchTo(Master master, Address to) {
    Address from = master.address();
    world.event(
        Level.WARNING,
        "+switch-master",
        master,
        master.name()
            + " "
            + world.shown(from).host()
            + " "
            + from.port()
            + " "
            + world.shown(to).host()
            + " "
            + to.port());
    links.release(master);
    Replica chosen = world.replicaAt(master, to);
    if (chosen != null) {
      master.replicaGone(chosen);
    }
    // Other sentinels may report the address of a host name.
    Address address = chosen == null ? to : chosen.address();
    Link link = chosen == null || chosen.isSubjectivelyDown() ? links.make(address) : chosen.link();
    master.moveTo(address, link);
    if (chosen != null) {
      roster.forget(chosen);
    }
    restart(master);
    if (chosen != null && chosen.hasRunId()) {
      master.identified(chosen.runId());
    }
    roster.addReplica(master, from);
    for (Replica replica : master.replicas()) {
      world.event(Level.NOTICE, "+slave", replica);
    }
    world.stateChanged();
  }

  /** Forgets the state of a master after a switch or at a reset; epochs and votes remain. */
  void restart(Master master) {
    leaderWait.expect(master, null);
    drop(master);
    master.forgetHistory(world.nowMillis());
  }
}
