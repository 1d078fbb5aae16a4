package io.redoubt.sentinel.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.message.Address;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Tests scenarios whose complete traces are kept next to the test. {@code -Dredoubt.record=true}
 * records them again after an intended change of behavior, so that a review shows the difference.
 */
class ScenarioTest {
  private static final boolean RECORD = Boolean.getBoolean("redoubt.record");

  /** The main scenario: the master dies, a replica is promoted, the old master returns. */
  @Test
  void masterDiesAndReturns() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 3, 2, 3000);
    fleet.runFor(10_000);
    tell(fleet, "kill n1");
    fleet.node(1).kill();
    fleet.runFor(4500);
    for (SimulatedSentinel sentinel : fleet.sentinels()) {
      assertThat(sentinel.master().currentAddress()).isNotEqualTo(fleet.node(1).address());
    }
    fleet.runFor(5000);
    tell(fleet, "start n1");
    fleet.node(1).start();
    fleet.runFor(15_000);
    assertThat(fleet.disagreement()).isNull();
    compare(fleet, "master-dies-and-returns");
  }

  @Test
  void splitVoteIsRetriedSoon() {
    SentinelFleet fleet = new SentinelFleet(3, 4, 3, 3, 1000);
    fleet.runFor(5000);
    fleet.network().setDelays(40, 60);
    tell(fleet, "kill n1, slow network");
    fleet.node(1).kill();
    fleet.runFor(5000);
    assertThat(fleet.sentinel(1).disk().currentEpoch()).isEqualTo(2);
    assertThat(fleet.sentinel(1).master().currentAddress()).isNotEqualTo(fleet.node(1).address());
    compare(fleet, "split-vote");
  }

  @Test
  void minorityDoesNotAct() {
    SentinelFleet fleet = new SentinelFleet(3, 5, 2, 2, 1000);
    fleet.runFor(5000);
    tell(fleet, "s3, s4, s5 and n1 die");
    fleet.node(1).kill();
    for (int i = 3; i <= 5; i++) {
      fleet.sentinel(i).crash();
    }
    fleet.runFor(20_000);
    assertThat(fleet.trace()).noneMatch(line -> line.contains("+try-failover"));
    assertThat(fleet.node(2).master()).isEqualTo(fleet.node(1).address());
    compare(fleet, "minority");
  }

  @Test
  void doesNotBlamePeersForItsOwnPause() {
    SentinelFleet fleet = new SentinelFleet(4, 3, 2, 2, 1000);
    fleet.runFor(5000);
    tell(fleet, "stop s1 for 5 s");
    fleet.sentinel(1).pause(5000);
    fleet.runFor(6000);
    tell(fleet, "kill n1");
    fleet.node(1).kill();
    fleet.runFor(3000);
    assertThat(fleet.trace())
        .noneMatch(line -> line.contains(" s1 ") && line.contains("+sdown slave n2"));
    assertThat(fleet.sentinel(1).master().currentAddress()).isEqualTo(fleet.node(2).address());
    compare(fleet, "pause");
  }

  /**
   * A machine's clock is monotonic; even if it jumps, the sentinel does not infer that peers were
   * silent.
   */
  @Test
  void doesNotBlamePeersForAClockJump() {
    for (long seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 1000);
      fleet.runFor(5000);
      for (SimulatedSentinel sentinel : fleet.sentinels()) {
        sentinel.jump(3_600_000);
        fleet.runFor(seed * 100);
      }
      fleet.sentinels().forEach(sentinel -> sentinel.jump(3_600_000));
      fleet.runFor(20_000);
      assertThat(fleet.trace())
          .as("seed " + seed)
          .noneMatch(line -> line.contains("+sdown") || line.contains("+try-failover"));
      fleet.node(1).kill();
      fleet.runFor(2000);
      for (SimulatedSentinel sentinel : fleet.sentinels()) {
        assertThat(sentinel.master().currentAddress())
            .as("seed " + seed)
            .isNotEqualTo(fleet.node(1).address());
      }
    }
  }

  /** Messages to the old master must keep their order. */
  @Test
  void neverHasTwoWritableMastersWithASlowDisk() {
    for (long seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 3000);
      fleet.rules().allowForced();
      fleet.runFor(5000);
      fleet.sentinel(1).setDiskDelay(400);
      fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
      for (int millis = 0; millis < 5000; millis++) {
        fleet.runFor(1);
        assertThat(fleet.nodes().stream().filter(SimulatedDataNode::takesWrites).count())
            .as("seed " + seed + " at " + fleet.now())
            .isLessThan(2);
      }
      fleet.runFor(5000);
      assertThat(fleet.disagreement()).isNull();
    }
  }

  @Test
  void operatorOrdersAFailover() {
    SentinelFleet fleet = new SentinelFleet(5, 3, 3, 2, 3000);
    fleet.rules().allowForced();
    fleet.runFor(5000);
    tell(fleet, "SENTINEL FAILOVER at s1");
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(5000);
    assertThat(fleet.disagreement()).isNull();
    compare(fleet, "ordered");
  }

  /** A replica that follows another master may have a greater offset there. */
  @Test
  void promotesNoReplicaOfAnotherHistoryAsCaughtUp() {
    SentinelFleet fleet = new SentinelFleet(5, 3, 2, 2, 3000);
    fleet.rules().allowForced();
    fleet.runFor(5000);
    fleet.node(1).setReplicationId("a".repeat(40));
    fleet.node(2).setReplicationId("b".repeat(40));
    fleet.runFor(11_000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(20_000);
    assertThat(fleet.node(2).master()).isEqualTo(fleet.node(1).address());
    fleet.node(2).setReplicationId("a".repeat(40));
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(5000);
    assertThat(fleet.node(2).master()).isNull();
  }

  @Test
  void aPlannedFailoverLosesNothing() {
    for (int seed = 1; seed <= 50; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 3000);
      fleet.rules().allowForced();
      fleet.runFor(5000);
      fleet.network().setDelays(1, 60);
      fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
      fleet.runFor(10_000);
      assertThat(fleet.disagreement()).as("seed " + seed).isNull();
      SimulatedDataNode master =
          fleet.nodes().stream().filter(node -> node.master() == null).findFirst().orElseThrow();
      assertThat(master).as("seed " + seed).isNotSameAs(fleet.node(1));
      assertThat(master.offsetAtTurn())
          .as("seed " + seed)
          .isGreaterThanOrEqualTo(fleet.node(1).offsetAtTurn());
    }
  }

  @Test
  void aReplicaThatIsGoneForGoodIsForgotten() {
    SentinelFleet fleet = new SentinelFleet(8, 3, 3, 2, 1000);
    fleet.runFor(5000);
    SimulatedSentinel sentinel = fleet.sentinel(1);
    sentinel.step(
        new SentinelInput.Set(
            SentinelFleet.MASTER,
            sentinel.master().options().with(draft -> draft.forgetAfterMillis = 30_000),
            List.of()));
    fleet.node(3).kill();
    fleet.runFor(25_000);
    assertThat(sentinel.master().replicas()).hasSize(2);
    fleet.runFor(20_000);
    assertThat(sentinel.master().replicas()).hasSize(1);
    assertThat(fleet.sentinel(2).master().replicas()).as("which was not told to").hasSize(2);
    fleet.node(3).start();
    fleet.runFor(15_000);
    assertThat(sentinel.master().replicas()).as("back after all").hasSize(2);
  }

  @Test
  void aNodeOfTwoGroupsIsLeftToTheOneThatItFollows() {
    SentinelFleet fleet = new SentinelFleet(10, 3, 2, 2, 2, 1000);
    fleet.runFor(5000);
    tell(fleet, "n2 follows the master of the other group");
    fleet.node(2).setMaster(fleet.node(3).address());
    fleet.runFor(60_000);
    assertThat(fleet.node(2).master()).isEqualTo(fleet.node(3).address());
    Sentinel core = fleet.sentinel(1).core();
    assertThat(core).isNotNull();
    assertThat(core.findings(fleet.sentinel(1).master()))
        .anyMatch(finding -> finding.startsWith("groups-overlap mymaster: 10.0.0.2:6379 "));
    fleet.node(1).kill();
    fleet.runFor(20_000);
    assertThat(fleet.node(2).master()).as("not promoted").isEqualTo(fleet.node(3).address());
  }

  /** A server known by two addresses keeps its role: its run id identifies it. */
  @Test
  void ordersNoServerToFollowItselfAtAnotherAddress() {
    SentinelFleet fleet = new SentinelFleet(11, 3, 3, 2, 1000);
    Address other = new Address("fd00::2", 6379);
    fleet.rules().allowForced();
    fleet.alsoAt(other, fleet.node(2));
    fleet.nodes().forEach(node -> node.listAlso(other));
    fleet.runFor(15_000);
    fleet.node(3).setPriority(200);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(60_000);
    assertThat(fleet.node(2).master()).as("promoted").isNull();
    assertThat(fleet.node(1).master()).isNotNull();
    assertThat(fleet.node(3).master()).isNotNull();
    assertThat(fleet.sentinel(1).core().findings(fleet.sentinel(1).master()))
        .anyMatch(finding -> finding.startsWith("two-addresses mymaster: "));
    fleet.node(2).kill();
    fleet.runFor(20_000);
    fleet.node(2).start();
    fleet.runFor(60_000);
    assertThat(fleet.node(2).master()).as("a replica again").isNotNull();
  }

  @Test
  void aMasterWithoutReplicasReturns() {
    SentinelFleet fleet = new SentinelFleet(6, 3, 1, 2, 1000);
    fleet.runFor(5000);
    tell(fleet, "kill n1, which has no replica");
    fleet.node(1).kill();
    fleet.runFor(5000);
    tell(fleet, "start n1");
    fleet.node(1).start();
    fleet.runFor(5000);
    assertThat(fleet.disagreement()).isNull();
    compare(fleet, "no-replica");
  }

  @Test
  void sentinelRemembersAcrossARestart() {
    SentinelFleet fleet = new SentinelFleet(7, 3, 2, 2, 1000);
    fleet.runFor(5000);
    SimulatedSentinel sentinel = fleet.sentinel(2);
    sentinel.crash();
    assertThat(sentinel.disk().masters().getFirst().sentinels()).hasSize(2);
    assertThat(sentinel.disk().masters().getFirst().replicas())
        .containsExactly(new Address("10.0.0.2", 6379));
    fleet.node(1).kill();
    fleet.runFor(4000);
    tell(fleet, "s2 comes back after a failover");
    sentinel.start();
    fleet.runFor(4000);
    assertThat(sentinel.master().currentAddress()).isEqualTo(fleet.node(2).address());
    assertThat(sentinel.disk().currentEpoch()).isEqualTo(fleet.sentinel(1).disk().currentEpoch());
    compare(fleet, "restart");
  }

  private static void tell(SentinelFleet fleet, String text) {
    fleet.note("-", "--- " + text);
  }

  private static void compare(SentinelFleet fleet, String story) {
    List<String> trace = fleet.trace();
    String name = "scenarios/" + story + ".txt";
    try {
      if (RECORD) {
        Path file = Path.of("src/test/resources/io/redoubt/sentinel/simulation", name);
        Files.createDirectories(file.getParent());
        Files.write(file, trace);
        return;
      }
      try (InputStream kept = ScenarioTest.class.getResourceAsStream(name)) {
        assertThat(kept).as(name).isNotNull();
        assertThat(trace)
            .isEqualTo(new String(kept.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
