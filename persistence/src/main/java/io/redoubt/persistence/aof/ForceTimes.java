package io.redoubt.persistence.aof;

import java.util.concurrent.atomic.AtomicLong;

/** How long forcing to the disk has taken. Told by one thread at a time, asked by any. */
final class ForceTimes {
  /** An eighth of each new time goes into the mean. */
  private static final int SHARES = 8;

  private final AtomicLong longestNanos = new AtomicLong();
  private final AtomicLong usualNanos = new AtomicLong();

  /** It took so long. */
  void took(long nanos) {
    longestNanos.accumulateAndGet(nanos, Math::max);
    long before = usualNanos.get();
    usualNanos.set(before == 0 ? nanos : before + (nanos - before) / SHARES);
  }

  /** The longest time since this was asked last. */
  long takeLongest() {
    return longestNanos.getAndSet(0);
  }

  /** The moving mean, 0 before the first. */
  long usualNanos() {
    return usualNanos.get();
  }
}
