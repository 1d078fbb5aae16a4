package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.protocol.net.EndOfTurn;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.session.HeldOutput;
import io.redoubt.server.tuning.CommitDelay;

/**
 * With {@code appendfsync always}: which requests share a sync, and which thread it runs on.
 *
 * <p>A turn of the loop goes on for as long as {@link CommitDelay} says; what has come by then
 * shares one.
 *
 * <p>While a disk takes long, the thread of the appender waits for it, one group at a time, and the
 * loop goes on. With a quick disk the loop waits by itself, if most of those that it has served
 * wait for that too: handing over to another thread and back would take as long as the sync.
 */
final class GroupCommit implements EndOfTurn {

  /** A disk that usually syncs in less is quick. */
  private static final long QUICK_NANOS = 2_000_000;

  private static final long LONGEST_DELAY_NANOS = 5_000_000;

  private final CommitDelay delay = new CommitDelay();
  private final AofAppender appender;
  private final DurableOutput output;
  private final HeldOutput held;
  private final Clock clock;
  private final Committer committer;

  /** The number of connections served in this turn. */
  private int served;

  /** The operations between which the group commit chooses. */
  interface Committer {
    /** Returns true if the appender's thread is busy, or has finished work not yet looked at. */
    boolean isBusy();

    /** Hands the appended bytes to the thread, which writes and syncs them. */
    void handOver();

    /**
     * Writes and syncs the appended bytes at once and releases the output that waits for them.
     *
     * @return false if that is impossible now
     */
    boolean commit();
  }

  GroupCommit(
      AofAppender appender,
      DurableOutput output,
      HeldOutput held,
      Clock clock,
      Committer committer) {
    this.appender = appender;
    this.output = output;
    this.held = held;
    this.clock = clock;
    this.committer = committer;
  }

  @Override
  public long patienceNanos(int found) {
    served += found;
    if (!output.isStrict() || !appender.hasUnflushed() || committer.isBusy()) {
      return NO_LOOK;
    }
    return delay.nanos(
        clock.monotonicNanos(),
        Math.min(appender.usualForceNanos(), LONGEST_DELAY_NANOS),
        found,
        held.returned(),
        held.lastGroup());
  }

  @Override
  public void run() {
    int count = served;
    served = 0;
    delay.endTurn();
    if (!output.isStrict() || !appender.hasUnflushed()) {
      return;
    }
    boolean busy = committer.isBusy();
    if (!isQuick()) {
      if (!busy) {
        committer.handOver();
      }
    } else if (busy || held.size() * 2 <= count || !committer.commit()) {
      committer.handOver();
    }
  }

  private boolean isQuick() {
    long usual = appender.usualForceNanos();
    return usual > 0 && usual < QUICK_NANOS;
  }

  /** Releases the replies that waited for newly durable commits. */
  void letGo() {
    long now = clock.monotonicNanos();
    if (held.gateMoved()) {
      delay.answered(now);
    }
  }
}
