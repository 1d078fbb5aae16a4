package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.protocol.net.EndOfTurn;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.session.HeldOutput;
import io.redoubt.server.tuning.CommitDelay;
import java.util.function.LongSupplier;

/**
 * Group commit for {@code appendfsync always}: chooses the requests that share a sync, and decides
 * whether the event loop waits for it.
 *
 * <p>{@link CommitDelay} prolongs a turn of the loop; all requests that arrive in the turn share a
 * sync.
 *
 * <p>The appender's thread syncs one group at a time, usually while the loop continues. If the disk
 * is quick and most connections served in the turn wait for the sync anyway, the loop waits, too:
 * that saves the cost of waking it. It waits at most {@code aof-loop-wait-micros} per turn in
 * total.
 */
final class GroupCommit implements EndOfTurn {

  /** The sync time below which a disk counts as quick. */
  private static final long QUICK_NANOS = 2_000_000;

  private static final long NOT_STARTED = -1;

  private final CommitDelay delay = new CommitDelay();
  private final AofAppender appender;
  private final DurableOutput output;
  private final HeldOutput held;
  private final Clock clock;
  private final Committer committer;
  private final LongSupplier mostNanos;

  /** The time at which this turn started to wait for requests. */
  private long startNanos = NOT_STARTED;

  /** The number of connections served in this turn. */
  private int served;

  /** The operations available to the group commit. */
  interface Committer {
    /**
     * Returns true if the appender's thread is busy or has results that the loop has not processed.
     */
    boolean isBusy();

    /** Hands the appended bytes to the thread to write and sync. */
    void handOver();

    /**
     * Hands the appended bytes to the thread, waits for the sync and releases the replies it
     * covers.
     *
     * @param mostNanos the maximum wait
     * @return false if the bytes could not be handed over
     */
    boolean commit(long mostNanos);
  }

  /**
   * Creates a group commit.
   *
   * @param mostNanos the maximum wait of the loop per turn
   */
  GroupCommit(
      AofAppender appender,
      DurableOutput output,
      HeldOutput held,
      Clock clock,
      LongSupplier mostNanos,
      Committer committer) {
    this.appender = appender;
    this.output = output;
    this.held = held;
    this.clock = clock;
    this.mostNanos = mostNanos;
    this.committer = committer;
  }

  @Override
  public long patienceNanos(int found) {
    served += found;
    if (!output.isStrict() || !appender.hasUnflushed() || committer.isBusy()) {
      return NO_LOOK;
    }
    long now = clock.monotonicNanos();
    if (startNanos == NOT_STARTED) {
      startNanos = now;
    }
    long left = mostNanos.getAsLong() - (now - startNanos);
    return delay.nanos(
        now,
        Math.max(0, Math.min(appender.usualForceNanos(), left)),
        found,
        held.returned(),
        held.lastGroup());
  }

  @Override
  public void run() {
    int count = served;
    served = 0;
    long start = startNanos;
    startNanos = NOT_STARTED;
    delay.endTurn();
    if (!output.isStrict() || !appender.hasUnflushed()) {
      return;
    }
    boolean busy = committer.isBusy();
    long left = mostNanos.getAsLong() - (start == NOT_STARTED ? 0 : clock.monotonicNanos() - start);
    if (!isQuick(left)) {
      if (!busy) {
        committer.handOver();
      }
    } else if (busy || held.size() * 2 <= count || !committer.commit(left)) {
      committer.handOver();
    }
  }

  /** Returns true if a sync usually takes little time, and no more than the remaining wait. */
  private boolean isQuick(long leftNanos) {
    long usual = appender.usualForceNanos();
    return usual > 0 && usual < Math.min(leftNanos, QUICK_NANOS);
  }

  /** Releases the replies that waited for newly durable commits. */
  void release() {
    long now = clock.monotonicNanos();
    if (held.gateMoved()) {
      delay.onAnswered(now);
    }
  }
}
