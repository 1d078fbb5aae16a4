package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.NodeInfo;
import org.jspecify.annotations.Nullable;

/**
 * The lossless part of an ordered failover: the old master stops writes (CLIENT PAUSE WRITE), and
 * the chosen replica is promoted once it has all of the master's data.
 *
 * <p>The pause is short and renewed, so that it expires if this sentinel dies. If the master is
 * unreachable or refuses the command, the failover proceeds without a pause, as in Redis. During
 * the pause nothing is published on the master: PUBLISH would block like a write, and with it the
 * connection.
 */
final class Handover {
  /** The duration of a pause, unless it is renewed. */
  private static final long PAUSE_MILLIS = 3_000;

  private static final long RENEW_MILLIS = 1_000;

  /** The remaining duration of a pause below which a promotion must not rely on it. */
  private static final long PAUSE_MARGIN_MILLIS = 500;

  /** The time within which a reachable master must confirm the pause. */
  private static final long ANSWER_LIMIT_MILLIS = 5_000;

  /** The time within which a replica must catch up. */
  private static final long MAX_WAIT_MILLIS = 2_000;

  /** The number of failed attempts to catch up after which the failover is aborted. */
  private static final int MAX_ATTEMPTS = 5;

  /** The delay between attempts, during which writes resume. */
  private static final long BETWEEN_ATTEMPTS_MILLIS = 500;

  /** The interval at which the replica's offset is polled. */
  private static final long POLL_MILLIS = 10;

  private final SentinelWorld world;
  private final Links links;

  Handover(SentinelWorld world, Links links) {
    this.world = world;
    this.links = links;
  }

  /** Returns true if the master can be asked to stop writes. */
  static boolean isPossible(Master master) {
    return !master.isSubjectivelyDown()
        && master.link().command.isUp()
        && master.reportedRole() == NodeInfo.Role.MASTER;
  }

  /** Stops the master's writes. */
  void stopWrites(Master master, FailoverAttempt failover) {
    world.event(Level.NOTICE, "+failover-state-stop-writes", master);
    failover.markWritesStopAsked();
    pause(master, failover);
  }

  private void pause(Master master, FailoverAttempt failover) {
    failover.setPauseAskedAt(world.nowMillis());
    links.clientPause(master, PAUSE_MILLIS);
  }

  /** Handles the master's reply to CLIENT PAUSE. */
  Decision pauseAnswered(Master master, Answer answer) {
    FailoverAttempt failover = master.failover();
    if (failover == null || failover.writesStop() != FailoverAttempt.WritesStop.ASKED) {
      return Decision.WAIT;
    }
    if (answer instanceof Answer.Failure failure) {
      failover.onWritesResumed();
      return failover.state() == FailoverAttempt.State.HANDOVER
          ? withoutPause(master, failover, "the master answered: " + failure.text())
          : Decision.WAIT;
    }
    failover.onWritesStopped(world.nowMillis());
    links.askInfo(master);
    return Decision.WAIT;
  }

  /** Handles the master's INFO: the first one during the pause has the final offset. */
  void onMasterInfo(Master master, NodeInfo info) {
    FailoverAttempt failover = master.failover();
    // Clients must receive the replies to acknowledged writes before the master is replaced.
    if (failover != null && info.role() == NodeInfo.Role.MASTER && info.acks().waiting() == 0) {
      failover.onOffset(info.offset());
    }
  }

  /** Checks the replica's progress in state HANDOVER. */
  Decision advance(Master master, FailoverAttempt failover, Replica chosen) {
    long now = world.nowMillis();
    NodeInfo info = chosen.info();
    boolean lapsed = now - failover.pausedAt() > PAUSE_MILLIS - PAUSE_MARGIN_MILLIS;
    if (failover.finalOffset() >= 0
        && !lapsed
        && info != null
        && chosen.infoAt() >= failover.stoppedAt()
        && info.masterLink().isUp()
        && isOfSameHistory(master, info)
        && info.offset() >= failover.finalOffset()) {
      failover.markCaughtUp();
      return new Decision.Promote(chosen);
    }
    if (failover.writesStop() == FailoverAttempt.WritesStop.ASKED) {
      return awaitAnswer(master, failover);
    }
    // The pause blocks the PUBLISH of other sentinels, too, so that the master seems silent to
    // them.
    long limit = Math.min(MAX_WAIT_MILLIS, master.options().downAfterMillis() * 3 / 4);
    boolean late = lapsed || now - failover.stoppedAt() > limit;
    if (late || chosen.isSubjectivelyDown()) {
      world.remark(
          Level.WARNING,
          chosen.name()
              + " did not receive all data of "
              + master.name()
              + " within "
              + limit
              + " ms");
      resumeWrites(master, failover);
      return failover.handoverFailed() < MAX_ATTEMPTS
          ? new Decision.ChooseAgain(now + BETWEEN_ATTEMPTS_MILLIS)
          : Decision.Abort.of(Objection.TOO_SLOW);
    }
    if (failover.finalOffset() >= 0 && now - chosen.infoAskedAt() >= POLL_MILLIS) {
      links.askInfo(chosen);
    }
    if (failover.finalOffset() < 0 && now - master.infoAskedAt() >= POLL_MILLIS) {
      links.askInfo(master);
    }
    world.wakeBy(now + POLL_MILLIS);
    return Decision.WAIT;
  }

  /**
   * Returns true if the replica's offset refers to the master's history. A replica that still
   * follows another master may have a similar offset.
   */
  private static boolean isOfSameHistory(Master master, NodeInfo replica) {
    NodeInfo own = master.info();
    return own != null && own.history().id().equals(replica.history().id());
  }

  /** Returns true if the master's writes are stopped and the chosen replica has all of its data. */
  static boolean isComplete(FailoverAttempt failover, long now) {
    return failover.hasCaughtUp()
        && failover.writesStop() == FailoverAttempt.WritesStop.STOPPED
        && now - failover.pausedAt() <= PAUSE_MILLIS - PAUSE_MARGIN_MILLIS;
  }

  /** Returns the objection to a promotion while the master may have resumed its writes. */
  static @Nullable Objection objection(FailoverAttempt failover, long now) {
    return failover.isCoordinated() && !isComplete(failover, now) ? Objection.PAUSE_EXPIRED : null;
  }

  private Decision awaitAnswer(Master master, FailoverAttempt failover) {
    long end = failover.stateSince() + ANSWER_LIMIT_MILLIS;
    if (master.isSubjectivelyDown() || world.nowMillis() > end) {
      return withoutPause(master, failover, "no answer");
    }
    world.wakeBy(end + 1);
    return Decision.WAIT;
  }

  /** Continues without a pause, as Redis does, unless the order requires one. */
  private Decision withoutPause(Master master, FailoverAttempt failover, String why) {
    Replica chosen = failover.chosen();
    if (failover.isCoordinated() || chosen == null) {
      world.remark(
          Level.WARNING,
          "Not failing over " + master.name() + ", whose writes could not be stopped: " + why);
      return Decision.Abort.of(Objection.WRITES_CONTINUE);
    }
    world.remark(
        Level.WARNING, "Failing over " + master.name() + " without stopping writes first: " + why);
    return new Decision.Promote(chosen);
  }

  /**
   * Handles a pause of this sentinel's process, during which the master's pause may have expired.
   */
  static void onProcessPause(Master master) {
    FailoverAttempt failover = master.failover();
    if (failover != null) {
      failover.doubtPause();
    }
  }

  /** Renews the pause until the new master is confirmed. */
  void renew(Master master, FailoverAttempt failover) {
    long now = world.nowMillis();
    if (failover.writesStop() == FailoverAttempt.WritesStop.STOPPED
        && master.link().command.isUp()
        && now - failover.pausedAt() >= RENEW_MILLIS) {
      pause(master, failover);
    }
  }

  /** Ends the pause after the failover or its abort. */
  void resumeWrites(Master master, FailoverAttempt failover) {
    if (failover.writesStop() != FailoverAttempt.WritesStop.NONE) {
      failover.onWritesResumed();
      if (master.link().command.isUp()) {
        links.send(
            master, Link.Kind.COMMAND, Purpose.PAUSE, links.words(master, "CLIENT", "UNPAUSE"));
      }
    }
  }
}
