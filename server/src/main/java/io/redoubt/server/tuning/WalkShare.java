package io.redoubt.server.tuning;

import java.util.function.LongSupplier;

/**
 * Bounds the length of a slice of a snapshot's walk. While commands run, the snapshot as a whole
 * takes a fixed share of the event loop's time. Pre-images written ahead of commands count, and are
 * paid back by shorter slices. A snapshot thus takes longer the more is written; it ends all the
 * same, since pre-images are progress. Between slices an otherwise idle loop rests, because the
 * snapshot's thread may need the processor.
 *
 * <p>If no command has run for a while, or writes wait for the snapshot, a slice is as long as a
 * command may have to wait at all.
 *
 * <ul>
 *   <li>Buys: throughput and latency beside a snapshot ({@code dist/benchmark snapshot}, columns
 *       ratio and p99.9 during).
 *   <li>Costs: a snapshot of a busy server takes longer (column BGSAVE; {@code sync}).
 *   <li>Off while no commands run.
 *   <li>Directives: {@code snapshot-loop-percent} and {@code full-sync-loop-percent}.
 * </ul>
 */
public final class WalkShare {

  /** The longest that the walk keeps the loop from commands. */
  static final long LONGEST_NANOS = 250_000;

  /** A shorter slice is not worth its turn. */
  private static final long LEAST_NANOS = 8_000;

  private static final int WHOLE = 100;

  private static final long QUIET_AFTER_NANOS = 2_000_000;

  private final LongSupplier executed;
  private final int percent;
  private long commands;
  private long lastCommandNanos;
  private long lastLookNanos;

  /** The loop's time that the snapshot may take now, in nanoseconds; negative if it is in debt. */
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

  /** Counts what was written ahead of a command, which took about that long. */
  public void wroteAhead(long nanos) {
    balance -= nanos + share(nanos); // and is no part of the time that counts
  }

  /**
   * Returns the length of the slice that starts now, in nanoseconds; 0 if it is too early for one.
   *
   * @param writesWait true if commands can't go on before the walk does
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

  /** Returns the walk's part beside that much time of everything else. */
  private long share(long nanos) {
    return nanos * percent / (WHOLE - percent);
  }

  /** Counts a slice that has ended. */
  public void sliced(long now) {
    balance -= now - lastLookNanos;
    lastLookNanos = now;
  }
}
