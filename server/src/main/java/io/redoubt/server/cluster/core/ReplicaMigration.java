package io.redoubt.server.cluster.core;

import org.jspecify.annotations.Nullable;

/**
 * Moves a replica from the master with the most replicas to a master that has lost all of its own.
 */
final class ReplicaMigration {
  /** The time for which a master must have been without replicas. */
  private static final long DELAY_MILLIS = 5000;

  private final Cluster cluster;

  ReplicaMigration(Cluster cluster) {
    this.cluster = cluster;
  }

  void consider() {
    Node master = cluster.myself().master();
    if (master == null
        || !cluster.isServing()
        || !cluster.options().allowReplicaMigration()
        || master.workingReplicas() <= cluster.options().migrationBarrier()) {
      return;
    }
    Node target = orphan();
    if (target != null && isChosen()) {
      cluster.remark(Output.Level.NOTICE, "Migrating to orphaned master " + target);
      cluster.becomeReplicaOf(target);
    }
  }

  private @Nullable Node orphan() {
    for (Node node : cluster.nodes.others()) {
      if (node.orphanedAt != Node.NEVER && cluster.now() - node.orphanedAt > DELAY_MILLIS) {
        return node;
      }
    }
    return null;
  }

  /** Returns true if of the replicas of the masters with the most, we have the smallest id. */
  private boolean isChosen() {
    int most = 0;
    for (Node node : cluster.nodes.all()) {
      most = Math.max(most, node.workingReplicas());
    }
    Node chosen = cluster.myself();
    for (Node node : cluster.nodes.all()) {
      Node master = node.master();
      if (master != null
          && master.workingReplicas() == most
          && !node.hasFailed()
          && (chosen.shardMaster().workingReplicas() < most
              || node.id().compareTo(chosen.id()) < 0)) {
        chosen = node;
      }
    }
    return chosen == cluster.myself() && chosen.shardMaster().workingReplicas() == most;
  }
}
