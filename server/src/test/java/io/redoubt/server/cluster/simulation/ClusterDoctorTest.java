package io.redoubt.server.cluster.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.core.DefaultOptions;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.nodes.NodeRecord.Contact;
import io.redoubt.server.cluster.nodes.NodeRecord.Labels;
import io.redoubt.server.cluster.nodes.NodeRecord.OpenSlots;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tests that each finding of CLUSTER DOCTOR appears with its cause and disappears with it. */
class ClusterDoctorTest {
  private static final long TIMEOUT_MILLIS = 2000;
  private static final long PATIENCE_MILLIS = 60_000;
  private static final int MASTERS = 3;

  private static ClusterFleet formed() {
    ClusterFleet fleet = new ClusterFleet(1, MASTERS, 1, TIMEOUT_MILLIS);
    fleet.form();
    return fleet;
  }

  private static SimulatedClusterNode node(ClusterFleet fleet, int number) {
    return fleet.nodes().get(number - 1);
  }

  /** Returns the words and subjects of a node's findings. */
  private static List<String> heads(Cluster cluster) {
    return cluster.findings().stream().map(each -> each.replaceFirst(": .*", "")).toList();
  }

  private static void awaitHeads(ClusterFleet fleet, SimulatedClusterNode node, String... heads) {
    fleet.waitFor(
        PATIENCE_MILLIS,
        () ->
            heads(node.core()).equals(List.of(heads))
                ? null
                : node.name() + " finds " + node.core().findings());
  }

  private static void ok(String reply) {
    assertThat(reply).isEqualTo("OK");
  }

  @Test
  void findsNothingInAHealthyCluster() {
    for (SimulatedClusterNode node : formed().nodes()) {
      assertThat(node.core().findings()).isEmpty();
    }
  }

  @Test
  void findsFailedNodesAndMastersWithoutReplica() {
    ClusterFleet fleet = formed();
    node(fleet, 4).crash();
    awaitHeads(fleet, node(fleet, 2), "no-replica 10.0.0.1:6379", "node-failed 10.0.0.4:6379");
    assertThat(node(fleet, 2).core().findings().getLast())
        .contains("CLUSTER FORGET " + node(fleet, 4).id());
    node(fleet, 4).start();
    awaitHeads(fleet, node(fleet, 2));
  }

  @Test
  void findsUnreachableNodes() {
    ClusterFleet fleet = formed();
    // Only one node finds the other silent, which is no majority.
    fleet.network().cut("10.0.0.2", "10.0.0.6");
    awaitHeads(fleet, node(fleet, 2), "node-unreachable 10.0.0.6:6379");
    assertThat(heads(node(fleet, 1).core())).isEmpty();
    fleet.network().mend();
    awaitHeads(fleet, node(fleet, 2));
  }

  @Test
  void findsSlotsOfADeadMasterAndItsFullCoverage() {
    ClusterFleet fleet = formed();
    node(fleet, 4).crash();
    fleet.network().runFor(10_000);
    node(fleet, 1).crash();
    awaitHeads(
        fleet,
        node(fleet, 2),
        "full-coverage cluster",
        "node-failed 10.0.0.1:6379",
        "node-failed 10.0.0.4:6379");
    assertThat(node(fleet, 2).core().findings().get(1)).contains("slots are not served");
    node(fleet, 1).start();
    node(fleet, 4).start();
    awaitHeads(fleet, node(fleet, 2));
  }

  @Test
  void findsUnassignedSlotsAndOldViewsOfThem() {
    ClusterFleet fleet = formed();
    ok(node(fleet, 1).order(new Input.DeleteSlots(SlotSet.of(5, 6, 9))));
    awaitHeads(fleet, node(fleet, 1), "slots-unassigned cluster", "full-coverage cluster");
    assertThat(node(fleet, 1).core().findings().getFirst()).contains("the slots 5-6 9:");
    awaitHeads(fleet, node(fleet, 2), "topology-differs 10.0.0.1:6379");
    assertThat(node(fleet, 2).core().findings().getFirst()).contains("the slots 5-6 9,");
    ok(node(fleet, 1).order(new Input.AddSlots(SlotSet.of(5, 6, 9))));
    awaitHeads(fleet, node(fleet, 1));
    awaitHeads(fleet, node(fleet, 2));
  }

  @Test
  void findsOpenSlots() {
    ClusterFleet fleet = formed();
    SimulatedClusterNode source = node(fleet, 1);
    SimulatedClusterNode target = node(fleet, 2);
    for (int slot : new int[] {7, 8}) {
      ok(target.order(new Input.ImportSlot(slot, source.id())));
      ok(source.order(new Input.MigrateSlot(slot, target.id())));
    }
    awaitHeads(fleet, source, "slots-migrating 10.0.0.1:6379");
    awaitHeads(fleet, target, "slots-importing 10.0.0.2:6379");
    assertThat(source.core().findings().getFirst()).contains("7-8 move to 10.0.0.2:6379");
    assertThat(target.core().findings().getFirst()).contains("7-8 move from 10.0.0.1:6379");
    for (int slot : new int[] {7, 8}) {
      ok(source.order(new Input.StabilizeSlot(slot)));
      ok(target.order(new Input.StabilizeSlot(slot)));
    }
    awaitHeads(fleet, source);
    awaitHeads(fleet, target);
  }

  @Test
  void findsTooFewMasters() {
    ClusterFleet fleet = new ClusterFleet(1, 2, 1, TIMEOUT_MILLIS);
    fleet.form();
    assertThat(heads(node(fleet, 1).core())).containsExactly("few-masters cluster");
  }

  private static Endpoint endpoint(int number) {
    return new Endpoint("10.0.0." + number, 6379, 0, 16379);
  }

  private static String id(int number) {
    return Integer.toString(number).repeat(40);
  }

  /** Returns one of three masters, 1 to 3, or their replicas, 4 to 6, each on its own machine. */
  private static NodeRecord usual(int number) {
    boolean master = number <= MASTERS;
    int share = number - 1;
    return new NodeRecord(
        id(number),
        endpoint(number),
        Labels.NONE,
        (master ? NodeFlag.MASTER : NodeFlag.REPLICA) | (number == 1 ? NodeFlag.MYSELF : 0),
        master ? null : id(number - MASTERS),
        Contact.MYSELF,
        new Claim(
            number,
            master
                ? SlotSet.range(
                    SlotSet.SLOTS * share / MASTERS, SlotSet.SLOTS * (share + 1) / MASTERS - 1)
                : new SlotSet()),
        OpenSlots.NONE);
  }

  private static NodeRecord changed(NodeRecord old, Endpoint endpoint, int flags, long epoch) {
    return new NodeRecord(
        old.id(),
        endpoint,
        old.labels(),
        flags,
        old.master(),
        old.contact(),
        new Claim(epoch, old.slots()),
        old.openSlots());
  }

  private static ClusterOptions options() {
    return DefaultOptions.of(new Endpoint("", 6379, 0, 16379));
  }

  /** Creates the first node of a cluster, with a state file in which some nodes are unusual. */
  private static Cluster restored(
      BiFunction<Integer, NodeRecord, @Nullable NodeRecord> change, ClusterOptions options) {
    List<NodeRecord> records = new ArrayList<>();
    for (int number = 1; number <= 2 * MASTERS; number++) {
      NodeRecord record = change.apply(number, usual(number));
      if (record != null) {
        records.add(record);
      }
    }
    return new Cluster(new ClusterState(id(1), 9, 9, records), options, Seed.splittable(1), 0);
  }

  private static List<String> headsOf(
      BiFunction<Integer, NodeRecord, @Nullable NodeRecord> change) {
    return heads(restored(change, options()));
  }

  private static NodeRecord at(NodeRecord old, int machine) {
    return changed(old, endpoint(machine), old.flags(), old.configEpoch());
  }

  @Test
  void findsReplicasBesideTheirMaster() {
    assertThat(headsOf((number, usual) -> usual)).isEmpty();
    assertThat(headsOf((number, usual) -> number == 5 ? at(usual, 2) : usual))
        .containsExactly("same-machine 10.0.0.2:6379");
    assertThat(headsOf((number, usual) -> number == 5 ? at(usual, 1) : usual)).isEmpty();
  }

  @Test
  void findsAMajorityOfMastersOnOneMachine() {
    assertThat(headsOf((number, usual) -> number == 2 ? at(usual, 1) : usual))
        .containsExactly("masters-on-one-machine 10.0.0.1");
    assertThat(headsOf((number, usual) -> number == 5 ? at(usual, 1) : usual)).isEmpty();
  }

  @Test
  void findsReplicasThatMustNotBePromoted() {
    assertThat(
            headsOf((number, usual) ->
                number == 6
                    ? changed(
                        usual,
                        usual.endpoint(),
                        usual.flags() | NodeFlag.NOFAILOVER,
                        usual.configEpoch())
                    : usual))
        .containsExactly("replicas-no-failover 10.0.0.3:6379");
  }

  @Test
  void findsEqualEpochs() {
    Cluster cluster =
        restored(
            (number, usual) ->
                number == 3 ? changed(usual, usual.endpoint(), usual.flags(), 2) : usual,
            options());
    assertThat(heads(cluster)).containsExactly("epoch-collision 10.0.0.3:6379");
    cluster.step(0, ping(3, 7, "10.0.0.1"));
    assertThat(heads(cluster)).isEmpty();
  }

  /** Returns a PING of a master that has reached this node at an address. */
  private static Input ping(int sender, long configEpoch, String localIp) {
    NodeRecord record = usual(sender);
    return new Input.Received(
        -1,
        localIp,
        record.endpoint().ip(),
        new Message(
            new Header(
                record.id(),
                record.endpoint(),
                new Header.View(9, true),
                new Claim(configEpoch, record.slots()),
                1,
                null,
                NodeFlag.MASTER,
                0),
            new Body.Gossip(Body.GossipKind.PING, List.of(), List.of())));
  }

  @Test
  void findsThatOthersKnowItByAnotherAddress() {
    Cluster cluster = restored((number, usual) -> usual, options());
    cluster.step(0, ping(2, 2, "10.0.0.1"));
    assertThat(heads(cluster)).isEmpty();
    cluster.step(0, ping(2, 2, "192.168.0.9"));
    assertThat(heads(cluster)).containsExactly("announce-unset 10.0.0.1:6379");
    assertThat(cluster.findings().getFirst()).contains("reach it at 192.168.0.9,");
    cluster.step(
        0, new Input.Configure(DefaultOptions.of(new Endpoint("192.168.0.9", 6379, 0, 16379))));
    assertThat(heads(cluster)).isEmpty();
  }

  @Test
  void judgesTheNodeTimeout() {
    Cluster cluster = restored((number, usual) -> usual, options());
    Stream.of(500L, 120_000L, 5000L)
        .forEach(millis -> {
          cluster.step(0, new Input.Configure(DefaultOptions.of(options().announced(), millis)));
          if (millis == 5000) {
            assertThat(heads(cluster)).isEmpty();
          } else {
            assertThat(heads(cluster))
                .containsExactly(
                    (millis == 500 ? "timeout-short" : "timeout-long") + " 10.0.0.1:6379");
            assertThat(cluster.findings().getFirst()).contains("is " + millis + " ms");
          }
        });
  }
}
