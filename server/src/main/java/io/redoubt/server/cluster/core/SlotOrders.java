package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.slot.SlotSet;

/** Carries out operators' orders about slots. */
final class SlotOrders {
  private static final int NONE = -1;

  private final Cluster cluster;

  SlotOrders(Cluster cluster) {
    this.cluster = cluster;
  }

  private Orders orders() {
    return cluster.orders;
  }

  void add(SlotSet added) {
    int[] busy = {NONE};
    added.forEach(slot -> {
      if (busy[0] == NONE && cluster.owner(slot) != null) {
        busy[0] = slot;
      }
    });
    if (busy[0] != NONE) {
      orders().refuse("Slot " + busy[0] + " is already busy");
      return;
    }
    added.forEach(slot -> {
      cluster.slots.importing.remove(slot);
      cluster.slots.assign(slot, cluster.myself());
    });
    cluster.topologyChanged();
    orders().done();
  }

  void delete(SlotSet deleted) {
    int[] free = {NONE};
    deleted.forEach(slot -> {
      if (free[0] == NONE && cluster.owner(slot) == null) {
        free[0] = slot;
      }
    });
    if (free[0] != NONE) {
      orders().refuse("Slot " + free[0] + " is already unassigned");
      return;
    }
    deleted.forEach(slot -> {
      cluster.slots.importing.remove(slot);
      cluster.slots.migrating.remove(slot);
      cluster.slots.assign(slot, null);
    });
    cluster.topologyChanged();
    orders().done();
  }

  void flush() {
    cluster.slots.unassignAll(cluster.myself());
    cluster.topologyChanged();
    orders().done();
  }

  /** Refuses orders that only masters obey. */
  private boolean isRefusedByReplica() {
    if (cluster.myself().isReplica()) {
      orders().refuse("Please use SETSLOT only with masters.");
      return true;
    }
    return false;
  }

  void migrate(int slot, String id) {
    if (isRefusedByReplica()) {
      return;
    }
    Node target = cluster.nodes.get(id);
    if (cluster.owner(slot) != cluster.myself()) {
      orders().refuse("I'm not the owner of hash slot " + slot);
    } else if (target == null) {
      orders().refuse("I don't know about node " + id);
    } else if (target.isReplica()) {
      orders().refuse("Target node is not a master");
    } else {
      cluster.slots.migrating.put(slot, target);
      cluster.topologyChanged();
      orders().done();
    }
  }

  void importFrom(int slot, String id) {
    if (isRefusedByReplica()) {
      return;
    }
    Node source = cluster.nodes.get(id);
    if (cluster.owner(slot) == cluster.myself()) {
      orders().refuse("I'm already the owner of hash slot " + slot);
    } else if (source == null) {
      orders().refuse("I don't know about node " + id);
    } else if (source.isReplica()) {
      orders().refuse("Target node is not a master");
    } else {
      cluster.slots.importing.put(slot, source);
      cluster.topologyChanged();
      orders().done();
    }
  }

  void stabilize(int slot) {
    if (isRefusedByReplica()) {
      return;
    }
    cluster.slots.importing.remove(slot);
    cluster.slots.migrating.remove(slot);
    cluster.topologyChanged();
    orders().done();
  }

  void assign(Input.AssignSlot order) {
    if (isRefusedByReplica()) {
      return;
    }
    int slot = order.slot();
    Node target = cluster.nodes.get(order.node());
    Node myself = cluster.myself();
    if (target == null) {
      orders().refuseUnknown(order.node());
      return;
    }
    if (target.isReplica()) {
      orders().refuse("Target node is not a master");
      return;
    }
    if (cluster.owner(slot) == myself && target != myself && order.keys() > 0) {
      orders()
          .refuse(
              "Can't assign hashslot "
                  + slot
                  + " to a different node while I still hold keys for this hash slot.");
      return;
    }
    if (order.keys() == 0) {
      cluster.slots.migrating.remove(slot);
    }
    boolean imported = target == myself && cluster.slots.importing.remove(slot) != null;
    cluster.slots.assign(slot, target);
    cluster.topologyChanged();
    if (imported) {
      // The former owner, which may have the greatest epoch, must not claim the slot again.
      Long unused = cluster.claims.bumpWithoutVote();
      cluster.links.announce();
    }
    orders().done();
  }

  void take(Input.TakeSlots order) {
    Node myself = cluster.myself();
    Node source = cluster.nodes.get(order.source());
    if (myself.isReplica()) {
      orders().refuse("This node is a replica");
      return;
    }
    int[] foreign = {NONE};
    order
        .slots()
        .forEach(slot -> {
          if (source == null || cluster.owner(slot) != source) {
            foreign[0] = slot;
          }
        });
    if (foreign[0] != NONE) {
      orders().refuse("Slot " + foreign[0] + " does not belong to the source");
      return;
    }
    if (order.epoch() <= cluster.currentEpoch()) {
      orders().refuse("Epoch " + order.epoch() + " may be in use");
      return;
    }
    cluster.raiseEpoch(order.epoch());
    myself.configEpoch = order.epoch();
    order
        .slots()
        .forEach(slot -> {
          cluster.slots.importing.remove(slot);
          cluster.slots.assign(slot, myself);
        });
    cluster.topologyChanged();
    cluster.links.announce();
    orders().done();
  }

  void outbid(long epoch) {
    cluster.raiseEpoch(epoch);
    Long unused = cluster.claims.bumpWithoutVote();
    cluster.links.announce();
    orders().done();
  }
}
