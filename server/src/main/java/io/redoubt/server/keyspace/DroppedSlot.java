package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import org.jspecify.annotations.Nullable;

/**
 * The table of a hash slot that was dropped: its entries are in no database any more, but still in
 * the order of expiries, and are freed a bucket at a time.
 */
final class DroppedSlot {
  private final Contents contents;
  private final ByteTable table;

  /** The walk that was running when the slot was dropped. */
  private final @Nullable Walk walk;

  private final BlockConsumer freeing = this::free;
  private @Nullable BlockConsumer freed;

  /**
   * Takes over the table of a slot.
   *
   * @param walk the running walk, null if there is none
   * @throws OutOfMemoryError if there is no memory for its header; nothing has changed then
   */
  DroppedSlot(
      Slabs slabs, Hash hash, Contents contents, SlotTables slots, int slot, @Nullable Walk walk) {
    this.contents = contents;
    this.walk = walk;
    table = new ByteTable(slabs, hash, Entry.KEY_LENGTH_AT);
    slots.takeOut(slot, table);
    contents.droppedSlots++;
  }

  /** Returns the number of entries left. */
  long size() {
    return table.header() == 0 ? 0 : table.size();
  }

  /** Returns true if the running walk has to deliver the entries, since it started before. */
  boolean isWalked() {
    return walk != null && walk.isRunning();
  }

  /**
   * Frees the entries of a bucket. A walk that has to deliver them receives their old states.
   *
   * @param to frees the block and the value of an entry
   * @return true if some are left
   */
  boolean freeSome(BlockConsumer to) {
    freed = to;
    boolean more = table.dismantle(freeing);
    if (!more) {
      contents.droppedSlots--;
    }
    return more;
  }

  private void free(long entry) {
    if (walk != null && walk.isRunning()) {
      walk.beforeChange(contents, entry);
    }
    if (!contents.isGarbage) {
      if (Entry.expires(entry)) {
        contents.expiries.remove(Entry.expireAt(entry), entry);
      }
      contents.expiries.removeElements(Entry.nextElementExpiry(entry), entry);
    }
    if (freed != null) {
      freed.accept(entry);
    }
  }
}
