package io.redoubt.server.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The random faults and switches of a fleet, and its recovery from them. */
final class Storm {
  private static final int LONGEST_REST_MILLIS = 400;
  private static final int HEALING_MILLIS = 120_000;
  private static final int LOOK_MILLIS = 200;

  private static final int FAILOVER_LOOKS = 30;
  private static final int FAILOVER_LOOK_MILLIS = 50;

  private final Fleet fleet;
  private final FleetInvariants invariants;
  private final SimulatedNetwork network;
  private final Simulation simulation;
  private final Random random;

  Storm(Fleet fleet, FleetInvariants invariants) {
    this.fleet = fleet;
    this.invariants = invariants;
    this.network = fleet.network();
    this.simulation = fleet.simulation();
    this.random = simulation.random();
  }

  /** Takes random steps, one after another; the effect of a step may outlast it. */
  void run(int steps) throws Exception {
    for (int i = 0; i < steps; i++) {
      simulation.sleep(random.nextInt(LONGEST_REST_MILLIS));
      try {
        if (simulation.loops() > 1 && random.nextInt(4) == 0) {
          changeLoops();
        }
        step();
      } catch (IOException e) {
        simulation.note("failed: " + e.getMessage());
      }
    }
  }

  private void step() throws Exception {
    switch (random.nextInt(22)) {
      case 0, 1 -> hold(random.nextBoolean());
      case 2, 3 -> reset();
      case 4, 5 -> slow();
      case 6, 7 -> killReplica();
      case 8 -> save();
      case 9, 10 -> promote();
      case 11 -> promoteAfterDeath();
      case 12 -> restartMaster();
      case 13, 14 -> moveBelowAnother();
      case 15 -> restartAll();
      case 16 -> shutDownAndRestart();
      case 17 -> failOver();
      default -> invariants.compare(fleet.node(random.nextInt(fleet.size())));
    }
  }

  /** Changes the number of event loops that serve new connections. */
  private void changeLoops() throws IOException {
    SimulatedNode node = fleet.node(random.nextInt(fleet.size()));
    int loops = 1 + random.nextInt(simulation.loops());
    String reply = node.ask("CONFIG SET io-threads " + loops);
    simulation.note(node + " with " + loops + " loops: " + reply);
    assertThat(reply).isIn("OK", "LOADING Redis is loading the dataset in memory");
  }

  private String anyHost() {
    return fleet.node(random.nextInt(fleet.size())).host;
  }

  private String anyHostBut(String one) {
    String other = anyHost();
    while (other.equals(one)) {
      other = anyHost();
    }
    return other;
  }

  private void hold(boolean bothWays) {
    String from = anyHost();
    String to = anyHostBut(from);
    int millis = random.nextInt(random.nextInt(4) == 0 ? 12_000 : 1_500);
    simulation.note("hold " + from + " to " + to + (bothWays ? " and back" : "") + ": " + millis);
    network.hold(from, to, true);
    if (bothWays) {
      network.hold(to, from, true);
    }
    simulation.later(
        millis * 1_000_000L,
        () -> {
          network.hold(from, to, false);
          network.hold(to, from, false);
        });
  }

  private void reset() {
    String one = anyHost();
    String other = anyHostBut(one);
    simulation.note("reset " + one + " with " + other);
    network.reset(one, other);
  }

  private void slow() {
    String from = anyHost();
    String to = anyHostBut(from);
    long micros = 1L << random.nextInt(16);
    long bytes = random.nextBoolean() ? 0 : fleet.bandwidth();
    simulation.note("from %s to %s: %d µs, %d bytes/s".formatted(from, to, micros, bytes));
    network.delay(from, to, micros);
    network.bandwidth(from, to, bytes);
  }

  private void kill(int index, boolean power) {
    simulation.note("kill " + fleet.node(index) + (power ? " with the power" : ""));
    fleet.node(index).kill(power);
  }

  /**
   * Restarts a server in its last role. A master begins a new term, since it may lack writes.
   *
   * @param all true if a master must have all recorded writes
   */
  private void restart(int index, boolean all) throws Exception {
    fleet.restart(index);
    if (fleet.isMaster(index)) {
      fleet.newTerm();
      invariants.checkNewMaster(index, all);
    }
  }

  private void killReplica() throws Exception {
    int index = fleet.anyReplica();
    if (fleet.node(index).isUp()) {
      kill(index, random.nextBoolean());
      if (random.nextBoolean()) {
        simulation.sleep(random.nextInt(LONGEST_REST_MILLIS));
        restart(index, false);
      }
    }
  }

  /** Shuts a server down, which saves its data and its replication offset, and restarts it. */
  private void shutDownAndRestart() throws Exception {
    int index = random.nextInt(fleet.size());
    SimulatedNode node = fleet.node(index);
    if (node.isUp()) {
      simulation.note("shut " + node + " down");
      boolean ended = node.shutDown();
      simulation.note(node + (ended ? " has ended" : " does not end"));
      if (ended) {
        restart(index, true);
      }
    }
  }

  /** Sends FAILOVER to the master if a chosen server is one of its replicas. */
  private void failOver() throws Exception {
    int index = fleet.anyReplica();
    SimulatedNode node = fleet.node(index);
    if (fleet.isBelowMaster(index) && "slave".equals(role(node)) && fleet.failOver(index)) {
      for (int i = 0; i < FAILOVER_LOOKS && !"master".equals(role(node)); i++) {
        simulation.sleep(FAILOVER_LOOK_MILLIS);
      }
      if ("master".equals(role(node))) {
        fleet.isMasterNow(index);
        invariants.checkNewMaster(index, true);
        fleet.reattachRunning();
      }
    }
  }

  private static @Nullable String role(SimulatedNode node) throws IOException {
    return node.replication().get("role");
  }

  private void restartAll() throws Exception {
    for (int i = 0; i < fleet.size(); i++) {
      if (!fleet.node(i).isUp()) {
        restart(i, false);
      }
    }
    fleet.reattachRunning();
  }

  private void save() throws IOException {
    SimulatedNode node = fleet.node(random.nextInt(fleet.size()));
    String command =
        switch (random.nextInt(3)) {
          case 0 -> "SAVE";
          case 1 -> "BGSAVE";
          default -> "BGREWRITEAOF";
        };
    simulation.note(command + " on " + node + ": " + node.ask(command));
  }

  /** Promotes a replica while the old master still runs, as in a manual switch. */
  private void promote() throws IOException {
    int index = fleet.anyReplica();
    if (mayBePromoted(index) && fleet.promote(index)) {
      invariants.checkNewMaster(index, false);
      fleet.reattachRunning();
    }
  }

  /** Kills the master and promotes a replica. */
  private void promoteAfterDeath() throws Exception {
    int index = fleet.anyReplica();
    if (mayBePromoted(index)) {
      kill(fleet.masterIndex(), random.nextBoolean());
      simulation.sleep(random.nextInt(LONGEST_REST_MILLIS));
      if (fleet.promote(index)) {
        invariants.checkNewMaster(index, false);
        fleet.reattachRunning();
      }
    }
  }

  /** Returns true if a replica has a complete data set, without which no one would promote it. */
  private boolean mayBePromoted(int index) {
    return !invariants.isEmpty(fleet.node(index));
  }

  private void restartMaster() throws Exception {
    int index = fleet.masterIndex();
    SimulatedNode master = fleet.node(index);
    if (!master.isUp()) {
      restart(index, false);
      return;
    }
    boolean power = random.nextBoolean();
    kill(index, power);
    simulation.sleep(random.nextInt(LONGEST_REST_MILLIS));
    restart(index, keepsAll(master.configuration, power));
  }

  /** Returns true if the append-only file holds every acknowledged write after a kill. */
  private static boolean keepsAll(List<String> configuration, boolean power) {
    // With everysec, bytes written during an fsync may not be on disk yet.
    return configuration.contains("appendonly yes")
        && (configuration.contains("appendfsync always")
            || configuration.contains("appendfsync no") && !power);
  }

  private void moveBelowAnother() {
    int index = fleet.anyReplica();
    int other = random.nextInt(fleet.size());
    if (other != index && !fleet.isBelow(other, index) && fleet.node(index).isUp()) {
      fleet.follow(index, other);
    }
  }

  // Recovery.

  /** Ends all faults and restarts the servers that are down. */
  void heal() throws Exception {
    simulation.note("heal");
    for (SimulatedNode one : fleet.nodes()) {
      for (SimulatedNode other : fleet.nodes()) {
        network.hold(one.host, other.host, false);
        network.delay(one.host, other.host, 200);
        network.bandwidth(one.host, other.host, 0);
      }
    }
    for (int i = 0; i < fleet.size(); i++) {
      if (!fleet.node(i).isUp()) {
        restart(i, false);
      }
    }
  }

  /** Waits until all servers hold the same data; fails with the difference after a timeout. */
  void settle() throws Exception {
    fleet.master().ask("SET healed yes");
    long end = simulation.nowNanos() + HEALING_MILLIS * 1_000_000L;
    String differs = "nothing was compared";
    while (simulation.nowNanos() < end && !differs.isEmpty()) {
      fleet.reattachAll();
      simulation.sleep(LOOK_MILLIS);
      differs = difference();
    }
    assertThat(differs).as("difference after recovery").isEmpty();
    for (SimulatedNode node : fleet.nodes()) {
      invariants.checkAll(node);
    }
  }

  private String difference() throws IOException {
    String wanted = invariants.compare(fleet.master());
    for (int i = 0; i < fleet.size(); i++) {
      if (!fleet.isMaster(i)) {
        Map<String, String> fields = fleet.node(i).replication();
        if (!"up".equals(fields.get("master_link_status"))) {
          return fleet.node(i) + " has no link: " + fields;
        }
        String found = invariants.compare(fleet.node(i));
        if (wanted == null || !wanted.equals(found)) {
          return fleet.node(i) + " is at " + found + ", the master at " + wanted;
        }
      }
    }
    return "";
  }
}
