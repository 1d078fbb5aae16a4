package io.redoubt.server.keyspace;

import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.structure.BlockConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The slots that were staged when a {@link Walk} started and have moved to their databases since.
 * They are walked last, and their entries delivered as staged ones.
 */
final class Unstaged {
  private static final int NO_SLOT = -1;

  private final int databases;
  private final IntFunction<Contents> current;

  /** The slots by database that are not walked yet; null until there are any. */
  private @Nullable SlotSet @Nullable [] slots;

  private int database;

  /** The slot being walked, which is still in its set. */
  private int slot = NO_SLOT;

  private long cursor;

  /**
   * Creates an empty set.
   *
   * @param databases the number of databases without the staged ones
   * @param current returns the current contents of a database
   */
  Unstaged(int databases, IntFunction<Contents> current) {
    this.databases = databases;
    this.current = current;
  }

  /** Returns the number of databases without the staged ones. */
  int databases() {
    return databases;
  }

  /** Records that the entries of a staged slot have moved to their database. */
  void add(int index, int moved) {
    if (slots == null) {
      slots = new @Nullable SlotSet[databases];
    }
    SlotSet of = slots[index];
    if (of == null) {
      of = new SlotSet();
      slots[index] = of;
    }
    of.add(moved);
  }

  /** Returns true if no slot is left to be walked. */
  boolean isEmpty() {
    if (slots != null) {
      for (SlotSet each : slots) {
        if (each != null && !each.isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns true if a slot of the database at a position has been staged and is to be walked. */
  boolean contains(int position, int wanted) {
    SlotSet of = slots == null || position >= databases ? null : slots[position];
    return of != null && of.contains(wanted);
  }

  /** Returns the position of the staged database of the database at a position. */
  int stagedPosition(int position) {
    return databases + position;
  }

  /** Returns the position of the staged database from which the walked slot came. */
  int walkedPosition() {
    return stagedPosition(database);
  }

  /** Scans a bucket of the slots, which are not empty. */
  void scan(BlockConsumer consumer) {
    if (slot == NO_SLOT) {
      next();
    }
    SlotTables tables = current.apply(database).slots;
    cursor = tables == null || tables.size(slot) == 0 ? 0 : tables.scanSlot(slot, cursor, consumer);
  }

  private void next() {
    SlotSet of = null;
    for (database = 0; of == null || of.isEmpty(); database++) {
      of = slots == null ? null : slots[database];
    }
    database--;
    slot = 0;
    while (!of.contains(slot)) {
      slot++;
    }
    cursor = 0;
  }

  /** Leaves the slot if {@link #scan} has reached its end. */
  void onDelivered() {
    SlotSet of = slots == null ? null : slots[database];
    if (cursor == 0 && of != null) {
      of.remove(slot);
      slot = NO_SLOT;
    }
  }
}
