package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The dropped slots whose entries are not freed yet, in the order in which they were dropped. */
final class DroppedSlots {
  /** The oldest first, so slots that a walk still needs are at the end. */
  private final ArrayDeque<DroppedSlot> slots = new ArrayDeque<>();

  private final Slabs slabs;
  private final BlockConsumer freed;

  /**
   * Creates an empty queue.
   *
   * @param freed frees an entry that is in no table and in no order any more
   */
  DroppedSlots(Slabs slabs, BlockConsumer freed) {
    this.slabs = slabs;
    this.freed = freed;
  }

  /**
   * Takes over the table of a slot.
   *
   * @param hash the hash function of the table
   * @param walk the running walk, null if there is none
   * @throws OutOfMemoryError if there is no memory for its header; nothing has changed
   */
  void take(Hash hash, Contents contents, SlotTables tables, int slot, @Nullable Walk walk) {
    ByteTable table = new ByteTable(slabs, hash, Entry.KEY_LENGTH_AT);
    tables.takeOut(slot, table);
    slots.add(new DroppedSlot(contents, table, walk, freed));
  }

  long count() {
    long count = 0;
    for (DroppedSlot slot : slots) {
      count += slot.size();
    }
    return count;
  }

  /** Frees some entries unless a walk needs them; returns false if there is nothing to free. */
  boolean freeStep() {
    DroppedSlot first = slots.peek();
    if (first == null || first.isWalked()) {
      return false;
    }
    freeSome();
    return true;
  }

  /** Frees some entries of the slot that was dropped first, even if a walk needs them. */
  void freeSome() {
    DroppedSlot first = slots.peek();
    if (first != null && !first.freeSome()) {
      slots.remove();
    }
  }

  /** Returns true if the running walk has to deliver entries of dropped slots. */
  boolean isWalked() {
    DroppedSlot last = slots.peekLast();
    return last != null && last.isWalked();
  }
}
