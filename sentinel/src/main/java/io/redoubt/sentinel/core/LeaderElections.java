package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.Epochs;
import io.redoubt.sentinel.settings.Timing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opinions about masters and votes for failover leaders, given and requested. */
final class LeaderElections {
  private final SentinelWorld world;
  private final Links links;
  private final LeaderWait leaderWait;
  private final Promotions promotions;

  LeaderElections(SentinelWorld world, Links links, LeaderWait leaderWait, Promotions promotions) {
    this.world = world;
    this.links = links;
    this.leaderWait = leaderWait;
    this.promotions = promotions;
  }

  /**
   * Handles another sentinel's question about a master, which may request our vote. Returns the
   * master if it does, null otherwise.
   */
  @Nullable Master askedIfDown(SentinelInput.AskedIfDown asked) {
    Master master = null;
    for (Master each : world.masters()) {
      if (world.names.same(each.address(), asked.address())) {
        master = each;
        break;
      }
    }
    if (master == null) {
      world.emit(new SentinelOutput.Opinion(false, "*", 0));
      return null;
    }
    boolean down = !world.isTilted() && master.isSubjectivelyDown();
    if (asked.candidate().equals("*")) {
      world.emit(new SentinelOutput.Opinion(down, "*", 0));
      return null;
    }
    if (Epochs.isPossible(asked.epoch())) {
      world.raiseEpoch(master, asked.epoch());
    }
    if (promotions.toVote(master, asked) == null) {
      vote(master, asked.candidate(), asked.epoch(), asked.coordinated());
    }
    String leader = master.leader() == null ? "*" : master.leader();
    world.emit(new SentinelOutput.Opinion(down, leader, master.leaderEpoch()));
    return master;
  }

  /**
   * Casts our vote in an epoch, which must exceed the epochs of all previous votes.
   *
   * @param coordinated true if the failover stops the master's writes first
   */
  void vote(Master master, String candidate, long epoch, boolean coordinated) {
    master.castVote(candidate, epoch);
    world.markStateChanged();
    world.event(Level.WARNING, "+vote-for-leader", master, candidate + " " + epoch);
    if (!candidate.equals(world.myId())) {
      leaderWait.expect(master, candidate, coordinated);
    }
  }

  /**
   * Asks the other sentinels about a master that we consider down, once per period or immediately.
   */
  void askPeers(Master master, boolean atOnce) {
    FailoverAttempt failover = master.failover();
    boolean stands =
        failover != null
            && (failover.state() == FailoverAttempt.State.WAIT_START || failover.isForced());
    if (!master.isSubjectivelyDown() && !stands) {
      return;
    }
    long now = world.nowMillis();
    for (SentinelPeer peer : master.sentinels()) {
      if (!peer.link().command.isUp()) {
        continue;
      }
      long due = peer.askedAt() + world.timings().millis(Timing.ASK_PERIOD);
      if (!atOnce && now < due) {
        world.wakeBy(due);
        continue;
      }
      peer.setOpinionAskedAt(now);
      long epoch = world.currentEpoch();
      String candidate = "*";
      if (failover != null && stands) {
        epoch = failover.epoch();
        candidate = world.myId();
        peer.setVoteAskedForEpoch(epoch);
      }
      boolean vote = !candidate.equals("*");
      List<String> words =
          new ArrayList<>(
              List.of(
                  "SENTINEL",
                  "is-master-down-by-addr",
                  world.displayed(master.address()).host(),
                  Integer.toString(master.address().port()),
                  Long.toString(epoch),
                  candidate));
      if (failover != null && stands && failover.isCoordinated() && peer.knowsCoordination()) {
        words.add(SentinelInput.AskedIfDown.COORDINATED);
      }
      links.send(
          peer, Link.Kind.COMMAND, vote ? Purpose.VOTE : Purpose.OPINION, List.copyOf(words));
    }
  }

  /** Handles a sentinel's opinion and optional vote. */
  void onAnswer(SentinelPeer peer, NodeRequest request, Answer answer) {
    boolean coordinated =
        request.commands().getFirst().getLast().equals(SentinelInput.AskedIfDown.COORDINATED);
    if (coordinated && answer instanceof Answer.Failure && peer.knowsCoordination()) {
      // A Redis sentinel, which votes regardless of the master's state.
      peer.onCoordinationRefused();
      askPeers(world.masterOf(peer), true);
      return;
    }
    if (!(answer instanceof Answer.Items items)
        || items.values().size() != 3
        || !(items.values().get(0) instanceof Answer.Number down)
        || !(items.values().get(1) instanceof Answer.Text leader)
        || !(items.values().get(2) instanceof Answer.Number epoch)) {
      return;
    }
    peer.onOpinion(down.value() == 1, world.nowMillis());
    if (request.purpose() == Purpose.VOTE) {
      peer.setVoteAnsweredForEpoch(Long.parseLong(request.commands().getFirst().get(4)));
    }
    if (!leader.value().equals("*") && peer.voted(leader.value(), epoch.value())) {
      world.remark(
          Level.NOTICE, peer.name() + " voted for " + leader.value() + " " + epoch.value());
    }
  }
}
