package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;

/**
 * Detects which instances are down: in our own view (SDOWN) and, for masters, in the view of a
 * quorum (ODOWN).
 */
final class Health {
  /** The maximum random delay between candidates that detect ODOWN together. */
  private static final long DESYNC_MILLIS = 100;

  private final Sentinel sentinel;

  Health(Sentinel sentinel) {
    this.sentinel = sentinel;
  }

  /** Updates our own view of an instance. */
  void judge(Instance instance) {
    boolean down = isSilent(instance) || isWrong(instance);
    if (down == instance.isSubjectivelyDown()) {
      return;
    }
    long now = sentinel.nowMillis();
    instance.viewChanged(down, now);
    sentinel.event(Level.WARNING, down ? "+sdown" : "-sdown", instance);
    if (down && instance instanceof Master master) {
      sentinel.elections.askPeers(master, true);
      for (Replica replica : master.replicas()) {
        sentinel.links.askInfo(replica);
      }
    }
  }

  private boolean isSilent(Instance instance) {
    long downAfter = instance.master().options().downAfterMillis();
    long now = sentinel.nowMillis();
    long silent = instance.link().silentMillis(now);
    if (silent > downAfter) {
      return true;
    }
    if (silent > 0) {
      sentinel.wakeBy(now - silent + downAfter + 1);
    }
    return false;
  }

  /**
   * Returns true for a master that reports itself as replica, or loads for too long after a reboot:
   * it counts as down.
   */
  private boolean isWrong(Instance instance) {
    if (!(instance instanceof Master master)) {
      return false;
    }
    long now = sentinel.nowMillis();
    boolean wrongRole =
        master.reportedRole() == NodeInfo.Role.REPLICA
            && master.reportedRoleMillis(now)
                > master.options().downAfterMillis()
                    + sentinel.timings().millis(Timing.INFO_PERIOD) * 2;
    return wrongRole || master.rebootsTooLong(now) || hasLostItsGroup(master, now);
  }

  /**
   * Returns true for a master that takes no writes because it may lack acknowledged ones, or
   * confirms none because a failover has begun that nobody finished.
   */
  private boolean hasLostItsGroup(Master master, long now) {
    NodeInfo.Acks acks = Fencing.acks(master);
    if (acks == null || master.reportedRole() != NodeInfo.Role.MASTER) {
      return false;
    }
    // A failover of ours replaces a master too, and must not end because it takes up another one.
    boolean byUs = master.isFailoverInProgress() && !master.isSubjectivelyDown();
    if (!acks.isReplaced() || byUs) {
      master.notReplaced();
      return acks.isIncomplete();
    }
    return master.replacedMillis(now)
        > master.options().downAfterMillis() + sentinel.timings().millis(Timing.INFO_PERIOD);
  }

  /** Updates the quorum's view of a master. */
  void judgeTogether(Master master) {
    int agreeing = 1;
    long now = sentinel.nowMillis();
    // An opinion is discarded if it was not renewed for five periods.
    long opinionLimit = sentinel.timings().millis(Timing.ASK_PERIOD) * 5;
    for (SentinelPeer peer : master.sentinels()) {
      peer.expireOpinion(opinionLimit, now);
      if (peer.findsMasterDown()) {
        agreeing++;
      }
    }
    boolean down = master.isSubjectivelyDown() && agreeing >= master.options().quorum();
    if (down == master.isObjectivelyDown()) {
      return;
    }
    if (down) {
      master.becameObjectivelyDown(now, now + sentinel.randomMillis(0, DESYNC_MILLIS));
      sentinel.event(
          Level.WARNING,
          "+odown",
          master,
          sentinel.names.described(master)
              + " #quorum "
              + agreeing
              + "/"
              + master.options().quorum());
    } else {
      master.recoveredObjectively(now);
      sentinel.event(Level.WARNING, "-odown", master);
    }
  }
}
