package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Address;
import org.jspecify.annotations.Nullable;

/** Puts another node in the place of a master in this sentinel's view, and announces it. */
final class Succession {
  private final SentinelWorld world;
  private final Links links;
  private final Roster roster;
  private final Leases leases;

  Succession(SentinelWorld world, Links links, Roster roster, Leases leases) {
    this.world = world;
    this.links = links;
    this.roster = roster;
    this.leases = leases;
  }

  /** Announces a promoted replica, which is not yet in the master's place. */
  void announce(Master master) {
    links.sayHelloToAll(master);
    leases.onMasterChange(master);
    world.runReconfigScript(master, true, master.address(), master.currentAddress());
  }

  /**
   * Moves the master to another address. Returns the replica known there, which is no replica any
   * more, or null.
   */
  @Nullable Replica move(Master master, Address to) {
    Address from = master.address();
    world.event(
        Level.WARNING,
        "+switch-master",
        master,
        master.name()
            + " "
            + world.displayed(from).host()
            + " "
            + from.port()
            + " "
            + world.displayed(to).host()
            + " "
            + to.port());
    links.release(master);
    Replica chosen = world.replicaAt(master, to);
    if (chosen != null) {
      master.removeReplica(chosen);
    }
    // Other sentinels may report the address of a host name.
    Address address = chosen == null ? to : chosen.address();
    Link link = chosen == null || chosen.isSubjectivelyDown() ? links.make(address) : chosen.link();
    master.moveTo(address, link);
    if (chosen != null) {
      roster.forget(chosen);
    }
    return chosen;
  }

  /**
   * Completes the move: the earlier master becomes a replica, to be reconfigured when it returns.
   *
   * @param chosen the replica that is now the master, null if it was none
   */
  void complete(Master master, Address earlier, @Nullable Replica chosen) {
    if (chosen != null && chosen.hasRunId()) {
      master.setRunId(chosen.runId());
    }
    roster.addReplica(master, earlier);
    for (Replica replica : master.replicas()) {
      world.event(Level.NOTICE, "+slave", replica);
    }
    world.markStateChanged();
  }
}
