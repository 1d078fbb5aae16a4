package io.redoubt.server.tuning;

import java.util.function.LongSupplier;

/**
 * Limits the slices of a snapshot's walk so that, while commands run, the walk takes a fixed share
 * of the event loop's time. Pre-images written ahead of commands don't count towards the share:
 * each is written once and brings the end nearer, while a walk that made up for them would take
 * longer the more is written. Between slices an otherwise idle loop rests, because the snapshot's
 * thread may need the processor.
 *
 * <p>If no command has run for a while, or writes wait for the snapshot, slices have the maximum
 * length.
 *
 * <ul>
 *   <li>Buys: throughput and latency during a snapshot ({@code dist/benchmark snapshot}, columns
 *       ratio and p99.9 during).
 *   <li>Costs: a snapshot of a busy server takes longer (column BGSAVE; {@code sync}).
 *   <li>Off while no commands run.
 *   <li>Directives: {@code snapshot-loop-percent} and {@code full-sync-loop-percent}.
 * </ul>
 */
public final class WalkShare {

  /** The maximum length of a slice, for which commands may have to wait. */
  static final long LONGEST_NANOS = 250_000;

  /** The minimum length of a slice; a shorter one is not worth its overhead. */
  private static final long LEAST_NANOS = 8_000;

  private static final int WHOLE = 100;

  private static final long QUIET_AFTER_NANOS = 2_000_000;

  private final LongSupplier executed;
  private final int percent;
  private long commands;
  private long lastCommandNanos;
  private long lastLookNanos;

  /** The time that the walk may take now, in nanoseconds; negative after a slice that overran. */
  private long balance;

  /**
   * Creates the share of a snapshot that starts now.
   *
   * @param executed supplies the number of commands executed so far
   * @param percent the share of the loop's time, below 100
   */
  public WalkShare(LongSupplier executed, int percent, long now) {
    this.executed = executed;
    this.percent = percent;
    commands = executed.getAsLong();
    lastCommandNanos = now;
    lastLookNanos = now;
  }

  /**
   * Returns the length of a slice starting now, in nanoseconds; 0 if it is too early.
   *
   * @param writesWait true if commands wait for the walk
   */
  public long sliceNanos(long now, boolean writesWait) {
    long count = executed.getAsLong();
    if (count != commands) {
      commands = count;
      lastCommandNanos = now;
    }
    balance = Math.min(balance + share(now - lastLookNanos), LONGEST_NANOS);
    lastLookNanos = now;
    if (writesWait || now - lastCommandNanos > QUIET_AFTER_NANOS) {
      return LONGEST_NANOS;
    }
    return balance < LEAST_NANOS ? 0 : balance;
  }

  /** Returns the walk's share for the given time of everything else. */
  private long share(long nanos) {
    return nanos * percent / (WHOLE - percent);
  }

  /** Charges a finished slice. */
  public void chargeSlice(long now) {
    balance -= now - lastLookNanos;
    lastLookNanos = now;
  }
}
