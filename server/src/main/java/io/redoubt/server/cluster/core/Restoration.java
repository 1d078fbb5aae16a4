package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Claim;
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

/** Converts between the state machine's view and the saved state. */
final class Restoration {
  private static final int VOLATILE_FLAGS =
      NodeFlag.HANDSHAKE
          | NodeFlag.MEET
          | NodeFlag.MIGRATE_TO
          | NodeFlag.EXTENSIONS
          | NodeFlag.LIGHT_PUBLISH;

  private Restoration() {}

  static void restore(World world, ClusterState state) {
    for (NodeRecord record : state.nodes()) {
      Node node = world.myself();
      if (!record.id().equals(state.myId())) {
        node = new Node(record.id(), 0, record.endpoint(), world.now());
        world.nodes.add(node);
      }
      int keptFlags = record.flags() & ~VOLATILE_FLAGS;
      if (node == world.myself()) {
        keptFlags &= ~(NodeFlag.PFAIL | NodeFlag.FAIL | NodeFlag.NOADDR);
        if (world.options().announced().ip().isEmpty()) {
          node.endpoint = node.endpoint.at(record.endpoint().ip());
        }
      }
      node.set(keptFlags);
      if (node.has(NodeFlag.FAIL)) {
        node.failedAt = world.now();
      }
      node.labels = record.labels();
      node.configEpoch = record.configEpoch();
    }
    for (NodeRecord record : state.nodes()) {
      Node node = world.nodes.get(record.id());
      if (node == null) {
        continue;
      }
      if (node.isReplica()) {
        node.follow(world.nodes.get(record.master()));
      } else {
        node.set(NodeFlag.MASTER);
      }
      record.slots().forEach(slot -> world.slots.assign(slot, node));
    }
    OpenSlots open = state.myself().openSlots();
    put(world, open.migrating(), world.slots.migrating);
    put(world, open.importing(), world.slots.importing);
    nameShards(world);
    applyOptions(world);
  }

  private static void put(World world, Map<Integer, String> ids, Map<Integer, Node> nodes) {
    ids.forEach((slot, id) -> {
      Node node = world.nodes.get(id);
      if (node != null) {
        nodes.put(slot, node);
      }
    });
  }

  /**
   * Gives a new shard id to each master without one, and its master's to each replica without one.
   */
  private static void nameShards(World world) {
    for (Node node : world.nodes.all()) {
      if (node.isMaster() && node.labels.shard().isEmpty()) {
        setShard(node, world.newId());
      }
    }
    for (Node node : world.nodes.all()) {
      if (node.labels.shard().isEmpty()) {
        Node master = node.master();
        setShard(node, master == null ? world.newId() : master.labels.shard());
      }
    }
  }

  static void setShard(Node node, String shard) {
    node.labels = new Labels(node.labels.hostname(), node.labels.nodeName(), shard);
  }

  /** Applies the announced address, names and flags to this node. */
  static void applyOptions(World world) {
    Node myself = world.myself();
    ClusterOptions options = world.options();
    Endpoint announced = options.announced();
    Endpoint endpoint = announced.ip().isEmpty() ? announced.at(myself.endpoint.ip()) : announced;
    Labels labels = new Labels(options.hostname(), options.nodeName(), myself.labels.shard());
    if (!endpoint.equals(myself.endpoint) || !labels.equals(myself.labels)) {
      myself.endpoint = endpoint;
      myself.labels = labels;
      world.markTopologyChanged();
    }
    boolean noFailover = myself.has(NodeFlag.NOFAILOVER);
    if (options.replicaNoFailover() != noFailover) {
      if (noFailover) {
        myself.clear(NodeFlag.NOFAILOVER);
      } else {
        myself.set(NodeFlag.NOFAILOVER);
      }
      world.markStateChanged();
    }
  }

  static ClusterState state(World world) {
    List<NodeRecord> records = new ArrayList<>();
    for (Node node : world.nodes.all()) {
      if (!node.isInHandshake()) {
        records.add(record(world, node));
      }
    }
    return new ClusterState(
        world.myself().id(), world.currentEpoch(), world.lastVoteEpoch(), records);
  }

  static NodeRecord record(World world, Node node) {
    boolean mine = node == world.myself();
    Node master = node.master();
    // A replica shows the epoch of its own last claim in nodes.conf, and its master's elsewhere.
    Claim claim = new Claim(node.configEpoch, node.slotsNow());
    return new NodeRecord(
        node.id(),
        node.endpoint,
        node.labels,
        node.flags & ~NodeFlag.MIGRATE_TO,
        master == null ? null : master.id(),
        new Contact(
            world.wall(node.link.pingSentAt),
            world.wall(node.link.pongAt),
            mine || node.isConnected()),
        claim,
        mine
            ? new OpenSlots(ids(world.slots.migrating), ids(world.slots.importing))
            : OpenSlots.NONE);
  }

  private static Map<Integer, String> ids(Map<Integer, Node> nodes) {
    Map<Integer, String> ids = new TreeMap<>();
    nodes.forEach((slot, node) -> ids.put(slot, node.id()));
    return ids;
  }
}
