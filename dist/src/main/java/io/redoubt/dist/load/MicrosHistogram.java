package io.redoubt.dist.load;

/**
 * Counts of latencies in microseconds, in the steps of the HdrHistogram of Redis' tool (least value
 * 10, three seconds, three significant digits unless {@code --precision} chooses others), so that
 * reports show the same values. With three digits, steps are 8 µs wide up to 16 ms, and the width
 * doubles with each doubling of the latency. Owned by one thread.
 */
final class MicrosHistogram {
  private static final int UNIT_BITS = 3;
  private static final long MOST = 3_000_000;

  /** The binary logarithm of the number of steps of one width. */
  private final int halfBits;

  private final int half;
  private final long[] counts;
  private long count;

  /**
   * Creates an empty histogram.
   *
   * @param digits the number of significant digits that values keep
   */
  MicrosHistogram(int digits) {
    long steps = 2;
    for (int i = 0; i < digits; i++) {
      steps *= 10;
    }
    halfBits = Long.SIZE - Long.numberOfLeadingZeros(steps - 1) - 1;
    half = 1 << halfBits;
    counts = new long[index(MOST) + 1];
  }

  /**
   * Returns the index of a value's step. Steps of one width cover one doubling and fill half of the
   * indexes of the first width.
   */
  private int index(long micros) {
    int width = width(micros);
    return width * half + (int) (micros >> (UNIT_BITS + width));
  }

  /** Returns the binary logarithm of the width of a value's step, relative to the first steps. */
  private int width(long micros) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(micros);
    return Math.max(0, bits - UNIT_BITS - halfBits - 1);
  }

  /** Returns the first value of a step. */
  private long startOf(int index) {
    int width = Math.max(0, index / half - 1);
    return (long) (index - width * half) << (UNIT_BITS + width);
  }

  private long endOf(int index) {
    return startOf(index + 1) - 1;
  }

  /** Returns the last value of the step that contains a value. */
  long endOfStep(long micros) {
    return endOf(index(micros));
  }

  /** Counts a latency several times; one above three seconds counts as three seconds. */
  void record(long micros, long times) {
    counts[index(Math.clamp(micros, 0, MOST))] += times;
    count += times;
  }

  /** Adds the counts of another histogram. */
  void add(MicrosHistogram other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    count += other.count;
  }

  /** Returns the number of latencies. */
  long count() {
    return count;
  }

  /** Returns the number of latencies up to a value, its step included. */
  long countTo(long micros) {
    long sum = 0;
    int last = index(Math.min(micros, MOST));
    for (int i = 0; i <= last; i++) {
      sum += counts[i];
    }
    return sum;
  }

  /** Returns the latency at a percentile; 0 without latencies. */
  long percentile(double percent) {
    long needed = Math.max(1, (long) Math.ceil(count * percent / 100 - 1e-9));
    long sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum += counts[i];
      if (sum >= needed) {
        return endOf(i);
      }
    }
    return 0;
  }

  /** Returns the least latency, rounded down to the start of its step; 0 without latencies. */
  long least() {
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        return startOf(i);
      }
    }
    return 0;
  }

  /** Returns the greatest latency, rounded up to the end of its step; 0 without latencies. */
  long most() {
    return percentile(100);
  }

  /** Returns the mean, with each latency counted at the middle of its step; 0 without latencies. */
  double mean() {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum += (double) counts[i] * (startOf(i) + endOf(i) + 1) / 2;
    }
    return count == 0 ? 0 : sum / count;
  }
}
