package io.redoubt.server.keyspace;

import io.redoubt.server.structure.BlockConsumer;
import java.util.ArrayDeque;

/** The dropped slots whose entries are not freed yet, in the order in which they were dropped. */
final class DroppedSlots {
  /** The oldest first: so those that a walk still needs are the last. */
  private final ArrayDeque<DroppedSlot> slots = new ArrayDeque<>();

  private final BlockConsumer freed;

  /**
   * Creates an empty queue.
   *
   * @param freed frees an entry that is in no table and in no order any more
   */
  DroppedSlots(BlockConsumer freed) {
    this.freed = freed;
  }

  void add(DroppedSlot slot) {
    slots.add(slot);
  }

  /** Returns the number of entries. */
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
    if (first != null && !first.freeSome(freed)) {
      slots.remove();
    }
  }

  /** Returns true if the running walk has to deliver entries of dropped slots. */
  boolean isWalked() {
    DroppedSlot last = slots.peekLast();
    return last != null && last.isWalked();
  }
}
