package io.redoubt.protocol.process;

/**
 * A clock that stands still between two looks at another one: a loop looks once a turn, so that
 * commands of one turn see one time and don't pay for asking. The monotonic time is always asked
 * for. For one thread.
 */
public final class CachedClock implements Clock {
  private final Clock source;
  private long wallMicros;
  private long wallMillis;

  /** A clock that has looked at {@code source} once. */
  public CachedClock(Clock source) {
    this.source = source;
    update();
  }

  /** Looks at the source. */
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
