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
   * Slots that their recorded owner no longer claims, for instance because they have moved and the
   * new owner's claim has yet to arrive. Any node may claim them, with any epoch.
   */
  private final SlotSet released = new SlotSet();

  /**
   * The slots of masters that became replicas, until they have new owners. Each of these masters
   * has a successor that votes but is not known here yet.
   */
  private final Map<Node, SlotSet> vacated = new LinkedHashMap<>();

  final Map<Integer, Node> migrating = new TreeMap<>();
  final Map<Integer, Node> importing = new TreeMap<>();

  @Nullable Node owner(int slot) {
    return owners[slot];
  }

  /** Sets the owner of a slot, or null for none. */
  void assign(int slot, @Nullable Node owner) {
    Node before = owners[slot];
    released.remove(slot);
    if (before == owner) {
      return;
    }
    if (before != null) {
      before.removeSlot(slot);
      assigned--;
    }
    owners[slot] = owner;
    if (owner != null) {
      owner.addSlot(slot);
      assigned++;
    }
  }

  /** Removes the owner of all slots of a node and returns their number. */
  int unassignAll(Node node) {
    SlotSet slots = node.slotsNow();
    slots.forEach(slot -> assign(slot, null));
    return slots.count();
  }

  /**
   * Removes the owner of the slots of a master that became a replica, and remembers that a
   * successor exists.
   */
  void vacate(Node node) {
    SlotSet claimed = node.slotsNow().copy();
    claimed.removeAll(released);
    int unused = unassignAll(node);
    vacated.put(node, claimed);
  }

  /** Drops the vacated slots of a node that is being removed. */
  void forget(Node node) {
    vacated.remove(node);
  }

  /**
   * Returns the number of former masters with at least one slot whose new owner is still unknown.
   */
  int unknownOwners() {
    vacated.values().removeIf(this::isOwned);
    return vacated.size();
  }

  private boolean isOwned(SlotSet slots) {
    boolean[] all = {true};
    slots.forEach(slot -> all[0] &= owners[slot] != null);
    return all[0];
  }

  /** Marks a slot as no longer claimed by its owner. */
  void release(int slot) {
    released.add(slot);
  }

  /** Marks slots as claimed by their owners again. */
  void reclaim(SlotSet claimed) {
    released.removeAll(claimed);
  }

  /** Returns true if a claim with this epoch wins the slot. */
  boolean isOpenTo(int slot, long configEpoch) {
    Node owner = owners[slot];
    return owner == null || owner.configEpoch < configEpoch || released.contains(slot);
  }

  /** Returns true if the slot has no owner, or its owner no longer claims it. */
  boolean isReleased(int slot) {
    return owners[slot] == null || released.contains(slot);
  }

  /** Returns the slots of a node that it no longer claims. */
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

  /** Cancels all migrations and imports; returns true if there were any. */
  boolean closeAll() {
    boolean any = !migrating.isEmpty() || !importing.isEmpty();
    migrating.clear();
    importing.clear();
    return any;
  }
}
