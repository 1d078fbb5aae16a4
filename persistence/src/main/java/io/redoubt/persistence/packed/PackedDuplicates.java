package io.redoubt.persistence.packed;

import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Detects duplicate elements in a listpack that must not have any, such as the fields of a hash or
 * the members of a set. Reusable; it keeps its table.
 */
public final class PackedDuplicates {

  /** Of up to this many elements, those whose hashes start alike are compared pairwise. */
  private static final int FEW = 10;

  private static final int FIRST_SLOTS = 64;
  private static final long MIX = 0x9e3779b97f4a7c15L;

  /**
   * The offsets of entries from the listpack's start, 0 for an empty slot; the length is a power of
   * two.
   */
  private int[] slots = {};

  /** The address of the listpack, which senders of elements can't know. */
  private long seed;

  private final long[] hashes = new long[FEW];
  private final long[] entries = new long[FEW];

  /**
   * Returns true if two of the examined elements are equal.
   *
   * @param stride the distance of the examined elements, from the first one: 2 for the fields of a
   *     hash
   */
  public boolean existIn(MemorySegment memory, long start, int stride) {
    seed = (memory.address() + start) * MIX;
    int count = Listpack.count(memory, start) / stride;
    return count <= FEW ? amongFew(memory, start, stride) : amongMany(memory, start, stride, count);
  }

  private boolean amongFew(MemorySegment memory, long start, int stride) {
    int count = 0;
    long seen = 0; // a bit for the highest six bits of each hash
    for (long entry = Listpack.first(memory, start);
        entry != Listpack.NONE;
        entry = skip(memory, entry, stride)) {
      long hash = hash(memory, entry);
      long bit = 1L << (hash >>> (Long.SIZE - 6));
      for (int i = (seen & bit) == 0 ? count : 0; i < count; i++) {
        if (hashes[i] == hash && sameText(memory, entries[i], entry)) {
          return true;
        }
      }
      seen |= bit;
      hashes[count] = hash;
      entries[count] = entry;
      count++;
    }
    return false;
  }

  private boolean amongMany(MemorySegment memory, long start, int stride, int count) {
    int size = Math.max(FIRST_SLOTS, Integer.highestOneBit(count) * 4);
    if (slots.length < size) {
      slots = new int[size];
    } else {
      Arrays.fill(slots, 0, size, 0);
    }
    for (long entry = Listpack.first(memory, start);
        entry != Listpack.NONE;
        entry = skip(memory, entry, stride)) {
      int slot = (int) (hash(memory, entry) >>> 32) & (size - 1);
      while (slots[slot] != 0) {
        if (sameText(memory, start + slots[slot], entry)) {
          return true;
        }
        slot = (slot + 1) & (size - 1);
      }
      slots[slot] = (int) (entry - start);
    }
    return false;
  }

  private static long skip(MemorySegment memory, long entry, int stride) {
    long at = entry;
    for (int i = 0; i < stride && at != Listpack.NONE; i++) {
      at = Listpack.next(memory, at);
    }
    return at;
  }

  /**
   * Returns true if two entries have the same text. An untrusted listpack may hold an integer as
   * text.
   */
  private static boolean sameText(MemorySegment memory, long one, long other) {
    if (Listpack.isInteger(memory, one) && Listpack.isInteger(memory, other)) {
      return Listpack.integer(memory, one) == Listpack.integer(memory, other);
    }
    if (Listpack.isInteger(memory, one)) {
      return sameText(memory, other, one);
    }
    int length = Listpack.bytesLength(memory, one);
    return Listpack.equal(memory, other, memory, Listpack.bytesAt(memory, one), length);
  }

  private long hash(MemorySegment memory, long entry) {
    if (Listpack.isInteger(memory, entry)) {
      return mixed(Listpack.integer(memory, entry));
    }
    long at = Listpack.bytesAt(memory, entry);
    int length = Listpack.bytesLength(memory, entry);
    if (length > 0 && ListpackFormat.startsLikeInteger(LittleEndian.unsignedByte(memory, at))) {
      long number = Numbers.parseLong(memory, at, length, 0);
      if (number != 0 || Numbers.isZero(memory, at, length)) {
        return mixed(number);
      }
    }
    if (length < Long.BYTES) {
      return mixed(fewBytes(memory, at, length) ^ length);
    }
    long hash = length;
    long last = at + length - Long.BYTES;
    for (long word = at; word < last; word += Long.BYTES) {
      hash = mixed(hash ^ LittleEndian.int64(memory, word));
    }
    return mixed(hash ^ LittleEndian.int64(memory, last));
  }

  /** Returns up to seven bytes as a number; those in the middle may occur in it twice. */
  private static long fewBytes(MemorySegment memory, long at, int length) {
    if (length >= Integer.BYTES) {
      long last = LittleEndian.int32(memory, at + length - Integer.BYTES);
      return last << Integer.SIZE | LittleEndian.unsigned32(memory, at);
    }
    long bytes = 0;
    for (int i = 0; i < length; i++) {
      bytes = bytes << Byte.SIZE | LittleEndian.unsignedByte(memory, at + i);
    }
    return bytes;
  }

  private long mixed(long value) {
    long product = (value ^ seed) * MIX;
    return (product ^ product >>> 29) * MIX;
  }
}
