package io.redoubt.sentinel.simulation;

import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelOutput;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The invariants that hold after every event, whatever the network does. */
final class SafetyRules {

  /** Signals a violated rule. */
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(String text) {
      super(text);
    }
  }

  private record Ballot(String voter, String master, long epoch) {}

  private record Term(String master, long epoch) {}

  private record Seat(String sentinel, String master) {}

  private final SentinelFleet fleet;
  private final Map<Ballot, String> votes = new HashMap<>();
  private final Map<Term, String> leaders = new HashMap<>();
  private final Map<Seat, Long> candidacies = new HashMap<>();
  private final Map<Seat, Long> currentEpochs = new HashMap<>();
  private final Map<Seat, Long> toldEpochs = new HashMap<>();
  private final Map<Seat, Long> toldConfigEpochs = new HashMap<>();
  private final Map<Seat, Long> leaderEpochs = new HashMap<>();
  private final Map<Term, Address> configurations = new HashMap<>();
  private boolean forcedAllowed;
  private long leases;
  private long writes;
  private final Set<Long> acknowledged = new HashSet<>();

  SafetyRules(SentinelFleet fleet) {
    this.fleet = fleet;
  }

  /** Allows an operator's failovers, which need no votes. */
  void allowForced() {
    forcedAllowed = true;
  }

  void onEvent(SimulatedSentinel sentinel, Sentinel core, SentinelOutput.Event event) {
    if (event.type().equals("+elected-leader") && !forcedAllowed) {
      Master master = core.master(event.payload().split(" ", -1)[1]);
      if (master == null) {
        throw new Violation(sentinel.name() + " leads for a master that it does not watch");
      }
      onElected(sentinel, master);
    }
  }

  private void onElected(SimulatedSentinel sentinel, Master master) {
    long epoch = candidacies.getOrDefault(new Seat(sentinel.id(), master.name()), -1L);
    Term term = new Term(master.name(), epoch);
    String other = leaders.putIfAbsent(term, sentinel.id());
    if (other != null) {
      throw new Violation(
          "two leaders of "
              + master.name()
              + " in epoch "
              + epoch
              + ": "
              + other
              + ", "
              + sentinel.id());
    }
    if (!master.isSubjectivelyDown() || !master.isObjectivelyDown()) {
      throw new Violation(sentinel.name() + " was elected without ODOWN");
    }
    long agreeing =
        votes.entrySet().stream()
            .filter(vote ->
                vote.getKey().epoch() == epoch
                    && vote.getKey().master().equals(master.name())
                    && vote.getValue().equals(sentinel.id()))
            .count();
    int majority = (master.sentinels().size() + 1) / 2 + 1;
    if (agreeing < Math.max(majority, master.options().quorum())) {
      throw new Violation(sentinel.name() + " was elected by " + agreeing + " votes");
    }
  }

  private void onVote(SimulatedSentinel voter, String master, String candidate, long epoch) {
    String before = votes.putIfAbsent(new Ballot(voter.id(), master, epoch), candidate);
    if (before != null && !before.equals(candidate) && voter.isHonest()) {
      throw new Violation(
          voter.name() + " voted for " + before + " and " + candidate + " in epoch " + epoch);
    }
    if (!voter.isHonest()) {
      votes.put(new Ballot(voter.id() + candidate, master, epoch), candidate);
    }
  }

  /** Checks a sent vote, which must be on disk. */
  void answering(SimulatedSentinel voter, Address asked, SentinelOutput.Opinion opinion) {
    if (opinion.leader().equals("*")) {
      return;
    }
    String master = fleet.masterOf(asked);
    onVote(voter, master, opinion.leader(), opinion.leaderEpoch());
    if (voter.isHonest() && leaderEpochOnDisk(voter, master) < opinion.leaderEpoch()) {
      throw new Violation(voter.name() + " tells a vote that is not on its disk");
    }
  }

  /** Checks the leases after a change: no two masters of a group have one. */
  void checkLeases(SimulatedDataNode node) {
    if (!node.hasLease()) {
      return;
    }
    leases++;
    for (SimulatedDataNode other : fleet.groupOf(node)) {
      if (other != node && other.hasLease()) {
        throw new Violation(node.address() + " and " + other.address() + " both have a lease");
      }
    }
  }

  /** Returns the number of another write. */
  long nextWrite() {
    return ++writes;
  }

  /** Records writes whose clients got a reply. */
  void onAcknowledged(List<Long> confirmed) {
    acknowledged.addAll(confirmed);
  }

  /** Returns the number of writes whose clients got a reply. */
  int acknowledgedWrites() {
    return acknowledged.size();
  }

  /** Checks that a master has all acknowledged writes. */
  void keepsAll(SimulatedDataNode node) {
    Set<Long> lost = new HashSet<>(acknowledged);
    lost.removeAll(Set.copyOf(node.member().log()));
    if (!lost.isEmpty()) {
      throw new Violation(
          node.address()
              + " lacks "
              + lost.size()
              + " of "
              + acknowledged.size()
              + " acknowledged writes");
    }
  }

  /** Returns the number of times that a master was seen with a lease. */
  long leases() {
    return leases;
  }

  /** Checks a sent request, whose claims must be on disk. */
  void sending(SimulatedSentinel sentinel, NodeRequest request) {
    if (request.purpose() == NodeRequest.Purpose.HELLO) {
      String[] hello = request.commands().getFirst().getLast().split(",", -1);
      String master = hello[4];
      rises(sentinel, "", "told epoch", toldEpochs, Long.parseLong(hello[3]));
      rises(sentinel, master, "told config epoch", toldConfigEpochs, Long.parseLong(hello[7]));
      if (sentinel.disk().currentEpoch() < Long.parseLong(hello[3])) {
        throw new Violation(sentinel.name() + " tells an epoch that is not on its disk");
      }
    }
    if (request.purpose() == NodeRequest.Purpose.VOTE) {
      List<String> words = request.commands().getFirst();
      String master = fleet.masterOf(new Address(words.get(2), Integer.parseInt(words.get(3))));
      long epoch = Long.parseLong(words.get(4));
      if (leaderEpochOnDisk(sentinel, master) < epoch) {
        throw new Violation(sentinel.name() + " asks for votes before its own is on its disk");
      }
      onVote(sentinel, master, sentinel.id(), epoch);
      candidacies.put(new Seat(sentinel.id(), master), epoch);
    }
  }

  /** Checks a promotion, which only an elected leader may order. */
  void promoting(SimulatedSentinel sentinel, Address node) {
    String master = fleet.masterOf(node);
    long epoch = candidacies.getOrDefault(new Seat(sentinel.id(), master), -1L);
    if (!forcedAllowed && !sentinel.id().equals(leaders.get(new Term(master, epoch)))) {
      throw new Violation(sentinel.name() + " promotes without having been elected");
    }
  }

  /** Checks that an order, SLAVEOF, does not name its receiver. */
  void ordering(SimulatedSentinel sentinel, Address target, List<String> order) {
    if (order.get(1).equals("NO")) {
      return;
    }
    Address master = new Address(order.get(1), Integer.parseInt(order.get(2)));
    if (fleet.node(master) == fleet.node(target)) {
      throw new Violation(sentinel.name() + " orders " + target + " to follow itself, " + master);
    }
  }

  private static long leaderEpochOnDisk(SimulatedSentinel sentinel, String name) {
    for (MasterState master : sentinel.disk().masters()) {
      if (master.name().equals(name)) {
        return master.leaderEpoch();
      }
    }
    return -1;
  }

  /** Checks the state after a step. */
  void onStep(SimulatedSentinel sentinel, Sentinel core) {
    rises(sentinel, "", "epoch on disk", currentEpochs, sentinel.disk().currentEpoch());
    for (Master master : core.masters()) {
      String name = master.name();
      rises(sentinel, name, "leader epoch", leaderEpochs, leaderEpochOnDisk(sentinel, name));
      Address current = master.currentAddress();
      Address other = configurations.putIfAbsent(new Term(name, master.configEpoch()), current);
      if (other != null && !other.equals(current) && !forcedAllowed) {
        throw new Violation(
            "config epoch "
                + master.configEpoch()
                + " of "
                + name
                + " names "
                + other
                + " and "
                + current);
      }
      if (!fleet.masterOf(current).equals(name)) {
        throw new Violation(sentinel.name() + " takes " + current + " for the master of " + name);
      }
    }
  }

  private static void rises(
      SimulatedSentinel sentinel, String master, String what, Map<Seat, Long> seen, long value) {
    Long before = seen.put(new Seat(sentinel.id(), master), value);
    if (before != null && before > value) {
      throw new Violation(sentinel.name() + ": " + what + " fell from " + before + " to " + value);
    }
  }
}
