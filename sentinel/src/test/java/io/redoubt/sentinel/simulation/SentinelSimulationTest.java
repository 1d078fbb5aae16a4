package io.redoubt.sentinel.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.protocol.Seed;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.settings.MasterOptions;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Tests fleets under random faults, one seed each. {@code -Dredoubt.seed=17} repeats one and prints
 * its trace; {@code -Dredoubt.seeds=100000} runs more than a build does.
 */
class SentinelSimulationTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 500);
  private static final long RECOVERY_MILLIS = 180_000;

  @Test
  void keepsTheRulesAndRecovers() {
    Long only = Long.getLong("redoubt.seed");
    if (only != null) {
      run(only, true);
      return;
    }
    long first = Long.getLong("redoubt.firstSeed", 1);
    LongStream.range(first, first + SEEDS).parallel().forEach(seed -> run(seed, false));
  }

  /** Half of the servers and sentinels print IPv6 addresses in Java's long form. */
  @Test
  void keepsTheRulesWithIpv6AddressesInBothSpellings() {
    long first = Long.getLong("redoubt.firstSeed", 1);
    LongStream.range(first, first + Integer.getInteger("redoubt.seeds", 100))
        .parallel()
        .forEach(seed -> run(seed, false, true, fleet -> {}));
  }

  @Test
  void repeatsARunFromItsSeed() {
    assertThat(run(4, false)).isEqualTo(run(4, false)).isNotEmpty();
  }

  /** Verifies that the rules detect a broken sentinel. */
  @Test
  void catchesASentinelThatVotesTwice() {
    int caught = 0;
    for (long seed = 1; seed <= 40; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 1000);
      fleet.sentinels().forEach(SimulatedSentinel::voteTwice);
      fleet.runFor(5000);
      fleet.network().setDelays(20, 300);
      try {
        for (int round = 0; round < 5; round++) {
          for (SimulatedDataNode node : fleet.nodes()) {
            node.kill();
            fleet.runFor(4000);
            node.start();
            fleet.runFor(15_000);
          }
        }
      } catch (SafetyRules.Violation expected) {
        assertThat(expected).hasMessageContaining("two leaders of");
        caught++;
      }
    }
    assertThat(caught).isPositive();
  }

  @Test
  void givesLeasesToOneNodeAtATime() {
    long first = Long.getLong("redoubt.firstSeed", 1);
    LongStream.range(first, first + SEEDS / 5)
        .parallel()
        .forEach(seed ->
            run(
                seed,
                false,
                fleet -> {
                  fleet.nodes().forEach(SimulatedDataNode::wantLease);
                }));
  }

  /**
   * Verifies that the sentinels and the old master, whose lease has expired, do not exchange
   * messages at network speed while a failover waits for a member.
   */
  @Test
  void offersLeasesAtIntervalsWhileAFailoverWaits() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 3, 2, 1000);
    fleet.nodes().forEach(SimulatedDataNode::wantLease);
    fleet.acknowledgeWrites(1);
    fleet.runFor(15_000);
    fleet.node(2).kill();
    fleet.node(3).kill();
    fleet.node(1).kill();
    fleet.runFor(500);
    fleet.node(1).loadFor(60_000);
    fleet.node(1).start();
    for (SimulatedSentinel each : fleet.sentinels()) {
      MasterOptions options =
          each.master().options().with(draft -> draft.masterRebootDownAfterMillis = 1000);
      each.step(new SentinelInput.Set(SentinelFleet.MASTER, options, List.of("changed")));
    }
    fleet.runFor(5000);
    int before = fleet.node(1).offers();
    fleet.runFor(10_000);
    assertThat(fleet.sentinels()).anyMatch(each -> each.master().isSubjectivelyDown());
    // Three sentinels make one offer each every 225 ms.
    assertThat(fleet.node(1).offers() - before).isBetween(1, 200);
  }

  /**
   * Verifies that a minority of the sentinels can't replace a master they consider down, even on an
   * operator's order, unless a loss is accepted: the others may have given leases to another
   * master.
   */
  @Test
  void anOrderWithoutTheMasterNeedsVotesWithLeases() {
    SentinelFleet fleet = fleetWithLeases();
    fleet.runFor(15_000);
    fleet.sentinel(2).crash();
    fleet.sentinel(3).crash();
    fleet.node(1).kill();
    fleet.runFor(3000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(10_000);
    assertThat(fleet.trace()).anyMatch(line -> line.contains("-failover-abort-not-elected"));
    assertThat(fleet.nodes().stream().skip(1)).allMatch(each -> each.master() != null);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, true));
    fleet.runFor(10_000);
    assertThat(fleet.nodes().stream().skip(1)).anyMatch(each -> each.master() == null);
  }

  /**
   * With leases, a planned failover needs a majority: cut off from it, the sentinel would give its
   * new master a later epoch than that of the master that the majority elects meanwhile.
   */
  @Test
  void aPlannedFailoverNeedsVotesWithLeases() {
    SentinelFleet fleet = fleetWithLeases();
    fleet.runFor(15_000);
    fleet.sentinel(2).crash();
    fleet.sentinel(3).crash();
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(10_000);
    assertThat(fleet.trace()).anyMatch(line -> line.contains("-failover-abort-not-elected"));
    assertThat(fleet.node(1).master()).isNull();
  }

  /** Sentinels vote for a planned failover although the old master has leases, which it keeps. */
  @Test
  void aPlannedFailoverGetsVotesAtOnceWithLeases() {
    SentinelFleet fleet = fleetWithLeases();
    fleet.runFor(15_000);
    assertThat(fleet.node(1).hasLease()).isTrue();
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(1000);
    assertThat(fleet.trace()).anyMatch(line -> line.contains("+switch-master"));
    assertThat(fleet.node(1).hasLease()).isFalse();
    fleet.runFor(2000);
    assertThat(fleet.nodes()).filteredOn(SimulatedDataNode::hasLease).hasSize(1);
  }

  /**
   * The votes were for a failover without loss. When it aborts, the other sentinels renew the
   * leases.
   */
  @Test
  void aPlannedFailoverMustStopWritesWithLeases() {
    SentinelFleet fleet = fleetWithLeases();
    fleet.node(1).refusePause();
    fleet.runFor(15_000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(5000);
    assertThat(fleet.trace()).anyMatch(line -> line.contains("-failover-abort-not-coordinated"));
    assertThat(fleet.node(1).hasLease()).isTrue();
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, true));
    fleet.runFor(5000);
    assertThat(fleet.node(1).master()).isNotNull();
  }

  @Test
  void aPlannedFailoverGetsVotesOfSentinelsOfRedis() {
    SentinelFleet fleet = fleetWithLeases();
    fleet.sentinel(2).voteLikeRedis();
    fleet.sentinel(3).voteLikeRedis();
    fleet.runFor(15_000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(1000);
    assertThat(fleet.trace()).anyMatch(line -> line.contains("+switch-master"));
  }

  private static SentinelFleet fleetWithLeases() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 3, 2, 1000);
    fleet.rules().allowForced();
    fleet.nodes().forEach(SimulatedDataNode::wantLease);
    return fleet;
  }

  /** Verifies that the rules detect a master that keeps its lease for too long. */
  @Test
  void catchesALeaseThatIsTooLong() {
    for (long seed = 1; seed <= 10_000; seed++) {
      try {
        List<String> unused =
            run(
                seed,
                false,
                fleet -> {
                  fleet.nodes().forEach(SimulatedDataNode::wantLease);
                  fleet.nodes().forEach(SimulatedDataNode::keepLeasesTooLong);
                });
      } catch (AssertionError expected) {
        assertThat(expected).hasMessageContaining("both have a lease");
        return;
      }
    }
    fail("not caught");
  }

  private static List<String> run(long seed, boolean print) {
    return run(seed, print, fleet -> {});
  }

  private static List<String> run(long seed, boolean print, Consumer<SentinelFleet> prepared) {
    return run(seed, print, false, prepared);
  }

  private static List<String> run(
      long seed, boolean print, boolean ipv6, Consumer<SentinelFleet> prepared) {
    SplittableRandom shape = Seed.splittable(seed);
    int sentinels = shape.nextInt(3, 8);
    int groups = shape.nextInt(4) == 0 ? 2 : 1;
    int nodes = shape.nextInt(1, groups == 2 ? 4 : 6);
    int quorum = shape.nextInt(2, sentinels / 2 + 2);
    SentinelFleet fleet =
        new SentinelFleet(seed, sentinels, groups, nodes, quorum, shape.nextLong(500, 3000), ipv6);
    prepared.accept(fleet);
    SentinelStorm storm = new SentinelStorm(fleet);
    try {
      fleet.runFor(5000);
      storm.rage(60_000);
      String amiss = storm.recover(RECOVERY_MILLIS);
      if (amiss != null) {
        fail("did not recover: " + amiss);
      }
    } catch (AssertionError | RuntimeException e) {
      int from = print ? 0 : Math.max(0, fleet.trace().size() - 60);
      String story = String.join("\n", fleet.trace().subList(from, fleet.trace().size()));
      throw new AssertionError(
          "seed " + seed + " (repeat with -Dredoubt.seed=" + seed + "): " + e + "\n" + story, e);
    }
    if (print) {
      fleet.trace().forEach(System.out::println);
    }
    return fleet.trace();
  }
}
