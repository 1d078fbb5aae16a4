package io.redoubt.server.execution.monitoring;

import java.util.Arrays;

/** The recent growth of a counter against a base, averaged over samples as Redis averages them. */
final class Rate {
  private static final int SAMPLES = 16;

  private final long factor;
  private final long[] samples = new long[SAMPLES];
  private int next;
  private long lastValue;
  private long lastBase;

  /** Creates a rate of 0; {@code factor} is the unit of the base, such as nanoseconds a second. */
  Rate(long factor) {
    this.factor = factor;
  }

  /** Samples the counter; called ten times a second. */
  void sample(long value, long base) {
    if (lastBase > 0) {
      long growth = base - lastBase;
      samples[next] = growth <= 0 ? 0 : (long) ((double) (value - lastValue) * factor / growth);
      next = (next + 1) % SAMPLES;
    }
    lastValue = value;
    lastBase = base;
  }

  /** Returns the growth for each {@code factor} of the base. */
  long average() {
    long sum = 0;
    for (long sample : samples) {
      sum += sample;
    }
    return sum / SAMPLES;
  }

  /** Resets the rate to 0. */
  void reset() {
    Arrays.fill(samples, 0);
    lastValue = 0;
    lastBase = 0;
  }
}
