package io.redoubt.protocol.process;

/** Limits a log line that may become due very often to one in ten seconds. */
public final class LogInterval {
  private static final long NANOS = 10_000_000_000L;

  private boolean logged;
  private long loggedNanos;

  /** Returns true if the line may be logged now, and counts it as logged then. */
  public boolean isDue(long nowNanos) {
    if (logged && nowNanos - loggedNanos <= NANOS) {
      return false;
    }
    logged = true;
    loggedNanos = nowNanos;
    return true;
  }
}
