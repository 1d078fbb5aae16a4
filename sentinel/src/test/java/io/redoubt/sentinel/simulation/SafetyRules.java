package io.redoubt.sentinel.simulation;

import io.redoubt.sentinel.core.Address;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Output;
import io.redoubt.sentinel.core.Request;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import java.util.HashMap;
import java.util.Map;

/** What must hold after every event, whatever the network does. */
final class SafetyRules {
  /** A rule was broken. */
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(String text) {
      super(text);
    }
  }

  private record Ballot(String voter, long epoch) {}

  private final Fleet fleet;
  private final Map<Ballot, String> votes = new HashMap<>();
  private final Map<Long, String> leaders = new HashMap<>();
  private final Map<String, Long> candidacies = new HashMap<>();
  private final Map<String, Long> currentEpochs = new HashMap<>();
  private final Map<String, Long> configEpochs = new HashMap<>();
  private final Map<String, Long> leaderEpochs = new HashMap<>();
  private final Map<Long, Address> configurations = new HashMap<>();
  private boolean forcedAllowed;

  SafetyRules(Fleet fleet) {
    this.fleet = fleet;
  }

  /** From now on an operator may order failovers, which need no votes. */
  void allowForced() {
    forcedAllowed = true;
  }

  void happened(SimulatedSentinel sentinel, Sentinel core, Output.Event event) {
    if (event.type().equals("+vote-for-leader")) {
      String[] parts = event.payload().split(" ", -1);
      long epoch = Long.parseLong(parts[1]);
      voted(sentinel, parts[0], epoch);
      if (parts[0].equals(sentinel.id())) {
        candidacies.put(sentinel.id(), epoch);
      }
    } else if (event.type().equals("+elected-leader") && !forcedAllowed) {
      elected(sentinel, core);
    }
  }

  private void elected(SimulatedSentinel sentinel, Sentinel core) {
    long epoch = candidacies.getOrDefault(sentinel.id(), -1L);
    String other = leaders.putIfAbsent(epoch, sentinel.id());
    if (other != null) {
      throw new Violation("two leaders in epoch " + epoch + ": " + other + ", " + sentinel.id());
    }
    Master master = core.masters().iterator().next();
    if (!master.isSubjectivelyDown() || !master.isObjectivelyDown()) {
      throw new Violation(sentinel.name() + " was elected without ODOWN");
    }
    long agreeing =
        votes.entrySet().stream()
            .filter(vote -> vote.getKey().epoch() == epoch && vote.getValue().equals(sentinel.id()))
            .count();
    int majority = (master.sentinels().size() + 1) / 2 + 1;
    if (agreeing < Math.max(majority, master.options().quorum())) {
      throw new Violation(sentinel.name() + " was elected by " + agreeing + " votes");
    }
  }

  private void voted(SimulatedSentinel voter, String candidate, long epoch) {
    String before = votes.putIfAbsent(new Ballot(voter.id(), epoch), candidate);
    if (before != null && !before.equals(candidate) && voter.isHonest()) {
      throw new Violation(
          voter.name() + " voted for " + before + " and " + candidate + " in epoch " + epoch);
    }
    if (!voter.isHonest()) {
      votes.put(new Ballot(voter.id() + candidate, epoch), candidate);
    }
  }

  /** A vote goes out: it must be on disk by now. */
  void answering(SimulatedSentinel voter, Output.Opinion opinion) {
    if (opinion.leader().equals("*")) {
      return;
    }
    voted(voter, opinion.leader(), opinion.leaderEpoch());
    if (voter.isHonest() && leaderEpochOnDisk(voter) < opinion.leaderEpoch()) {
      throw new Violation(voter.name() + " tells a vote that is not on its disk");
    }
  }

  void sending(SimulatedSentinel sentinel, Request request) {
    if (request.purpose() == Request.Purpose.VOTE
        && leaderEpochOnDisk(sentinel) < Long.parseLong(request.commands().getFirst().get(4))) {
      throw new Violation(sentinel.name() + " asks for votes before its own is on its disk");
    }
    if (request.purpose() == Request.Purpose.ROLE
        && request.commands().get(1).get(1).equals("NO")
        && !forcedAllowed
        && !sentinel.id().equals(leaders.get(candidacies.getOrDefault(sentinel.id(), -1L)))) {
      throw new Violation(sentinel.name() + " promotes without having been elected");
    }
  }

  private static long leaderEpochOnDisk(SimulatedSentinel sentinel) {
    return sentinel.disk().masters().stream().mapToLong(MasterState::leaderEpoch).max().orElse(-1);
  }

  /** Everything of a step was done. */
  void stepped(SimulatedSentinel sentinel, Sentinel core) {
    rises(sentinel, "current epoch", currentEpochs, core.currentEpoch());
    if (sentinel.disk().currentEpoch() < core.currentEpoch()) {
      throw new Violation(sentinel.name() + " knows an epoch that is not on its disk");
    }
    for (Master master : core.masters()) {
      rises(sentinel, "config epoch", configEpochs, master.configEpoch());
      Address current = master.currentAddress();
      Address other = configurations.putIfAbsent(master.configEpoch(), current);
      if (other != null && !other.equals(current) && !forcedAllowed) {
        throw new Violation(
            "config epoch " + master.configEpoch() + " names " + other + " and " + current);
      }
    }
    rises(sentinel, "leader epoch", leaderEpochs, leaderEpochOnDisk(sentinel));
  }

  private void rises(SimulatedSentinel sentinel, String what, Map<String, Long> seen, long value) {
    Long before = seen.put(sentinel.id(), value);
    if (before != null && before > value) {
      throw new Violation(
          sentinel.name()
              + ": "
              + what
              + " fell from "
              + before
              + " to "
              + value
              + " at "
              + fleet.now());
    }
  }
}
