package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.Output.Level;
import java.util.List;

/** Learns from what nodes say about themselves (INFO) and sentinels about masters (hello). */
final class Discovery {
  private final Sentinel sentinel;

  Discovery(Sentinel sentinel) {
    this.sentinel = sentinel;
  }

  void info(DataNode node, String text) {
    long now = sentinel.nowMillis();
    NodeInfo before = node.info;
    NodeInfo info = NodeInfo.parse(text, node.reportedRole);
    node.info = info;
    node.infoText = text;
    node.infoAt = now;
    noteRunId(node, info);
    if (node instanceof Master master) {
      for (Address replica : info.replicas()) {
        noteReplica(master, replica);
      }
    }
    noteRole(node, info);
    if (node instanceof Replica replica) {
      if (before == null
          || before.masterPort() != info.masterPort()
          || !before.masterHost().equalsIgnoreCase(info.masterHost())) {
        replica.followsSince = now;
      }
      if (!sentinel.isTilted()) {
        sentinel.failovers.observed(replica, info);
        correct(replica, info);
      }
    }
  }

  private void noteRunId(DataNode node, NodeInfo info) {
    if (info.runId().isEmpty() || info.runId().equals(node.runId)) {
      return;
    }
    if (node.runId != null) {
      sentinel.event(Level.NOTICE, "+reboot", node.described());
      if (node instanceof Master master && master.options.masterRebootDownAfterMillis() > 0) {
        master.rebootSince = sentinel.nowMillis();
      }
    }
    node.runId = info.runId();
  }

  private void noteReplica(Master master, Address address) {
    if (!master.replicas.containsKey(address) && !master.address.equals(address)) {
      Replica replica = sentinel.addReplica(master, address);
      sentinel.event(Level.NOTICE, "+slave", replica.described());
      sentinel.stateChanged();
    }
  }

  private void noteRole(DataNode node, NodeInfo info) {
    if (info.role() == node.reportedRole) {
      return;
    }
    node.reportedRole = info.role();
    node.reportedRoleSince = sentinel.nowMillis();
    boolean asExpected = (info.role() == NodeInfo.Role.MASTER) == (node instanceof Master);
    sentinel.event(
        Level.VERBOSE,
        asExpected ? "-role-change" : "+role-change",
        node.described() + " new reported role is " + info.role().word());
  }

  /** Puts a replica right that has been something else for long, so that nobody else will. */
  private void correct(Replica replica, NodeInfo info) {
    Master master = replica.master();
    if (master.failover != null || !looksSane(master)) {
      return;
    }
    long now = sentinel.nowMillis();
    if (info.role() == NodeInfo.Role.MASTER) {
      long patience = sentinel.timings().publishPeriodMillis() * 4;
      if (replica.reportedRoleMillis(now) > patience && isUpFor(replica, patience, now)) {
        sentinel.links.setRole(replica, master.address);
        sentinel.event(Level.NOTICE, "+convert-to-slave", replica.described());
      }
    } else if (!info.follows(master.address)) {
      long patience = master.options.failoverTimeoutMillis();
      if (now - replica.followsSince > patience && isUpFor(replica, patience, now)) {
        sentinel.links.setRole(replica, master.address);
        sentinel.event(Level.NOTICE, "+fix-slave-config", replica.described());
      }
    }
  }

  private static boolean isUpFor(Replica replica, long millis, long now) {
    return !replica.subjectivelyDown && replica.upFor(millis, now);
  }

  private boolean looksSane(Master master) {
    return master.reportedRole == NodeInfo.Role.MASTER
        && !master.subjectivelyDown
        && !master.objectivelyDown
        && sentinel.nowMillis() - master.infoAt < sentinel.timings().infoPeriodMillis() * 2;
  }

  void hello(String payload) {
    Hello hello = Hello.parse(payload);
    if (hello == null || hello.runId().equals(sentinel.myId())) {
      return;
    }
    Master master = sentinel.master(hello.masterName());
    if (master == null) {
      return;
    }
    Peer peer = notePeer(master, hello);
    peer.helloHeardAt = sentinel.nowMillis();
    sentinel.raiseEpoch(hello.currentEpoch());
    if (hello.configEpoch() > master.configEpoch) {
      master.configEpoch = hello.configEpoch();
      sentinel.failovers.supersede(master, hello.configEpoch());
      sentinel.stateChanged();
      if (!hello.master().equals(master.address)) {
        sentinel.event(Level.WARNING, "+config-update-from", peer.described());
        sentinel.failovers.switchTo(master, hello.master());
        sentinel.react(master);
      }
    }
  }

  private Peer notePeer(Master master, Hello hello) {
    Peer known = master.peers.get(hello.runId());
    if (known != null) {
      if (!known.address.equals(hello.sentinel())) {
        sentinel.event(
            Level.NOTICE,
            "+sentinel-address-switch",
            master.described()
                + " ip "
                + hello.sentinel().host()
                + " port "
                + hello.sentinel().port()
                + " for "
                + hello.runId());
        moveEverywhere(known, hello.sentinel());
      }
      return known;
    }
    for (Peer other : List.copyOf(master.peers.values())) {
      if (other.address.equals(hello.sentinel())) {
        // One process has one address: the former one is gone for good, with its id.
        sentinel.event(Level.WARNING, "+sentinel-invalid-addr", other.described());
        sentinel.forgetSentinel(other.runId());
      }
    }
    Peer peer = sentinel.addPeer(master, hello.sentinel(), hello.runId());
    sentinel.event(Level.NOTICE, "+sentinel", peer.described());
    sentinel.stateChanged();
    return peer;
  }

  private void moveEverywhere(Peer known, Address address) {
    int others = 0;
    move(known, address);
    for (Instance instance : sentinel.instances()) {
      if (instance instanceof Peer peer
          && peer.runId().equals(known.runId())
          && !peer.address.equals(address)) {
        move(peer, address);
        others++;
      }
    }
    if (others > 0) {
      sentinel.event(
          Level.NOTICE,
          "+sentinel-address-update",
          known.described() + " " + others + " additional matching instances");
    }
  }

  private void move(Peer peer, Address address) {
    Link shared = sentinel.links.ofSentinel(peer.runId(), address);
    sentinel.links.release(peer);
    peer.address = address;
    if (shared == null) {
      peer.link = sentinel.links.open(peer, address);
    } else {
      shared.users.add(peer);
      peer.link = shared;
    }
    sentinel.stateChanged();
  }
}
