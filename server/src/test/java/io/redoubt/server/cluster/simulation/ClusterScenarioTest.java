package io.redoubt.server.cluster.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.core.DefaultOptions;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Input.FailoverKind;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests single behaviours of clusters without random faults. */
class ClusterScenarioTest {
  private static final long TIMEOUT_MILLIS = 2000;
  private static final long PATIENCE_MILLIS = 60_000;

  private ClusterFleet formed(int masters, int replicasEach) {
    ClusterFleet fleet = new ClusterFleet(1, masters, replicasEach, TIMEOUT_MILLIS);
    fleet.form();
    return fleet;
  }

  private static SimulatedClusterNode node(ClusterFleet fleet, int number) {
    return fleet.nodes().get(number - 1);
  }

  private static Node seen(SimulatedClusterNode by, SimulatedClusterNode node) {
    Node seen = by.core().node(node.id());
    if (seen == null) {
      throw new AssertionError(by.name() + " does not know " + node.name());
    }
    return seen;
  }

  private static void waitForMaster(ClusterFleet fleet, SimulatedClusterNode node, SlotSet slots) {
    fleet.waitFor(
        PATIENCE_MILLIS,
        () ->
            node.isUp() && node.core().me().isMaster() && node.core().me().slots().equals(slots)
                ? null
                : node.name() + " is no master of " + slots);
  }

  @Test
  void replacesAKilledMasterWhichThenFollows() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode master = node(fleet, 1);
    SimulatedClusterNode replica = node(fleet, 4);
    master.crash();
    waitForMaster(fleet, replica, fleet.share(0));
    assertThat(fleet.rules().elections()).isEqualTo(1);
    assertThat(seen(node(fleet, 2), master).hasFailed()).isTrue();
    master.start();
    fleet.waitFor(PATIENCE_MILLIS, fleet::disagreement);
    assertThat(master.core().me().master()).isSameAs(seen(master, replica));
  }

  @Test
  void prefersTheReplicaWithMoreData() {
    for (int seed = 1; seed <= 10; seed++) {
      ClusterFleet fleet = new ClusterFleet(seed, 3, 2, TIMEOUT_MILLIS);
      fleet.form();
      SimulatedClusterNode master = node(fleet, 1);
      SimulatedClusterNode late = node(fleet, 4);
      SimulatedClusterNode ahead = node(fleet, 7);
      fleet.network().cut(master.ip(), late.ip());
      fleet.network().runFor(1000);
      assertThat(ahead.offset()).isGreaterThan(late.offset());
      master.crash();
      waitForMaster(fleet, ahead, fleet.share(0));
      assertThat(late.core().me().isReplica()).isTrue();
    }
  }

  /**
   * Two votes of four are no majority, even while the slots of another master pass to its replica
   * and the candidate counts three masters.
   */
  @Test
  void needsTheMajorityFromTheBeginningOfAnElection() {
    ClusterFleet fleet = formed(4, 1);
    SimulatedClusterNode giver = node(fleet, 1);
    SimulatedClusterNode taker = node(fleet, 5);
    SimulatedClusterNode candidate = node(fleet, 7);
    candidate.waitLikeRedis(); // which leaves time to cut a connection
    fleet.rules().allowOperators();
    node(fleet, 3).crash();
    waitForLine(fleet, "Start of election delayed");
    fleet.network().cut(candidate.ip(), giver.ip()); // which receives no vote request
    waitForLine(fleet, "auth granted");
    fleet.network().runFor(50);
    fleet.network().cut(taker.ip(), candidate.ip()); // which does not learn of the new master
    assertThat(taker.order(new Input.Failover(FailoverKind.TAKEOVER))).isEqualTo("OK");
    waitForMaster(fleet, taker, fleet.share(0));
    fleet.network().mend();
    fleet.network().cut(taker.ip(), candidate.ip());
    fleet.waitFor(
        PATIENCE_MILLIS, () -> candidate.core().voters() == 3 ? null : "all masters are seen");
    assertThat(candidate.core().me().isMaster()).isFalse();
    fleet.network().mend();
    waitForMaster(fleet, candidate, fleet.share(2));
  }

  /**
   * Verifies that a node still needs three of four votes after a deposed master has announced that
   * it is a replica, but before the new master is heard.
   */
  @Test
  void countsMastersThatItHasNotHeardOf() {
    ClusterFleet fleet = formed(4, 1);
    SimulatedClusterNode observer = node(fleet, 7);
    SimulatedClusterNode taker = node(fleet, 8);
    fleet.rules().allowOperators();
    for (SimulatedClusterNode other : fleet.nodes()) {
      if (other != node(fleet, 4)) {
        fleet.network().cut(other.ip(), observer.ip());
      }
    }
    assertThat(taker.order(new Input.Failover(FailoverKind.TAKEOVER))).isEqualTo("OK");
    fleet.waitFor(
        PATIENCE_MILLIS, () -> observer.core().voters() == 3 ? null : "the loss is not seen");
    assertThat(observer.core().majority()).isEqualTo(3);
    fleet.network().mend();
    fleet.waitFor(PATIENCE_MILLIS, fleet::disagreement);
    assertThat(observer.core().voters()).isEqualTo(4);
    assertThat(observer.core().majority()).isEqualTo(3);
  }

  private static void waitForLine(ClusterFleet fleet, String text) {
    fleet.waitFor(
        PATIENCE_MILLIS,
        () -> fleet.trace().stream().anyMatch(line -> line.contains(text)) ? null : text);
  }

  @Test
  void losesNoWriteInAManualFailover() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode master = node(fleet, 2);
    SimulatedClusterNode replica = node(fleet, 5);
    assertThat(replica.order(new Input.Failover(FailoverKind.DEFAULT))).isEqualTo("OK");
    waitForMaster(fleet, replica, fleet.share(1));
    fleet.waitFor(PATIENCE_MILLIS, fleet::disagreement);
    assertThat(replica.offset()).isGreaterThanOrEqualTo(master.offset());
    assertThat(master.core().me().master()).isSameAs(seen(master, replica));
    assertThat(fleet.trace()).noneMatch(line -> line.contains("possibly failing"));
  }

  @Test
  void abortsAManualFailoverWhoseMasterDies() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode replica = node(fleet, 4);
    node(fleet, 1).pause(4000);
    assertThat(replica.order(new Input.Failover(FailoverKind.DEFAULT))).isEqualTo("OK");
    fleet.network().runFor(1000);
    assertThat(replica.core().awaitedOffset()).isEqualTo(-1);
    assertThat(replica.core().me().isReplica()).isTrue();
  }

  @Test
  void forcesAFailoverOfADeadMasterAndTakesOverWithoutAMajority() {
    ClusterFleet fleet = formed(3, 1);
    fleet.rules().allowOperators();
    node(fleet, 1).crash();
    fleet.network().runFor(500);
    assertThat(node(fleet, 4).order(new Input.Failover(FailoverKind.FORCE))).isEqualTo("OK");
    fleet.network().runFor(500);
    assertThat(node(fleet, 4).core().me().slots()).isEqualTo(fleet.share(0));
    node(fleet, 3).crash();
    node(fleet, 4).crash();
    assertThat(node(fleet, 5).order(new Input.Failover(FailoverKind.TAKEOVER))).isEqualTo("OK");
    assertThat(node(fleet, 5).core().me().slots()).isEqualTo(fleet.share(1));
    fleet.nodes().forEach(SimulatedClusterNode::start);
    fleet.waitFor(PATIENCE_MILLIS, fleet::disagreement);
    assertThat(node(fleet, 2).core().me().isReplica()).isTrue();
  }

  @Test
  void refusesFailoversWhereTheyMakeNoSense() {
    ClusterFleet fleet = formed(3, 1);
    assertThat(node(fleet, 1).order(new Input.Failover(FailoverKind.FORCE)))
        .isEqualTo("ERR You should send CLUSTER FAILOVER to a replica");
    node(fleet, 1).crash();
    fleet.network().runFor(100);
    assertThat(node(fleet, 4).order(new Input.Failover(FailoverKind.DEFAULT)))
        .isEqualTo("ERR Master is down or failed, please use CLUSTER FAILOVER FORCE");
  }

  @Test
  void movesASlot() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode from = node(fleet, 3);
    SimulatedClusterNode to = node(fleet, 1);
    int slot = 16_000;
    assertThat(from.core().owner(slot)).isSameAs(from.core().me());
    assertThat(to.order(new Input.ImportSlot(slot, from.id()))).isEqualTo("OK");
    assertThat(from.order(new Input.MigrateSlot(slot, to.id()))).isEqualTo("OK");
    assertThat(from.core().migratingTo(slot)).isSameAs(seen(from, to));
    assertThat(to.core().importingFrom(slot)).isSameAs(seen(to, from));
    fleet.network().runFor(10); // the time until an order is durable
    assertThat(from.disk().myself().openSlots().migrating()).containsEntry(slot, to.id());
    assertThat(from.order(new Input.AssignSlot(slot, to.id(), 3)))
        .startsWith("ERR Can't assign hashslot 16000 to a different node while I still hold keys");
    long epoch = to.core().me().configEpoch();
    fleet.rules().allowOperators();
    assertThat(to.order(new Input.AssignSlot(slot, to.id(), 3))).isEqualTo("OK");
    assertThat(to.core().me().configEpoch()).isGreaterThan(epoch);
    fleet.waitFor(
        PATIENCE_MILLIS,
        () -> seen(node(fleet, 5), to).slots().contains(slot) ? null : "slot is not moved");
    fleet.waitFor(PATIENCE_MILLIS, fleet::disagreement);
    assertThat(from.core().migratingTo(slot)).isNull();
    assertThat(to.core().importingFrom(slot)).isNull();
  }

  @Test
  void resolvesACollisionOfEpochs() {
    ClusterFleet fleet = new ClusterFleet(1, 2, 0, TIMEOUT_MILLIS);
    fleet.rules().allowOperators();
    for (int i = 1; i <= 2; i++) {
      SimulatedClusterNode node = node(fleet, i);
      node.start();
      assertThat(node.order(new Input.SetConfigEpoch(5))).isEqualTo("OK");
      assertThat(node.order(new Input.SetConfigEpoch(6)))
          .isEqualTo("ERR Node config epoch is already non-zero");
      assertThat(node.order(new Input.AddSlots(fleet.share(i - 1)))).isEqualTo("OK");
    }
    node(fleet, 1).order(new Input.Meet(node(fleet, 2).ip(), 6379, 16379));
    fleet.waitFor(PATIENCE_MILLIS, fleet::disagreement);
    Cluster one = node(fleet, 1).core();
    Cluster two = node(fleet, 2).core();
    boolean oneIsSmaller = one.myId().compareTo(two.myId()) < 0;
    assertThat(one.me().configEpoch()).isEqualTo(oneIsSmaller ? 6 : 5);
    assertThat(two.me().configEpoch()).isEqualTo(oneIsSmaller ? 5 : 6);
  }

  @Test
  void forgetsANodeEverywhere() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode gone = node(fleet, 6);
    gone.crash();
    SimulatedClusterNode first = node(fleet, 1);
    assertThat(first.order(new Input.Forget(first.id())))
        .isEqualTo("ERR I tried hard but I can't forget myself...");
    assertThat(first.order(new Input.Forget("0".repeat(40))))
        .isEqualTo("ERR Unknown node " + "0".repeat(40));
    assertThat(node(fleet, 4).order(new Input.Forget(first.id())))
        .isEqualTo("ERR Can't forget my master!");
    assertThat(first.order(new Input.Forget(gone.id()))).isEqualTo("OK");
    fleet.network().runFor(10_000);
    for (SimulatedClusterNode node : fleet.nodes()) {
      if (node != gone) {
        assertThat(node.core().node(gone.id())).as(node.name()).isNull();
      }
    }
  }

  @Test
  void movesAReplicaToAnOrphanedMaster() {
    ClusterFleet fleet = formed(3, 2);
    node(fleet, 4).crash();
    node(fleet, 7).crash();
    assertGetsAReplica(fleet, node(fleet, 1));
  }

  @Test
  void movesAReplicaToATakerWithoutSiblings() {
    ClusterFleet fleet = formed(3, 2);
    SimulatedClusterNode taker = node(fleet, 7);
    node(fleet, 4).crash();
    node(fleet, 1).crash();
    waitForMaster(fleet, taker, fleet.share(0));
    assertGetsAReplica(fleet, taker);
  }

  private static void assertGetsAReplica(ClusterFleet fleet, SimulatedClusterNode orphan) {
    fleet.waitFor(PATIENCE_MILLIS, () -> workingReplicas(orphan) == 0 ? null : "has replicas");
    fleet.waitFor(PATIENCE_MILLIS, () -> workingReplicas(orphan) > 0 ? null : "nobody came");
    assertThat(workingReplicas(orphan)).isEqualTo(1);
  }

  private static long workingReplicas(SimulatedClusterNode master) {
    return master.core().me().replicas().stream().filter(each -> !each.hasFailed()).count();
  }

  /** A master may fail before its first PING; its replica still belongs to its shard. */
  @Test
  void spreadsShardsWithTheHandshake() {
    ClusterFleet fleet = new ClusterFleet(1, 2, 0, TIMEOUT_MILLIS);
    SimulatedClusterNode one = node(fleet, 1);
    SimulatedClusterNode two = node(fleet, 2);
    fleet.nodes().forEach(SimulatedClusterNode::start);
    two.order(new Input.Meet(one.ip(), 6379, 16379));
    while (!knows(one, two) || !knows(two, one)) {
      fleet.network().runFor(1);
    }
    fleet.network().runFor(10); // a message takes 1 to 3 ms
    assertThat(seen(one, two).labels()).isEqualTo(two.core().me().labels());
    assertThat(seen(two, one).labels()).isEqualTo(one.core().me().labels());
  }

  private static boolean knows(SimulatedClusterNode observer, SimulatedClusterNode node) {
    return observer.core().allNodes().stream()
        .anyMatch(each -> each.id().equals(node.id()) && !each.isInHandshake());
  }

  @Test
  void spreadsHostNamesAndShards() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode named = node(fleet, 2);
    ClusterOptions options = DefaultOptions.of(new Endpoint("", 6379, 0, 16379));
    named.order(
        new Input.Configure(
            new ClusterOptions(
                new ClusterOptions.Identity(options.announced(), "two.example.com", "two"),
                new ClusterOptions.Times(TIMEOUT_MILLIS, 0, 10_000),
                10,
                1,
                true,
                true,
                true)));
    fleet.network().runFor(5000);
    for (SimulatedClusterNode node : fleet.nodes()) {
      Node seen = seen(node, named);
      assertThat(seen.labels()).isEqualTo(named.core().me().labels());
      assertThat(seen.labels().hostname()).isEqualTo("two.example.com");
      assertThat(seen.labels().nodeName()).isEqualTo("two");
      assertThat(seen(node, node(fleet, 5)).labels().shard()).isEqualTo(seen.labels().shard());
      assertThat(seen(node, node(fleet, 4)).labels().shard()).isNotEqualTo(seen.labels().shard());
    }
  }

  private static ClusterFleet formedWithNames(long seed) {
    ClusterFleet fleet = new ClusterFleet(seed, 3, 1, TIMEOUT_MILLIS);
    fleet.nameNodes();
    fleet.form();
    fleet.network().runFor(TIMEOUT_MILLIS); // names are in all state files
    return fleet;
  }

  /** Restarts all nodes at addresses that only the name server knows. */
  private static void moveAll(ClusterFleet fleet) {
    fleet.nodes().forEach(SimulatedClusterNode::crash);
    fleet.nodes().forEach(fleet::move);
    fleet.nodes().forEach(SimulatedClusterNode::start);
  }

  @Test
  void healsAfterAllNodesHaveMoved() {
    for (int seed = 1; seed <= 20; seed++) {
      ClusterFleet fleet = formedWithNames(seed);
      for (int times = 0; times < 3; times++) {
        moveAll(fleet);
        fleet.waitFor(10_000, fleet::disagreement);
        assertThat(fleet.rules().elections()).as("seed " + seed).isZero();
        for (SimulatedClusterNode node : fleet.nodes()) {
          for (NodeRecord record : node.disk().nodes()) {
            assertThat(record.endpoint().ip()).isEqualTo(fleet.of(record.id()).ip());
          }
        }
      }
    }
  }

  /** A pod may get the former address of another pod of the cluster. */
  @Test
  void healsAfterAllNodesHaveExchangedTheirAddresses() {
    for (int seed = 1; seed <= 20; seed++) {
      ClusterFleet fleet = formedWithNames(seed);
      List<String> ips =
          new ArrayList<>(fleet.nodes().stream().map(SimulatedClusterNode::ip).toList());
      Collections.rotate(ips, seed % 5 + 1);
      fleet.nodes().forEach(SimulatedClusterNode::crash);
      for (int i = 0; i < ips.size(); i++) {
        fleet.nodes().get(i).moveTo(ips.get(i));
      }
      fleet.correctNames();
      fleet.nodes().forEach(SimulatedClusterNode::start);
      fleet.waitFor(20_000, fleet::disagreement);
      assertThat(fleet.rules().elections()).as("seed " + seed).isZero();
    }
  }

  @Test
  void replicatesFromAMasterThatHasMoved() {
    ClusterFleet fleet = formedWithNames(1);
    SimulatedClusterNode master = node(fleet, 1);
    SimulatedClusterNode replica = node(fleet, 4);
    moveAll(fleet);
    fleet.waitFor(10_000, fleet::disagreement);
    long before = master.offset();
    fleet.network().runFor(2000);
    assertThat(replica.offset()).isGreaterThan(before);
  }

  /** Only the node itself proves that it has the address in the name server's answer. */
  @Test
  void distrustsTheNameServer() {
    ClusterFleet fleet = formedWithNames(1);
    SimulatedClusterNode stranger = fleet.addStranger();
    stranger.start();
    SimulatedClusterNode gone = node(fleet, 6);
    String before = gone.ip();
    gone.crash();
    for (String wrong : List.of(node(fleet, 2).ip(), stranger.ip(), "10.9.9.9", "")) {
      fleet.misname(gone, wrong);
      int requests = fleet.names().requests();
      fleet.network().runFor(20_000);
      assertThat(fleet.names().requests() - requests).isBetween(5 * 5, 5 * 20);
      for (SimulatedClusterNode node : fleet.nodes()) {
        if (node != gone) {
          assertThat(seen(node, gone).endpoint().ip()).isEqualTo(before);
          assertThat(node.core().allNodes()).hasSize(6);
          assertThat(node.core().isServing()).isTrue();
        }
      }
      assertThat(stranger.core().allNodes()).hasSize(1);
    }
    gone.start();
    fleet.misname(gone, "10.9.9.9");
    fleet.waitFor(10_000, fleet::disagreement);
    int requests = fleet.names().requests();
    fleet.network().runFor(20_000);
    assertThat(fleet.names().requests()).as("while all is well").isEqualTo(requests);
  }

  @Test
  void servesOnlyAfterItHasListened() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode master = node(fleet, 1);
    master.crash();
    master.start();
    fleet.network().runFor(1500);
    assertThat(master.core().isServing()).isFalse();
    fleet.network().runFor(3000);
    assertThat(master.core().isServing()).isTrue();
  }

  /** A new node cannot have been replaced, unlike a restarted one. */
  @Test
  void servesAtOnceWhenItIsNew() {
    ClusterFleet fleet = new ClusterFleet(1, 1, 0, TIMEOUT_MILLIS);
    SimulatedClusterNode node = node(fleet, 1);
    node.start();
    fleet.network().runFor(100);
    assertThat(node.core().isServing()).isFalse();
    assertThat(node.order(new Input.AddSlots(fleet.share(0)))).isEqualTo("OK");
    assertThat(node.core().isServing()).isTrue();
    node.crash();
    node.start();
    fleet.network().runFor(100);
    assertThat(node.core().isServing()).isFalse();
  }

  @Test
  void stopsServingWithoutAMajority() {
    ClusterFleet fleet = formed(3, 1);
    node(fleet, 2).crash();
    node(fleet, 3).crash();
    node(fleet, 5).crash();
    node(fleet, 6).crash();
    fleet.network().runFor(3 * TIMEOUT_MILLIS);
    assertThat(node(fleet, 1).core().isServing()).isFalse();
    assertThat(node(fleet, 4).core().isServing()).isFalse();
  }

  /** A paused process can't know whether it was replaced. */
  @Test
  void servesNothingAfterAPauseUntilItHasHeardOfAMajority() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode master = node(fleet, 1);
    SimulatedClusterNode replica = node(fleet, 4);
    master.pause(20_000);
    waitForMaster(fleet, replica, fleet.share(0));
    long written = master.offset();
    fleet.network().runFor(25_000);
    assertThat(master.core().me().isReplica()).isTrue();
    assertThat(fleet.trace()).anyMatch(line -> line.contains("This process was paused"));
    assertThat(replica.offset()).isGreaterThan(written);
  }

  /** A pause too short for a failover costs nothing but a line in the log. */
  @Test
  void servesAfterAPauseWellBelowTheNodeTimeout() {
    for (long millis : new long[] {TIMEOUT_MILLIS * 6 / 10, TIMEOUT_MILLIS * 7 / 10}) {
      ClusterFleet fleet = formed(3, 1);
      SimulatedClusterNode master = node(fleet, 1);
      master.pause(millis);
      fleet.network().runFor(5 * TIMEOUT_MILLIS);
      assertThat(fleet.trace()).anyMatch(line -> line.contains("This process was paused"));
      assertThat(fleet.trace()).noneMatch(line -> line.contains("state changed: fail"));
    }
  }

  @Test
  void startsAnewByAReset() {
    ClusterFleet fleet = formed(3, 1);
    SimulatedClusterNode replica = node(fleet, 4);
    String before = replica.id();
    assertThat(node(fleet, 1).order(new Input.Reset(true, true)))
        .isEqualTo("ERR CLUSTER RESET can't be called with master nodes containing keys");
    assertThat(replica.order(new Input.Reset(true, true))).isEqualTo("OK");
    assertThat(replica.id()).isNotEqualTo(before);
    assertThat(replica.core().allNodes()).containsExactly(replica.core().me());
    assertThat(replica.core().me().isMaster()).isTrue();
    assertThat(replica.core().currentEpoch()).isZero();
    assertThat(replica.offset()).isZero();
  }
}
