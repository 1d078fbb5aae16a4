package io.redoubt.protocol.process;

import java.util.concurrent.TimeUnit;

/** A source of time. All code of Redoubt reads the time through this interface. */
public interface Clock {
  /** Returns the milliseconds since the Unix epoch. */
  long wallMillis();

  /** Returns the microseconds since the Unix epoch. */
  long wallMicros();

  /** Returns nanoseconds since an arbitrary origin, never decreasing; for measuring durations. */
  long monotonicNanos();

  /** Returns {@link #monotonicNanos} in milliseconds. */
  default long monotonicMillis() {
    return TimeUnit.NANOSECONDS.toMillis(monotonicNanos());
  }

  static Clock system() {
    return SystemClock.INSTANCE;
  }
}
