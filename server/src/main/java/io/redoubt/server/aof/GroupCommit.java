package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.protocol.net.EndOfTurn;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.session.HeldOutput;
import io.redoubt.server.tuning.CommitDelay;

/**
 * Group commit with {@code appendfsync always}: chooses the requests that share an fsync and the
 * thread that performs it.
 *
 * <p>A turn of the event loop lasts as long as {@link CommitDelay} allows; all commits of the turn
 * share an fsync.
 *
 * <p>With a slow disk the appender's thread syncs one group at a time, and the event loop
 * continues. With a quick disk the event loop syncs itself if most of the clients it served wait
 * for that: switching threads twice would take as long as the fsync.
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
