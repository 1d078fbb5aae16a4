package io.redoubt.sentinel.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.sentinel.message.Address;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Tests failovers that end between the order to promote a replica and the confirmation of its new
 * role.
 */
class AbortedPromotionTest {
  private static final int SEEDS = 20;

  @Test
  void promotesTheOnlyReplicaAgainAfterTheLeaderCrashed() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 2, 2, 1000);
      fleet.runFor(15_000);
      fleet.node(1).kill();
      SimulatedSentinel leader = awaitOrder(fleet, 2);
      leader.crash();
      fleet.runFor(60_000);
      for (SimulatedSentinel each : fleet.sentinels()) {
        if (each != leader) {
          assertThat(each.master().currentAddress())
              .as("seed " + seed)
              .isEqualTo(fleet.node(2).address());
        }
      }
      leader.start();
      fleet.node(1).start();
      fleet.runFor(30_000);
      assertThat(fleet.disagreement()).as("seed " + seed).isNull();
      assertThat(fleet.node(2).master()).as("seed " + seed).isNull();
    }
  }

  @Test
  void promotesTheOnlyReplicaAgainAfterTheLeaderLostIt() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 2, 2, 1000);
      fleet.runFor(15_000);
      fleet.node(1).kill();
      SimulatedSentinel leader = awaitOrder(fleet, 2);
      fleet.network().cut(fleet.node(2).address().toString(), leader.address().toString());
      fleet.runFor(60_000);
      assertThat(fleet.trace()).anyMatch(line -> line.contains("-failover-abort-slave-timeout"));
      fleet.network().mend();
      fleet.runFor(30_000);
      for (SimulatedSentinel each : fleet.sentinels()) {
        assertThat(each.master().currentAddress())
            .as("seed " + seed)
            .isEqualTo(fleet.node(2).address());
      }
    }
  }

  /** The sentinels have seen the node only as a master, and recognize it by its earlier history. */
  @Test
  void promotesTheOnlyReplicaAgainAfterAllSentinelsRestarted() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 2, 2, 1000);
    fleet.runFor(15_000);
    fleet.node(1).kill();
    SimulatedSentinel unused = awaitOrder(fleet, 2);
    fleet.sentinels().forEach(SimulatedSentinel::crash);
    fleet.sentinels().forEach(SimulatedSentinel::start);
    fleet.runFor(60_000);
    for (SimulatedSentinel each : fleet.sentinels()) {
      assertThat(each.master().currentAddress()).isEqualTo(fleet.node(2).address());
    }
  }

  /** Verifies that a node that reports no priority as a master keeps its former one. */
  @Test
  void doesNotChooseAMasterThatMustNotBePromoted() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 2, 2, 1000);
    fleet.node(2).setPriority(0);
    fleet.runFor(15_000);
    fleet.node(1).kill();
    fleet.runFor(3000);
    fleet.node(2).setMaster(null);
    fleet.runFor(60_000);
    for (SimulatedSentinel each : fleet.sentinels()) {
      assertThat(each.master().currentAddress()).isEqualTo(fleet.node(1).address());
    }
  }

  /** A node that was never a replica has none of the group's data. */
  @Test
  void doesNotChooseAMasterWithoutAnEarlierHistory() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 2, 2, 1000);
    fleet.runFor(15_000);
    fleet.node(2).kill();
    fleet.node(1).kill();
    fleet.node(2).loseData();
    fleet.node(2).start();
    fleet.runFor(60_000);
    for (SimulatedSentinel each : fleet.sentinels()) {
      assertThat(each.master().currentAddress()).isEqualTo(fleet.node(1).address());
    }
  }

  /** Runs until a node has become a master, and returns the sentinel that ordered it. */
  private static SimulatedSentinel awaitOrder(SentinelFleet fleet, int node) {
    long end = fleet.now() + 20_000;
    Address promoted = fleet.node(node).address();
    while (fleet.node(node).master() != null) {
      assertThat(fleet.now()).isLessThan(end);
      fleet.runFor(1);
    }
    assertThat(fleet.trace()).noneMatch(line -> line.contains("+promoted-slave"));
    return fleet.sentinels().stream()
        .filter(each -> each.master().isFailoverInProgress())
        .filter(each -> !Objects.equals(each.master().currentAddress(), promoted))
        .filter(each -> each.master().failoverState().equals("wait_promotion"))
        .findFirst()
        .orElseThrow();
  }
}
