package io.redoubt.protocol.command;

/**
 * How long runs took, in classes that double: the first has those of up to 1024 ns, the last all
 * that took longer than half a second.
 */
public final class Durations {
  /** The number of classes. */
  public static final int CLASSES = 21;

  private static final int FIRST_BITS = 10; // 1024 ns

  private final long[] counts = new long[CLASSES];

  Durations() {}

  void add(int runs, long nanosEach) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(nanosEach - 1, 0));
    counts[Math.min(Math.max(bits - FIRST_BITS, 0), CLASSES - 1)] += runs;
  }

  /** The runs in a class. */
  public long count(int index) {
    return counts[index];
  }

  /**
   * The longest time of a class, in microseconds: the numbers that Redis shows, whose histogram
   * tells times apart that differ by one part in 128.
   */
  public static long mostMicros(int index) {
    long nanos = 1L << (index + FIRST_BITS);
    return (nanos + nanos / 128 - 1) / 1000;
  }
}
