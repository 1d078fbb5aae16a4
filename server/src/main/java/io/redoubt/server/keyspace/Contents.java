package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a database: its entries by key and their expiries. They are separate from the
 * database so that a walk keeps its position in them when a database exchanges its contents
 * (SWAPDB) or gets new ones (FLUSHDB).
 *
 * <p>The entries are in one table, or in a table for each hash slot.
 */
final class Contents {

  /** The value of {@link #walkedAs} and {@link #slotsWalkedAs} outside of a walk. */
  static final int NO_WALK = -1;

  /** The table of all entries, or a view that {@link #slots} points at the table of a slot. */
  final ByteTable entries;

  /** The tables by slot; null if all entries are in one table. */
  final @Nullable SlotTables slots;

  final Expiries expiries;

  /** The index of its database when the running walk over slots started. */
  int slotsWalkedAs = NO_WALK;

  /** The number of dropped slots whose entries are not freed yet. */
  int droppedSlots;

  /** The position of its database when the running walk started. */
  int walkedAs = NO_WALK;

  /** True once no database has these contents. */
  boolean isGarbage;

  Contents(Slabs slabs, Hash hash, boolean bySlot) {
    if (bySlot) {
      slots = new SlotTables(slabs, hash);
      entries = slots.view();
    } else {
      slots = null;
      entries = new ByteTable(slabs, hash, Entry.KEY_LENGTH_AT);
      entries.create();
    }
    expiries = new Expiries(slabs);
  }

  long size() {
    return slots == null ? entries.size() : slots.size();
  }

  /** Returns true while a walk needs the entries. */
  boolean isWalked() {
    return walkedAs != NO_WALK || slotsWalkedAs != NO_WALK;
  }

  /** Scans the entries as {@link Database#scan}. */
  long scan(long cursor, BlockConsumer consumer) {
    return slots == null ? entries.scan(cursor, consumer) : slots.scan(cursor, consumer);
  }

  /** Passes all entries to a consumer, as {@link Database#forEach}. */
  void forEach(BlockConsumer consumer) {
    long cursor = 0;
    do {
      cursor = scan(cursor, consumer);
    } while (cursor != 0);
  }

  /** Returns a uniformly random entry, or 0 if there is none. */
  long random(RandomGenerator random) {
    return slots == null ? entries.random(random) : slots.random(random);
  }

  /** Returns the bytes of the tables of entries. */
  long tableBytes() {
    return slots == null ? entries.bucketBytes() : slots.bytes();
  }

  /** Returns the hash of a key, which includes the slot of a cluster node. */
  long hash(long keyAddress, int keyLength) {
    return slots == null ? entries.hash(keyAddress, keyLength) : slots.hash(keyAddress, keyLength);
  }

  long hashOf(long entry) {
    return hash(Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  /** Returns the table of a hash's slot, or of all entries; valid until the next call. */
  ByteTable table(long hash) {
    if (slots != null) {
      slots.select(hash);
    }
    return entries;
  }

  /** Adds an entry whose key is absent. */
  void insert(long hash, long entry) {
    if (slots == null) {
      entries.insert(hash, entry);
    } else {
      slots.insert(hash, entry);
    }
  }

  /** Removes an entry without freeing it. */
  void remove(long hash, long entry) {
    if (slots == null) {
      entries.remove(hash, entry);
    } else {
      slots.remove(hash, entry);
    }
  }

  /** Returns true if an entry is of a slot that was dropped, and has yet to be freed. */
  boolean isDropped(long entry) {
    if (droppedSlots == 0) {
      return false;
    }
    long key = Entry.keyAddress(entry);
    int keyLength = Entry.keyLength(entry);
    long hash = hash(key, keyLength);
    return table(hash).find(hash, key, keyLength) != entry;
  }

  /**
   * Dismantles part of the contents, passing entries to be freed to a consumer.
   *
   * @return true if some are left
   */
  boolean dismantle(BlockConsumer freed) {
    return expiries.dismantle()
        || (slots == null ? entries.dismantle(freed) : slots.dismantle(freed));
  }
}
