package io.redoubt.protocol.otlp;

import io.micrometer.core.instrument.Clock;
import java.util.concurrent.TimeUnit;

/**
 * The time as a registry sees it: the start of the process while its meters are registered, since
 * that is the time from which OTLP counters count, and the time of the push afterwards. Confined to
 * the thread that pushes.
 */
final class PushClock implements Clock {
  private final io.redoubt.protocol.process.Clock clock;
  private final long startMillis;
  private long pushMillis;

  PushClock(io.redoubt.protocol.process.Clock clock, long startMillis) {
    this.clock = clock;
    this.startMillis = startMillis;
    pushMillis = startMillis;
  }

  /** Moves from the start of the process to the current time. */
  void leaveStart() {
    pushMillis = clock.wallMillis();
  }

  @Override
  public long wallTime() {
    return pushMillis;
  }

  @Override
  public long monotonicTime() {
    return clock.monotonicNanos();
  }

  long startUnixNanos() {
    return TimeUnit.MILLISECONDS.toNanos(startMillis);
  }

  long pushUnixNanos() {
    return TimeUnit.MILLISECONDS.toNanos(pushMillis);
  }
}
