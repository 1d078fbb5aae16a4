package io.redoubt.embedded;

import io.redoubt.protocol.process.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** The system's time plus the time by which it was advanced. Thread-safe. */
final class MovableClock implements Clock {
  private static final int NANOS_PER_MICRO = 1_000;
  private static final int NANOS_PER_MILLI = 1_000_000;

  private final Clock system = Clock.system();
  private final AtomicLong aheadNanos = new AtomicLong();

  /** Moves the clock forward. */
  void advance(Duration by) {
    aheadNanos.addAndGet(by.toNanos());
  }

  @Override
  public long wallMillis() {
    return system.wallMillis() + aheadNanos.get() / NANOS_PER_MILLI;
  }

  @Override
  public long wallMicros() {
    return system.wallMicros() + aheadNanos.get() / NANOS_PER_MICRO;
  }

  @Override
  public long monotonicNanos() {
    return system.monotonicNanos() + aheadNanos.get();
  }
}
