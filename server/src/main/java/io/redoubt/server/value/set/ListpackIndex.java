package io.redoubt.server.value.set;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.memory.Region;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A hash index of the members of a listpack, for operations that look for many members: a search
 * compares half of the entries. Each member may be followed by a value. The index names entries by
 * their offset, so the listpack may move, and grow at its end. An instance is reused; its memory is
 * limited by {@link #MAX_ENTRIES}.
 */
final class ListpackIndex {
  /** The number of entries below which searching is faster. */
  static final int MIN_ENTRIES = 8;

  static final int MAX_ENTRIES = 1024;

  private static final MemorySegment MEMORY = Region.MEMORY;
  private static final int FIRST_SLOTS = 256;
  private static final long FACTOR = 0x9e37_79b9_7f4a_7c15L;
  private static final int MAX_INTEGER_LENGTH = Numbers.MAX_LONG_LENGTH;

  /** The offsets of entries in the listpack, at the hash of each or after it; 0 for none. */
  private int[] slots = new int[FIRST_SLOTS];

  private int mask;
  private int count;

  /** Indexes a listpack of at most {@link #MAX_ENTRIES} entries, all of them members. */
  void build(long listpack) {
    build(listpack, 1);
  }

  /**
   * Indexes a listpack of at most {@link #MAX_ENTRIES} members.
   *
   * @param step 1, or 2 if each member is followed by a value
   */
  void build(long listpack, int step) {
    count = 0;
    size(Math.max(FIRST_SLOTS / 4, Listpack.count(MEMORY, listpack) / step));
    fill(listpack, step);
  }

  private void size(int entries) {
    int wanted = Integer.highestOneBit(entries) * 4;
    if (wanted > slots.length) {
      slots = new int[wanted];
    } else {
      Arrays.fill(slots, 0, wanted, 0);
    }
    mask = wanted - 1;
  }

  private void fill(long listpack, int step) {
    long at = Listpack.first(MEMORY, listpack);
    while (at != Listpack.NONE) {
      insert((int) (at - listpack), hashOf(at));
      at = Listpack.next(MEMORY, step == 1 ? at : Listpack.after(MEMORY, at));
    }
  }

  /**
   * Adds the entry at an offset, the last one of a listpack whose entries are all members; returns
   * false if there are too many.
   */
  boolean add(long listpack, int offset) {
    if (count >= MAX_ENTRIES) {
      return false;
    }
    if (2 * count > mask) {
      build(listpack);
    } else {
      insert(offset, hashOf(listpack + offset));
    }
    return true;
  }

  private void insert(int offset, int hash) {
    int slot = hash & mask;
    while (slots[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = offset;
    count++;
  }

  boolean contains(long listpack, SetMembers member) {
    long entry =
        member.isInteger()
            ? find(listpack, member.integer())
            : find(listpack, member.address(), member.length());
    return entry != Listpack.NONE;
  }

  boolean contains(long listpack, long address, int length) {
    return find(listpack, address, length) != Listpack.NONE;
  }

  /** Returns the entry of a member, or {@link Listpack#NONE}. */
  long find(long listpack, long address, int length) {
    if (length <= MAX_INTEGER_LENGTH && Numbers.isLong(MEMORY, address, length)) {
      return find(listpack, Numbers.parseLong(MEMORY, address, length, 0));
    }
    int slot = hash(address, length) & mask;
    while (slots[slot] != 0) {
      long at = listpack + slots[slot];
      if (!Listpack.isInteger(MEMORY, at)
          && Listpack.bytesLength(MEMORY, at) == length
          && Region.equal(Listpack.bytesAt(MEMORY, at), address, length)) {
        return at;
      }
      slot = (slot + 1) & mask;
    }
    return Listpack.NONE;
  }

  private long find(long listpack, long integer) {
    int slot = hash(integer) & mask;
    while (slots[slot] != 0) {
      long at = listpack + slots[slot];
      if (Listpack.isInteger(MEMORY, at) && Listpack.integer(MEMORY, at) == integer) {
        return at;
      }
      slot = (slot + 1) & mask;
    }
    return Listpack.NONE;
  }

  private static int hashOf(long entry) {
    return Listpack.isInteger(MEMORY, entry)
        ? hash(Listpack.integer(MEMORY, entry))
        : hash(Listpack.bytesAt(MEMORY, entry), Listpack.bytesLength(MEMORY, entry));
  }

  private static int hash(long integer) {
    long product = (integer ^ integer >>> 32) * FACTOR; // every bit reaches the middle ones
    return (int) (product >>> 36);
  }

  /**
   * Returns a hash of both ends. Colliding members, even if chosen on purpose, only make a search
   * as long as one without the index.
   */
  private static int hash(long address, int length) {
    long first = Region.getLong(address);
    long last = 0;
    if (length < Long.BYTES) {
      first = length == 0 ? 0 : first << (64 - 8 * length);
    } else {
      last = Region.getLong(address + length - Long.BYTES);
    }
    return hash((first * FACTOR ^ last) + length);
  }
}
