package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import java.util.BitSet;
import java.util.random.RandomGenerator;

/**
 * The entries of a cluster node's database: a table for each hash slot, so that the keys of a slot
 * are counted, listed and dropped in time proportional to the slot.
 *
 * <p>The headers of the tables lie in one array, allocated with the first key. A slot without keys
 * has no buckets. All operations on a table go through {@link #view}, which {@link #select} points
 * at the slot of a hash.
 *
 * <p>A hash carries the slot of its key in bits that neither the number of a bucket nor a tag uses,
 * so that the slot of a key is computed once a lookup.
 *
 * <p>Tables grow and shrink by a bucket at a time (see {@link ByteTable}); no slot is ever rehashed
 * as a whole.
 */
final class SlotTables {
  private static final int SLOTS = SlotSet.SLOTS;
  private static final int SLOT_BITS = Integer.numberOfTrailingZeros(SLOTS);

  /** The number of keys is summed up for groups of slots, so that a rank is found in two scans. */
  private static final int GROUP_BITS = SLOT_BITS / 2;

  /** The place of the slot in a hash: below the tag, above the number of a bucket. */
  private static final int HASH_SHIFT = 40;

  private static final long HASH_BITS = (long) (SLOTS - 1) << HASH_SHIFT;

  private final Slabs slabs;
  private final ByteTable view;

  /** The table of a slot without keys, for lookups. */
  private final long none;

  /** The headers of the tables, 0 before the first key. */
  private long headers;

  private final long[] sizes = new long[1 << (SLOT_BITS - GROUP_BITS)];
  private long size;

  /**
   * The mark of the entries of each slot; entries that a {@link SlotWalk} has yet to deliver have
   * the opposite one.
   */
  private final BitSet marks = new BitSet();

  /** The slot where {@link #dismantle} continues. */
  private int dismantled;

  SlotTables(Slabs slabs, Hash hash) {
    this.slabs = slabs;
    view = new ByteTable(slabs, hash, Entry.KEY_LENGTH_AT);
    view.create();
    none = view.header();
  }

  /** Allocates the headers of the tables unless they are there. */
  void ensureHeaders() {
    if (headers == 0) {
      headers = slabs.allocateFar(headersBytes());
      Region.zero(headers, headersBytes());
    }
  }

  /** Frees the headers of tables without keys. */
  private void releaseHeadersIfEmpty() {
    if (size == 0 && headers != 0) {
      view.pointTo(none);
      slabs.free(headers, headersBytes());
      headers = 0;
    }
  }

  private static long headersBytes() {
    return (long) SLOTS * ByteTable.HEADER_BYTES;
  }

  /** Returns the view that the other methods point at the table of a slot. */
  ByteTable view() {
    return view;
  }

  /** Returns the hash of a key, which carries its slot. */
  long hash(long keyAddress, int keyLength) {
    long slot = KeySlot.of(Region.MEMORY, keyAddress, keyLength);
    return (view.hash(keyAddress, keyLength) & ~HASH_BITS) | (slot << HASH_SHIFT);
  }

  /** Returns the slot of the key with a hash. */
  static int slot(long hash) {
    return (int) (hash >>> HASH_SHIFT) & SLOTS - 1;
  }

  private long header(int slot) {
    return headers + (long) slot * ByteTable.HEADER_BYTES;
  }

  /** Points the view at the table of a hash's slot; if it is empty, only lookups are valid. */
  void select(long hash) {
    selectSlot(slot(hash));
  }

  private void selectSlot(int slot) {
    view.pointTo(size(slot) == 0 ? none : header(slot));
  }

  long size() {
    return size;
  }

  long size(int slot) {
    return headers == 0 ? 0 : ByteTable.size(header(slot));
  }

  /** Adds an entry whose key is absent. */
  void insert(long hash, long entry) {
    ensureHeaders();
    int slot = slot(hash);
    long header = header(slot);
    if (ByteTable.size(header) == 0) {
      view.createAt(header);
    } else {
      view.pointTo(header);
    }
    Entry.putMark(entry, marks.get(slot));
    view.insert(hash, entry);
    grew(slot, 1);
  }

  /** Returns true if the running walk over the slot has yet to deliver an entry. */
  boolean isUndelivered(int slot, long entry) {
    return Entry.mark(entry) != marks.get(slot);
  }

  void markDelivered(int slot, long entry) {
    Entry.putMark(entry, marks.get(slot));
  }

  /** Makes all entries of a slot undelivered, for a walk that starts. */
  void startWalk(int slot) {
    if (size(slot) > 0) {
      marks.flip(slot);
    }
  }

  /** Removes an entry without freeing it. */
  void remove(long hash, long entry) {
    int slot = slot(hash);
    view.pointTo(header(slot));
    view.remove(hash, entry);
    grew(slot, -1);
    if (view.size() == 0) {
      view.release();
    }
  }

  private void grew(int slot, long entries) {
    sizes[slot >>> GROUP_BITS] += entries;
    size += entries;
  }

  /** Returns the first slot from a given one on that has keys, or -1. */
  private int nextUsed(int from) {
    int slot = size == 0 ? SLOTS : from;
    while (slot < SLOTS) {
      if (size(slot) > 0) {
        return slot;
      }
      slot++;
      while ((slot & (1 << GROUP_BITS) - 1) == 0
          && slot < SLOTS
          && sizes[slot >>> GROUP_BITS] == 0) {
        slot += 1 << GROUP_BITS;
      }
    }
    return -1;
  }

  /**
   * Scans as {@link ByteTable#scan}, slot by slot. A cursor is the slot, and above it the position
   * in its table.
   */
  long scan(long cursor, BlockConsumer consumer) {
    int from = (int) cursor & SLOTS - 1;
    int slot = nextUsed(from);
    if (slot < 0) {
      return 0;
    }
    long position = scanSlot(slot, slot == from ? cursor >>> SLOT_BITS : 0, consumer);
    return position != 0 ? position << SLOT_BITS | slot : Math.max(0, nextUsed(slot + 1));
  }

  /** Scans as {@link #scan}, but only a slot. */
  long scanOnly(int slot, long cursor, BlockConsumer consumer) {
    int from = (int) cursor & SLOTS - 1;
    if (from > slot || size(slot) == 0) {
      return 0;
    }
    long position = scanSlot(slot, slot == from ? cursor >>> SLOT_BITS : 0, consumer);
    return position == 0 ? 0 : position << SLOT_BITS | slot;
  }

  /** Scans the table of one slot as {@link ByteTable#scan}. */
  long scanSlot(int slot, long position, BlockConsumer consumer) {
    selectSlot(slot);
    return view.scan(position, consumer);
  }

  /** Returns a uniformly random entry, or 0 if there is none. */
  long random(RandomGenerator random) {
    if (size == 0) {
      return 0;
    }
    long rank = random.nextLong(size);
    int group = 0;
    while (rank >= sizes[group]) {
      rank -= sizes[group++];
    }
    int slot = group << GROUP_BITS;
    while (rank >= size(slot)) {
      rank -= size(slot++);
    }
    selectSlot(slot);
    return view.random(random);
  }

  /** Returns the bytes of the headers and buckets. */
  long bytes() {
    long bytes = headers == 0 ? 0 : headersBytes();
    for (int slot = nextUsed(0); slot >= 0; slot = nextUsed(slot + 1)) {
      selectSlot(slot);
      bytes += view.bucketBytes();
    }
    return bytes;
  }

  /**
   * Moves the table of a slot from another set of tables to this one, where the slot is empty and
   * the {@linkplain #ensureHeaders headers} are allocated.
   */
  void takeOver(int slot, SlotTables from) {
    long entries = from.size(slot);
    Region.copy(from.header(slot), header(slot), ByteTable.HEADER_BYTES);
    Region.zero(from.header(slot), ByteTable.HEADER_BYTES);
    from.grew(slot, -entries);
    grew(slot, entries);
    marks.set(slot, from.marks.get(slot));
    from.releaseHeadersIfEmpty();
  }

  /** Makes a table that is a slot's the view's, and leaves the slot empty. */
  void takeOut(int slot, ByteTable taker) {
    long entries = size(slot);
    taker.takeFrom(header(slot));
    grew(slot, -entries);
    releaseHeadersIfEmpty();
  }

  /**
   * Dismantles a bucket of a table, passing its entries to a consumer.
   *
   * @return true if something is left
   */
  boolean dismantle(BlockConsumer freed) {
    if (size > 0) {
      dismantled = nextUsed(dismantled);
      view.pointTo(header(dismantled));
      long entries = view.size();
      boolean hasBuckets = view.dismantleBucket(freed);
      grew(dismantled, view.size() - entries);
      if (hasBuckets && view.size() == 0) {
        view.release();
      }
      return true;
    }
    releaseHeadersIfEmpty();
    return view.dismantle(freed);
  }
}
