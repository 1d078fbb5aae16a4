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
  private static final long LEADER_WAIT_SPREAD_MILLIS = 500;

  private final Sentinel sentinel;

  Elections(Sentinel sentinel) {
    this.sentinel = sentinel;
  }

  /**
   * Handles another sentinel's question whether a master is down, with an optional request for our
   * vote.
   */
  void askedIfDown(Input.AskedIfDown asked) {
    Master master = null;
    for (Master each : sentinel.masters()) {
      if (sentinel.names.same(each.address(), asked.address())) {
        master = each;
        break;
      }
    }
    if (master == null) {
      sentinel.emit(new Output.Opinion(false, "*", 0));
      return;
    }
    boolean down = !sentinel.isTilted() && master.isSubjectivelyDown();
    if (asked.candidate().equals("*")) {
      sentinel.emit(new Output.Opinion(down, "*", 0));
      return;
    }
    if (Epochs.isPossible(asked.epoch())) {
      sentinel.raiseEpoch(master, asked.epoch());
    }
    if (!sentinel.isJoining()
        && mayBeReplaced(master, asked)
        && Epochs.isPossible(asked.epoch())
        && asked.epoch() > master.leaderEpoch()
        && asked.epoch() >= sentinel.currentEpoch()) {
      vote(master, asked.candidate(), asked.epoch(), asked.coordinated());
    }
    String leader = master.leader() == null ? "*" : master.leader();
    sentinel.emit(new Output.Opinion(down, leader, master.leaderEpoch()));
    sentinel.react(master);
  }

  /**
   * Returns true if nobody can confirm writes by a lease of ours that another master would lack. A
   * coordinated failover stops the writes first; its votes only ensure that no other one goes on.
   */
  private boolean mayBeReplaced(Master master, Input.AskedIfDown asked) {
    if (asked.coordinated() && !master.isSubjectivelyDown()) {
      return master.failover() == null
          && (!waitsForLeader(master) || asked.candidate().equals(master.expectedLeader()));
    }
    return !sentinel.leases.isPromised(master);
  }

  /**
   * Casts our vote in an epoch, which must exceed the epochs of all previous votes.
   *
   * @param coordinated true if the failover stops the writes of the master first
   */
  void vote(Master master, String candidate, long epoch, boolean coordinated) {
    master.voted(candidate, epoch);
    sentinel.stateChanged();
    sentinel.event(Level.WARNING, "+vote-for-leader", master, candidate + " " + epoch);
    if (!candidate.equals(sentinel.myId())) {
      sentinel.failovers.standDown(master);
      expect(master, candidate, coordinated);
    }
  }

  /** Leaves the failover to another sentinel for a while. */
  void expect(Master master, @Nullable String leader) {
    expect(master, leader, false);
  }

  private void expect(Master master, @Nullable String leader, boolean coordinated) {
    // A random offset, so that sentinels waiting for the same leader don't time out together.
    long offset = sentinel.randomMillis(0, LEADER_WAIT_SPREAD_MILLIS);
    master.expectLeader(leader, coordinated, sentinel.nowMillis() + offset);
  }

  /**
   * Returns true while another sentinel may be leading a failover: until the failover timeout if it
   * is up and reports the master down, otherwise as long as an election may take.
   */
  boolean waitsForLeader(Master master) {
    String expected = master.expectedLeader();
    if (expected == null) {
      return false;
    }
    SentinelPeer leader = master.peer(expected);
    long limit;
    if (leader == null) {
      limit = electionTimeoutMillis(master);
    } else if (leader.isSubjectivelyDown()) {
      return false;
    } else if (leader.findsMasterDown()) {
      limit = master.options().failoverTimeoutMillis();
    } else {
      limit = electionTimeoutMillis(master);
    }
    sentinel.wakeBy(master.expectedLeaderSince() + limit);
    return sentinel.nowMillis() - master.expectedLeaderSince() < limit;
  }

  long electionTimeoutMillis(Master master) {
    return Math.min(
        sentinel.timings().millis(Timing.ELECTION_TIMEOUT),
        master.options().failoverTimeoutMillis());
  }

  /** Asks the other sentinels about a master that is down for us, once per period or at once. */
  void askPeers(Master master, boolean atOnce) {
    FailoverAttempt failover = master.failover();
    boolean stands =
        failover != null
            && (failover.state() == FailoverAttempt.State.WAIT_START || failover.isForced());
    if (!master.isSubjectivelyDown() && !stands) {
      return;
    }
    long now = sentinel.nowMillis();
    for (SentinelPeer peer : master.sentinels()) {
      if (!peer.link().command.isUp()) {
        continue;
      }
      long due = peer.askedAt() + sentinel.timings().millis(Timing.ASK_PERIOD);
      if (!atOnce && now < due) {
        sentinel.wakeBy(due);
        continue;
      }
      peer.opinionAsked(now);
      long epoch = sentinel.currentEpoch();
      String candidate = "*";
      if (failover != null && stands) {
        epoch = failover.epoch();
        candidate = sentinel.myId();
        peer.voteAsked(epoch);
      }
      boolean vote = !candidate.equals("*");
      List<String> words =
          new ArrayList<>(
              List.of(
                  "SENTINEL",
                  "is-master-down-by-addr",
                  sentinel.shown(master.address()).host(),
                  Integer.toString(master.address().port()),
                  Long.toString(epoch),
                  candidate));
      if (failover != null && stands && failover.isCoordinated() && peer.knowsCoordination()) {
        words.add(Input.AskedIfDown.COORDINATED);
      }
      sentinel.links.send(
          peer, Link.Kind.COMMAND, vote ? Purpose.VOTE : Purpose.OPINION, List.copyOf(words));
    }
  }

  /** Handles a sentinel's opinion and optional vote. */
  void answered(SentinelPeer peer, NodeRequest request, Answer answer) {
    boolean coordinated =
        request.commands().getFirst().getLast().equals(Input.AskedIfDown.COORDINATED);
    if (coordinated && answer instanceof Answer.Failure && peer.knowsCoordination()) {
      // A sentinel of Redis, which votes whether the master is up or not.
      peer.coordinationRefused();
      askPeers(peer.master(), true);
      return;
    }
    if (!(answer instanceof Answer.Items items)
        || items.values().size() != 3
        || !(items.values().get(0) instanceof Answer.Number down)
        || !(items.values().get(1) instanceof Answer.Text leader)
        || !(items.values().get(2) instanceof Answer.Number epoch)) {
      return;
    }
    peer.opinionAnswered(down.value() == 1, sentinel.nowMillis());
    if (request.purpose() == Purpose.VOTE) {
      peer.voteAnswered(Long.parseLong(request.commands().getFirst().get(4)));
    }
    if (!leader.value().equals("*") && peer.voted(leader.value(), epoch.value())) {
      sentinel.remark(
          Level.NOTICE, peer.name() + " voted for " + leader.value() + " " + epoch.value());
    }
  }

  /**
   * Returns the sentinel with enough known votes to lead in an epoch; null if there is none yet.
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
