package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import org.jspecify.annotations.Nullable;

/**
 * Moves a replica from the master with the most replicas to a master that has lost all of its own.
 */
final class ReplicaMigration {
  /** The time for which a master must have been without working replicas. */
  private static final long DELAY_MILLIS = 5000;

  private final World world;
  private final RoleChanges roles;

  ReplicaMigration(World world, RoleChanges roles) {
    this.world = world;
    this.roles = roles;
  }

  void consider() {
    Node master = world.myself().master();
    if (master == null
        || !world.isServing()
        || !world.options().allowReplicaMigration()
        || master.workingReplicas() <= world.options().migrationBarrier()) {
      return;
    }
    Node target = orphan();
    if (target != null && isChosen()) {
      world.remark(Output.Level.NOTICE, "Migrating to orphaned master " + target);
      roles.becomeReplicaOf(target);
    }
  }

  private @Nullable Node orphan() {
    for (Node node : world.nodes.others()) {
      if (node.orphanedAt != MachineClock.NEVER && world.now() - node.orphanedAt > DELAY_MILLIS) {
        return node;
      }
    }
    return null;
  }

  /**
   * Returns true if this replica has the smallest id among the replicas of the masters with the
   * most replicas, so that only one moves.
   */
  private boolean isChosen() {
    int most = 0;
    for (Node node : world.nodes.all()) {
      most = Math.max(most, node.workingReplicas());
    }
    Node chosen = world.myself();
    for (Node node : world.nodes.all()) {
      Node master = node.master();
      if (master != null
          && master.workingReplicas() == most
          && !node.hasFailed()
          && (chosen.shardMaster().workingReplicas() < most
              || node.id().compareTo(chosen.id()) < 0)) {
        chosen = node;
      }
    }
    return chosen == world.myself() && chosen.shardMaster().workingReplicas() == most;
  }
}
