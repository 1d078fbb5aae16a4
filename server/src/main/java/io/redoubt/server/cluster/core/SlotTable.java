package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.slot.SlotSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The owner of each slot, and the slots that this node migrates and imports. */
final class SlotTable {
  private final @Nullable Node[] owners = new @Nullable Node[SlotSet.SLOTS];
  private int assigned;

  /**
   * Slots that their owner has stopped to claim, for instance because it gave them away and the
   * news of the new owner is still to come. Anybody may claim them, whatever its epoch.
   */
  private final SlotSet released = new SlotSet();

  /**
   * The slots of masters that became replicas, until somebody claims them. Each of these masters
   * has a successor of which we have yet to hear, and which votes.
   */
  private final Map<Node, SlotSet> vacated = new LinkedHashMap<>();

  final Map<Integer, Node> migrating = new TreeMap<>();
  final Map<Integer, Node> importing = new TreeMap<>();

  @Nullable Node owner(int slot) {
    return owners[slot];
  }

  /** Changes the owner of a slot; null for none. */
  void assign(int slot, @Nullable Node owner) {
    Node before = owners[slot];
    released.remove(slot);
    if (before == owner) {
      return;
    }
    if (before != null) {
      before.slotLost(slot);
      assigned--;
    }
    owners[slot] = owner;
    if (owner != null) {
      owner.slotGained(slot);
      assigned++;
    }
  }

  /** Takes all slots from a node; returns the number. */
  int unassignAll(Node node) {
    SlotSet slots = node.slotsNow();
    slots.forEach(slot -> assign(slot, null));
    return slots.count();
  }

  /** Takes all slots from a master that became a replica. */
  void vacate(Node node) {
    SlotSet claimed = node.slotsNow().copy();
    claimed.removeAll(released);
    int unused = unassignAll(node);
    vacated.put(node, claimed);
  }

  /** Forgets a node that is removed. */
  void forget(Node node) {
    vacated.remove(node);
  }

  /** Returns the number of former masters of which a slot has no owner yet. */
  int unknownOwners() {
    vacated.values().removeIf(this::isOwned);
    return vacated.size();
  }

  private boolean isOwned(SlotSet slots) {
    boolean[] all = {true};
    slots.forEach(slot -> all[0] &= owners[slot] != null);
    return all[0];
  }

  /** Notes that the owner of a slot does not claim it. */
  void release(int slot) {
    released.add(slot);
  }

  /** Notes that the owners of slots claim them. */
  void reclaim(SlotSet claimed) {
    released.removeAll(claimed);
  }

  /** Returns true if a node with an epoch may take over a slot. */
  boolean isOpenTo(int slot, long configEpoch) {
    Node owner = owners[slot];
    return owner == null || owner.configEpoch < configEpoch || released.contains(slot);
  }

  /** Returns true if the slot has no owner, or one that does not claim it. */
  boolean isReleased(int slot) {
    return owners[slot] == null || released.contains(slot);
  }

  /** Returns the slots of a node that it has stopped to claim. */
  SlotSet releasedOf(Node owner) {
    SlotSet slots = new SlotSet();
    released.forEach(slot -> {
      if (owners[slot] == owner) {
        slots.add(slot);
      }
    });
    return slots;
  }

  int assignedCount() {
    return assigned;
  }

  /** Forgets all migrations; returns true if there were some. */
  boolean closeAll() {
    boolean any = !migrating.isEmpty() || !importing.isEmpty();
    migrating.clear();
    importing.clear();
    return any;
  }
}
