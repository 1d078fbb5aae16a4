package io.redoubt.protocol.process;

/**
 * A clock that caches the wall time of another clock until {@link #update}. The event loop updates
 * it once per iteration: all commands of an iteration see the same time, without the cost of
 * reading the clock for each. Monotonic time is never cached. Not thread-safe.
 */
public final class CachedClock implements Clock {
  private final Clock source;
  private long wallMicros;
  private long wallMillis;

  /** Creates a clock with the current time of {@code source}. */
  public CachedClock(Clock source) {
    this.source = source;
    update();
  }

  /** Reads the source's wall time. */
  public void update() {
    wallMicros = source.wallMicros();
    wallMillis = Math.floorDiv(wallMicros, 1000);
  }

  @Override
  public long wallMillis() {
    return wallMillis;
  }

  @Override
  public long wallMicros() {
    return wallMicros;
  }

  @Override
  public long monotonicNanos() {
    return source.monotonicNanos();
  }
}
