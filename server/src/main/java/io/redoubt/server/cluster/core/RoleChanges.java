package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.nodes.NodeRecord;

/** Changes the role of this node. Any manual failover or election in progress ends. */
final class RoleChanges {
  private final World world;
  private final PlannedFailover planned;
  private final Candidacy candidacy;

  RoleChanges(World world, PlannedFailover planned, Candidacy candidacy) {
    this.world = world;
    this.planned = planned;
    this.candidacy = candidacy;
  }

  /** Makes this node a replica. */
  void becomeReplicaOf(Node master) {
    Node myself = world.myself();
    if (myself.isMaster()) {
      world.slots.unassignAll(myself);
      if (world.slots.closeAll()) {
        world.remark(Level.NOTICE, "Slot migrations cancelled because this node becomes a replica");
      }
    }
    planned.end();
    candidacy.end();
    myself.becomeReplica(master);
    myself.labels =
        new NodeRecord.Labels(
            myself.labels.hostname(), myself.labels.nodeName(), master.labels.shard());
    world.follow(master);
    world.markTopologyChanged();
  }

  /** Makes this node a master without slots. */
  void becomeMaster() {
    planned.end();
    candidacy.end();
    world.myself().becomeMaster();
    world.emit(new Output.Promote());
    world.markTopologyChanged();
  }
}
