package io.redoubt.server.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.memory.Region;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Runs whole servers through the faults of {@link Storm}, once for each seed. {@code
 * -Dredoubt.seed=17} repeats one run and prints its trace; {@code -Dredoubt.firstSeed=…} and {@code
 * -Dredoubt.seeds=…} choose other seeds than the build's. {@code -Dredoubt.test.loops=4} gives all
 * servers that many event loops, which otherwise depends on the seed.
 */
class SimulationTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 60);
  private static final int STEPS = 20;
  private static final int SHOWN_LINES = 80;
  private static final int REPORT_SEEDS = 50;

  private long waited;
  private long positions;
  private long written;

  @Test
  void keepsWaitedWritesAndConvergesAfterFaults() {
    Long only = Long.getLong("redoubt.seed");
    if (only != null) {
      run(only).forEach(System.out::println);
      return;
    }
    long first = Long.getLong("redoubt.firstSeed", 1);
    for (long seed = first; seed < first + SEEDS; seed++) {
      run(seed);
      if ((seed - first + 1) % REPORT_SEEDS == 0) {
        report(seed - first + 1);
      }
    }
    report(SEEDS);
    assertThat(waited).isPositive();
    assertThat(positions).isPositive();
  }

  private void report(long seeds) {
    System.out.printf(
        "%d simulations of whole servers: %d commands, %d copies waited for, %d positions"
            + " compared%n",
        seeds, written, waited, positions);
  }

  @Test
  void repeatsARunFromItsSeed() {
    for (long seed = 3; seed <= 4; seed++) {
      assertThat(run(seed)).isEqualTo(run(seed)).isNotEmpty();
    }
  }

  @Test
  void aReplicaWhoseClockIsSetBackNoticesThatItsMasterIsSilent() {
    List<String> unused = Simulation.run(1, SimulationTest::silenceAfterAJump);
  }

  private static void silenceAfterAJump(Simulation simulation) throws Exception {
    SimulatedNetwork network = new SimulatedNetwork(simulation);
    List<String> timeout = List.of("repl-timeout 5");
    SimulatedNode master = new SimulatedNode(network, "10.0.0.1", timeout);
    SimulatedNode replica = new SimulatedNode(network, "10.0.0.2", timeout);
    try {
      master.start();
      replica.start("replicaof 10.0.0.1 " + SimulatedNode.PORT);
      simulation.sleep(3000);
      assertThat(replica.replication()).containsEntry("master_link_status", "up");
      replica.machine().clock().jump(-3_600_000);
      network.hold(master.host, replica.host, true);
      network.hold(replica.host, master.host, true);
      simulation.sleep(10_000);
      assertThat(replica.replication()).containsEntry("master_link_status", "down");
    } finally {
      master.close();
      replica.close();
    }
  }

  private List<String> run(long seed) {
    try {
      return Simulation.run(seed, Simulation.loops(seed), this::scenario);
    } catch (Simulation.Failure e) {
      List<String> trace = e.trace();
      boolean all = Long.getLong("redoubt.seed") != null;
      int from = all ? 0 : Math.max(0, trace.size() - SHOWN_LINES);
      throw new AssertionError(
          "seed %d (repeat with -Dredoubt.seed=%d -Dredoubt.test.loops=%d): %s%n%s"
              .formatted(
                  seed,
                  seed,
                  Simulation.loops(seed),
                  e.getCause(),
                  String.join("\n", trace.subList(from, trace.size()))),
          e.getCause());
    }
  }

  private void scenario(Simulation simulation) throws Exception {
    long heldBytes = Region.heldBytes();
    Fleet fleet = new Fleet(simulation);
    FleetInvariants invariants = new FleetInvariants(fleet);
    Writers writers = new Writers(fleet, invariants);
    Storm storm = new Storm(fleet, invariants);
    try {
      fleet.start();
      writers.fill();
      writers.start();
      storm.run(STEPS);
      storm.heal();
      writers.stop();
      storm.settle();
    } finally {
      fleet.nodes().forEach(SimulatedNode::close);
    }
    assertThat(Region.heldBytes()).as("memory of closed servers").isEqualTo(heldBytes);
    simulation.note(simulation.turns() + " turns, " + simulation.random().nextLong());
    waited += invariants.waited();
    positions += invariants.positions();
    written += writers.written();
  }
}
