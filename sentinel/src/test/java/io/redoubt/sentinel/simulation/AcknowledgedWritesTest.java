package io.redoubt.sentinel.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.protocol.Seed;
import io.redoubt.sentinel.core.SentinelInput;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Tests that failovers preserve acknowledged writes, under random faults, one seed each. {@code
 * -Dredoubt.seed=17} repeats one and prints its trace; {@code -Dredoubt.seeds=100000} runs more
 * than a build does.
 */
class AcknowledgedWritesTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 500) / 2;
  private static final int MOST_SEEDS = 10_000;
  private static final long RECOVERY_MILLIS = 180_000;

  /** The maximum number of orders; an order is refused while a failover is in progress. */
  private static final int MOST_ORDERS = 6;

  @Test
  void failoversKeepAcknowledgedWrites() {
    Long only = Long.getLong("redoubt.seed");
    if (only != null) {
      boolean unused = run(only, true, fleet -> {}, AcknowledgedWritesTest::storm);
      return;
    }
    long first = Long.getLong("redoubt.firstSeed", 1);
    AtomicInteger forced = new AtomicInteger();
    LongStream.range(first, first + SEEDS)
        .parallel()
        .forEach(seed -> {
          if (!run(seed, false, fleet -> {}, AcknowledgedWritesTest::storm)) {
            forced.incrementAndGet();
          }
          if (!run(seed, false, fleet -> {}, AcknowledgedWritesTest::siege)) {
            forced.incrementAndGet();
          }
        });
    System.out.println(
        "AcknowledgedWritesTest: an operator had to accept the loss in "
            + forced
            + " of "
            + 2 * SEEDS
            + " runs");
    assertThat(forced.get()).as("runs that say nothing").isLessThan(SEEDS);
  }

  /** Verifies that the rule detects a member that loses its promises in a crash. */
  @Test
  void catchesAPromiseThatIsNotPersisted() {
    catches(
        "a promise that is not persisted",
        fleet -> fleet.nodes().forEach(node -> node.member().forgetPromises()),
        AcknowledgedWritesTest::siege);
  }

  /** Verifies that the rule detects a choice by priority before offset. */
  @Test
  void catchesAChoiceByPriority() {
    catches(
        "priority before offset",
        fleet -> fleet.nodes().forEach(node -> node.member().reportPriority()),
        AcknowledgedWritesTest::storm);
  }

  private static void catches(
      String bug, Consumer<SentinelFleet> planted, Consumer<SentinelFleet> faults) {
    for (long seed = 1; seed <= MOST_SEEDS; seed++) {
      try {
        boolean unused = run(seed, false, planted, faults);
      } catch (AssertionError expected) {
        if (!expected.getMessage().contains("acknowledged writes")) {
          throw expected;
        }
        System.out.println("AcknowledgedWritesTest: " + bug + " is caught at seed " + seed);
        return;
      }
    }
    fail("not caught");
  }

  @Test
  void choosesTheOffsetBeforeThePriority() {
    for (long seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 1000);
      fleet.acknowledgeWrites(1);
      fleet.runFor(15_000);
      fleet.node(2).setPriority(1);
      fleet.network().cut(fleet.node(1).address().toString(), fleet.node(2).address().toString());
      fleet.runFor(12_000);
      fleet.node(1).kill();
      fleet.runFor(10_000);
      assertThat(fleet.node(3).master()).as("seed " + seed).isNull();
      fleet.rules().keepsAll(fleet.node(3));
    }
  }

  @Test
  void doesNothingWithoutTheMembersThatMayHaveThem() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 3, 2, 1000);
    fleet.acknowledgeWrites(1);
    fleet.runFor(15_000);
    leaveTheSecond(fleet);
    assertThat(fleet.node(2).master()).isNotNull();
    assertThat(fleet.trace())
        .anyMatch(line ->
            line.contains(
                "-failover-abort-acknowledged-writes master mymaster n1 6379 1 of the 2"
                    + " required members answered; missing "));
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    assertThat(fleet.trace())
        .anyMatch(line -> line.contains("refused: NOGOODSLAVE Too few members"));
    fleet.rules().allowForced();
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, true));
    fleet.runFor(10_000);
    assertThat(fleet.node(2).master()).isNull();
    fleet.node(1).start();
    fleet.node(3).start();
    fleet.runFor(30_000);
    assertThat(fleet.disagreement()).isNull();
  }

  /** Kills the other member and then the master, of which the sentinels can promote nobody. */
  private static void leaveTheSecond(SentinelFleet fleet) {
    fleet.node(3).kill();
    fleet.runFor(3000);
    fleet.node(1).kill();
    fleet.runFor(30_000);
  }

  /** The sentinel takes the only replica for dead while the order is on its way. */
  @Test
  void anOrderThatAcceptsALossWaitsForASlowReplica() {
    for (int seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 1000);
      fleet.acknowledgeWrites(1);
      fleet.rules().allowForced();
      fleet.runFor(15_000);
      leaveTheSecond(fleet);
      fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, true));
      while (!fleet.sentinel(1).master().failoverState().equals("wait_promotion")) {
        fleet.runFor(1);
      }
      cut(fleet, fleet.node(2));
      fleet.runFor(4000); // less than the failover's timeout
      fleet.network().mend();
      fleet.runFor(20_000);
      for (SimulatedSentinel each : fleet.sentinels()) {
        assertThat(each.master().currentAddress())
            .as("seed " + seed)
            .isEqualTo(fleet.node(2).address());
      }
    }
  }

  /** The master dies before a sentinel has learned of its group, and one member is unreachable. */
  @Test
  void promotesNobodyIfTheGroupIsUnknown() {
    SentinelFleet fleet = new SentinelFleet(6, 3, 3, 2, 1000);
    fleet.runFor(15_000);
    for (SimulatedSentinel sentinel : fleet.sentinels()) {
      fleet.network().cut(sentinel.address().toString(), fleet.node(3).address().toString());
    }
    fleet.runFor(1000);
    fleet.acknowledgeWrites(1);
    fleet.runFor(300);
    fleet.node(1).kill();
    fleet.node(2).member().startFullSync();
    fleet.runFor(30_000);
    assertThat(fleet.trace())
        .anyMatch(line ->
            line.contains("-failover-abort-acknowledged-writes")
                && line.contains("the group that acknowledges writes is unknown"));
    assertThat(fleet.node(2).master()).as("the master of the replica without data").isNotNull();
  }

  @Test
  void goesOnAsSoonAsAMissingMemberIsBack() {
    SentinelFleet fleet = new SentinelFleet(2, 3, 3, 2, 1000);
    fleet.acknowledgeWrites(1);
    fleet.runFor(15_000);
    for (SimulatedSentinel sentinel : fleet.sentinels()) {
      fleet.network().cut(sentinel.address().toString(), fleet.node(3).address().toString());
    }
    fleet.runFor(3000);
    fleet.node(1).kill();
    fleet.runFor(20_000);
    assertThat(fleet.node(2).master()).isNotNull();
    fleet.network().mend();
    fleet.runFor(5000);
    SimulatedDataNode master = fleet.node(2).master() == null ? fleet.node(2) : fleet.node(3);
    assertThat(master.master()).isNull();
    fleet.rules().keepsAll(master);
  }

  @Test
  void aMasterThatRestartedWithoutItsWritesIsReplaced() {
    SentinelFleet fleet = new SentinelFleet(3, 3, 3, 2, 3000);
    fleet.acknowledgeWrites(1);
    fleet.runFor(15_000);
    fleet.node(1).kill();
    fleet.node(1).start();
    fleet.runFor(60_000);
    assertThat(fleet.disagreement()).isNull();
    assertThat(fleet.node(1).master()).isNotNull();
    fleet
        .rules()
        .keepsAll(
            fleet.node(1).master().equals(fleet.node(2).address()) ? fleet.node(2) : fleet.node(3));
  }

  /**
   * A leader that dies after it has collected the promises leaves a master that can confirm
   * nothing.
   */
  @Test
  void aFailoverThatNobodyFinishedIsTakenUp() {
    SentinelFleet fleet = new SentinelFleet(4, 3, 3, 2, 1000);
    fleet.acknowledgeWrites(1);
    fleet.runFor(15_000);
    takesUp(fleet);
    assertThat(fleet.disagreement()).isNull();
  }

  private static void takesUp(SentinelFleet fleet) {
    fleet.node(2).member().promise(1, "nobody", null, 100);
    fleet.node(3).member().promise(1, "nobody", null, 100);
    fleet.runFor(60_000);
    int before = fleet.rules().acknowledgedWrites();
    fleet.runFor(5_000);
    assertThat(fleet.rules().acknowledgedWrites()).isGreaterThan(before);
  }

  @Test
  void aFailoverThatNobodyFinishedIsTakenUpWhereVotesTakeLong() {
    SentinelFleet fleet = new SentinelFleet(4, 3, 3, 2, 1000);
    fleet.acknowledgeWrites(1);
    fleet.runFor(15_000);
    fleet.network().setDelays(100, 150);
    takesUp(fleet);
  }

  @Test
  void aPlannedFailoverKeepsThemWithOneMemberMissing() {
    for (int seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 3000);
      fleet.acknowledgeWrites(1);
      fleet.rules().allowForced();
      fleet.runFor(15_000);
      fleet.node(3).kill();
      fleet.runFor(5000);
      fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
      fleet.runFor(20_000);
      assertThat(fleet.node(2).master()).as("seed " + seed).isNull();
      fleet.rules().keepsAll(fleet.node(2));
    }
  }

  /** The replica chosen first lacks writes that the master continues to confirm. */
  @Test
  void aPlannedFailoverThatCanNotStopWritesTakesTheOneWithMost() {
    for (int seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 3000);
      fleet.acknowledgeWrites(1);
      fleet.rules().allowForced();
      fleet.runFor(15_000);
      fleet.node(2).setPriority(1);
      fleet.node(3).setPriority(100);
      fleet.runFor(12_000);
      fleet.network().cut(fleet.node(1).address().toString(), fleet.node(2).address().toString());
      cut(fleet, fleet.node(1));
      fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
      fleet.runFor(20_000);
      SimulatedDataNode master = fleet.node(3).master() == null ? fleet.node(3) : fleet.node(2);
      assertThat(master.master()).as("seed " + seed).isNull();
      fleet.rules().keepsAll(master);
    }
  }

  /**
   * With more acknowledgements per write, a failover needs fewer promises. Only the master has the
   * new configuration, and a write confirmed under the earlier one is on a replica that does not
   * answer.
   */
  @Test
  void doesNotCountByWhatOnlyTheOldMasterKnows() {
    for (int seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = groupOfFour(seed);
      cutReplication(fleet);
      fleet.runFor(3000);
      cut(fleet, fleet.node(2));
      cut(fleet, fleet.node(1));
      fleet.node(1).member().propose(2);
      untilFences(fleet, 1);
      fleet.network().mend();
      cutReplication(fleet);
      cut(fleet, fleet.node(2));
      fleet.runFor(1500);
      assertThat(fleet.node(3).master()).as("seed " + seed).isNotNull();
      assertThat(fleet.node(4).master()).as("seed " + seed).isNotNull();
    }
  }

  /**
   * Verifies that a configuration proposed by a deposed master does not count. It needs fewer
   * promises than the one confirmed by its successor, whose group the sentinels have not read yet.
   */
  @Test
  void doesNotCountByAChangeOfAMasterThatWasReplaced() {
    for (int seed = 1; seed <= 20; seed++) {
      SentinelFleet fleet = groupOfFour(seed);
      cutOthersFromTheLast(fleet);
      fleet.runFor(500);
      cut(fleet, fleet.node(1));
      for (int i = 0;
          i < 200 && fleet.node(2).master() != null && fleet.node(3).master() != null;
          i++) {
        fleet.runFor(20);
      }
      SimulatedDataNode later = fleet.node(fleet.node(2).master() == null ? 2 : 3);
      assertThat(later.master()).isNull();
      fleet.runFor(100);
      cut(fleet, later);
      fleet.node(1).member().propose(2);
      fleet.runFor(1000);
      fleet.node(later == fleet.node(2) ? 3 : 2).kill();
      untilFences(fleet, 2);
      fleet.network().mend();
      cutOthersFromTheLast(fleet);
      cut(fleet, later);
      fleet.runFor(1500);
      assertThat(fleet.sentinels())
          .as("seed " + seed)
          .allMatch(each -> each.master().currentAddress().equals(later.address()));
    }
  }

  private static void cutOthersFromTheLast(SentinelFleet fleet) {
    for (int i = 1; i <= 3; i++) {
      fleet.network().cut(fleet.node(i).address().toString(), fleet.node(4).address().toString());
    }
  }

  /** Returns a master with three replicas, one of which must acknowledge each write. */
  private static SentinelFleet groupOfFour(int seed) {
    SentinelFleet fleet = new SentinelFleet(seed, 3, 4, 2, 1000);
    fleet.acknowledgeWrites(1);
    fleet.runFor(15_000);
    return fleet;
  }

  /** Waits until the given number of failovers have requested promises. */
  private static void untilFences(SentinelFleet fleet, int count) {
    for (int i = 0; i < 200 && fences(fleet) < count; i++) {
      fleet.runFor(50);
    }
    assertThat(fences(fleet)).isGreaterThanOrEqualTo(count);
  }

  private static long fences(SentinelFleet fleet) {
    return fleet.trace().stream()
        .filter(line -> line.contains("+failover-state-fence-slaves"))
        .count();
  }

  /** Leaves the master one replica. */
  private static void cutReplication(SentinelFleet fleet) {
    String master = fleet.node(1).address().toString();
    fleet.network().cut(master, fleet.node(3).address().toString());
    fleet.network().cut(master, fleet.node(4).address().toString());
  }

  /** Injects faults of all kinds. */
  private static void storm(SentinelFleet fleet) {
    SentinelStorm storm = new SentinelStorm(fleet);
    storm.withoutOperators();
    storm.rage(60_000);
  }

  /**
   * Cuts the sentinels off from the master, which continues with its replicas, while the replicas
   * restart and are reachable at times.
   */
  private static void siege(SentinelFleet fleet) {
    for (int round = 0; round < 40; round++) {
      SimulatedDataNode replica =
          fleet.nodes().get(fleet.random().nextInt(1, fleet.nodes().size()));
      switch (fleet.random().nextInt(6)) {
        case 0 -> {
          replica.kill();
          replica.start();
        }
        case 1, 2 -> cut(fleet, replica);
        case 3 -> {
          fleet.network().mend();
          cut(fleet, fleet.node(1));
        }
        default -> cut(fleet, fleet.node(1));
      }
      fleet.runFor(fleet.random().nextLong(50, 700));
    }
  }

  private static void cut(SentinelFleet fleet, SimulatedDataNode node) {
    for (SimulatedSentinel sentinel : fleet.sentinels()) {
      fleet.network().cut(sentinel.address().toString(), node.address().toString());
      fleet.network().cut(node.address().toString(), sentinel.address().toString());
    }
  }

  /** Returns false if an operator had to accept the loss of writes. */
  private static boolean run(
      long seed, boolean print, Consumer<SentinelFleet> prepared, Consumer<SentinelFleet> faults) {
    SplittableRandom shape = Seed.splittable(seed);
    int sentinels = shape.nextInt(3, 6);
    int nodes = shape.nextInt(3, 6);
    int quorum = shape.nextInt(2, sentinels / 2 + 2);
    SentinelFleet fleet =
        new SentinelFleet(seed, sentinels, nodes, quorum, shape.nextLong(500, 3000));
    fleet.acknowledgeWrites(shape.nextInt(1, nodes - 1));
    prepared.accept(fleet);
    SentinelStorm storm = new SentinelStorm(fleet);
    try {
      fleet.runFor(15_000);
      faults.accept(fleet);
      String amiss = storm.recover(RECOVERY_MILLIS);
      boolean forced = amiss != null;
      for (int i = 0; i < MOST_ORDERS && amiss != null; i++) {
        fleet.rules().allowForced();
        fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, true));
        amiss = storm.recover(RECOVERY_MILLIS / MOST_ORDERS);
      }
      if (amiss != null) {
        fail("did not recover: " + amiss);
      }
      if (!forced) {
        fleet
            .rules()
            .keepsAll(
                fleet.nodes().stream()
                    .filter(node -> node.master() == null)
                    .findFirst()
                    .orElseThrow());
      }
      if (print) {}
      return !forced;
    } catch (AssertionError | RuntimeException e) {
      int from = print ? 0 : Math.max(0, fleet.trace().size() - 60);
      String story = String.join("\n", fleet.trace().subList(from, fleet.trace().size()));
      throw new AssertionError(
          "seed " + seed + " (repeat with -Dredoubt.seed=" + seed + "): " + e + "\n" + story, e);
    }
  }
}
