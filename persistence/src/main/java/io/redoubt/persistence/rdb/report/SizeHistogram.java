package io.redoubt.persistence.rdb.report;

import java.util.Arrays;

/**
 * A histogram of sizes with sixteen buckets for each power of two: a percentile is at most a
 * sixteenth too high. Its memory is bounded by 1024 counters.
 */
public final class SizeHistogram {

  private static final int SUB_BITS = 4;
  private static final int SUBS = 1 << SUB_BITS;

  private long[] counts = new long[SUBS];
  private long count;
  private long max;

  void add(long size) {
    int bucket = bucket(size);
    if (bucket >= counts.length) {
      counts = Arrays.copyOf(counts, (bucket / SUBS + 2) * SUBS);
    }
    counts[bucket]++;
    count++;
    max = Math.max(max, size);
  }

  private static int bucket(long size) {
    int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(size) - SUB_BITS - 1);
    return (shift << SUB_BITS) + (int) (size >>> shift);
  }

  private static long lowest(int bucket) {
    int shift = Math.max(0, (bucket >> SUB_BITS) - 1);
    return (long) (bucket - (shift << SUB_BITS)) << shift;
  }

  public long count() {
    return count;
  }

  /** Returns the largest size, 0 if there is none. */
  public long max() {
    return max;
  }

  /** Returns an upper bound of the size that the given share of all sizes does not exceed. */
  public long percentile(double percent) {
    long rank = Math.max(1, (long) Math.ceil(count * percent / 100));
    for (int bucket = 0; bucket < counts.length; bucket++) {
      rank -= counts[bucket];
      if (rank <= 0) {
        return Math.min(max, lowest(bucket + 1) - 1);
      }
    }
    return max;
  }

  /**
   * Returns the number of sizes in [2<sup>exponent-1</sup>, 2<sup>exponent</sup>); the number of
   * zeros for the exponent 0.
   */
  public long countOf(int exponent) {
    long from = exponent == 0 ? 0 : 1L << (exponent - 1);
    int last = exponent == 0 ? 1 : exponent == 63 ? counts.length : bucket(1L << exponent);
    long sum = 0;
    for (int bucket = bucket(from); bucket < Math.min(last, counts.length); bucket++) {
      sum += counts[bucket];
    }
    return sum;
  }

  /** Returns the first exponent above all sizes, for {@link #countOf}. */
  public int exponents() {
    return count == 0 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(max) + 1;
  }
}
