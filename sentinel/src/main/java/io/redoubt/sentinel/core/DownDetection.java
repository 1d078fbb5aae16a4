package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;

/**
 * Detects which instances are down: in this sentinel's view (SDOWN) and, for masters, in the view
 * of a quorum (ODOWN).
 */
final class DownDetection {
  /** The maximum random delay between candidates that detect ODOWN simultaneously. */
  private static final long DESYNC_MILLIS = 100;

  private final SentinelWorld world;
  private final Links links;
  private final LeaderElections elections;

  DownDetection(SentinelWorld world, Links links, LeaderElections elections) {
    this.world = world;
    this.links = links;
    this.elections = elections;
  }

  /** Updates this sentinel's view of an instance. */
  void judge(Instance instance) {
    boolean down = isSilent(instance) || isWrong(instance);
    if (down == instance.isSubjectivelyDown()) {
      return;
    }
    long now = world.nowMillis();
    instance.setSubjectivelyDown(down, now);
    world.event(Level.WARNING, down ? "+sdown" : "-sdown", instance);
    if (down && instance instanceof Master master) {
      elections.askPeers(master, true);
      for (Replica replica : master.replicas()) {
        links.askInfo(replica);
      }
    }
  }

  private boolean isSilent(Instance instance) {
    long downAfter = world.masterOf(instance).options().downAfterMillis();
    long now = world.nowMillis();
    long silent = instance.link().silentMillis(now);
    if (silent > downAfter) {
      return true;
    }
    if (silent > 0) {
      world.wakeBy(now - silent + downAfter + 1);
    }
    return false;
  }

  /**
   * Returns true for a master that must be replaced although it answers: it reports itself as a
   * replica, has been loading for too long after a reboot, or has lost its group.
   */
  private boolean isWrong(Instance instance) {
    if (!(instance instanceof Master master)) {
      return false;
    }
    long now = world.nowMillis();
    boolean wrongRole =
        master.reportedRole() == NodeInfo.Role.REPLICA
            && master.reportedRoleMillis(now)
                > master.options().downAfterMillis()
                    + world.timings().millis(Timing.INFO_PERIOD) * 2;
    return wrongRole || master.rebootsTooLong(now) || hasLostItsGroup(master, now);
  }

  /**
   * Returns true for a master that accepts no writes because it may lack acknowledged ones, or that
   * is deposed by a failover which its leader has not completed.
   */
  private boolean hasLostItsGroup(Master master, long now) {
    NodeInfo.Acks acks = master.acks();
    if (acks == null || master.reportedRole() != NodeInfo.Role.MASTER) {
      return false;
    }
    // Our own failover deposes the master, too; that must not make it ODOWN halfway.
    boolean byUs = master.isFailoverInProgress() && !master.isSubjectivelyDown();
    if (!acks.isReplaced() || byUs) {
      master.clearReplaced();
      return acks.isIncomplete();
    }
    return master.replacedMillis(now)
        > master.options().downAfterMillis() + world.timings().millis(Timing.INFO_PERIOD);
  }

  /** Updates the quorum's view of a master. */
  void judgeTogether(Master master) {
    int agreeing = 1;
    long now = world.nowMillis();
    // An opinion is discarded if it was not renewed for five periods.
    long opinionLimit = world.timings().millis(Timing.ASK_PERIOD) * 5;
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
      master.onObjectivelyDown(now, now + world.randomMillis(0, DESYNC_MILLIS));
      world.event(
          Level.WARNING,
          "+odown",
          master,
          world.described(master) + " #quorum " + agreeing + "/" + master.options().quorum());
    } else {
      master.onObjectivelyUp(now);
      world.event(Level.WARNING, "-odown", master);
    }
  }
}
