package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.core.Request.Purpose;

/**
 * The loss-free part of a failover that an operator ordered: the old master takes no more writes
 * (CLIENT PAUSE WRITE), and the chosen replica is promoted when it has all that the master has.
 *
 * <p>The pause is short and renewed, so that it ends by itself when this sentinel dies. A master
 * that can't be reached, or doesn't know the command or lets us have it, is failed over as Redis
 * does it, without this. While writes are paused nothing is published on the master: PUBLISH waits
 * like a write, and the connection would wait with it.
 */
final class Handover {
  /** How long writes stay paused when nobody renews the pause. */
  private static final long PAUSE_MILLIS = 3_000;

  private static final long RENEW_MILLIS = 1_000;

  /** With less than that left of a pause, no promotion may rest on it any more. */
  private static final long PAUSE_MARGIN_MILLIS = 500;

  /** How long a master that is not down may take to answer. */
  private static final long ANSWER_LIMIT_MILLIS = 5_000;

  /** How long the replica may take to catch up, at the most. */
  private static final long MAX_WAIT_MILLIS = 2_000;

  /** How often the replica may fail to catch up in time before the failover is given up. */
  private static final int MAX_ATTEMPTS = 5;

  /** How long writes go on before they are stopped again. */
  private static final long BETWEEN_ATTEMPTS_MILLIS = 500;

  /** How often the replica is asked for its offset. */
  private static final long POLL_MILLIS = 10;

  private final Sentinel sentinel;

  Handover(Sentinel sentinel) {
    this.sentinel = sentinel;
  }

  /** Whether a master is fit to be asked to stop. */
  static boolean isPossible(Master master) {
    return !master.subjectivelyDown
        && master.link.command.isUp()
        && master.reportedRole == NodeInfo.Role.MASTER;
  }

  /** Stops the writes. */
  void begin(Master master, Failover failover) {
    sentinel.event(Level.NOTICE, "+failover-state-stop-writes", master);
    failover.writesStop = Failover.WritesStop.ASKED;
    pause(master, failover);
  }

  private void pause(Master master, Failover failover) {
    failover.pausedAt = sentinel.nowMillis();
    sentinel.links.clientPause(master, PAUSE_MILLIS);
  }

  /** The master answered CLIENT PAUSE. */
  void pauseAnswered(Master master, Answer answer) {
    Failover failover = master.failover;
    if (failover == null || failover.writesStop != Failover.WritesStop.ASKED) {
      return;
    }
    if (answer instanceof Answer.Failure failure) {
      failover.writesStop = Failover.WritesStop.NONE;
      goOnWithout(master, failover, "the master answered: " + failure.text());
      return;
    }
    failover.writesStop = Failover.WritesStop.STOPPED;
    failover.stoppedAt = sentinel.nowMillis();
    // What it has written by now is all that it will have written.
    sentinel.links.askInfo(master);
    failover.finalOffset = -1;
  }

  /** The master's INFO came: the first one since writes stopped tells how much there is. */
  void masterObserved(Master master, NodeInfo info) {
    Failover failover = master.failover;
    if (failover != null
        && failover.writesStop == Failover.WritesStop.STOPPED
        && failover.finalOffset < 0
        && info.role() == NodeInfo.Role.MASTER) {
      failover.finalOffset = info.offset();
    }
  }

  /** Looks how far it is; called in state HANDOVER. */
  void advance(Master master, Failover failover, Replica chosen) {
    long now = sentinel.nowMillis();
    NodeInfo info = chosen.info;
    boolean lapsed = now - failover.pausedAt > PAUSE_MILLIS - PAUSE_MARGIN_MILLIS;
    if (failover.finalOffset >= 0
        && !lapsed
        && info != null
        && chosen.infoAt >= failover.stoppedAt
        && info.masterLinkUp()
        && info.offset() >= failover.finalOffset) {
      sentinel.failovers.promoteNow(failover);
      return;
    }
    if (failover.writesStop == Failover.WritesStop.ASKED) {
      awaitAnswer(master, failover);
      return;
    }
    // The other sentinels hear nothing of the master meanwhile: their PUBLISH waits too.
    long limit = Math.min(MAX_WAIT_MILLIS, master.options.downAfterMillis() * 3 / 4);
    boolean late = lapsed || now - failover.stoppedAt > limit;
    if (late || chosen.subjectivelyDown) {
      sentinel.remark(
          Level.WARNING,
          chosen.name()
              + " did not get all that "
              + master.name()
              + " has within "
              + limit
              + " ms");
      end(master, failover);
      if (++failover.handovers < MAX_ATTEMPTS) {
        sentinel.failovers.selectAgain(failover, now + BETWEEN_ATTEMPTS_MILLIS);
      } else {
        sentinel.failovers.abortForReplica(master);
      }
      return;
    }
    if (failover.finalOffset >= 0 && now - chosen.infoAskedAt >= POLL_MILLIS) {
      sentinel.links.askInfo(chosen);
    }
    sentinel.wakeBy(now + POLL_MILLIS);
  }

  private void awaitAnswer(Master master, Failover failover) {
    long end = failover.stateSince + ANSWER_LIMIT_MILLIS;
    if (master.subjectivelyDown || sentinel.nowMillis() > end) {
      goOnWithout(master, failover, "no answer");
    } else {
      sentinel.wakeBy(end + 1);
    }
  }

  /** Writes can't be stopped: the failover goes on as Redis' does, unless they had to be. */
  private void goOnWithout(Master master, Failover failover, String why) {
    if (failover.coordinated) {
      sentinel.remark(
          Level.WARNING,
          "Not failing over " + master.name() + ", whose writes could not be stopped: " + why);
      sentinel.failovers.abortUncoordinated(master);
    } else {
      sentinel.remark(
          Level.WARNING,
          "Failing over " + master.name() + " without stopping writes first: " + why);
      sentinel.failovers.promoteNow(failover);
    }
  }

  /** This sentinel stood still: the pause may have ended meanwhile. */
  static void stoodStill(Master master) {
    if (master.failover != null) {
      master.failover.pausedAt = Link.NEVER;
    }
  }

  /** Keeps the writes stopped until the new master is known to be one. */
  void renew(Master master, Failover failover) {
    long now = sentinel.nowMillis();
    if (failover.writesStop == Failover.WritesStop.STOPPED
        && master.link.command.isUp()
        && now - failover.pausedAt >= RENEW_MILLIS) {
      pause(master, failover);
    }
  }

  /** The failover is over, or given up: who waited may go on. */
  void end(Master master, Failover failover) {
    if (failover.writesStop != Failover.WritesStop.NONE) {
      failover.writesStop = Failover.WritesStop.NONE;
      if (master.link.command.isUp()) {
        sentinel.links.send(
            master,
            Link.Kind.COMMAND,
            Purpose.PAUSE,
            sentinel.links.words(master, "CLIENT", "UNPAUSE"));
      }
    }
  }

  /** Whether nothing may be published on a node now. */
  static boolean isQuiet(Instance instance) {
    return instance instanceof Master master
        && master.failover != null
        && master.failover.writesStop != Failover.WritesStop.NONE;
  }
}
