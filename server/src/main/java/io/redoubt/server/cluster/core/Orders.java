package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;

/** Carries out operators' orders about nodes and epochs. */
final class Orders {
  private static final long FORGET_MILLIS = 60_000;
  private static final long MILLIS_PER_SECOND = 1000;

  private final Cluster cluster;

  Orders(Cluster cluster) {
    this.cluster = cluster;
  }

  void done() {
    cluster.emit(new Output.Done("OK"));
  }

  void refuse(String reason) {
    cluster.emit(new Output.Refused("ERR " + reason));
  }

  /** Reports an unknown node. */
  void refuseUnknown(String id) {
    refuse("Unknown node " + id);
  }

  void meet(Input.Meet meet) {
    if (cluster.nodes.handshakeWith(meet.ip(), meet.busPort()) == null) {
      cluster.nodes.add(
          new Node(
              cluster.newId(),
              NodeFlag.HANDSHAKE | NodeFlag.MEET,
              new Endpoint(meet.ip(), meet.port(), 0, meet.busPort()),
              cluster.now()));
    }
    done();
  }

  /** Removes a node with its slots, its link and its part in others' state. */
  void remove(Node node) {
    boolean inHandshake = node.isInHandshake();
    cluster.slots.unassignAll(node);
    cluster.slots.forget(node);
    cluster.slots.migrating.values().removeIf(each -> each == node);
    cluster.slots.importing.values().removeIf(each -> each == node);
    cluster.links.close(node);
    cluster.nodes.remove(node);
    if (!inHandshake) {
      cluster.topologyChanged();
    }
  }

  void forget(String id) {
    Node node = cluster.nodes.get(id);
    if (node == null) {
      if (cluster.nodes.isForgotten(id, cluster.now())) {
        done();
      } else {
        refuseUnknown(id);
      }
    } else if (node == cluster.myself()) {
      refuse("I tried hard but I can't forget myself...");
    } else if (cluster.myself().master() == node) {
      refuse("Can't forget my master!");
    } else {
      cluster.nodes.forgetUntil(id, cluster.now() + FORGET_MILLIS);
      remove(node);
      for (Node each : cluster.nodes.others()) {
        if (each.knowsLaterExtensions) {
          cluster.links.sendGossip(each, GossipKind.PING);
        }
      }
      done();
    }
  }

  /** Handles the news that another node has forgotten one. */
  void forgottenByOthers(String id, long ttlSeconds) {
    Node node = cluster.nodes.known(id);
    if (node == null
        || node == cluster.myself()
        || node == cluster.myself().master()
        || ttlSeconds <= 0) {
      return;
    }
    long millis = Math.min(ttlSeconds * MILLIS_PER_SECOND, FORGET_MILLIS);
    cluster.nodes.forgetUntil(id, cluster.now() + millis);
    remove(node);
  }

  void replicate(Input.Replicate order) {
    Node master = cluster.nodes.get(order.node());
    Node myself = cluster.myself();
    if (master == null) {
      refuseUnknown(order.node());
    } else if (master == myself) {
      refuse("Can't replicate myself");
    } else if (master.isReplica()) {
      refuse("I can only replicate a master, not a replica.");
    } else if (myself.isMaster() && (myself.slotCount() > 0 || order.hasKeys())) {
      refuse("To set a master the node must be empty and without assigned slots.");
    } else {
      if (myself.master() != master) {
        cluster.becomeReplicaOf(master);
        cluster.links.announce();
      }
      done();
    }
  }

  void reset(Input.Reset order) {
    Node myself = cluster.myself();
    if (myself.isMaster() && order.hasKeys()) {
      refuse("CLUSTER RESET can't be called with master nodes containing keys");
      return;
    }
    if (myself.isReplica()) {
      cluster.becomeMaster();
      cluster.emit(new Output.DropAll());
    }
    cluster.manual.end();
    cluster.slots.closeAll();
    for (Node node : cluster.nodes.others()) {
      remove(node);
    }
    cluster.slots.unassignAll(myself);
    cluster.nodes.clearForgotten();
    Restoration.setShard(myself, cluster.newId());
    if (order.hard()) {
      cluster.nodes.rename(myself, cluster.newId());
      myself.configEpoch = 0;
      cluster.restoreEpochs(0, 0);
      cluster.remark(Level.NOTICE, "Node hard reset, now I'm " + myself);
    }
    cluster.topologyChanged();
    done();
  }

  void bumpEpoch() {
    Long bumped = cluster.claims.bumpWithoutVote();
    cluster.emit(
        new Output.Done(
            bumped == null ? "STILL " + cluster.myself().configEpoch : "BUMPED " + bumped));
  }

  void setConfigEpoch(long epoch) {
    Node myself = cluster.myself();
    if (epoch < 0 || epoch == Long.MAX_VALUE) {
      refuse("Invalid config epoch specified: " + epoch);
    } else if (cluster.nodes.size() > 1) {
      refuse("The user can assign a config epoch only when the node does not know any other node.");
    } else if (myself.configEpoch != 0) {
      refuse("Node config epoch is already non-zero");
    } else {
      myself.configEpoch = epoch;
      cluster.raiseEpoch(epoch);
      cluster.stateChanged();
      done();
    }
  }
}
