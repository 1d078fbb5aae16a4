package io.redoubt.server.cluster.simulation;

import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.simulation.SimulatedClusterNode.Bug;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.HashMap;
import java.util.Map;

/** The invariants that hold at every message under all network faults. */
final class ClusterRules {

  /** Signals a violated rule. */
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(String text) {
      super(text);
    }
  }

  private record Ballot(String voter, long epoch) {}

  private record Candidacy(String candidate, long epoch) {}

  private final Map<Ballot, String> votes = new HashMap<>();
  private final Map<Candidacy, Integer> counts = new HashMap<>();
  private final Map<String, Long> toldEpochs = new HashMap<>();
  private final Map<String, Long> toldVotes = new HashMap<>();
  private final Map<Long, Map<String, SlotSet>> claims = new HashMap<>();
  private final Map<String, SlotSet> lastClaims = new HashMap<>();
  private long firstElectedEpoch = Long.MAX_VALUE;
  private boolean operators;
  private int elections;

  /** Requires votes from now on: all later epochs come from elections. */
  void electionsFrom(long epoch) {
    firstElectedEpoch = epoch;
  }

  /** Permits epochs that an operator raised without votes. */
  void allowOperators() {
    operators = true;
  }

  /** Returns the number of elections won. */
  int elections() {
    return elections;
  }

  /** Checks a message that is being sent. */
  void sending(SimulatedClusterNode sender, SimulatedClusterNode receiver, Message message) {
    Header header = message.header();
    String name = sender.name();
    if (sender.disk().currentEpoch() < header.currentEpoch()) {
      throw new Violation(name + " tells an epoch that is not on its disk");
    }
    rises(name + "'s epoch", toldEpochs, header.sender(), header.currentEpoch());
    if (message.body() instanceof Body.Vote) {
      voting(sender, receiver, header.currentEpoch());
    }
    if (header.master() != null) {
      lastClaims.remove(header.sender());
    } else if (!header.slots().isEmpty()) {
      claiming(sender, header);
    }
  }

  private static void rises(String what, Map<String, Long> told, String id, long value) {
    Long before = told.put(id, value);
    if (before != null && before > value) {
      throw new Violation(what + " fell from " + before + " to " + value);
    }
  }

  private void voting(SimulatedClusterNode voter, SimulatedClusterNode candidate, long epoch) {
    counts.merge(new Candidacy(candidate.id(), epoch), 1, Integer::sum);
    if (voter.bug() == Bug.DOUBLE_VOTE) {
      return;
    }
    if (voter.disk().lastVoteEpoch() < epoch) {
      throw new Violation(voter.name() + " sends a vote that is not on its disk");
    }
    String before = votes.putIfAbsent(new Ballot(voter.id(), epoch), candidate.id());
    if (before != null) {
      throw new Violation(voter.name() + " votes a second time in epoch " + epoch);
    }
    rises(voter.name() + "'s vote", toldVotes, voter.id(), epoch);
  }

  private void claiming(SimulatedClusterNode sender, Header header) {
    long epoch = header.configEpoch();
    Map<String, SlotSet> ofEpoch = claims.computeIfAbsent(epoch, e -> new HashMap<>());
    SlotSet before = ofEpoch.get(sender.id());
    if (before != null && before.equals(header.slots())) {
      return;
    }
    if (operators) {
      return;
    }
    if (sender.disk().myself().configEpoch() < epoch) {
      throw new Violation(sender.name() + " claims slots in an epoch that is not on its disk");
    }
    ofEpoch.forEach((id, slots) -> {
      if (!id.equals(sender.id()) && slots.intersects(header.slots())) {
        throw new Violation(
            "two owners of slots in epoch " + epoch + ": " + id + ", " + sender.id());
      }
    });
    // A master that keeps its slots may need a new epoch after a collision.
    SlotSet last = lastClaims.put(sender.id(), header.slots());
    if (before == null && epoch >= firstElectedEpoch && !header.slots().equals(last)) {
      onElected(sender, epoch);
    }
    ofEpoch.put(sender.id(), header.slots());
  }

  private void onElected(SimulatedClusterNode sender, long epoch) {
    int agreeing = counts.getOrDefault(new Candidacy(sender.id(), epoch), 0);
    if (agreeing < sender.core().majority()) {
      throw new Violation(
          sender.name() + " took slots over in epoch " + epoch + " with " + agreeing + " votes");
    }
    elections++;
  }
}
