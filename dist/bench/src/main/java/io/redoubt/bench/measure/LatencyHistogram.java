package io.redoubt.bench.measure;

/**
 * Counts latencies in buckets of one microsecond. Latencies above a second share the last bucket.
 */
public final class LatencyHistogram {
  private static final int BUCKETS = 1_000_001;

  private final int[] counts = new int[BUCKETS];
  private long count;
  private int longest;

  public void record(long nanos) {
    int micros = (int) Math.min(Math.max(nanos, 0) / 1000, BUCKETS - 1);
    counts[micros]++;
    count++;
    longest = Math.max(longest, micros);
  }

  /** Returns the number of recorded latencies. */
  public long count() {
    return count;
  }

  /**
   * Returns the latency at a quantile, in microseconds.
   *
   * @param share from 0 to 1
   */
  public int micros(double share) {
    long wanted = Math.max(1, (long) Math.ceil(share * count));
    long seen = 0;
    for (int micros = 0; micros <= longest; micros++) {
      seen += counts[micros];
      if (seen >= wanted) {
        return micros;
      }
    }
    return longest;
  }
}
