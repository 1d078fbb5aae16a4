package io.redoubt.bench.cores;

/**
 * A loop of known work, by which two machines can be compared: steps of a generator of random
 * numbers, each of which needs the result of the one before. It depends on the clock of a core
 * only, not on its caches.
 */
public final class KnownWork {
  /** The number of steps: six shifts and exclusive ors each. */
  public static final int STEPS = 100_000_000;

  private static final int ROUNDS = 5;

  private KnownWork() {}

  /** Returns the milliseconds of the fastest of some rounds. */
  public static double millis() {
    double best = Double.MAX_VALUE;
    long value = System.nanoTime() | 1;
    for (int round = 0; round < ROUNDS; round++) {
      long startNanos = System.nanoTime();
      value = step(value);
      best = Math.min(best, (System.nanoTime() - startNanos) / 1e6);
    }
    return value == 0 ? 0 : best; // never 0; so that the result is used
  }

  private static long step(long start) {
    long value = start;
    for (int i = 0; i < STEPS; i++) {
      value ^= value << 13;
      value ^= value >>> 7;
      value ^= value << 17;
    }
    return value;
  }
}
