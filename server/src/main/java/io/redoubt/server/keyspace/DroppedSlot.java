package io.redoubt.server.keyspace;

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

  private final BlockConsumer freed;
  private final BlockConsumer freeing = this::free;

  /**
   * Creates a dropped slot of contents.
   *
   * @param table the table taken out of the slot
   * @param walk the running walk, null if there is none
   * @param freed frees the block and the value of an entry
   */
  DroppedSlot(Contents contents, ByteTable table, @Nullable Walk walk, BlockConsumer freed) {
    this.contents = contents;
    this.table = table;
    this.walk = walk;
    this.freed = freed;
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
   * @return true if some are left
   */
  boolean freeSome() {
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
    freed.accept(entry);
  }
}
