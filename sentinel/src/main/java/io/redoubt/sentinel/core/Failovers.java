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

/** Leads failovers, from ODOWN over the election to the switch. */
final class Failovers {
  /**
   * The lower bound of the random delay before a lost election is retried; it doubles each time.
   */
  private static final long RETRY_FROM_MILLIS = 100;

  private static final long RETRY_TO_MILLIS = 500;
  private static final int MAX_DOUBLINGS = 6;

  /** The time for which a candidate waits for votes of connected but slow sentinels. */
  private static final long VOTES_LIMIT_MILLIS = 3000;

  /** The time for which the selection waits for recent offsets of live replicas. */
  private static final long FRESH_INFO_WAIT_MILLIS = 1000;

  /** The interval of repeated promotion orders. */
  private static final long ORDER_AGAIN_MILLIS = 1000;

  /** The time before a failover that lacked members of a group is retried. */
  private static final long LACK_MILLIS = 3000;

  private final Sentinel sentinel;

  Failovers(Sentinel sentinel) {
    this.sentinel = sentinel;
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
        || sentinel.isJoining()
        || !Epochs.isPossible(sentinel.currentEpoch())
        || sentinel.elections.waitsForLeader(master)) {
      return false;
    }
    if (sentinel.nowMillis() < master.nextAttemptAt() && !hasReplicaTurnedUp(master)) {
      sentinel.wakeBy(master.nextAttemptAt());
      return false;
    }
    return sentinel.elections.reachable(master) >= master.votesToWin()
        && !sentinel.leases.isPromised(master);
  }

  /** Returns true if the last failover lacked a replica, and one is there now. */
  private boolean hasReplicaTurnedUp(Master master) {
    if (!master.lackedReplica()) {
      return false;
    }
    if (!sentinel.fencing.isNeeded(master)) {
      return sentinel.candidates.choose(master) != null;
    }
    // What makes it hopeful may be obsolete: it must not try without pause.
    return sentinel.nowMillis() - master.lackedReplicaAt() >= LACK_MILLIS
        && sentinel.fencing.isPromising(master, false);
  }

  /**
   * Starts a failover ordered by an operator. Sentinels whose lease the master holds vote for it
   * only if it stops the writes first.
   */
  void order(Master master, boolean coordinated, boolean acceptsLoss) {
    boolean stopsWrites =
        coordinated || (!acceptsLoss && reliesOnLeases(master) && Handover.isPossible(master));
    start(master, true, stopsWrites, acceptsLoss);
  }

  private void start(Master master, boolean forced, boolean coordinated, boolean acceptsLoss) {
    sentinel.elections.expect(master, null);
    sentinel.raiseEpoch(master, sentinel.currentEpoch() + 1);
    long epoch = sentinel.currentEpoch();
    master.failoverStarted(
        new FailoverAttempt(epoch, forced, coordinated, acceptsLoss, sentinel.nowMillis()));
    sentinel.event(Level.WARNING, "+try-failover", master);
    sentinel.elections.vote(master, sentinel.myId(), epoch, coordinated);
    sentinel.elections.askPeers(master, true);
  }

  /** Abandons a candidacy because our vote went to another sentinel in a later epoch. */
  void standDown(Master master) {
    FailoverAttempt failover = master.failover();
    if (failover != null && failover.state() == State.WAIT_START && !failover.isForced()) {
      notElected(master);
    }
  }

  /**
   * Abandons our failover after a later one produced a configuration: completing it would give two
   * masters the same config epoch.
   */
  void supersede(Master master, long configEpoch) {
    FailoverAttempt failover = master.failover();
    if (failover != null && configEpoch >= failover.epoch()) {
      sentinel.remark(
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
      case HANDOVER -> sentinel.handover.advance(master, failover, chosen(failover));
      case FENCE -> sentinel.fencing.advance(master, failover);
      case SEND_REPLICAOF_NO_ONE -> promote(master, failover);
      case WAIT_PROMOTION -> awaitPromotion(master, failover);
      case RECONF_REPLICAS -> reconfigure(master, failover);
    }
  }

  /**
   * Returns true if an order needs the votes of an election: it could otherwise replace, once they
   * meet, a master that most sentinels have made one in the meantime and given leases, whose writes
   * would be lost.
   */
  private boolean needsVotes(Master master, FailoverAttempt failover) {
    return failover.isForced() && !failover.acceptsLoss() && reliesOnLeases(master);
  }

  private boolean reliesOnLeases(Master master) {
    return Leases.areWanted(master) && !sentinel.fencing.isNeeded(master);
  }

  private boolean hasVotes(Master master, FailoverAttempt failover) {
    return sentinel.myId().equals(sentinel.elections.winner(master, failover.epoch()));
  }

  private void awaitElection(Master master, FailoverAttempt failover) {
    boolean ordered = failover.isForced() && !needsVotes(master, failover);
    String winner = ordered ? sentinel.myId() : sentinel.elections.winner(master, failover.epoch());
    boolean due = failover.isForced() || master.isObjectivelyDown();
    if (sentinel.myId().equals(winner) && due) {
      sentinel.event(Level.WARNING, "+elected-leader", master);
      if (sentinel.settings().crash().afterElection()) {
        sentinel.emit(new Output.Crash("crash-after-election"));
      }
      master.electionWon();
      enter(failover, State.SELECT_REPLICA);
      sentinel.event(Level.WARNING, "+failover-state-select-slave", master);
      return;
    }
    long end =
        failover.stateSince()
            + Math.min(VOTES_LIMIT_MILLIS, sentinel.elections.electionTimeoutMillis(master));
    // Sentinels vote for an order once their leases have run out.
    boolean votesMayCome =
        failover.isForced() || sentinel.elections.awaitsVotes(master, failover.epoch());
    boolean over = winner != null || !due || !votesMayCome || sentinel.nowMillis() >= end;
    if (over) {
      notElected(master);
      sentinel.elections.expect(master, winner);
    } else {
      sentinel.wakeBy(end);
    }
  }

  private void notElected(Master master) {
    sentinel.event(Level.WARNING, "-failover-abort-not-elected", master);
    int doublings = Math.min(master.electionLost(), MAX_DOUBLINGS);
    long wait = sentinel.randomMillis(RETRY_FROM_MILLIS, RETRY_TO_MILLIS) << doublings;
    postpone(master, Math.min(wait, sentinel.timings().millis(Timing.ELECTION_TIMEOUT)));
  }

  private void postpone(Master master, long millis) {
    master.attemptPostponed(sentinel.nowMillis() + millis);
    sentinel.wakeBy(master.nextAttemptAt());
  }

  private void enter(FailoverAttempt failover, State state) {
    failover.enter(state, sentinel.nowMillis());
  }

  /** Selects a replica again at the given time. */
  void selectAgain(FailoverAttempt failover, long moment) {
    failover.selectAgain(moment, sentinel.nowMillis());
  }

  private void select(Master master, FailoverAttempt failover) {
    if (sentinel.nowMillis() < failover.selectAt()) {
      sentinel.wakeBy(failover.selectAt());
      return;
    }
    long end = failover.stateSince() + FRESH_INFO_WAIT_MILLIS;
    if (!failover.isForced() && awaitsInfo(master) && sentinel.nowMillis() < end) {
      sentinel.wakeBy(end);
      return;
    }
    boolean planned = failover.isForced() && Handover.isPossible(master);
    if (!planned && !failover.isCoordinated() && mustFence(master, failover)) {
      fence(master, failover); // which finds out who has most
      return;
    }
    Replica chosen = sentinel.candidates.choose(master);
    if (chosen == null) {
      abortForLack(master, "-failover-abort-no-good-slave", "");
      return;
    }
    failover.replicaChosen(chosen);
    sentinel.event(Level.WARNING, "+selected-slave", chosen);
    if (failover.isForced() && Handover.isPossible(master)) {
      enter(failover, State.HANDOVER);
      sentinel.handover.stopWrites(master, failover);
    } else if (failover.isCoordinated()) {
      abortUncoordinated(master);
    } else {
      order(failover);
    }
  }

  private boolean mustFence(Master master, FailoverAttempt failover) {
    return failover.acceptsLoss() || sentinel.fencing.isNeeded(master);
  }

  private void fence(Master master, FailoverAttempt failover) {
    enter(failover, State.FENCE);
    sentinel.fencing.begin(master, failover);
  }

  /** Gives up until a replica turns up that could be promoted. */
  void abortForLack(Master master, String event, String why) {
    sentinel.event(
        Level.WARNING,
        event,
        master,
        sentinel.names.described(master) + (why.isEmpty() ? "" : " " + why));
    drop(master);
    master.failoverLackedReplica(sentinel.nowMillis());
    // Longer than other sentinels wait for us: one of them may know a replica that we don't.
    long timeout = master.options().failoverTimeoutMillis();
    postpone(master, timeout + sentinel.randomMillis(0, timeout + 1));
  }

  /** Promotes the chosen replica: it has caught up or is no longer waited for. */
  void promoteNow(Master master, FailoverAttempt failover) {
    if (mustFence(master, failover)) {
      fence(master, failover);
    } else if (needsVotes(master, failover) && !hasVotes(master, failover)) {
      sentinel.handover.resumeWrites(master, failover);
      notElected(master);
    } else {
      order(failover);
    }
  }

  /** Promotes the chosen replica. */
  void order(FailoverAttempt failover) {
    enter(failover, State.SEND_REPLICAOF_NO_ONE);
    sentinel.event(Level.NOTICE, "+failover-state-send-slaveof-noone", chosen(failover));
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
            && !Handover.isComplete(failover, sentinel.nowMillis());
    if (hasRestarted(failover, promoted) || writesMayGoOn) {
      abortForReplica(master);
      return;
    }
    orderPromotion(promoted);
    enter(failover, State.WAIT_PROMOTION);
    sentinel.event(Level.NOTICE, "+failover-state-wait-promotion", promoted);
  }

  private void orderPromotion(Replica promoted) {
    boolean unused = sentinel.links.setRole(promoted, null);
    promoted.promotionOrdered(sentinel.nowMillis());
  }

  private void awaitPromotion(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    long now = sentinel.nowMillis();
    if (abortIfStuck(master, failover, promoted)) {
      return;
    }
    sentinel.handover.renew(master, failover);
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
   * Returns true if a member may have restarted since its promise, and lost what it had then: an
   * order would make it the master nevertheless.
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
        sentinel.nowMillis() - failover.stateSince() > master.options().failoverTimeoutMillis();
    if (!stuck && !promoted.isSubjectivelyDown()) {
      return false;
    }
    abortForReplica(master);
    return true;
  }

  /** Aborts a failover because writes could not be stopped first, as was ordered. */
  void abortUncoordinated(Master master) {
    sentinel.event(Level.WARNING, "-failover-abort-not-coordinated", master);
    drop(master);
  }

  /** Aborts a failover because its replica does not make progress. */
  void abortForReplica(Master master) {
    sentinel.event(Level.WARNING, "-failover-abort-slave-timeout", master);
    drop(master);
    postpone(master, sentinel.randomMillis(RETRY_FROM_MILLIS, RETRY_TO_MILLIS));
  }

  /** Drops our failover; writes that it stopped resume. */
  private void drop(Master master) {
    FailoverAttempt failover = master.failover();
    if (failover != null) {
      sentinel.handover.resumeWrites(master, failover);
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

  /** Handles the reply of EXEC by requesting INFO, which shows the node's new role. */
  void roleAnswered(Instance instance, Answer answer) {
    // The first command of the transaction is the one that changes the role.
    Answer outcome =
        answer instanceof Answer.Items items && !items.values().isEmpty()
            ? items.values().getFirst()
            : answer;
    if (outcome instanceof Answer.Failure failure) {
      sentinel.remark(
          Level.WARNING,
          sentinel.names.described(instance) + " refused to change its role: " + failure.text());
      Master master = instance.master();
      FailoverAttempt failover = master.failover();
      if (failover != null
          && failover.state() == State.WAIT_PROMOTION
          && failover.chosen() == instance
          && failure.text().startsWith(FenceAnswer.OUTPROMISED)) {
        abortForReplica(master);
      }
    }
    if (instance instanceof DataNode node) {
      sentinel.links.askInfo(node);
    }
  }

  /** Handles a replica's INFO, which may show the progress of our failover. */
  void observed(Replica replica, NodeInfo info) {
    Master master = replica.master();
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
        && sentinel.names.follows(info, chosen.address())) {
      replica.reconfigurationStarted();
      sentinel.event(Level.NOTICE, "+slave-reconf-inprog", replica);
    }
    if (replica.reconf() == Reconf.IN_PROGRESS && info.masterLink().isUp()) {
      replica.reconfigurationFinished();
      sentinel.event(Level.NOTICE, "+slave-reconf-done", replica);
    }
  }

  private void promoted(Master master, FailoverAttempt failover, Replica promoted) {
    master.raiseConfigEpoch(failover.epoch());
    enter(failover, State.RECONF_REPLICAS);
    sentinel.stateChanged();
    sentinel.event(Level.WARNING, "+promoted-slave", promoted);
    if (sentinel.settings().crash().afterPromotion()) {
      sentinel.emit(new Output.Crash("crash-after-promotion"));
    }
    sentinel.event(Level.WARNING, "+failover-state-reconf-slaves", master);
    if (failover.isForced() && master.link().command.isUp()) {
      // The old master is alive: demote it at once, to limit the time with two masters.
      boolean unused = sentinel.links.setRole(master, promoted.address());
    }
    sentinel.handover.resumeWrites(master, failover);
    sentinel.links.sayHelloToAll(master);
    sentinel.leases.moved(master);
    sentinel.runReconfigScript(master, true, master.address(), promoted.address());
  }

  private void reconfigure(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    long now = sentinel.nowMillis();
    int inProgress = 0;
    for (Replica replica : master.replicas()) {
      if (replica.reconf() == Reconf.SENT
          && now - replica.orderedAt() > sentinel.timings().millis(Timing.REPLICA_RECONF_TIMEOUT)) {
        sentinel.event(Level.NOTICE, "-slave-reconf-sent-timeout", replica);
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
    if (!sentinel.links.setRole(replica, master)) {
      replica.reconfigurationFinished();
      return false;
    }
    replica.reconfigurationOrdered(sentinel.nowMillis());
    sentinel.event(Level.NOTICE, event, replica);
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
      sentinel.event(Level.WARNING, "+failover-end-for-timeout", master);
    }
    sentinel.event(Level.WARNING, "+failover-end", master);
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
   * Makes another address the master; the old one becomes a replica, to be reconfigured when it
   * returns.
   */
  void switchTo(Master master, Address to) {
    Address from = master.address();
    sentinel.event(
        Level.WARNING,
        "+switch-master",
        master,
        master.name()
            + " "
            + sentinel.shown(from).host()
            + " "
            + from.port()
            + " "
            + sentinel.shown(to).host()
            + " "
            + to.port());
    sentinel.links.release(master);
    Replica chosen = sentinel.replicaAt(master, to);
    if (chosen != null) {
      master.replicaGone(chosen);
    }
    // Other sentinels may report a host name's address.
    Address address = chosen == null ? to : chosen.address();
    Link link =
        chosen == null || chosen.isSubjectivelyDown()
            ? sentinel.links.make(address)
            : chosen.link();
    master.moveTo(address, link);
    if (chosen != null) {
      sentinel.forget(chosen);
    }
    restart(master);
    if (chosen != null && chosen.hasRunId()) {
      master.identified(chosen.runId());
    }
    sentinel.addReplica(master, from);
    for (Replica replica : master.replicas()) {
      sentinel.event(Level.NOTICE, "+slave", replica);
    }
    sentinel.stateChanged();
  }

  /** Clears the knowledge about a master at its former address, or at a reset; votes stay. */
  void restart(Master master) {
    sentinel.elections.expect(master, null);
    drop(master);
    master.forgetHistory(sentinel.nowMillis());
  }
}
