package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;

/** Executes the CLUSTER commands of operators that concern nodes and epochs. */
final class Orders {

  private final World world;
  private final BusMessages messages;
  private final SlotClaims claims;
  private final RoleChanges roles;
  private final PlannedFailover planned;

  Orders(
      World world,
      BusMessages messages,
      SlotClaims claims,
      RoleChanges roles,
      PlannedFailover planned) {
    this.world = world;
    this.messages = messages;
    this.claims = claims;
    this.roles = roles;
    this.planned = planned;
  }

  void replyDone() {
    world.emit(new Output.Done("OK"));
  }

  void refuse(String reason) {
    world.emit(new Output.Refused("ERR " + reason));
  }

  /** Reports an unknown node. */
  void refuseUnknown(String id) {
    refuse("Unknown node " + id);
  }

  void meet(Input.Meet meet) {
    if (world.nodes.handshakeWith(meet.ip(), meet.busPort()) == null) {
      world.nodes.add(
          new Node(
              world.newId(),
              NodeFlag.HANDSHAKE | NodeFlag.MEET,
              new Endpoint(meet.ip(), meet.port(), 0, meet.busPort()),
              world.now()));
    }
    replyDone();
  }

  void forget(String id) {
    Node node = world.nodes.get(id);
    if (node == null) {
      if (world.nodes.isForgotten(id, world.now())) {
        replyDone();
      } else {
        refuseUnknown(id);
      }
    } else if (node == world.myself()) {
      refuse("I tried hard but I can't forget myself...");
    } else if (world.myself().master() == node) {
      refuse("Can't forget my master!");
    } else {
      world.nodes.forgetUntil(id, world.now() + World.FORGET_MILLIS);
      world.remove(node);
      for (Node each : world.nodes.others()) {
        if (each.knowsLaterExtensions) {
          messages.sendGossip(each, GossipKind.PING);
        }
      }
      replyDone();
    }
  }

  void replicate(Input.Replicate order) {
    Node master = world.nodes.get(order.node());
    Node myself = world.myself();
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
        roles.becomeReplicaOf(master);
        messages.announce();
      }
      replyDone();
    }
  }

  void replicateNoOne() {
    Node myself = world.myself();
    if (myself.isReplica()) {
      world.remark(Level.NOTICE, "Stop replication and turning myself into empty primary.");
      roles.becomeMaster();
      world.emit(new Output.DropAll());
      Restoration.setShard(myself, world.newId());
      messages.announce();
    }
    replyDone();
  }

  void reset(Input.Reset order) {
    Node myself = world.myself();
    if (myself.isMaster() && order.hasKeys()) {
      refuse("CLUSTER RESET can't be called with master nodes containing keys");
      return;
    }
    if (myself.isReplica()) {
      roles.becomeMaster();
      world.emit(new Output.DropAll());
    }
    planned.end();
    world.slots.closeAll();
    for (Node node : world.nodes.others()) {
      world.remove(node);
    }
    world.slots.unassignAll(myself);
    world.nodes.clearForgotten();
    Restoration.setShard(myself, world.newId());
    if (order.hard()) {
      world.nodes.rename(myself, world.newId());
      myself.configEpoch = 0;
      world.restoreEpochs(0, 0);
      world.remark(Level.NOTICE, "Node hard reset, now I'm " + myself);
    }
    world.markTopologyChanged();
    replyDone();
  }

  void bumpEpoch() {
    Long bumped = claims.bumpWithoutVote();
    world.emit(
        new Output.Done(
            bumped == null ? "STILL " + world.myself().configEpoch : "BUMPED " + bumped));
  }

  void setConfigEpoch(long epoch) {
    Node myself = world.myself();
    if (epoch < 0 || epoch == Long.MAX_VALUE) {
      refuse("Invalid config epoch specified: " + epoch);
    } else if (world.nodes.size() > 1) {
      refuse("The user can assign a config epoch only when the node does not know any other node.");
    } else if (myself.configEpoch != 0) {
      refuse("Node config epoch is already non-zero");
    } else {
      myself.configEpoch = epoch;
      world.raiseEpoch(epoch);
      world.markStateChanged();
      replyDone();
    }
  }
}
