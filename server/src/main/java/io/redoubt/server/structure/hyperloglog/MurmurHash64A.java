package io.redoubt.server.structure.hyperloglog;

import io.redoubt.server.memory.Region;

/** Austin Appleby's MurmurHash2, in the 64-bit variant that reads little-endian words. */
final class MurmurHash64A {
  private static final long FACTOR = 0xc6a4a7935bd1e995L;
  private static final int SHIFT = 47;

  private MurmurHash64A() {}

  static long hash(long address, int lengthBytes, long seed) {
    long hash = seed ^ (lengthBytes * FACTOR);
    long at = address;
    long end = address + (lengthBytes & ~7);
    for (; at < end; at += 8) {
      long word = Region.getLong(at) * FACTOR;
      word = (word ^ word >>> SHIFT) * FACTOR;
      hash = (hash ^ word) * FACTOR;
    }
    int left = lengthBytes & 7;
    if (left > 0) {
      // Reading past the end of a block is harmless.
      hash = (hash ^ (Region.getLong(at) & ((1L << (8 * left)) - 1))) * FACTOR;
    }
    hash = (hash ^ hash >>> SHIFT) * FACTOR;
    return hash ^ hash >>> SHIFT;
  }
}
