package io.redoubt.sentinel.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Injects random faults into a fleet, and then lets it recover. */
final class SentinelStorm {
  private final SentinelFleet fleet;
  private final RandomGenerator random;
  private int kinds = 19;

  SentinelStorm(SentinelFleet fleet) {
    this.fleet = fleet;
    this.random = fleet.random();
  }

  /** Leaves out the faults of operators and of disks that lose everything. */
  void withoutOperators() {
    kinds = 15;
  }

  /** Injects faults for a time. */
  void rage(long millis) {
    long end = fleet.now() + millis;
    fleet.sentinels().forEach(each -> each.setDiskDelay(random.nextLong(30)));
    while (fleet.now() < end) {
      strike();
      fleet.runFor(random.nextLong(200, 6000));
    }
  }

  private void strike() {
    switch (random.nextInt(kinds)) {
      case 0, 1 -> {
        SimulatedDataNode node = any(fleet.nodes());
        note("kill " + node.address());
        node.kill();
      }
      case 2, 3 -> {
        SimulatedDataNode node = any(fleet.nodes());
        note("start " + node.address());
        node.start();
      }
      case 4 -> {
        SimulatedSentinel sentinel = any(fleet.sentinels());
        note("crash " + sentinel.name());
        sentinel.crash();
      }
      case 5 -> {
        SimulatedSentinel sentinel = any(fleet.sentinels());
        note("crash in the middle " + sentinel.name());
        sentinel.crashAfterOutputs(random.nextInt(40));
      }
      case 6 -> {
        note("start sentinels");
        fleet.sentinels().forEach(SimulatedSentinel::start);
      }
      case 7 -> {
        note("partition");
        partition(random.nextBoolean());
      }
      case 8 -> {
        note("mend");
        fleet.network().mend();
      }
      case 9 -> {
        long max = random.nextLong(1, 400);
        note("delays up to " + max);
        fleet.network().setDelays(1, max);
      }
      case 10 -> {
        note("break connections");
        for (SentinelConnections.Connection connection : fleet.connections().open()) {
          if (random.nextInt(3) == 0) {
            connection.closeByTarget();
          }
        }
      }
      case 11 -> {
        SimulatedSentinel sentinel = any(fleet.sentinels());
        note("pause " + sentinel.name());
        sentinel.pause(random.nextLong(500, 8000));
      }
      case 12 -> {
        SimulatedSentinel sentinel = any(fleet.sentinels());
        long millis = random.nextLong(100, 3_600_000);
        note("clock of " + sentinel.name() + " jumps by " + millis);
        sentinel.jump(millis);
      }
      case 13 -> {
        SimulatedDataNode node = any(fleet.nodes());
        note("slow node " + node.address());
        fleet.network().slow(node.address().toString(), random.nextLong(100, 2500));
      }
      case 14 -> {
        boolean on = random.nextBoolean();
        note(on ? "connections break" : "connections hold");
        fleet.setLossy(on);
      }
      case 15 -> {
        SimulatedDataNode node = any(fleet.nodes());
        SimulatedDataNode other = any(fleet.nodes());
        note("clone " + node.address() + " of " + other.address());
        node.cloneOf(other == node ? null : other);
      }
      case 16 -> loseADisk();
      case 17 -> {
        SimulatedSentinel sentinel = any(fleet.sentinels());
        long millis = random.nextBoolean() ? 30 : random.nextLong(100, 4000);
        note("disk of " + sentinel.name() + " takes up to " + millis);
        sentinel.setDiskDelay(millis);
      }
      default -> {
        SimulatedDataNode node = any(fleet.nodes());
        note("wrong role " + node.address());
        SimulatedDataNode other = any(fleet.groupOf(node));
        node.setMaster(random.nextBoolean() || other == node ? null : other.address());
      }
    }
  }

  /**
   * Restarts a sentinel without its state, including its votes and known sentinels. This is safe
   * only because it learns of the others before it is needed. One sentinel always keeps its disk: a
   * node that a moved master does not report can't be found unless some sentinel has it on record.
   */
  private void loseADisk() {
    SimulatedSentinel sentinel = any(fleet.sentinels().subList(1, fleet.sentinels().size()));
    note("lost disk of " + sentinel.name());
    for (SimulatedSentinel each : fleet.sentinels()) {
      each.crashAfterOutputs(-1);
      each.setDiskDelay(0);
      each.start();
    }
    fleet.network().mend();
    fleet.setLossy(false);
    fleet.nodes().forEach(SimulatedDataNode::start);
    sentinel.loseState(fleet.freshFile());
    sentinel.start();
    fleet.runFor(5_000);
  }

  private void partition(boolean oneWay) {
    List<String> all = new ArrayList<>();
    fleet.nodes().forEach(node -> all.add(node.address().toString()));
    fleet.sentinels().forEach(sentinel -> all.add(sentinel.address().toString()));
    fleet.network().partition(all, oneWay);
  }

  private void note(String text) {
    fleet.note("-", "--- " + text);
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  /** Ends all faults; returns the problem that remains after a time, or null. */
  @Nullable String recover(long patienceMillis) {
    note("all heals");
    fleet.network().mend();
    fleet.network().setDelays(1, 3);
    fleet.setLossy(false);
    fleet.nodes().forEach(node -> node.cloneOf(null));
    fleet.nodes().forEach(SimulatedDataNode::start);
    for (SimulatedSentinel sentinel : fleet.sentinels()) {
      sentinel.crashAfterOutputs(-1);
      sentinel.setDiskDelay(2);
      sentinel.start();
    }
    long end = fleet.now() + patienceMillis;
    String amiss = fleet.disagreement();
    while (amiss != null && fleet.now() < end) {
      fleet.runFor(1000);
      amiss = fleet.disagreement();
    }
    return amiss;
  }
}
