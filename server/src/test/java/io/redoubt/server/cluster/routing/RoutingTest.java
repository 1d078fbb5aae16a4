package io.redoubt.server.cluster.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.core.DefaultOptions;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.routing.Routing.Kind;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RoutingTest {
  private static final String ME = "a".repeat(40);
  private static final String OTHER = "b".repeat(40);
  private static final int MINE = 1;
  private static final int MIGRATING = 2;
  private static final int IMPORTING = 9000;
  private static final int THEIRS = 9001;
  private static final int UNBOUND = 16383;

  private static final Kind READ = new Kind(false, false, false, false, false, false);
  private static final Kind WRITE = new Kind(true, false, false, false, false, false);
  private static final Kind MIGRATE = new Kind(true, false, true, false, false, false);
  private static final Kind ASKING = new Kind(false, false, false, true, false, false);
  private static final Kind READ_ONLY = new Kind(false, false, false, false, true, false);
  private static final Kind CHANNEL = new Kind(false, true, false, false, false, false);

  private static final class Options implements RoutingOptions {
    boolean reads;
    boolean channels;
    Shown shown = Shown.IP;

    @Override
    public boolean allowsReadsWhenDown() {
      return reads;
    }

    @Override
    public boolean allowsShardedChannelsWhenDown() {
      return channels;
    }

    @Override
    public boolean busUsesTls() {
      return false;
    }

    @Override
    public Shown shownNames() {
      return shown;
    }
  }

  private final Options options = new Options();

  private static NodeRecord node(
      String id, int flags, @Nullable String master, SlotSet slots, NodeRecord.OpenSlots open) {
    return new NodeRecord(
        id,
        new Endpoint(id.equals(ME) ? "10.0.0.1" : "10.0.0.2", 6379, 6380, 16379),
        new NodeRecord.Labels(id.equals(ME) ? "" : "other.example.com", "", ""),
        flags,
        master,
        new NodeRecord.Contact(0, 0, true),
        new Claim(1, slots),
        open);
  }

  /**
   * Returns the routing of a master, or of a replica of the other node, which has served before.
   */
  private Routing routing(boolean replica, boolean serving) {
    NodeRecord.OpenSlots open =
        replica
            ? NodeRecord.OpenSlots.NONE
            : new NodeRecord.OpenSlots(Map.of(MIGRATING, OTHER), Map.of(IMPORTING, OTHER));
    SlotSet mine = replica ? new SlotSet() : SlotSet.range(0, 8191);
    SlotSet theirs = SlotSet.range(replica ? 0 : 8192, UNBOUND - 1);
    ClusterState state =
        new ClusterState(
            ME,
            1,
            0,
            List.of(
                replica
                    ? node(ME, NodeFlag.MYSELF | NodeFlag.REPLICA, OTHER, mine, open)
                    : node(ME, NodeFlag.MYSELF | NodeFlag.MASTER, null, mine, open),
                node(OTHER, NodeFlag.MASTER, null, theirs, NodeRecord.OpenSlots.NONE)));
    ClusterOptions all = DefaultOptions.of(new Endpoint("10.0.0.1", 6379, 6380, 16379));
    ClusterOptions partial =
        new ClusterOptions(
            new ClusterOptions.Identity(all.announced(), "", ""),
            new ClusterOptions.Times(all.nodeTimeoutMillis(), 0, 10_000),
            10,
            1,
            true,
            false,
            false);
    Cluster cluster = new Cluster(state, partial, Seed.splittable(1), 0);
    if (serving) {
      for (long now = 0; now <= 6000; now += 100) {
        assertThat(cluster.step(now, new Input.Tick(now))).isNotNull();
      }
    }
    assertThat(cluster.isServing()).isEqualTo(serving);
    return new Routing(() -> cluster, options);
  }

  /**
   * Returns the refusal of a request with keys of these slots; a negative slot represents a missing
   * key.
   */
  private static @Nullable String refusal(Routing routing, Kind kind, int... slots) {
    routing.begin();
    for (int slot : slots) {
      if (routing.key(Math.abs(slot)) && slot < 0) {
        routing.missing();
      }
    }
    return routing.refusal(kind);
  }

  @Test
  void runsWhatItOwnsAndWhatHasNoKeys() {
    Routing routing = routing(false, true);
    assertThat(refusal(routing, WRITE)).isNull();
    assertThat(refusal(routing, WRITE, MINE)).isNull();
    assertThat(refusal(routing, READ, MINE, -MINE)).isNull();
  }

  @Test
  void redirectsToOtherOwners() {
    Routing routing = routing(false, true);
    assertThat(refusal(routing, READ, THEIRS)).isEqualTo("MOVED 9001 10.0.0.2:6379");
    assertThat(refusal(routing, READ_ONLY, THEIRS)).isEqualTo("MOVED 9001 10.0.0.2:6379");
    assertThat(refusal(routing, new Kind(false, false, false, false, false, true), THEIRS))
        .isEqualTo("MOVED 9001 10.0.0.2:6380");
    options.shown = RoutingOptions.Shown.HOSTNAME;
    assertThat(refusal(routing, READ, THEIRS)).isEqualTo("MOVED 9001 other.example.com:6379");
    options.shown = RoutingOptions.Shown.UNKNOWN;
    assertThat(refusal(routing, READ, THEIRS)).isEqualTo("MOVED 9001 :6379");
  }

  @Test
  void refusesKeysOfSeveralSlotsAfterUnboundOnes() {
    Routing routing = routing(false, true);
    assertThat(refusal(routing, READ, MINE, THEIRS)).startsWith("CROSSSLOT");
    assertThat(refusal(routing, READ, THEIRS, MINE)).startsWith("CROSSSLOT");
    assertThat(refusal(routing, READ, UNBOUND)).isEqualTo("CLUSTERDOWN Hash slot not served");
    assertThat(refusal(routing, READ, UNBOUND, MINE)).isEqualTo("CLUSTERDOWN Hash slot not served");
    assertThat(refusal(routing, READ, MINE)).isNull();
  }

  @Test
  void asksForMissingKeysOfASlotThatMigrates() {
    Routing routing = routing(false, true);
    assertThat(refusal(routing, WRITE, MIGRATING)).isNull();
    assertThat(refusal(routing, WRITE, -MIGRATING)).isEqualTo("ASK 2 10.0.0.2:6379");
    assertThat(refusal(routing, READ, -MIGRATING, -MIGRATING)).isEqualTo("ASK 2 10.0.0.2:6379");
    assertThat(refusal(routing, READ, MIGRATING, -MIGRATING)).startsWith("TRYAGAIN");
    assertThat(refusal(routing, MIGRATE, -MIGRATING)).isNull();
  }

  @Test
  void servesAnImportedSlotToThoseWhoAsk() {
    Routing routing = routing(false, true);
    assertThat(refusal(routing, READ, IMPORTING)).isEqualTo("MOVED 9000 10.0.0.2:6379");
    assertThat(refusal(routing, ASKING, -IMPORTING)).isNull();
    assertThat(refusal(routing, ASKING, IMPORTING, IMPORTING)).isNull();
    assertThat(refusal(routing, ASKING, IMPORTING, -IMPORTING)).startsWith("TRYAGAIN");
    assertThat(refusal(routing, MIGRATE, -IMPORTING)).isNull();
    assertThat(refusal(routing, ASKING, THEIRS)).isEqualTo("MOVED 9001 10.0.0.2:6379");
  }

  @Test
  void readsFromAReplicaOnlyOnRequest() {
    Routing routing = routing(true, true);
    assertThat(refusal(routing, READ, MINE)).isEqualTo("MOVED 1 10.0.0.2:6379");
    assertThat(refusal(routing, READ_ONLY, MINE)).isNull();
    assertThat(refusal(routing, new Kind(true, false, false, false, true, false), MINE))
        .isEqualTo("MOVED 1 10.0.0.2:6379");
  }

  @Test
  void servesNothingWhileTheClusterIsDownUnlessAllowed() {
    Routing routing = routing(false, false);
    assertThat(refusal(routing, READ)).isNull();
    assertThat(refusal(routing, READ, MINE)).isEqualTo("CLUSTERDOWN The cluster is down");
    assertThat(refusal(routing, READ, MINE, THEIRS)).startsWith("CROSSSLOT");
    assertThat(refusal(routing, CHANNEL, MINE)).isEqualTo("CLUSTERDOWN The cluster is down");
    options.channels = true;
    assertThat(refusal(routing, CHANNEL, MINE)).isNull();
    options.reads = true;
    assertThat(refusal(routing, READ, MINE)).isNull();
    assertThat(refusal(routing, WRITE, MINE))
        .isEqualTo("CLUSTERDOWN The cluster is down and only accepts read commands");
    assertThat(refusal(routing, READ, THEIRS)).isEqualTo("MOVED 9001 10.0.0.2:6379");
  }

  @Test
  void showsTheNamesOfNodes() {
    Routing routing = routing(false, true);
    assertThat(refusal(routing, READ, MINE)).isNull();
    Node unnamed =
        new Cluster(
                Cluster.fresh(
                    DefaultOptions.of(new Endpoint("::1", 7000, 0, 17000)), Seed.splittable(2)),
                DefaultOptions.of(new Endpoint("::1", 7000, 0, 17000)),
                Seed.splittable(2),
                0)
            .me();
    options.shown = RoutingOptions.Shown.HOSTNAME;
    assertThat(options.shown(unnamed)).isEqualTo("?");
    assertThat(options.port(unnamed, true)).isEqualTo(7000);
  }
}
