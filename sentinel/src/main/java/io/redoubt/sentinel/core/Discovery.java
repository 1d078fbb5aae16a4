package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.HelloMessage;
import io.redoubt.sentinel.message.Hosts;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;
import java.util.List;

/** Discovers replicas from the nodes' INFO, and sentinels from their hello messages. */
final class Discovery {
  /** The age up to which a master's INFO is fresh. */
  private static final long FRESH_INFO_MILLIS = 2000;

  private final Sentinel sentinel;
  private boolean heardOwnId;

  Discovery(Sentinel sentinel) {
    this.sentinel = sentinel;
  }

  void info(DataNode node, String text) {
    long now = sentinel.nowMillis();
    NodeInfo before = node.info();
    NodeInfo info = NodeInfo.parse(text, node.reportedRole());
    node.infoReceived(info, text, now);
    noteRunId(node, info);
    sentinel.leases.informed(node, info);
    if (node instanceof Master master) {
      for (Address replica : info.replicas()) {
        noteReplica(master, replica);
      }
      sentinel.handover.masterObserved(master, info);
      if (info.role() == NodeInfo.Role.MASTER
          && info.acks().group() != null
          && master.groupReported(info.acks().group())) {
        sentinel.stateChanged();
      }
    }
    noteRole(node, info);
    if (node instanceof Replica replica) {
      replica.observed(info);
      if (before == null
          || !before.masterLink().address().isSamePlace(info.masterLink().address())) {
        replica.masterChanged(now);
      }
      if (!sentinel.isTilted()) {
        sentinel.failovers.observed(replica, info);
        correct(replica, info);
      }
    }
  }

  private void noteRunId(DataNode node, NodeInfo info) {
    if (info.runId().isEmpty() || info.runId().equals(node.runId())) {
      return;
    }
    if (node.hasRunId()) {
      sentinel.event(Level.NOTICE, "+reboot", node);
      if (node instanceof Master master) {
        master.rebooted(sentinel.nowMillis());
      }
    }
    node.identified(info.runId());
  }

  private void noteReplica(Master master, Address address) {
    if (Hosts.isHost(address.host(), sentinel.settings().resolveHostnames())
        && sentinel.replicaAt(master, address) == null
        && !sentinel.names.same(master.address(), address)) {
      Replica replica = sentinel.addReplica(master, address);
      sentinel.event(Level.NOTICE, "+slave", replica);
      sentinel.stateChanged();
    }
  }

  private void noteRole(DataNode node, NodeInfo info) {
    if (!node.roleReported(info.role(), sentinel.nowMillis())) {
      return;
    }
    boolean asExpected = (info.role() == NodeInfo.Role.MASTER) == (node instanceof Master);
    sentinel.event(
        Level.VERBOSE,
        asExpected ? "+role-change" : "-role-change",
        node,
        sentinel.names.described(node) + " new reported role is " + info.role().word());
  }

  /** Reconfigures a replica that has reported another role or master for long. */
  private void correct(Replica replica, NodeInfo info) {
    Master master = replica.master();
    if (master.failover() != null || !looksSane(master) || isOfOtherMaster(replica)) {
      return;
    }
    long now = sentinel.nowMillis();
    if (info.role() == NodeInfo.Role.MASTER) {
      long timeoutMillis = sentinel.timings().millis(Timing.PUBLISH_PERIOD) * 4;
      if (replica.reportedRoleMillis(now) > timeoutMillis
          && replica.isUpFor(timeoutMillis, now)
          && sentinel.links.setRole(replica, master.address())) {
        sentinel.event(Level.NOTICE, "+convert-to-slave", replica);
      }
    } else if (!sentinel.names.follows(info, master.address())) {
      long timeoutMillis = master.options().failoverTimeoutMillis();
      if (replica.followsMillis(now) > timeoutMillis
          && replica.isUpFor(timeoutMillis, now)
          && sentinel.links.setRole(replica, master.address())) {
        sentinel.event(Level.NOTICE, "+fix-slave-config", replica);
      }
    }
  }

  /**
   * Returns true if the same process belongs to the group of another master and does not follow
   * this one. Behind address translation two groups may report the same address; the node is left
   * alone by the group that it does not follow.
   */
  boolean isOfOtherMaster(Replica replica) {
    NodeInfo info = replica.info();
    if (info == null
        || replica.runId().isEmpty()
        || sentinel.masters().size() == 1
        || sentinel.names.follows(info, replica.master().address())) {
      return false;
    }
    for (Instance instance : sentinel.instances()) {
      if (instance instanceof DataNode
          && instance.master() != replica.master()
          && instance.runId().equals(replica.runId())) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns true if a node is the process at an address of its group: at the same place, or with
   * the same run id. A process may be known by several addresses, of which one is a name, a virtual
   * address or of another protocol.
   */
  boolean isProcessAt(DataNode node, Address place) {
    if (sentinel.names.same(node.address(), place)) {
      return true;
    }
    Master master = node.master();
    DataNode other =
        sentinel.names.same(master.address(), place) ? master : sentinel.replicaAt(master, place);
    return other != null && isSameProcess(node, other);
  }

  /** Returns true if two nodes report the same run id. */
  static boolean isSameProcess(DataNode node, DataNode other) {
    return node.hasRunId() && node.runId().equals(other.runId());
  }

  /** Returns true if another sentinel uses our id in hello messages. */
  boolean heardOwnId() {
    return heardOwnId;
  }

  /** Forgets replicas that have been down for longer than the configured time. */
  void forgetExpired(Master master) {
    long limit = master.options().forgetAfterMillis();
    NodeInfo info = master.info();
    if (limit == 0 || info == null || sentinel.isTilted() || !looksSane(master)) {
      return;
    }
    for (Replica replica : List.copyOf(master.replicas())) {
      if (replica.subjectivelyDownMillis(sentinel.nowMillis()) >= limit
          && master.failover() == null
          && info.replicas().stream()
              .noneMatch(each -> sentinel.names.same(each, replica.address()))) {
        sentinel.event(Level.NOTICE, "-slave", replica);
        master.replicaGone(replica);
        sentinel.forget(replica);
        sentinel.stateChanged();
      }
    }
  }

  private boolean looksSane(Master master) {
    return master.reportedRole() == NodeInfo.Role.MASTER
        && !master.isSubjectivelyDown()
        && !master.isObjectivelyDown()
        && sentinel.nowMillis() - master.infoAt()
            < Math.max(sentinel.timings().millis(Timing.INFO_PERIOD) * 2, FRESH_INFO_MILLIS);
  }

  void hello(String payload) {
    HelloMessage hello = HelloMessage.parse(payload, sentinel.settings().resolveHostnames());
    Master master = hello == null ? null : sentinel.master(hello.masterName());
    if (hello == null || master == null) {
      return;
    }
    if (hello.runId().equals(sentinel.myId())) {
      heardOwnId |= !sentinel.links.hasAnnounced(hello.sentinel());
      return;
    }
    SentinelPeer peer = notePeer(master, hello);
    peer.helloHeard(sentinel.nowMillis());
    // A restart would read the later of them from the file.
    sentinel.raiseEpoch(master, Math.max(hello.currentEpoch(), hello.configEpoch()));
    if (master.raiseConfigEpoch(hello.configEpoch())) {
      sentinel.failovers.supersede(master, hello.configEpoch());
      sentinel.stateChanged();
      if (!sentinel.names.same(hello.master(), master.address())) {
        sentinel.event(Level.WARNING, "+config-update-from", peer);
        Address from = master.address();
        sentinel.failovers.switchTo(master, hello.master());
        sentinel.leases.moved(master);
        sentinel.runReconfigScript(master, false, from, master.address());
        sentinel.react(master);
      }
    }
  }

  private SentinelPeer notePeer(Master master, HelloMessage hello) {
    SentinelPeer known = master.peer(hello.runId());
    if (known != null) {
      if (!known.address().equals(hello.sentinel())) {
        sentinel.event(
            Level.NOTICE,
            "+sentinel-address-switch",
            master,
            sentinel.names.described(master)
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
    for (SentinelPeer other : List.copyOf(master.sentinels())) {
      if (other.address().equals(hello.sentinel())) {
        // A process has one address, so the previous one with this id is obsolete.
        sentinel.event(Level.NOTICE, "+sentinel-invalid-addr", other);
        sentinel.forgetSentinel(other.runId());
      }
    }
    SentinelPeer peer = sentinel.addPeer(master, hello.sentinel(), hello.runId());
    sentinel.event(Level.NOTICE, "+sentinel", peer);
    sentinel.stateChanged();
    return peer;
  }

  private void moveEverywhere(SentinelPeer known, Address address) {
    int others = 0;
    move(known, address);
    for (Instance instance : sentinel.instances()) {
      if (instance instanceof SentinelPeer peer
          && peer.runId().equals(known.runId())
          && !peer.address().equals(address)) {
        move(peer, address);
        others++;
      }
    }
    if (others > 0) {
      sentinel.event(
          Level.NOTICE,
          "+sentinel-address-update",
          known,
          sentinel.names.described(known) + " " + others + " additional matching instances");
    }
  }

  private void move(SentinelPeer peer, Address address) {
    Link shared = sentinel.links.ofSentinel(peer.runId(), address);
    sentinel.links.release(peer);
    peer.moveTo(address, shared == null ? sentinel.links.make(address) : shared);
    sentinel.stateChanged();
  }
}
