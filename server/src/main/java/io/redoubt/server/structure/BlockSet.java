package io.redoubt.server.structure;

/** A set of block addresses on the heap, of limited capacity: marks the blocks already visited. */
public final class BlockSet {

  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private final long[] places;
  private final int shift;

  /** Creates a set that never holds more than {@code limit} blocks. */
  public BlockSet(int limit) {
    int bits = 33 - Integer.numberOfLeadingZeros(Math.max(limit, 2));
    places = new long[1 << bits];
    shift = Long.SIZE - bits;
  }

  /** Adds a block; returns true if it was absent. */
  public boolean add(long block) {
    int mask = places.length - 1;
    int place = (int) ((block * SPREAD) >>> shift);
    while (places[place] != 0) {
      if (places[place] == block) {
        return false;
      }
      place = (place + 1) & mask;
    }
    places[place] = block;
    return true;
  }
}
