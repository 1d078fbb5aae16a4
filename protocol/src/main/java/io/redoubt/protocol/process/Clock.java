package io.redoubt.protocol.process;

/** The time: the only way for Redoubt's code to ask for it. */
public interface Clock {
  /** Milliseconds since 1970 began in UTC. */
  long wallMillis();

  /** Microseconds since 1970 began in UTC. */
  long wallMicros();

  /** Nanoseconds since some moment, never going back: for durations. */
  long monotonicNanos();

  /** The machine's clock. */
  static Clock system() {
    return SystemClock.INSTANCE;
  }
}
