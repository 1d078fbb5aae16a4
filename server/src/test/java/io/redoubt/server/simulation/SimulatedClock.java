package io.redoubt.server.simulation;

import io.redoubt.protocol.process.Clock;

/** The clock of a simulated host: it may drift, and its wall time may jump. */
public final class SimulatedClock implements Clock {
  private static final long START_MILLIS = 1_800_000_000_000L;

  private final Simulation simulation;
  private double rate = 1;
  private long baseNanos;
  private long localBaseNanos;
  private long wallOffsetMillis;

  SimulatedClock(Simulation simulation) {
    this.simulation = simulation;
  }

  /** Returns the host's monotonic time; this call takes no simulated time. */
  long localNanos() {
    return localBaseNanos + (long) ((simulation.nowNanos() - baseNanos) * rate);
  }

  /** Converts a duration by this clock into a simulated duration. */
  long simulatedNanos(long durationNanos) {
    return (long) Math.ceil(durationNanos / rate);
  }

  /** Sets the speed, 1.01 for a clock that gains 1 %. */
  public void setRate(double newRate) {
    localBaseNanos = localNanos();
    baseNanos = simulation.nowNanos();
    rate = newRate;
  }

  /** Sets the wall time forward, or back. */
  public void jump(long millis) {
    wallOffsetMillis += millis;
  }

  @Override
  public long wallMillis() {
    return START_MILLIS + wallOffsetMillis + localNanos() / 1_000_000;
  }

  @Override
  public long wallMicros() {
    return (START_MILLIS + wallOffsetMillis) * 1000 + localNanos() / 1000;
  }

  /** Returns the monotonic time; reading it takes simulated time. */
  @Override
  public long monotonicNanos() {
    simulation.advanceForRead();
    return localNanos();
  }
}
