package io.redoubt.server.replication.master.output;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import java.util.function.LongSupplier;

/**
 * The rate limit of snapshots to all replicas together ({@code repl-full-sync-rate}): a token
 * bucket that holds at most {@link #BUCKET_MILLIS} of the rate and may be overdrawn by one piece.
 */
public final class FullSyncRate {
  private static final long BUCKET_MILLIS = 50;
  private static final long RETRY_MILLIS = 10;

  private final Loop loop;
  private final Clock clock;
  private final LongSupplier bytesPerSecond;
  private final Runnable goOn;
  private double allowance;
  private long filledNanos;
  private boolean waiting;

  /**
   * Creates a full bucket.
   *
   * @param bytesPerSecond the limit, 0 for none
   * @param goOn called when sending is allowed again after a pause
   */
  public FullSyncRate(Loop loop, Clock clock, LongSupplier bytesPerSecond, Runnable goOn) {
    this.loop = loop;
    this.clock = clock;
    this.bytesPerSecond = bytesPerSecond;
    this.goOn = goOn;
    filledNanos = clock.monotonicNanos();
  }

  /** Returns true if bytes may be sent now; otherwise {@code goOn} is called when they may. */
  public boolean allows() {
    long rate = bytesPerSecond.getAsLong();
    if (rate <= 0) {
      return true;
    }
    long now = clock.monotonicNanos();
    double most = rate * BUCKET_MILLIS / 1000.0;
    allowance = Math.min(most, allowance + rate * ((now - filledNanos) / 1e9));
    filledNanos = now;
    if (allowance > 0) {
      return true;
    }
    if (!waiting) {
      waiting = true;
      loop.schedule(
          () -> {
            waiting = false;
            goOn.run();
          },
          RETRY_MILLIS);
    }
    return false;
  }

  /** Takes the tokens of sent bytes. */
  public void spend(long bytes) {
    allowance -= bytes;
  }
}
