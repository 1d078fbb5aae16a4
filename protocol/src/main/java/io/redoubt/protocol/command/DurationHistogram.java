package io.redoubt.protocol.command;

/**
 * A histogram of call durations with power-of-two buckets: the first up to 1024 ns, the last above
 * half a second. Percentiles come from parts of these, which differ by less than one part in 128.
 */
public final class DurationHistogram {
  /** The number of buckets. */
  public static final int BUCKETS = 21;

  private static final int FIRST_BITS = 10; // 1024 ns

  /** The binary logarithm of the number of parts of a power of two. */
  private static final int PART_BITS = 7;

  private static final int PARTS = 1 << PART_BITS;

  /** The longest duration that percentiles report, as in Redis. */
  private static final long MOST_NANOS = 1_000_000_000;

  private final long[] counts = new long[BUCKETS];

  /**
   * The counters by power of two, allocated at the first use; index 0 is for durations below 256.
   */
  private final long[][] parts = new long[Long.SIZE - Long.numberOfLeadingZeros(MOST_NANOS)][];

  private long total;

  DurationHistogram() {}

  void add(int runs, long nanosEach) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(nanosEach - 1, 0));
    counts[Math.min(Math.max(bits - FIRST_BITS, 0), BUCKETS - 1)] += runs;
    total += runs;
    long nanos = Math.clamp(nanosEach, 1, MOST_NANOS);
    int power = Math.max(Long.SIZE - Long.numberOfLeadingZeros(nanos) - 1 - PART_BITS, 0);
    if (parts[power] == null) {
      parts[power] = new long[2 * PARTS];
    }
    parts[power][(int) (nanos >> power)] += runs;
  }

  public long count(int index) {
    return counts[index];
  }

  public long total() {
    return total;
  }

  /**
   * Returns the duration in nanoseconds that a percentage of all calls did not exceed, rounded up
   * to the end of its part; the shortest duration for 0 percent.
   */
  public long percentileNanos(double percent) {
    long wanted = Math.max(1, (long) (percent / 100 * total + 0.5));
    long reached = 0;
    for (int power = 0; power < parts.length; power++) {
      for (int part = 0; parts[power] != null && part < 2 * PARTS; part++) {
        reached += parts[power][part];
        if (reached >= wanted) {
          return ((long) part << power) + (percent == 0 ? 0 : (1L << power) - 1);
        }
      }
    }
    return 0;
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
