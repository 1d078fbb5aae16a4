package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * A bucket of a {@link ByteTable}: one cache line, followed by a chain of overflow blocks if it is
 * full. A <em>node</em> is the bucket or one of its overflow blocks.
 *
 * <pre>
 *  0  12 bytes  the tags of twelve slots: 0 for a free one, otherwise 8 bits of the hash
 * 12   4 bytes  a reference to the first overflow block, 0 for none
 * 16  48 bytes  the references of the slots to their blocks
 * </pre>
 *
 * <p>An overflow block has the same layout with four slots: 4 bytes of tags, the reference to the
 * next overflow block, 16 bytes of references. Only the first block of a chain may have free slots,
 * and a bucket with a chain has none.
 */
final class Bucket {
  static final int SLOTS = 12;
  static final int OVERFLOW_AT = 12; // after the tags
  static final int REFERENCES_AT = 16;

  private static final int EXTRA_BYTES = 24;
  static final int EXTRA_SLOTS = 4;
  static final int EXTRA_NEXT_AT = 4; // after the tags
  static final int EXTRA_REFERENCES_AT = 8;

  /** The tags in the second word of a bucket. */
  static final long LAST_TAGS = 0xffff_ffffL;

  static final long EXTRA_TAGS = 0xffff_ffffL;

  private static final long BYTES_01 = 0x0101_0101_0101_0101L;
  private static final long BYTES_7F = 0x7f7f_7f7f_7f7f_7f7fL;

  private Bucket() {}

  /** Returns the tag of a hash, never 0: that marks a free slot. */
  static int tag(long hash) {
    int tag = (int) (hash >>> 56);
    return tag == 0 ? 1 : tag;
  }

  /** Returns the top bit of each byte of {@code word} that equals the tag of {@code pattern}. */
  static long matches(long word, long pattern) {
    long difference = word ^ pattern;
    return ~(((difference & BYTES_7F) + BYTES_7F) | difference | BYTES_7F);
  }

  /** Returns the first slot of a result of {@link #matches}; clear its bit to get the next. */
  static int place(long matches) {
    return Long.numberOfTrailingZeros(matches) >>> 3;
  }

  /** Returns the pattern with which {@link #matches} compares a word of tags. */
  static long pattern(long hash) {
    return tag(hash) * BYTES_01;
  }

  /** Returns the block that a slot refers to. */
  static long reference(long references, int place) {
    return Region.address(Region.getInt(references + (long) place * Integer.BYTES));
  }

  /** Puts a reference into a free slot, in a new overflow block if there is none. */
  static void put(Slabs slabs, long bucket, int tag, int reference) {
    long free = matches(Region.getLong(bucket), 0);
    if (free != 0) {
      set(bucket, REFERENCES_AT, place(free), tag, reference);
      return;
    }
    free = matches(Region.getLong(bucket + 8) | ~LAST_TAGS, 0);
    if (free != 0) {
      set(bucket, REFERENCES_AT, 8 + place(free), tag, reference);
      return;
    }
    int overflow = Region.getInt(bucket + OVERFLOW_AT);
    if (overflow != 0) {
      long extra = Region.address(overflow);
      free = matches(Region.getLong(extra) | ~EXTRA_TAGS, 0);
      if (free != 0) {
        set(extra, EXTRA_REFERENCES_AT, place(free), tag, reference);
        return;
      }
    }
    long extra = slabs.allocate(EXTRA_BYTES);
    Region.putLong(extra, 0);
    Region.putInt(extra + EXTRA_NEXT_AT, overflow);
    set(extra, EXTRA_REFERENCES_AT, 0, tag, reference);
    Region.putInt(bucket + OVERFLOW_AT, Region.reference(extra));
  }

  private static void set(long node, int referencesAt, int place, int tag, int reference) {
    Region.putByte(node + place, tag);
    Region.putInt(node + referencesAt + (long) place * Integer.BYTES, reference);
  }

  /** Makes an occupied slot of a node refer to another block. */
  static void refer(long node, int referencesAt, int place, int reference) {
    Region.putInt(node + referencesAt + (long) place * Integer.BYTES, reference);
  }

  /**
   * Frees a slot of a node. If the bucket has a chain, a reference of the chain's first block fills
   * the gap.
   */
  static void free(Slabs slabs, long bucket, long node, int referencesAt, int place) {
    int overflow = Region.getInt(bucket + OVERFLOW_AT);
    if (overflow == 0) {
      Region.putByte(node + place, 0);
    } else {
      fillFromChain(slabs, bucket, Region.address(overflow), node, referencesAt, place);
    }
  }

  /** Fills a gap with a reference of the chain's first block, which is freed once empty. */
  private static void fillFromChain(
      Slabs slabs, long bucket, long extra, long node, int referencesAt, int place) {
    int last = EXTRA_SLOTS - 1;
    while (Region.getByte(extra + last) == 0) {
      last--;
    }
    set(
        node,
        referencesAt,
        place,
        Region.getByte(extra + last),
        Region.getInt(extra + EXTRA_REFERENCES_AT + (long) last * Integer.BYTES));
    Region.putByte(extra + last, 0);
    if ((Region.getLong(extra) & EXTRA_TAGS) == 0) {
      Region.putInt(bucket + OVERFLOW_AT, Region.getInt(extra + EXTRA_NEXT_AT));
      slabs.free(extra, EXTRA_BYTES);
    }
  }

  /** Returns the number of blocks. */
  static int count(long bucket) {
    int count = occupied(Region.getLong(bucket)) + occupied(Region.getLong(bucket + 8) & LAST_TAGS);
    for (int next = Region.getInt(bucket + OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      count += occupied(Region.getLong(extra) & EXTRA_TAGS);
      next = Region.getInt(extra + EXTRA_NEXT_AT);
    }
    return count;
  }

  /** Returns the number of tags in a word of them, without the free slots. */
  private static int occupied(long tags) {
    return Long.BYTES - Long.bitCount(matches(tags, 0));
  }

  /** Returns the bucket or overflow block that refers to a block. */
  static long nodeOf(long bucket, long hash, long block) {
    if (placeIn(bucket, REFERENCES_AT, hash, block) >= 0) {
      return bucket;
    }
    for (int next = Region.getInt(bucket + OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      if (placeIn(extra, EXTRA_REFERENCES_AT, hash, block) >= 0) {
        return extra;
      }
      next = Region.getInt(extra + EXTRA_NEXT_AT);
    }
    throw new IllegalStateException("not in the table: block " + block);
  }

  /** Returns the slot in a node that refers to a block, or -1. */
  static int placeIn(long node, int referencesAt, long hash, long block) {
    int slots = referencesAt == REFERENCES_AT ? SLOTS : EXTRA_SLOTS;
    int reference = Region.reference(block);
    byte tag = (byte) tag(hash);
    for (int place = 0; place < slots; place++) {
      if (Region.getInt(node + referencesAt + (long) place * Integer.BYTES) == reference
          && Region.getByte(node + place) == tag) {
        return place;
      }
    }
    return -1;
  }

  /** Frees all slots and the overflow blocks. */
  static void clearAll(Slabs slabs, long bucket) {
    for (int next = Region.getInt(bucket + OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      next = Region.getInt(extra + EXTRA_NEXT_AT);
      slabs.free(extra, EXTRA_BYTES);
    }
    clear(bucket);
  }

  /** Initializes a cache line as an empty bucket. */
  static void clear(long bucket) {
    Region.putLong(bucket, 0);
    Region.putLong(bucket + 8, 0);
  }
}
