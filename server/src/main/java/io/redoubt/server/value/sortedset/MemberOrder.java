package io.redoubt.server.value.sortedset;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.RankedTree;

/**
 * Orders members of equal score by their bytes. The reference {@link #PROBE} represents the bytes
 * last passed to {@link #probe}, which are in no block.
 */
public final class MemberOrder implements RankedTree.Ties {

  /** A reference that no block has. */
  static final int PROBE = 0;

  private long probe;
  private int probeLength;
  private boolean afterEqual;

  /**
   * Sets the bytes represented by {@link #PROBE}.
   *
   * @param after true if the probe is ordered after a member of equal bytes, false for before it
   */
  void setProbe(long address, int length, boolean after) {
    probe = address;
    probeLength = length;
    afterEqual = after;
  }

  @Override
  public int compare(int referenceA, int referenceB) {
    if (referenceA == referenceB) {
      return 0;
    }
    long block = Region.address(referenceA);
    if (referenceB == PROBE) {
      int order =
          compare(ScoredMember.address(block), ScoredMember.length(block), probe, probeLength);
      return order == 0 ? (afterEqual ? -1 : 1) : order;
    }
    long other = Region.address(referenceB);
    return compare(
        ScoredMember.address(block),
        ScoredMember.length(block),
        ScoredMember.address(other),
        ScoredMember.length(other));
  }

  /** Compares as unsigned bytes; the first words are compared as a whole. */
  static int compare(long a, int lengthA, long b, int lengthB) {
    int common = Math.min(lengthA, lengthB);
    int at = 0;
    for (; at + Long.BYTES <= common && at < 4 * Long.BYTES; at += Long.BYTES) {
      long wordA = Region.getLong(a + at);
      long wordB = Region.getLong(b + at);
      if (wordA != wordB) {
        return Long.compareUnsigned(Long.reverseBytes(wordA), Long.reverseBytes(wordB));
      }
    }
    return Region.compare(a + at, lengthA - at, b + at, lengthB - at);
  }
}
