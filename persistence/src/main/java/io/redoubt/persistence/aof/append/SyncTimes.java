package io.redoubt.persistence.aof.append;

import java.util.concurrent.atomic.AtomicLong;

/** Statistics of sync times. Updated by one thread at a time, read by any. */
final class SyncTimes {
  /** The weight of a new time in the moving average is 1 / SHARES. */
  private static final int SHARES = 8;

  private final AtomicLong longestNanos = new AtomicLong();
  private final AtomicLong averageNanos = new AtomicLong();

  /** Records a time. */
  void record(long nanos) {
    longestNanos.accumulateAndGet(nanos, Math::max);
    long before = averageNanos.get();
    averageNanos.set(before == 0 ? nanos : before + (nanos - before) / SHARES);
  }

  /** Returns the longest time since the last call. */
  long takeLongest() {
    return longestNanos.getAndSet(0);
  }

  /** Returns the moving average, 0 before the first time. */
  long averageNanos() {
    return averageNanos.get();
  }
}
