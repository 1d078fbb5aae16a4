package io.redoubt.server.cluster.slot;

import java.util.List;

/** The keys of this server by hash slot. Used on the event loop. */
public interface SlotKeys {
  /** Returns the number of keys in a slot. */
  long count(int slot);

  /** Returns up to {@code max} keys of a slot, in any order. */
  List<byte[]> keys(int slot, int max);

  /**
   * Deletes the keys of a slot and returns their number. Replicas, the append-only file, watchers
   * and subscribers are notified of each.
   */
  long drop(int slot);

  /** Deletes the keys of several slots like {@link #drop(int)}. */
  default long drop(SlotSet slots) {
    long[] dropped = new long[1];
    slots.forEach(slot -> dropped[0] += drop(slot));
    return dropped[0];
  }
}
