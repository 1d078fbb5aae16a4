package io.redoubt.persistence.aof.append;

import java.util.concurrent.atomic.AtomicLong;

/** Statistics of sync times. Updated by one thread at a time, read by any. */
final class SyncTimes {
  /** The weight of a new time in the moving average is 1 / SHARES. */
  private static final int SHARES = 8;

  private final AtomicLong longestNanos = new AtomicLong();
  private final AtomicLong averageNanos = new AtomicLong();
  private final AtomicLong count = new AtomicLong();
  private final AtomicLong totalNanos = new AtomicLong();
  private final AtomicLong maxNanos = new AtomicLong();

  void record(long nanos) {
    longestNanos.accumulateAndGet(nanos, Math::max);
    maxNanos.accumulateAndGet(nanos, Math::max);
    count.incrementAndGet();
    totalNanos.addAndGet(nanos);
    long before = averageNanos.get();
    averageNanos.set(before == 0 ? nanos : before + (nanos - before) / SHARES);
  }

  /** Returns the longest time since the last call. */
  long takeLongest() {
    return longestNanos.getAndSet(0);
  }

  long count() {
    return count.get();
  }

  long totalNanos() {
    return totalNanos.get();
  }

  /** Returns the longest time of all. */
  long maxNanos() {
    return maxNanos.get();
  }

  /** Returns the moving average, 0 before the first time. */
  long averageNanos() {
    return averageNanos.get();
  }
}
