package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;

/**
 * Decides whether this node serves commands: only while it reaches a majority of the masters and,
 * with {@code cluster-require-full-coverage}, while every slot has a working owner.
 */
final class Serving {
  /** The time for which a restarted master only listens, since it may have been replaced. */
  private static final long START_MILLIS = 2000;

  private static final long MIN_REJOIN_MILLIS = 500;
  private static final long MAX_REJOIN_MILLIS = 5000;

  private final World world;

  /** The earliest time at which a master serves. */
  private final long servesFrom;

  /** The last time at which no majority was reachable. */
  private long minorityAt;

  /**
   * The end of this process' last pause. A node counts as reachable only if it has been heard
   * since.
   */
  private long resumedAt = MachineClock.NEVER;

  /**
   * @param isNew true for a node that had no slots and knew no other node, so it can't have been
   *     replaced
   */
  Serving(World world, long now, boolean isNew) {
    this.world = world;
    this.servesFrom = isNew ? now : now + START_MILLIS;
    this.minorityAt = now - MAX_REJOIN_MILLIS;
  }

  /**
   * Handles a pause of this process so long that this node may have been replaced. Others suspect a
   * node only after a whole node timeout, so shorter pauses don't count.
   */
  void onPause() {
    resumedAt = world.now();
  }

  void update() {
    boolean master = world.myself().isMaster();
    long now = world.now();
    int voters = 0;
    int reachable = 0;
    boolean covered = world.slots.assignedCount() == SlotSet.SLOTS;
    for (Node node : world.nodes.all()) {
      if (node.isVoter()) {
        voters++;
        covered &= !node.hasFailed();
        if (isReachable(node)) {
          reachable++;
        }
      }
    }
    boolean majority = reachable >= voters / 2 + 1;
    if (!majority && voters > 0) { // without voters no election can have replaced this node
      minorityAt = now;
    }
    boolean good = majority && (covered || !world.options().requireFullCoverage());
    if (good == world.isServing()) {
      return;
    }
    if (good && master) {
      long rejoin = Math.clamp(world.timeoutMillis(), MIN_REJOIN_MILLIS, MAX_REJOIN_MILLIS);
      long from = Math.max(servesFrom, minorityAt + rejoin);
      if (now < from) {
        world.wakeBy(from);
        return;
      }
    }
    world.serve(good);
    world.remark(Level.NOTICE, "Cluster state changed: " + (good ? "ok" : "fail"));
  }

  private boolean isReachable(Node node) {
    return node == world.myself()
        || (!node.has(NodeFlag.PFAIL | NodeFlag.FAIL)
            && (resumedAt == MachineClock.NEVER || node.link.heardAt >= resumedAt));
  }
}
