package io.redoubt.server.value;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.RankedTree;

/**
 * Orders members of equal score by their bytes. Reference {@link #PROBE} stands for bytes that are
 * in no block, those given last to {@link #probe}.
 */
final class MemberOrder implements RankedTree.Ties {

  /** No block has this reference. */
  static final int PROBE = 0;

  private long probe;
  private int probeLength;
  private boolean afterEqual;

  /**
   * Tells what {@link #PROBE} stands for.
   *
   * @param after whether the probe comes after a member of the same bytes, else before it
   */
  void probe(long address, int length, boolean after) {
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

  /** Compares as unsigned bytes, in words as long as there are some. */
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
