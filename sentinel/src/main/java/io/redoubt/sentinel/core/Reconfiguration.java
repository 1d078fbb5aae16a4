package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.Replica.Reconf;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;

/** Makes the other replicas follow a promoted one, {@code parallel-syncs} at a time. */
final class Reconfiguration {
  private final SentinelWorld world;
  private final Links links;

  Reconfiguration(SentinelWorld world, Links links) {
    this.world = world;
    this.links = links;
  }

  /** Orders the next replicas; returns true once all that are up have finished. */
  boolean advance(Master master, Replica promoted) {
    long now = world.nowMillis();
    int inProgress = 0;
    for (Replica replica : master.replicas()) {
      if (replica.reconf() == Reconf.SENT
          && now - replica.orderedAt() > world.timings().millis(Timing.REPLICA_RECONF_TIMEOUT)) {
        world.event(Level.NOTICE, "-slave-reconf-sent-timeout", replica);
        replica.onReconfigurationEnd();
      }
      if (replica.isReconfiguring()) {
        inProgress++;
      }
    }
    for (Replica replica : master.replicas()) {
      if (isNext(replica, promoted)
          && inProgress < master.options().parallelSyncs()
          && turn(replica, promoted.address(), "+slave-reconf-sent")) {
        inProgress++;
      }
    }
    return master.replicas().stream()
        .allMatch(replica ->
            replica == promoted || replica.reconf() == Reconf.DONE || replica.isSubjectivelyDown());
  }

  /** Orders all that have received no order yet, at the end of the time. */
  void turnRest(Master master, Replica promoted) {
    for (Replica replica : master.replicas()) {
      if (isNext(replica, promoted)) {
        boolean unused = turn(replica, promoted.address(), "+slave-reconf-sent-be");
      }
    }
  }

  private static boolean isNext(Replica replica, Replica promoted) {
    return replica != promoted && replica.reconf() == Reconf.NONE && replica.link().command.isUp();
  }

  /** Orders a replica to follow the new master; returns false if it is the new master itself. */
  private boolean turn(Replica replica, Address master, String event) {
    if (!links.setRole(replica, master)) {
      replica.onReconfigurationEnd();
      return false;
    }
    replica.onReconfigurationOrdered(world.nowMillis());
    world.event(Level.NOTICE, event, replica);
    return true;
  }

  /** Handles the INFO of a replica, which may follow the new master already. */
  void onInfo(Replica replica, NodeInfo info, Replica promoted) {
    if (replica.reconf() == Reconf.SENT
        && info.role() == NodeInfo.Role.REPLICA
        && world.names.follows(info, promoted.address())) {
      replica.onReconfigurationStart();
      world.event(Level.NOTICE, "+slave-reconf-inprog", replica);
    }
    if (replica.reconf() == Reconf.IN_PROGRESS && info.masterLink().isUp()) {
      replica.onReconfigurationEnd();
      world.event(Level.NOTICE, "+slave-reconf-done", replica);
    }
  }
}
