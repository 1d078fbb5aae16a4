package io.redoubt.protocol.info;

import java.util.function.LongSupplier;

/** A counter for INFO. Confined to a thread. */
public final class Counter implements LongSupplier {
  private long value;

  public void increment() {
    value++;
  }

  public void add(long amount) {
    value += amount;
  }

  public void reset() {
    value = 0;
  }

  @Override
  public long getAsLong() {
    return value;
  }
}
