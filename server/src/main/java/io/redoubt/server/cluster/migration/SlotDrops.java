package io.redoubt.server.cluster.migration;

import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.KeyspaceSlots;
import java.util.function.IntPredicate;

/**
 * Deletes the keys of lost slots in slices between commands. Replicas, the append-only file,
 * watchers and subscribers are notified of each key. Requests for such keys are already redirected,
 * but CLUSTER COUNTKEYSINSLOT and DBSIZE count the remaining ones.
 */
public final class SlotDrops {
  private static final int KEYS_A_SLICE = 300;
  private static final long PAUSE_MILLIS = 1;

  private final MigrationParts parts;
  private final KeyspaceSlots slots;
  private final SlotSet pending = new SlotSet();
  private boolean scheduled;

  /** The slot and database of the last slice; the scan continues in it at {@code cursor}. */
  private int current;

  private int currentDatabase;

  private long cursor;
  private long dropped;

  SlotDrops(MigrationParts parts) {
    this.parts = parts;
    slots = new KeyspaceSlots(parts.keyspace());
  }

  /** Schedules the deletion of the keys of lost slots. */
  public void add(SlotSet lost) {
    pending.addAll(lost);
    schedule();
  }

  /**
   * Deletes the remaining keys of the given slots at once, because these slots are about to receive
   * new keys.
   */
  void finish(IntPredicate taken) {
    boolean[] any = new boolean[1];
    pending
        .copy()
        .forEach(slot -> {
          if (taken.test(slot)) {
            any[0] = true;
            pending.remove(slot);
            while (dropLost(slot)) {
              // slice by slice
            }
          }
        });
    if (any[0]) {
      parts.dispatcher().endSliceUnlessInUnit();
    }
  }

  /** Deletes all remaining keys at once. */
  void finishAll() {
    finish(slot -> true);
  }

  private void schedule() {
    if (!scheduled && !pending.isEmpty()) {
      scheduled = true;
      parts.transport().loop().schedule(this::slice, PAUSE_MILLIS);
    }
  }

  private void slice() {
    scheduled = false;
    if (pending.isEmpty()) {
      return;
    }
    if (!parts.dispatcher().isInUnit()) {
      int slot = 0;
      while (!pending.contains(slot)) {
        slot++;
      }
      if (!dropLost(slot)) {
        pending.remove(slot);
      }
      parts.dispatcher().endSlice();
    }
    if (pending.isEmpty()) {
      parts.log().notice("Removed %d keys of slots that another node owns", dropped);
      dropped = 0;
    }
    schedule();
  }

  /** Returns the first database with keys in a slot, or the last one if there are none. */
  private Database used(int slot) {
    int index = 0;
    int last = parts.keyspace().count() - 1;
    while (index < last && slots.count(parts.keyspace().database(index), slot) == 0) {
      index++;
    }
    return parts.keyspace().database(index);
  }

  /**
   * Deletes all keys of a slot at once; returns their number.
   *
   * @param lazily true if a Redis replica is to free the values in the background
   */
  long flush(int slot, boolean lazily) {
    long count = slots.count(slot);
    while (drop(slot, lazily)) {
      // slice by slice
    }
    return count;
  }

  private boolean dropLost(int slot) {
    long before = slots.count(slot);
    boolean hasMore = drop(slot, false);
    dropped += before - slots.count(slot);
    return hasMore;
  }

  /** Deletes some keys of a slot; returns true if more are left. */
  private boolean drop(int slot, boolean lazily) {
    Database database = used(slot);
    long[] found = new long[KEYS_A_SLICE];
    int[] count = new int[1];
    if (slot != current || database.index() != currentDatabase) {
      current = slot;
      currentDatabase = database.index();
      cursor = 0;
    }
    do {
      cursor =
          slots.scan(
              database,
              slot,
              cursor,
              entry -> {
                if (count[0] < KEYS_A_SLICE) {
                  found[count[0]++] = entry;
                }
              });
    } while (cursor != 0 && count[0] < KEYS_A_SLICE);
    for (int i = 0; i < count[0]; i++) {
      parts.effects().beforeDrop(database, found[i], lazily);
      database.remove(found[i]);
    }
    return slots.count(slot) > 0;
  }
}
