package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.Epochs;
import io.redoubt.sentinel.settings.Timing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Opinions about masters and votes for failover leaders, given and requested. */
final class Elections {
  private final SentinelWorld world;
  private final Links links;
  private final Leases leases;
  private final LeaderWait leaderWait;

  Elections(SentinelWorld world, Links links, Leases leases, LeaderWait leaderWait) {
    this.world = world;
    this.links = links;
    this.leases = leases;
    this.leaderWait = leaderWait;
  }

  /**
   * Handles another sentinel's question about a master, which may request our vote. Returns the
   * master if it does, null otherwise.
   */
  @Nullable Master askedIfDown(Input.AskedIfDown asked) {
    Master master = null;
    for (Master each : world.masters()) {
      if (world.names.same(each.address(), asked.address())) {
        master = each;
        break;
      }
    }
    if (master == null) {
      world.emit(new Output.Opinion(false, "*", 0));
      return null;
    }
    boolean down = !world.isTilted() && master.isSubjectivelyDown();
    if (asked.candidate().equals("*")) {
      world.emit(new Output.Opinion(down, "*", 0));
      return null;
    }
    if (Epochs.isPossible(asked.epoch())) {
      world.raiseEpoch(master, asked.epoch());
    }
    if (!world.isJoining()
        && mayBeReplaced(master, asked)
        && Epochs.isPossible(asked.epoch())
        && asked.epoch() > master.leaderEpoch()
        && asked.epoch() >= world.currentEpoch()) {
      vote(master, asked.candidate(), asked.epoch(), asked.coordinated());
    }
    String leader = master.leader() == null ? "*" : master.leader();
    world.emit(new Output.Opinion(down, leader, master.leaderEpoch()));
    return master;
  }

  /**
   * Returns true if a vote is safe: no node can still accept writes under a lease from this
   * sentinel. A coordinated failover stops the writes itself; its votes only exclude a competing
   * failover.
   */
  private boolean mayBeReplaced(Master master, Input.AskedIfDown asked) {
    if (asked.coordinated() && !master.isSubjectivelyDown()) {
      return master.failover() == null
          && (!leaderWait.waitsForLeader(master)
              || asked.candidate().equals(master.expectedLeader()));
    }
    return !leases.isPromised(master);
  }

  /**
   * Casts our vote in an epoch, which must exceed the epochs of all previous votes.
   *
   * @param coordinated true if the failover stops the master's writes first
   */
  void vote(Master master, String candidate, long epoch, boolean coordinated) {
    master.voted(candidate, epoch);
    world.stateChanged();
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
      peer.opinionAsked(now);
      long epoch = world.currentEpoch();
      String candidate = "*";
      if (failover != null && stands) {
        epoch = failover.epoch();
        candidate = world.myId();
        peer.voteAsked(epoch);
      }
      boolean vote = !candidate.equals("*");
      List<String> words =
          new ArrayList<>(
              List.of(
                  "SENTINEL",
                  "is-master-down-by-addr",
                  world.shown(master.address()).host(),
                  Integer.toString(master.address().port()),
                  Long.toString(epoch),
                  candidate));
      if (failover != null && stands && failover.isCoordinated() && peer.knowsCoordination()) {
        words.add(Input.AskedIfDown.COORDINATED);
      }
      links.send(
          peer, Link.Kind.COMMAND, vote ? Purpose.VOTE : Purpose.OPINION, List.copyOf(words));
    }
  }

  /** Handles a sentinel's opinion and optional vote. */
  void answered(SentinelPeer peer, NodeRequest request, Answer answer) {
    boolean coordinated =
        request.commands().getFirst().getLast().equals(Input.AskedIfDown.COORDINATED);
    if (coordinated && answer instanceof Answer.Failure && peer.knowsCoordination()) {
      // A Redis sentinel, which votes regardless of the master's state.
      peer.coordinationRefused();
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
    peer.opinionAnswered(down.value() == 1, world.nowMillis());
    if (request.purpose() == Purpose.VOTE) {
      peer.voteAnswered(Long.parseLong(request.commands().getFirst().get(4)));
    }
    if (!leader.value().equals("*") && peer.voted(leader.value(), epoch.value())) {
      world.remark(
          Level.NOTICE, peer.name() + " voted for " + leader.value() + " " + epoch.value());
    }
  }

  /**
   * Returns the sentinel with enough known votes to lead in an epoch, null if there is none yet.
   */
  @Nullable String winner(Master master, long epoch) {
    Map<String, Integer> votes = new HashMap<>();
    count(votes, master.voteIn(epoch));
    for (SentinelPeer peer : master.sentinels()) {
      count(votes, peer.voteIn(epoch));
    }
    for (Map.Entry<String, Integer> entry : votes.entrySet()) {
      if (entry.getValue() >= master.votesToWin()) {
        return entry.getKey();
      }
    }
    return null;
  }

  private static void count(Map<String, Integer> votes, @Nullable String vote) {
    if (vote != null) {
      votes.merge(vote, 1, Integer::sum);
    }
  }

  /** Returns true if a requested vote may still arrive. */
  boolean awaitsVotes(Master master, long epoch) {
    for (SentinelPeer peer : master.sentinels()) {
      if (peer.link().command.isUp() && peer.owesVote(epoch)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the number of reachable sentinels of a master, this one included. */
  int reachable(Master master) {
    int reachable = 1;
    for (SentinelPeer peer : master.sentinels()) {
      if (!peer.isSubjectivelyDown() && peer.link().isServed()) {
        reachable++;
      }
    }
    return reachable;
  }
}
