package io.redoubt.server.snapshot;

import io.redoubt.protocol.process.Clock;

/** A clock that the test sets; its monotonic time advances by a fixed step at every reading. */
public final class SteppingClock implements Clock {

  public long wallMillis = 1_800_000_000_000L;
  public long stepNanos = 100_000;
  private long nanos;

  @Override
  public long wallMillis() {
    return wallMillis;
  }

  @Override
  public long wallMicros() {
    return wallMillis * 1000;
  }

  @Override
  public long monotonicNanos() {
    nanos += stepNanos;
    return nanos;
  }
}
