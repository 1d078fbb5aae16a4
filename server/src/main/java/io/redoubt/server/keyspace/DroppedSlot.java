package io.redoubt.server.keyspace;

import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;

/**
 * The table of a hash slot that was dropped: its entries are in no database any more, but still in
 * the order of expiries, and are freed a bucket at a time.
 */
final class DroppedSlot {
  private final Keyspace keyspace;
  private final Contents contents;
  private final ByteTable table;
  private final int walkNumber;
  private final BlockConsumer free = this::free;

  /**
   * Takes over the table of a slot.
   *
   * @throws OutOfMemoryError if there is no memory for its header; nothing has changed then
   */
  DroppedSlot(Keyspace keyspace, Contents contents, SlotTables slots, int slot) {
    this.keyspace = keyspace;
    this.contents = contents;
    table = new ByteTable(keyspace.slabs(), keyspace.hash(), Entry.KEY_LENGTH_AT);
    walkNumber = keyspace.walkNumber();
    slots.takeOut(slot, table);
    contents.droppedSlots++;
  }

  /** Returns the number of entries left. */
  long size() {
    return table.header() == 0 ? 0 : table.size();
  }

  /** Returns true if the running walk has to deliver the entries, since it started before. */
  boolean isWalked() {
    return walkNumber != 0 && walkNumber == keyspace.walkNumber();
  }

  /**
   * Frees the entries of a bucket. A walk that has to deliver them receives their old states.
   *
   * @return true if some are left
   */
  boolean freeSome() {
    boolean more = table.dismantle(free);
    if (!more) {
      contents.droppedSlots--;
    }
    return more;
  }

  private void free(long entry) {
    if (isWalked()) {
      keyspace.beforeFree(contents, entry);
    }
    if (!contents.isGarbage) {
      if (Entry.expires(entry)) {
        contents.expiries.remove(Entry.expireAt(entry), entry);
      }
      contents.expiries.removeElements(Entry.nextElementExpiry(entry), entry);
    }
    keyspace.garbage().freeEntry(entry);
  }
}
