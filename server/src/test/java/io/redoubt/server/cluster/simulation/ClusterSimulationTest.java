package io.redoubt.server.cluster.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.simulation.SimulatedClusterNode.Bug;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Tests clusters under random faults, one seed each. {@code -Dredoubt.seed=17} repeats one and
 * prints its trace; {@code -Dredoubt.seeds=100000} runs more than a build does.
 */
class ClusterSimulationTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 30);
  private static final long STORM_MILLIS = 60_000;
  private static final long RECOVERY_MILLIS = 180_000;

  @Test
  void keepsTheRulesAndRecovers() {
    runAll(false);
  }

  @Test
  void recoversFromOperatorsOrders() {
    runAll(true);
  }

  private static void runAll(boolean operators) {
    Long only = Long.getLong("redoubt.seed");
    if (only != null) {
      run(only, operators, true);
      return;
    }
    long first = Long.getLong("redoubt.firstSeed", 1);
    LongStream.range(first, first + SEEDS).parallel().forEach(seed -> run(seed, operators, false));
  }

  @Test
  void repeatsARunFromItsSeed() {
    assertThat(run(4, false, false).trace()).isEqualTo(run(4, false, false).trace()).isNotEmpty();
  }

  /** Verifies that the rules detect nodes that vote for every candidate. */
  @Test
  void catchesADoubleVote() {
    catches(Bug.DOUBLE_VOTE, "two owners of slots");
  }

  /** Verifies that the rules detect a vote or an epoch that a crash would undo. */
  @Test
  void catchesAVoteThatIsNotPersisted() {
    catches(Bug.FORGETFUL_DISK, "not on its disk");
  }

  /**
   * Verifies that the rules detect a new owner that claims the slots in the epoch of the old one.
   */
  @Test
  void catchesAnEpochThatIsNotBumped() {
    catches(Bug.OLD_EPOCH, "two owners of slots");
  }

  private static void catches(Bug bug, String message) {
    for (long seed = 1; seed <= 200; seed++) {
      ClusterFleet fleet = new ClusterFleet(seed, 3, 2, 1000);
      fleet.form();
      fleet.nodes().forEach(node -> node.plant(bug));
      fleet.network().setDelays(20, 300);
      try {
        for (SimulatedClusterNode node : fleet.nodes().subList(0, 3)) {
          node.crash();
          fleet.network().runFor(8000);
          node.start();
          fleet.network().runFor(8000);
        }
      } catch (ClusterRules.Violation expected) {
        assertThat(expected).hasMessageContaining(message);
        return;
      }
    }
    fail("not caught");
  }

  private static ClusterFleet run(long seed, boolean operators, boolean print) {
    SplittableRandom shape = Seed.splittable(seed);
    ClusterFleet fleet =
        new ClusterFleet(seed, shape.nextInt(3, 6), shape.nextInt(1, 3), shape.nextLong(500, 3000));
    ClusterStorm storm = new ClusterStorm(fleet);
    if (shape.nextBoolean()) {
      fleet.nameNodes();
    }
    try {
      fleet.form();
      if (operators) {
        storm.withOperators();
      }
      storm.rage(STORM_MILLIS);
      String amiss = storm.recover(RECOVERY_MILLIS);
      if (amiss != null) {
        fail("did not recover: " + amiss);
      }
    } catch (AssertionError | RuntimeException e) {
      List<String> trace = fleet.trace();
      int from = print ? 0 : Math.max(0, trace.size() - 60);
      throw new AssertionError(
          "seed "
              + seed
              + " (repeat with -Dredoubt.seed="
              + seed
              + "): "
              + e
              + "\n"
              + String.join("\n", trace.subList(from, trace.size())),
          e);
    }
    if (print) {
      fleet.trace().forEach(System.out::println);
    }
    return fleet;
  }
}
