package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.nodes.NodeRecord.Contact;
import io.redoubt.server.cluster.nodes.NodeRecord.Labels;
import io.redoubt.server.cluster.nodes.NodeRecord.OpenSlots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Converts between the state on disk and the state machine's. */
final class Restoration {
  private static final int VOLATILE_FLAGS =
      NodeFlag.HANDSHAKE
          | NodeFlag.MEET
          | NodeFlag.MIGRATE_TO
          | NodeFlag.EXTENSIONS
          | NodeFlag.LIGHT_PUBLISH;

  private Restoration() {}

  static void restore(Cluster cluster, ClusterState state) {
    for (NodeRecord record : state.nodes()) {
      Node node = cluster.myself();
      if (!record.id().equals(state.myId())) {
        node = new Node(record.id(), 0, record.endpoint(), cluster.now());
        cluster.nodes.add(node);
      }
      int keptFlags = record.flags() & ~VOLATILE_FLAGS;
      if (node == cluster.myself()) {
        keptFlags &= ~(NodeFlag.PFAIL | NodeFlag.FAIL | NodeFlag.NOADDR);
        if (cluster.options().announced().ip().isEmpty()) {
          node.endpoint = node.endpoint.at(record.endpoint().ip());
        }
      }
      node.set(keptFlags);
      if (node.has(NodeFlag.FAIL)) {
        node.failedAt = cluster.now();
      }
      node.labels = record.labels();
      node.configEpoch = record.configEpoch();
    }
    for (NodeRecord record : state.nodes()) {
      Node node = cluster.nodes.get(record.id());
      if (node == null) {
        continue;
      }
      if (node.isReplica()) {
        node.follow(cluster.nodes.get(record.master()));
      } else {
        node.set(NodeFlag.MASTER);
      }
      record.slots().forEach(slot -> cluster.slots.assign(slot, node));
    }
    OpenSlots open = state.myself().openSlots();
    put(cluster, open.migrating(), cluster.slots.migrating);
    put(cluster, open.importing(), cluster.slots.importing);
    nameShards(cluster);
    applyOptions(cluster);
  }

  private static void put(Cluster cluster, Map<Integer, String> ids, Map<Integer, Node> nodes) {
    ids.forEach((slot, id) -> {
      Node node = cluster.nodes.get(id);
      if (node != null) {
        nodes.put(slot, node);
      }
    });
  }

  /** Gives shards to masters that have none, and those of their masters to replicas. */
  private static void nameShards(Cluster cluster) {
    for (Node node : cluster.nodes.all()) {
      if (node.isMaster() && node.labels.shard().isEmpty()) {
        setShard(node, cluster.newId());
      }
    }
    for (Node node : cluster.nodes.all()) {
      if (node.labels.shard().isEmpty()) {
        Node master = node.master();
        setShard(node, master == null ? cluster.newId() : master.labels.shard());
      }
    }
  }

  static void setShard(Node node, String shard) {
    node.labels = new Labels(node.labels.hostname(), node.labels.nodeName(), shard);
  }

  /** Adopts what this node announces of itself. */
  static void applyOptions(Cluster cluster) {
    Node myself = cluster.myself();
    ClusterOptions options = cluster.options();
    Endpoint announced = options.announced();
    Endpoint endpoint = announced.ip().isEmpty() ? announced.at(myself.endpoint.ip()) : announced;
    Labels labels = new Labels(options.hostname(), options.nodeName(), myself.labels.shard());
    if (!endpoint.equals(myself.endpoint) || !labels.equals(myself.labels)) {
      myself.endpoint = endpoint;
      myself.labels = labels;
      cluster.topologyChanged();
    }
    boolean noFailover = myself.has(NodeFlag.NOFAILOVER);
    if (options.replicaNoFailover() != noFailover) {
      if (noFailover) {
        myself.clear(NodeFlag.NOFAILOVER);
      } else {
        myself.set(NodeFlag.NOFAILOVER);
      }
      cluster.stateChanged();
    }
  }

  static ClusterState state(Cluster cluster) {
    List<NodeRecord> records = new ArrayList<>();
    for (Node node : cluster.nodes.all()) {
      if (!node.isInHandshake()) {
        records.add(record(cluster, node));
      }
    }
    return new ClusterState(
        cluster.myId(), cluster.currentEpoch(), cluster.lastVoteEpoch(), records);
  }

  static NodeRecord record(Cluster cluster, Node node) {
    boolean mine = node == cluster.myself();
    Node master = node.master();
    return new NodeRecord(
        node.id(),
        node.endpoint,
        node.labels,
        node.flags & ~NodeFlag.MIGRATE_TO,
        master == null ? null : master.id(),
        new Contact(
            cluster.wall(node.link.pingSentAt),
            cluster.wall(node.link.pongAt),
            mine || node.isConnected()),
        // A replica shows the epoch of its own last claim in nodes.conf, and its master's
        // elsewhere.
        node.configEpoch,
        node.slotsNow(),
        mine
            ? new OpenSlots(ids(cluster.slots.migrating), ids(cluster.slots.importing))
            : OpenSlots.NONE);
  }

  private static Map<Integer, String> ids(Map<Integer, Node> nodes) {
    Map<Integer, String> ids = new TreeMap<>();
    nodes.forEach((slot, node) -> ids.put(slot, node.id()));
    return ids;
  }
}
