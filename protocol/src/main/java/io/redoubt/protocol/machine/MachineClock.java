package io.redoubt.protocol.machine;

/**
 * The clock of a state machine. It stands still while the process is paused, so that a machine does
 * not blame its peers for its own pause. Also holds the time of the next step that the machine has
 * requested. All times are in milliseconds.
 */
public final class MachineClock {
  /** A time before all others, for events that have not happened. */
  public static final long NEVER = Long.MIN_VALUE / 2;

  private long callerMillis;
  private long pausedMillis;
  private long now;
  private long wakeAt = Long.MAX_VALUE;

  /**
   * Creates a clock set to the caller's time.
   *
   * @param nowMillis the caller's monotonic time
   */
  public MachineClock(long nowMillis) {
    this.callerMillis = nowMillis;
    this.now = nowMillis;
  }

  /**
   * Advances to the caller's time; an earlier time than before changes nothing. Returns the length
   * of a process pause that has just ended, or 0.
   *
   * @param leastMillis the longest gap between two calls that does not count as a pause
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

  /** Forgets the requested times; the step that is about to run requests new ones. */
  public void clearWake() {
    wakeAt = Long.MAX_VALUE;
  }

  /** Requests a step by a moment of the machine's own time; a past moment changes nothing. */
  public void wakeBy(long moment) {
    if (moment > now) {
      wakeAt = Math.min(wakeAt, moment);
    }
  }

  /**
   * Returns the time by which the next step is due, in the caller's time; {@code Long.MAX_VALUE}
   * for none.
   */
  public long wakeAtMillis() {
    return wakeAt == Long.MAX_VALUE ? Long.MAX_VALUE : wakeAt + pausedMillis;
  }
}
