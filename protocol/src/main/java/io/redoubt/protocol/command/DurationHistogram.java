package io.redoubt.protocol.command;

/**
 * A histogram of call durations with power-of-two buckets: the first up to 1024 ns, the last above
 * half a second.
 */
public final class DurationHistogram {
  /** The number of buckets. */
  public static final int BUCKETS = 21;

  private static final int FIRST_BITS = 10; // 1024 ns

  private final long[] counts = new long[BUCKETS];

  DurationHistogram() {}

  void add(int runs, long nanosEach) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(nanosEach - 1, 0));
    counts[Math.min(Math.max(bits - FIRST_BITS, 0), BUCKETS - 1)] += runs;
  }

  /** Returns the number of calls in a bucket. */
  public long count(int index) {
    return counts[index];
  }

  /**
   * Returns the upper bound of a bucket in microseconds, with the values that Redis shows: its
   * histogram has a precision of one part in 128.
   */
  public static long upperBoundMicros(int index) {
    long nanos = 1L << (index + FIRST_BITS);
    return (nanos + nanos / 128 - 1) / 1000;
  }
}
