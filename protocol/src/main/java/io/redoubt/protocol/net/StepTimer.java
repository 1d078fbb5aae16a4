package io.redoubt.protocol.net;

import io.redoubt.protocol.process.Clock;
import org.jspecify.annotations.Nullable;

/**
 * Steps a state machine ten times a second, and additionally at the times it requests. Confined to
 * the event loop.
 */
public final class StepTimer {
  private static final long TICK_MILLIS = 100;

  private final Loop loop;
  private final Clock clock;
  private final Runnable tick;
  private final Runnable wake;
  private boolean stopped;
  private @Nullable Cancellable ticks;
  private @Nullable Cancellable planned;
  private long plannedMillis = Long.MAX_VALUE;

  /**
   * Creates a timer that does not run yet.
   *
   * @param tick called periodically
   * @param wake called at requested times
   */
  public StepTimer(Loop loop, Clock clock, Runnable tick, Runnable wake) {
    this.loop = loop;
    this.clock = clock;
    this.tick = tick;
    this.wake = wake;
  }

  /** Starts the ticks, the first after one period. */
  public void start() {
    ticks = loop.every(tick, TICK_MILLIS);
  }

  /** Returns true between start and stop. */
  public boolean isRunning() {
    return ticks != null && !stopped;
  }

  /**
   * Requests a call by a time, unless a tick or a planned call comes before it.
   *
   * @param wantedMillis a monotonic time, {@code Long.MAX_VALUE} for none
   */
  public void plan(long wantedMillis) {
    long now = clock.monotonicMillis();
    boolean isPlanned = plannedMillis > now && plannedMillis <= wantedMillis;
    if (stopped || isPlanned || wantedMillis > now + TICK_MILLIS) {
      return;
    }
    if (planned != null) {
      planned.cancel();
    }
    plannedMillis = wantedMillis;
    planned = loop.schedule(wake, Math.max(0, wantedMillis - now));
  }

  /** Ends all calls for good. */
  public void stop() {
    stopped = true;
    if (ticks != null) {
      ticks.cancel();
    }
    if (planned != null) {
      planned.cancel();
    }
  }
}
