package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * A growing sequence of byte strings in the region, addressed by index. Commands collect results in
 * it before they change the data that they read. Reusable; between uses it retains little memory.
 */
public final class ByteStrings implements AutoCloseable {

  private static final int FIRST_BYTES = 1 << 10;
  private static final int FIRST_COUNT = 64;

  /** The most memory retained for the next use. */
  private static final long KEPT_BYTES = 64 << 10;

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private static final int LENGTH_BYTES = Integer.BYTES;

  private final Slabs slabs;

  // The strings, each after its length, and the offset of each one in {@code bytes}.
  private long bytes;
  private long bytesCapacity;
  private long bytesUsed;
  private long places;
  private long placesCapacity;
  private int count;

  /** Creates an empty sequence that takes no memory yet. */
  public ByteStrings(Slabs slabs) {
    this.slabs = slabs;
  }

  public int count() {
    return count;
  }

  /** Returns the address of a string's bytes, valid until another string is added. */
  public long address(int i) {
    return place(i) + LENGTH_BYTES;
  }

  public int length(int i) {
    return Region.getInt(place(i));
  }

  /** Returns true if a string contains a zero byte. */
  boolean containZero() {
    for (int i = 0; i < count; i++) {
      if (containsZero(address(i), length(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean containsZero(long address, int length) {
    int at = 0;
    for (; at + Long.BYTES <= length; at += Long.BYTES) {
      long word = Region.getLong(address + at);
      // A byte's high bit is set by the subtraction, and was not set before.
      if (((word - ONES) & ~word & HIGH_BITS) != 0) {
        return true;
      }
    }
    for (; at < length; at++) {
      if (Region.getByte(address + at) == 0) {
        return true;
      }
    }
    return false;
  }

  private long place(int i) {
    return bytes + Region.getLong(places + (long) i * Long.BYTES);
  }

  /** Adds a copy of the given bytes, which must not lie in this sequence. */
  public void add(long address, int length) {
    Region.copy(address, add(length), length);
  }

  /**
   * Adds a string of the given length and returns the address to write its bytes to immediately.
   */
  public long add(int length) {
    long needed = bytesUsed + LENGTH_BYTES + length;
    if (needed > bytesCapacity) {
      long capacity = Math.max(Math.max(FIRST_BYTES, 2 * bytesCapacity), needed);
      bytes = moved(bytes, bytesUsed, bytesCapacity, capacity);
      bytesCapacity = capacity;
    }
    if (count == placesCapacity) {
      long capacity = Math.max(FIRST_COUNT, 2 * placesCapacity);
      places =
          moved(
              places,
              (long) count * Long.BYTES,
              placesCapacity * Long.BYTES,
              capacity * Long.BYTES);
      placesCapacity = capacity;
    }
    Region.putLong(places + (long) count * Long.BYTES, bytesUsed);
    long at = bytes + bytesUsed;
    Region.putInt(at, length);
    bytesUsed = needed;
    count++;
    return at + LENGTH_BYTES;
  }

  private long moved(long old, long used, long capacity, long newCapacity) {
    long block = slabs.allocateFar(newCapacity);
    if (old != 0) {
      Region.copy(old, block, used);
      slabs.free(old, capacity);
    }
    return block;
  }

  public void clear() {
    count = 0;
    bytesUsed = 0;
    if (bytesCapacity + placesCapacity * Long.BYTES > KEPT_BYTES) {
      close();
    }
  }

  /** Removes all strings and frees the memory; the sequence remains usable. */
  @Override
  public void close() {
    if (bytes != 0) {
      slabs.free(bytes, bytesCapacity);
    }
    if (places != 0) {
      slabs.free(places, placesCapacity * Long.BYTES);
    }
    bytes = 0;
    places = 0;
    bytesCapacity = 0;
    placesCapacity = 0;
    bytesUsed = 0;
    count = 0;
  }
}
