package io.redoubt.server.cluster.simulation;

import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Input.FailoverKind;
import io.redoubt.server.cluster.core.Node;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Injects random faults into a cluster, and then lets it recover. */
final class ClusterStorm {
  private static final int FAULTS = 14;
  private static final int ORDERS = 2;

  private final ClusterFleet fleet;
  private final RandomGenerator random;
  private int kinds = FAULTS;

  ClusterStorm(ClusterFleet fleet) {
    this.fleet = fleet;
    this.random = fleet.random();
  }

  /** Adds operators' orders, which may raise epochs without votes. */
  void withOperators() {
    kinds = FAULTS + ORDERS;
    fleet.rules().allowOperators();
  }

  /** Injects faults for a time. */
  void rage(long millis) {
    long end = fleet.network().now() + millis;
    fleet.nodes().forEach(each -> each.setDiskDelay(random.nextLong(30)));
    while (fleet.network().now() < end) {
      strike();
      fleet.network().runFor(random.nextLong(200, 6000));
    }
  }

  private void strike() {
    SimulatedClusterNode node = fleet.nodes().get(random.nextInt(fleet.nodes().size()));
    switch (random.nextInt(kinds)) {
      case 0, 1 -> {
        note("crash " + node.name());
        node.crash();
      }
      case 2 -> {
        note("crash in the middle " + node.name());
        node.crashAfterOutputs(random.nextInt(40));
      }
      case 3, 4 -> {
        note("start all");
        fleet.nodes().forEach(SimulatedClusterNode::start);
      }
      case 5, 6 -> {
        note("partition");
        List<String> all = fleet.nodes().stream().map(SimulatedClusterNode::ip).toList();
        fleet.network().partition(all, random.nextBoolean());
      }
      case 7 -> {
        note("mend");
        fleet.network().mend();
      }
      case 8 -> {
        long max = random.nextLong(1, 400);
        note("delays up to " + max);
        fleet.network().setDelays(1, max);
      }
      case 9 -> {
        note("break connections");
        fleet.nodes().forEach(SimulatedClusterNode::breakInbound);
      }
      case 10 -> {
        note("pause " + node.name());
        node.pause(random.nextLong(500, 8000));
      }
      case 11 -> {
        note("slow " + node.name());
        fleet.network().slow(node.ip(), random.nextLong(100, 2500));
      }
      case 12 -> {
        long millis = random.nextBoolean() ? 30 : random.nextLong(100, 2000);
        note("disk of " + node.name() + " takes up to " + millis);
        node.setDiskDelay(millis);
      }
      case 13 -> {
        if (fleet.hasNames()) {
          move(node);
        }
      }
      default -> {
        if (node.isUp()) {
          FailoverKind kind = FailoverKind.values()[random.nextInt(FailoverKind.values().length)];
          if (kind == FailoverKind.TAKEOVER && knowsNoSlotsOfItsMaster(node)) {
            return; // the order would create a master that stays without slots
          }
          note("failover " + kind + " at " + node.name());
          node.step(new Input.Failover(kind));
        }
      }
    }
  }

  private static boolean knowsNoSlotsOfItsMaster(SimulatedClusterNode node) {
    Node master = node.core().me().master();
    return master != null && master.slotCount() == 0;
  }

  /** Restarts a node at another address; the name server learns of it at once or much later. */
  private void move(SimulatedClusterNode node) {
    note("move " + node.name());
    node.crash();
    String before = node.ip();
    fleet.move(node);
    if (random.nextBoolean()) {
      SimulatedClusterNode other = fleet.nodes().get(random.nextInt(fleet.nodes().size()));
      fleet.misname(node, random.nextBoolean() ? before : other.ip());
    }
    if (random.nextBoolean()) {
      node.start();
    }
  }

  private void note(String text) {
    fleet.note("-", "--- " + text);
  }

  /** Ends all faults; returns the problem that remains after a time, or null. */
  @Nullable String recover(long millis) {
    note("all heals");
    fleet.network().mend();
    fleet.network().setDelays(1, 3);
    fleet.correctNames();
    for (SimulatedClusterNode node : fleet.nodes()) {
      node.crashAfterOutputs(-1);
      node.setDiskDelay(2);
      node.start();
    }
    return fleet.tryFor(millis, fleet::disagreement);
  }
}
