package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.slot.SlotSet;

/** Executes the CLUSTER commands of operators and slot migrations that concern slots. */
final class SlotOrders {
  private static final int NONE = -1;

  private final World world;
  private final BusMessages messages;
  private final SlotClaims claims;
  private final Orders orders;

  SlotOrders(World world, BusMessages messages, SlotClaims claims, Orders orders) {
    this.world = world;
    this.messages = messages;
    this.claims = claims;
    this.orders = orders;
  }

  void add(SlotSet added) {
    int[] busy = {NONE};
    added.forEach(slot -> {
      if (busy[0] == NONE && world.owner(slot) != null) {
        busy[0] = slot;
      }
    });
    if (busy[0] != NONE) {
      orders.refuse("Slot " + busy[0] + " is already busy");
      return;
    }
    added.forEach(slot -> {
      world.slots.importing.remove(slot);
      world.slots.assign(slot, world.myself());
    });
    world.markTopologyChanged();
    orders.replyDone();
  }

  void delete(SlotSet deleted) {
    int[] free = {NONE};
    deleted.forEach(slot -> {
      if (free[0] == NONE && world.owner(slot) == null) {
        free[0] = slot;
      }
    });
    if (free[0] != NONE) {
      orders.refuse("Slot " + free[0] + " is already unassigned");
      return;
    }
    deleted.forEach(slot -> {
      world.slots.importing.remove(slot);
      world.slots.migrating.remove(slot);
      world.slots.assign(slot, null);
    });
    world.markTopologyChanged();
    orders.replyDone();
  }

  void flush() {
    world.slots.unassignAll(world.myself());
    world.markTopologyChanged();
    orders.replyDone();
  }

  /** Refuses the order and returns true if this node is a replica. */
  private boolean isRefusedByReplica() {
    if (world.myself().isReplica()) {
      orders.refuse("Please use SETSLOT only with masters.");
      return true;
    }
    return false;
  }

  void migrate(int slot, String id) {
    if (isRefusedByReplica()) {
      return;
    }
    Node target = world.nodes.get(id);
    if (world.owner(slot) != world.myself()) {
      orders.refuse("I'm not the owner of hash slot " + slot);
    } else if (target == null) {
      orders.refuse("I don't know about node " + id);
    } else if (target.isReplica()) {
      orders.refuse("Target node is not a master");
    } else {
      world.slots.migrating.put(slot, target);
      world.markTopologyChanged();
      orders.replyDone();
    }
  }

  void importFrom(int slot, String id) {
    if (isRefusedByReplica()) {
      return;
    }
    Node source = world.nodes.get(id);
    if (world.owner(slot) == world.myself()) {
      orders.refuse("I'm already the owner of hash slot " + slot);
    } else if (source == null) {
      orders.refuse("I don't know about node " + id);
    } else if (source.isReplica()) {
      orders.refuse("Target node is not a master");
    } else {
      world.slots.importing.put(slot, source);
      world.markTopologyChanged();
      orders.replyDone();
    }
  }

  void stabilize(int slot) {
    if (isRefusedByReplica()) {
      return;
    }
    world.slots.importing.remove(slot);
    world.slots.migrating.remove(slot);
    world.markTopologyChanged();
    orders.replyDone();
  }

  void assign(Input.AssignSlot order) {
    if (isRefusedByReplica()) {
      return;
    }
    int slot = order.slot();
    Node target = world.nodes.get(order.node());
    Node myself = world.myself();
    if (target == null) {
      orders.refuseUnknown(order.node());
      return;
    }
    if (target.isReplica()) {
      orders.refuse("Target node is not a master");
      return;
    }
    if (world.owner(slot) == myself && target != myself && order.keys() > 0) {
      orders.refuse(
          "Can't assign hashslot "
              + slot
              + " to a different node while I still hold keys for this hash slot.");
      return;
    }
    if (order.keys() == 0) {
      world.slots.migrating.remove(slot);
    }
    boolean imported = target == myself && world.slots.importing.remove(slot) != null;
    world.slots.assign(slot, target);
    world.markTopologyChanged();
    if (imported) {
      // The former owner may have the greatest epoch, with which it would claim the slot again.
      Long unused = claims.bumpWithoutVote();
      messages.announce();
    }
    orders.replyDone();
  }

  void take(Input.TakeSlots order) {
    Node myself = world.myself();
    Node source = world.nodes.get(order.source());
    if (myself.isReplica()) {
      orders.refuse("This node is a replica");
      return;
    }
    int[] foreign = {NONE};
    order
        .slots()
        .forEach(slot -> {
          if (source == null || world.owner(slot) != source) {
            foreign[0] = slot;
          }
        });
    if (foreign[0] != NONE) {
      orders.refuse("Slot " + foreign[0] + " does not belong to the source");
      return;
    }
    if (order.epoch() <= world.currentEpoch()) {
      orders.refuse("Epoch " + order.epoch() + " may be in use");
      return;
    }
    world.raiseEpoch(order.epoch());
    myself.configEpoch = order.epoch();
    order
        .slots()
        .forEach(slot -> {
          world.slots.importing.remove(slot);
          world.slots.assign(slot, myself);
        });
    world.markTopologyChanged();
    messages.announce();
    orders.replyDone();
  }

  void outbid(long epoch) {
    world.raiseEpoch(epoch);
    Long unused = claims.bumpWithoutVote();
    messages.announce();
    orders.replyDone();
  }
}
