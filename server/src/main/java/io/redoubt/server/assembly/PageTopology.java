package io.redoubt.server.assembly;

import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.lifecycle.HeardSentinels;
import io.redoubt.server.replication.ReplicationView;
import io.redoubt.server.replication.ReplicationView.ReplicaState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The groups of the page: this server with its master, replicas and sentinels, or the shards of its
 * cluster. Confined to the event loop.
 */
final class PageTopology {
  private static final int MAX_REPLICAS = 30;
  private static final int MAX_SHARDS = 24;
  private static final int MAX_RANGES = 3;

  /** The time after which a sentinel counts as silent; it announces itself every two seconds. */
  static final long SENTINEL_SILENT_MILLIS = 10_000;

  /** The time beyond the interval of its pings after which a master counts as silent. */
  private static final long MASTER_PATIENCE_SECONDS = 3;

  private final ServerParts parts;
  private final ReplicationView replication;

  PageTopology(ServerParts parts, ReplicationView replication) {
    this.parts = parts;
    this.replication = replication;
  }

  /**
   * Writes the groups.
   *
   * @param gone the time since replicas of the last minutes were lost, by address
   */
  void write(Json json, Map<String, Long> gone) {
    json.array("groups");
    if (parts.replication.clusterNode == null) {
      group(json, gone);
      json.endArray();
    } else {
      Cluster cluster = parts.replication.clusterNode.cluster();
      List<Node> masters = masters(cluster);
      masters.stream().limit(MAX_SHARDS).forEach(master -> shard(json, cluster, master));
      json.endArray();
      cluster(json, cluster, Math.max(0, masters.size() - MAX_SHARDS));
    }
  }

  private String self() {
    return "this server, port " + parts.clients.listeners.port();
  }

  private void group(Json json, Map<String, Long> gone) {
    json.object().member("name", "").array("nodes");
    String upstream = "";
    if (replication.isReplica()) {
      upstream = Addresses.describe(replication.masterHost(), replication.masterPort());
      upstream(json, upstream);
    }
    json.object()
        .member("id", self())
        .member("self", true)
        .member("role", replication.isReplica() ? "replica" : "master")
        .member("of", upstream)
        .member("state", "ok")
        .member("offset", replication.offset())
        .endObject();
    List<ReplicaState> replicas = replication.replicas();
    for (ReplicaState replica : replicas.subList(0, Math.min(replicas.size(), MAX_REPLICAS))) {
      replica(json, replica);
    }
    gone.forEach((address, millis) ->
        json.object()
            .member("id", address)
            .member("role", "replica")
            .member("of", self())
            .member("state", "gone")
            .member("silentMillis", millis)
            .endObject());
    json.endArray().array("sentinels");
    for (HeardSentinels.Heard sentinel : parts.replication.heardSentinels.list()) {
      boolean silent = sentinel.silentMillis() > SENTINEL_SILENT_MILLIS;
      json.object()
          .member("id", sentinel.address())
          .member("state", silent ? "silent" : "ok")
          .member("silentMillis", sentinel.silentMillis())
          .endObject();
    }
    json.endArray().endObject();
  }

  private void upstream(Json json, String address) {
    json.object().member("id", address).member("role", "master");
    long silentSeconds = replication.silentSeconds();
    if (!replication.isLinkUp()) {
      json.member("state", replication.isSyncing() ? "syncing" : "link down");
    } else if (silentSeconds
        > parts.settings.replication.replPingReplicaPeriod.value() + MASTER_PATIENCE_SECONDS) {
      json.member("state", "silent")
          .member("silentMillis", TimeUnit.SECONDS.toMillis(silentSeconds));
    } else {
      json.member("state", "ok");
    }
    json.endObject();
  }

  private void replica(Json json, ReplicaState replica) {
    boolean online = replica.state().equals("online");
    json.object()
        .member("id", Addresses.describe(replica.host(), replica.port()))
        .member("role", "replica")
        .member("of", self());
    if (online && !PageSentence.isInStep(replica)) {
      json.member("state", "silent").member("silentMillis", replica.lagMillis());
    } else {
      json.member("state", online ? "ok" : replica.state());
    }
    json.member("offset", replica.ackOffset())
        .member("lagBytes", replica.lagBytes())
        .member("lagMillis", replica.lagMillis())
        .endObject();
  }

  /** Returns the masters: this shard's first, then failed ones, then by their slots. */
  private static List<Node> masters(Cluster cluster) {
    Node me = cluster.me();
    Node own = me.master() == null ? me : me.master();
    List<Node> masters = new ArrayList<>();
    for (Node node : cluster.allNodes()) {
      if (node.master() == null) {
        masters.add(node);
      }
    }
    masters.sort(
        Comparator.<Node, Boolean>comparing(node -> node != own)
            .thenComparing(node -> !node.has(NodeFlag.FAIL | NodeFlag.PFAIL))
            .thenComparing(node -> firstSlot(node.slots())));
    return masters;
  }

  private static int firstSlot(SlotSet slots) {
    int[] first = {SlotSet.SLOTS};
    slots.forEachRange((from, to) -> first[0] = Math.min(first[0], from));
    return first[0];
  }

  private void shard(Json json, Cluster cluster, Node master) {
    json.object()
        .member("name", "")
        .member("slots", ranges(master.slots()))
        .member("slotCount", master.slotCount())
        .array("nodes");
    node(json, cluster, master, "");
    master.replicas().stream()
        .limit(MAX_REPLICAS)
        .forEach(replica -> node(json, cluster, replica, name(cluster, master)));
    json.endArray().array("sentinels").endArray().endObject();
  }

  private String name(Cluster cluster, Node node) {
    return node == cluster.me() ? self() : node.shownAddress();
  }

  private void node(Json json, Cluster cluster, Node node, String master) {
    boolean self = node == cluster.me();
    json.object()
        .member("id", name(cluster, node))
        .member("self", self)
        .member("role", node.isReplica() ? "replica" : "master")
        .member("of", master)
        .member("state", state(node, self))
        .member("offset", self ? cluster.offset() : node.offset())
        .endObject();
  }

  private static String state(Node node, boolean self) {
    if (self) {
      return "ok";
    }
    if (node.hasFailed()) {
      return "failed";
    }
    if (node.has(NodeFlag.PFAIL)) {
      return "silent";
    }
    if (node.isInHandshake()) {
      return "handshake";
    }
    return node.isConnected() ? "ok" : "no link";
  }

  /** Returns the first slot ranges as text. */
  private static String ranges(SlotSet slots) {
    List<String> ranges = new ArrayList<>();
    slots.forEachRange((first, last) -> {
      if (ranges.size() < MAX_RANGES) {
        ranges.add(first == last ? Integer.toString(first) : first + "–" + last);
      } else if (ranges.size() == MAX_RANGES) {
        ranges.add("…");
      }
    });
    return String.join(", ", ranges);
  }

  private static void cluster(Json json, Cluster cluster, int hidden) {
    json.object("cluster")
        .member("state", cluster.isServing() ? "ok" : "fail")
        .member("slotsAssigned", cluster.assignedSlots())
        .member("nodes", cluster.allNodes().size())
        .member("masters", cluster.voters())
        .member("epoch", cluster.currentEpoch())
        .member("hiddenShards", hidden)
        .endObject();
  }
}
