package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.sentinel.core.FailoverAttempt.State;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;
import org.jspecify.annotations.Nullable;

/**
 * Leads failovers, from ODOWN through the election to the switch. A failover enters and leaves its
 * states in this class only; {@link Promotions} says what objects to the next step.
 */
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

  private final SentinelWorld world;
  private final Links links;
  private final LeaderWait leaderWait;
  private final LeaderElections elections;
  private final Handover handover;
  private final Fencing fencing;
  private final Promotions promotions;
  private final Succession succession;
  private final Reconfiguration reconfiguration;

  Failovers(
      SentinelWorld world,
      Links links,
      LeaderWait leaderWait,
      LeaderElections elections,
      Handover handover,
      Fencing fencing,
      Promotions promotions,
      Succession succession) {
    this.world = world;
    this.links = links;
    this.leaderWait = leaderWait;
    this.elections = elections;
    this.handover = handover;
    this.fencing = fencing;
    this.promotions = promotions;
    this.succession = succession;
    this.reconfiguration = new Reconfiguration(world, links);
  }

  /** Starts a failover when it is due, and advances it as far as possible. */
  void advance(Master master) {
    if (master.failover() == null && promotions.toStart(master) == null) {
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

  /** Advances a failover by one state; each case enters the next one or aborts when it is due. */
  private void advance(Master master, FailoverAttempt failover) {
    switch (failover.state()) {
      case WAIT_START -> awaitElection(master, failover);
      case SELECT_REPLICA -> select(master, failover);
      case HANDOVER -> act(master, failover, handover.advance(master, failover, chosen(failover)));
      case FENCE -> act(master, failover, awaitPromises(master, failover));
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
      case Decision.PromoteBest() -> {
        Replica best = Candidates.choose(world, master);
        if (best == null) {
          abort(master, Objection.NO_REPLICA, "");
        } else {
          promoteFenced(failover, best);
        }
      }
      case Decision.ChooseAgain(long moment) -> failover.selectAgain(moment, world.nowMillis());
      case Decision.Abort(Objection reason, String text) -> abort(master, reason, text);
    }
  }

  private void enter(FailoverAttempt failover, State state) {
    failover.enter(state, world.nowMillis());
  }

  // ---- starting, and the election

  /**
   * Starts a failover ordered by an operator. Sentinels that have granted the master a lease vote
   * for it only if it stops the writes first.
   */
  void order(Master master, boolean coordinated, boolean acceptsLoss) {
    boolean stopsWrites = coordinated || promotions.mustStopWrites(master, acceptsLoss);
    start(master, true, stopsWrites, acceptsLoss);
  }

  private void start(Master master, boolean forced, boolean coordinated, boolean acceptsLoss) {
    leaderWait.expect(master, null);
    world.raiseEpoch(master, world.currentEpoch() + 1);
    long epoch = world.currentEpoch();
    master.setFailover(
        new FailoverAttempt(epoch, forced, coordinated, acceptsLoss, world.nowMillis()));
    world.event(Level.WARNING, "+try-failover", master);
    elections.vote(master, world.myId(), epoch, coordinated);
    elections.askPeers(master, true);
  }

  private void awaitElection(Master master, FailoverAttempt failover) {
    boolean ordered = failover.isForced() && !promotions.needsVotes(master, failover);
    String winner = ordered ? world.myId() : VoteCount.winner(master, failover.epoch());
    boolean due = failover.isForced() || master.isObjectivelyDown();
    if (world.myId().equals(winner) && due) {
      world.event(Level.WARNING, "+elected-leader", master);
      if (world.settings().crash().afterElection()) {
        world.emit(new SentinelOutput.Crash("crash-after-election"));
      }
      master.onElectionWon();
      enter(failover, State.SELECT_REPLICA);
      world.event(Level.WARNING, "+failover-state-select-slave", master);
      return;
    }
    long end =
        failover.stateSince()
            + Math.min(VOTES_LIMIT_MILLIS, leaderWait.electionTimeoutMillis(master));
    // For an order, sentinels may vote later, when their leases have expired.
    boolean votesMayCome = failover.isForced() || VoteCount.areAwaited(master, failover.epoch());
    boolean over = winner != null || !due || !votesMayCome || world.nowMillis() >= end;
    if (over) {
      abort(master, Objection.NOT_ELECTED, "");
      leaderWait.expect(master, winner);
    } else {
      world.wakeBy(end);
    }
  }

  /** Abandons a candidacy if our vote went to another sentinel in a later epoch. */
  void standDown(Master master) {
    FailoverAttempt failover = master.failover();
    if (failover != null
        && failover.state() == State.WAIT_START
        && !failover.isForced()
        && master.leaderEpoch() > failover.epoch()) {
      abort(master, Objection.NOT_ELECTED, "");
    }
  }

  // ---- selection, handover and promises

  private void select(Master master, FailoverAttempt failover) {
    if (world.nowMillis() < failover.selectAt()) {
      world.wakeBy(failover.selectAt());
      return;
    }
    long end = failover.stateSince() + FRESH_INFO_WAIT_MILLIS;
    if (!failover.isForced() && Candidates.awaitInfo(master) && world.nowMillis() < end) {
      world.wakeBy(end);
      return;
    }
    boolean planned = failover.isForced() && Handover.isPossible(master);
    if (!planned && !failover.isCoordinated() && promotions.needsPromises(master, failover)) {
      fence(master, failover); // this finds the member with the most data
      return;
    }
    Replica chosen = Candidates.choose(world, master);
    if (chosen == null) {
      abort(master, Objection.NO_REPLICA, "");
      return;
    }
    failover.setChosen(chosen);
    world.event(Level.WARNING, "+selected-slave", chosen);
    if (planned) {
      enter(failover, State.HANDOVER);
      handover.stopWrites(master, failover);
    } else if (failover.isCoordinated()) {
      abort(master, Objection.WRITES_CONTINUE, "");
    } else {
      order(failover);
    }
  }

  /** Handles the master's reply to CLIENT PAUSE. */
  void onPauseAnswer(Master master, Answer answer) {
    FailoverAttempt failover = master.failover();
    if (failover != null) {
      act(master, failover, handover.pauseAnswered(master, answer));
    }
  }

  /** Promotes the chosen replica, which has caught up or is no longer awaited. */
  private void promoteNow(Master master, FailoverAttempt failover) {
    Objection objection = promotions.afterHandover(master, failover);
    if (objection == null) {
      order(failover);
    } else if (objection == Objection.PROMISES_NEEDED) {
      fence(master, failover);
    } else {
      handover.resumeWrites(master, failover);
      abort(master, objection, "");
    }
  }

  private void fence(Master master, FailoverAttempt failover) {
    enter(failover, State.FENCE);
    fencing.begin(master, failover);
  }

  private Decision awaitPromises(Master master, FailoverAttempt failover) {
    handover.renew(master, failover);
    // A replica chosen while the master accepted writes may lack some of them.
    boolean complete = Handover.isComplete(failover, world.nowMillis());
    return fencing.advance(master, failover, complete ? failover.chosen() : null);
  }

  /** Promotes the replica that has all acknowledged writes. */
  private void promoteFenced(FailoverAttempt failover, Replica replica) {
    if (failover.chosen() != replica) {
      failover.setChosen(replica);
      world.event(Level.WARNING, "+selected-slave", replica);
    }
    order(failover);
  }

  // ---- promotion

  /** Promotes the chosen replica. */
  private void order(FailoverAttempt failover) {
    enter(failover, State.SEND_REPLICAOF_NO_ONE);
    world.event(Level.NOTICE, "+failover-state-send-slaveof-noone", chosen(failover));
  }

  private void promote(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    Objection objection = promotions.toPromote(master, failover, promoted);
    if (objection == Objection.DISCONNECTED) {
      abortIfStuck(master, failover, promoted);
    } else if (objection != null) {
      abort(master, objection, "");
    } else {
      orderPromotion(promoted);
      enter(failover, State.WAIT_PROMOTION);
      world.event(Level.NOTICE, "+failover-state-wait-promotion", promoted);
    }
  }

  private void orderPromotion(Replica promoted) {
    boolean unused = links.setRole(promoted, null);
    promoted.setPromotionOrderedAt(world.nowMillis());
  }

  private void awaitPromotion(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    if (abortIfStuck(master, failover, promoted)) {
      return;
    }
    handover.renew(master, failover);
    // The order may have been lost with a connection; it is idempotent.
    if (world.nowMillis() - promoted.orderedAt() < ORDER_AGAIN_MILLIS
        || promoted.infoAt() <= promoted.orderedAt()) {
      return;
    }
    Objection objection = promotions.toRepeat(failover, promoted);
    if (objection == null) {
      orderPromotion(promoted);
    } else if (objection != Objection.DISCONNECTED) {
      abort(master, objection, "");
    }
  }

  private boolean abortIfStuck(Master master, FailoverAttempt failover, Replica promoted) {
    boolean stuck =
        world.nowMillis() - failover.stateSince() > master.options().failoverTimeoutMillis();
    // Nobody repeats an order that accepts a loss, and a slow replica may still carry it out.
    boolean lost = promoted.isSubjectivelyDown() && !failover.acceptsLoss();
    if (!stuck && !lost) {
      return false;
    }
    abort(master, stuck ? Objection.TOO_SLOW : Objection.DOWN, "");
    return true;
  }

  /** Handles the reply to a role change by requesting INFO, which reports the node's new role. */
  void onRoleAnswer(Instance instance, Answer answer) {
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
        abort(master, Objection.OUTPROMISED, "");
      }
    }
    if (instance instanceof DataNode node) {
      links.askInfo(node);
    }
  }

  /** Handles a replica's INFO, which may show the progress of our failover. */
  void onInfo(Replica replica, NodeInfo info) {
    Master master = world.masterOf(replica);
    FailoverAttempt failover = master.failover();
    Replica chosen = failover == null ? null : failover.chosen();
    if (failover == null || chosen == null) {
      return;
    }
    if (chosen != replica) {
      reconfiguration.onInfo(replica, info, chosen);
    } else if (failover.state() == State.WAIT_PROMOTION && info.role() == NodeInfo.Role.MASTER) {
      onPromoted(master, failover, replica);
    }
  }

  private void onPromoted(Master master, FailoverAttempt failover, Replica promoted) {
    master.raiseConfigEpoch(failover.epoch());
    enter(failover, State.RECONF_REPLICAS);
    world.markStateChanged();
    world.event(Level.WARNING, "+promoted-slave", promoted);
    if (world.settings().crash().afterPromotion()) {
      world.emit(new SentinelOutput.Crash("crash-after-promotion"));
    }
    world.event(Level.WARNING, "+failover-state-reconf-slaves", master);
    if (failover.isForced() && master.link().command.isUp()) {
      // The old master is alive: demote it at once, to limit the time with two masters.
      boolean unused = links.setRole(master, promoted.address());
    }
    handover.resumeWrites(master, failover);
    succession.announce(master);
  }

  private static Replica chosen(FailoverAttempt failover) {
    Replica chosen = failover.chosen();
    if (chosen == null) {
      throw new IllegalStateException("no replica chosen in state " + failover.state());
    }
    return chosen;
  }

  // ---- reconfiguration, and the switch

  private void reconfigure(Master master, FailoverAttempt failover) {
    Replica promoted = chosen(failover);
    boolean done = reconfiguration.advance(master, promoted);
    boolean late =
        world.nowMillis() - failover.stateSince() > master.options().failoverTimeoutMillis();
    if (!done && !late) {
      return;
    }
    if (late) {
      world.event(Level.WARNING, "+failover-end-for-timeout", master);
    }
    world.event(Level.WARNING, "+failover-end", master);
    if (late) {
      reconfiguration.turnRest(master, promoted);
    }
    switchTo(master, promoted.address());
  }

  /** Makes another address the master, after our failover or another sentinel's. */
  void switchTo(Master master, Address to) {
    Address from = master.address();
    @Nullable Replica chosen = succession.move(master, to);
    restart(master);
    succession.complete(master, from, chosen);
  }

  /** Forgets the state of a master after a switch or at a reset; epochs and votes remain. */
  void restart(Master master) {
    leaderWait.expect(master, null);
    drop(master);
    master.forgetHistory(world.nowMillis());
  }

  // ---- the end without a switch

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

  /** Aborts a failover, and plans the next attempt. */
  private void abort(Master master, Objection reason, String text) {
    switch (reason) {
      case NOT_ELECTED -> {
        world.event(Level.WARNING, "-failover-abort-not-elected", master);
        int doublings = Math.min(master.electionLost(), MAX_DOUBLINGS);
        long wait = world.randomMillis(RETRY_FROM_MILLIS, RETRY_TO_MILLIS) << doublings;
        postpone(master, Math.min(wait, world.timings().millis(Timing.ELECTION_TIMEOUT)));
      }
      case NO_REPLICA -> {
        world.remark(
            Level.NOTICE,
            "No replica of %s can be promoted: %s"
                .formatted(master.name(), Candidates.objections(world, master)));
        abortForLack(master, "-failover-abort-no-good-slave", text);
      }
      case ACKNOWLEDGED_WRITES -> abortForLack(master, "-failover-abort-acknowledged-writes", text);
      case WRITES_CONTINUE -> {
        world.event(Level.WARNING, "-failover-abort-not-coordinated", master);
        drop(master);
      }
      case TOO_SLOW, DOWN, RESTARTED, PAUSE_EXPIRED, OUTPROMISED -> {
        world.event(Level.WARNING, "-failover-abort-slave-timeout", master);
        drop(master);
        postpone(master, world.randomMillis(RETRY_FROM_MILLIS, RETRY_TO_MILLIS));
      }
      default -> throw new IllegalArgumentException("no reason to abort: " + reason);
    }
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

  /** Drops our failover; writes resume if it had stopped them. */
  private void drop(Master master) {
    FailoverAttempt failover = master.failover();
    if (failover != null) {
      handover.resumeWrites(master, failover);
      master.clearFailover();
    }
  }

  private void postpone(Master master, long millis) {
    master.postponeAttempt(world.nowMillis() + millis);
    world.wakeBy(master.nextAttemptAt());
  }
}
