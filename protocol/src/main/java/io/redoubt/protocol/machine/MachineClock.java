package io.redoubt.protocol.machine;

/**
 * The own time of a state machine, which stands still while its process is paused: otherwise a
 * machine that wakes up would find all its peers silent. Also holds the time of the next step that
 * the machine has asked for. Milliseconds throughout.
 */
public final class MachineClock {
  private long callerMillis;
  private long pausedMillis;
  private long now;
  private long wakeAt = Long.MAX_VALUE;

  /**
   * Creates a clock that shows the caller's time.
   *
   * @param nowMillis the caller's monotonic time
   */
  public MachineClock(long nowMillis) {
    this.callerMillis = nowMillis;
    this.now = nowMillis;
  }

  /**
   * Advances to the caller's time; an earlier one than before changes nothing. Returns the length
   * of the pause of this process that has just ended, 0 if there was none.
   *
   * @param leastMillis the longest gap between two calls that is no pause
   */
  public long advance(long nowMillis, long leastMillis) {
    long passed = Math.max(0, nowMillis - callerMillis);
    callerMillis = Math.max(callerMillis, nowMillis);
    boolean paused = passed > leastMillis;
    if (paused) {
      pausedMillis += passed;
    }
    now = callerMillis - pausedMillis;
    return paused ? passed : 0;
  }

  /** Returns the machine's own time. */
  public long now() {
    return now;
  }

  /** Forgets the requested times: the step that starts may request others. */
  public void clearWake() {
    wakeAt = Long.MAX_VALUE;
  }

  /** Requests a step at a moment of the machine's own time; one that is past changes nothing. */
  public void wakeBy(long moment) {
    if (moment > now) {
      wakeAt = Math.min(wakeAt, moment);
    }
  }

  /**
   * Returns the latest time of the next step in the caller's time, {@code Long.MAX_VALUE} for none.
   */
  public long wakeAtMillis() {
    return wakeAt == Long.MAX_VALUE ? Long.MAX_VALUE : wakeAt + pausedMillis;
  }
}
