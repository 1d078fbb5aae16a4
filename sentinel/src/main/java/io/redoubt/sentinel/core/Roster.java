package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;

/** Adds and removes instances, each with its link. */
final class Roster {
  private final SentinelWorld world;
  private final Links links;
  private int lastInstanceId;

  Roster(SentinelWorld world, Links links) {
    this.world = world;
    this.links = links;
  }

  Master add(MasterState state) {
    Master master =
        new Master(++lastInstanceId, state, links.make(state.address()), world.nowMillis());
    master.link().addUser(master.id());
    world.add(master);
    return master;
  }

  Replica addReplica(Master master, Address address) {
    Replica replica =
        new Replica(
            ++lastInstanceId, master.name(), address, links.make(address), world.nowMillis());
    replica.link().addUser(replica.id());
    world.add(replica);
    master.addReplica(replica);
    return replica;
  }

  SentinelPeer addPeer(Master master, Address address, String runId) {
    Link shared = links.ofSentinel(runId, address);
    Link link = shared == null ? links.make(address) : shared;
    SentinelPeer peer =
        new SentinelPeer(++lastInstanceId, master.name(), address, link, runId, world.nowMillis());
    link.addUser(peer.id());
    world.add(peer);
    master.addSentinel(peer);
    return peer;
  }

  /** Releases the link of an instance that was removed from its master. */
  void forget(Instance instance) {
    links.release(instance);
    world.remove(instance);
  }

  /** Removes another sentinel from all masters. */
  void forgetSentinel(String runId) {
    for (Master master : world.masters()) {
      SentinelPeer peer = master.peer(runId);
      if (peer != null) {
        master.removeSentinel(peer);
        forget(peer);
      }
    }
    world.markStateChanged();
  }

  void forgetOthers(Master master) {
    master.replicas().forEach(this::forget);
    master.sentinels().forEach(this::forget);
    master.forgetOthers();
  }
}
