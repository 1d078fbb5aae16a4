package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.HelloMessage;
import io.redoubt.sentinel.message.Hosts;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Discovers replicas from the nodes' INFO, and sentinels from their hello messages. */
final class Discovery {
  /** The age up to which a master's INFO is fresh. */
  private static final long FRESH_INFO_MILLIS = 2000;

  private final SentinelWorld world;
  private final Links links;
  private final Roster roster;
  private final Leases leases;
  private final Handover handover;
  private final Failovers failovers;

  Discovery(
      SentinelWorld world,
      Links links,
      Roster roster,
      Leases leases,
      Handover handover,
      Failovers failovers) {
    this.world = world;
    this.links = links;
    this.roster = roster;
    this.leases = leases;
    this.handover = handover;
    this.failovers = failovers;
  }

  void onInfo(DataNode node, String text) {
    long now = world.nowMillis();
    NodeInfo before = node.info();
    NodeInfo info = NodeInfo.parse(text, node.reportedRole());
    node.onInfo(info, text, now);
    noteRunId(node, info);
    leases.onInfo(node, info);
    if (node instanceof Master master) {
      for (Address replica : info.replicas()) {
        noteReplica(master, replica);
      }
      handover.onMasterInfo(master, info);
      if (info.role() == NodeInfo.Role.MASTER
          && info.acks().group() != null
          && master.groupReported(info.acks().group())) {
        world.markStateChanged();
      }
    }
    noteRole(node, info);
    if (node instanceof Replica replica) {
      replica.onReplicaInfo(info);
      if (before == null
          || !before.masterLink().address().isSamePlace(info.masterLink().address())) {
        replica.onMasterChange(now);
      }
      if (!world.isTilted()) {
        failovers.onInfo(replica, info);
        correct(replica, info);
      }
    }
  }

  private void noteRunId(DataNode node, NodeInfo info) {
    if (info.runId().isEmpty() || info.runId().equals(node.runId())) {
      return;
    }
    if (node.hasRunId()) {
      world.event(Level.NOTICE, "+reboot", node);
      if (node instanceof Master master) {
        master.onReboot(world.nowMillis());
      }
    }
    node.setRunId(info.runId());
  }

  private void noteReplica(Master master, Address address) {
    if (Hosts.isHost(address.host(), world.settings().resolveHostnames())
        && world.replicaAt(master, address) == null
        && !world.names.same(master.address(), address)) {
      Replica replica = roster.addReplica(master, address);
      world.event(Level.NOTICE, "+slave", replica);
      world.markStateChanged();
    }
  }

  private void noteRole(DataNode node, NodeInfo info) {
    if (!node.roleReported(info.role(), world.nowMillis())) {
      return;
    }
    boolean asExpected = (info.role() == NodeInfo.Role.MASTER) == (node instanceof Master);
    world.event(
        Level.VERBOSE,
        asExpected ? "+role-change" : "-role-change",
        node,
        world.described(node) + " new reported role is " + info.role().word());
  }

  /** Reconfigures a replica that has reported another role, or another master, for too long. */
  private void correct(Replica replica, NodeInfo info) {
    Master master = world.masterOf(replica);
    if (master.failover() != null || !looksSane(master) || world.isOfOtherMaster(replica)) {
      return;
    }
    long now = world.nowMillis();
    if (info.role() == NodeInfo.Role.MASTER) {
      long timeoutMillis = world.timings().millis(Timing.PUBLISH_PERIOD) * 4;
      if (replica.reportedRoleMillis(now) > timeoutMillis
          && replica.isUpFor(timeoutMillis, now)
          && links.setRole(replica, master.address())) {
        world.event(Level.NOTICE, "+convert-to-slave", replica);
      }
    } else if (!world.names.follows(info, master.address())) {
      long timeoutMillis = master.options().failoverTimeoutMillis();
      if (replica.followsMillis(now) > timeoutMillis
          && replica.isUpFor(timeoutMillis, now)
          && links.setRole(replica, master.address())) {
        world.event(Level.NOTICE, "+fix-slave-config", replica);
      }
    }
  }

  /** Forgets replicas that have been down for longer than the configured time. */
  void forgetExpired(Master master) {
    long limit = master.options().forgetAfterMillis();
    NodeInfo info = master.info();
    if (limit == 0 || info == null || world.isTilted() || !looksSane(master)) {
      return;
    }
    for (Replica replica : List.copyOf(master.replicas())) {
      if (replica.subjectivelyDownMillis(world.nowMillis()) >= limit
          && master.failover() == null
          && info.replicas().stream()
              .noneMatch(each -> world.names.same(each, replica.address()))) {
        world.event(Level.NOTICE, "-slave", replica);
        master.removeReplica(replica);
        roster.forget(replica);
        world.markStateChanged();
      }
    }
  }

  private boolean looksSane(Master master) {
    return master.reportedRole() == NodeInfo.Role.MASTER
        && !master.isSubjectivelyDown()
        && !master.isObjectivelyDown()
        && world.nowMillis() - master.infoAt()
            < Math.max(world.timings().millis(Timing.INFO_PERIOD) * 2, FRESH_INFO_MILLIS);
  }

  /** Handles a hello message; returns the master whose address it has changed, or null. */
  @Nullable Master hello(String payload) {
    HelloMessage hello = HelloMessage.parse(payload, world.settings().resolveHostnames());
    Master master = hello == null ? null : world.master(hello.masterName());
    if (hello == null || master == null) {
      return null;
    }
    if (hello.runId().equals(world.myId())) {
      world.onOwnId(!links.hasAnnounced(hello.sentinel()));
      return null;
    }
    SentinelPeer peer = notePeer(master, hello);
    peer.onHello(world.nowMillis());
    // After a restart, the greater of the two would be read from the file as the current epoch.
    world.raiseEpoch(master, Math.max(hello.currentEpoch(), hello.configEpoch()));
    if (master.raiseConfigEpoch(hello.configEpoch())) {
      failovers.supersede(master, hello.configEpoch());
      world.markStateChanged();
      if (!world.names.same(hello.master(), master.address())) {
        world.event(Level.WARNING, "+config-update-from", peer);
        Address from = master.address();
        failovers.switchTo(master, hello.master());
        leases.onMasterChange(master);
        world.runReconfigScript(master, false, from, master.address());
        return master;
      }
    }
    return null;
  }

  private SentinelPeer notePeer(Master master, HelloMessage hello) {
    SentinelPeer known = master.peer(hello.runId());
    if (known != null) {
      if (!known.address().equals(hello.sentinel())) {
        world.event(
            Level.NOTICE,
            "+sentinel-address-switch",
            master,
            world.described(master)
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
        // A process has one address, so the previous sentinel at this one is obsolete.
        world.event(Level.NOTICE, "+sentinel-invalid-addr", other);
        roster.forgetSentinel(other.runId());
      }
    }
    SentinelPeer peer = roster.addPeer(master, hello.sentinel(), hello.runId());
    world.event(Level.NOTICE, "+sentinel", peer);
    world.markStateChanged();
    return peer;
  }

  private void moveEverywhere(SentinelPeer known, Address address) {
    int others = 0;
    move(known, address);
    for (Instance instance : world.instances()) {
      if (instance instanceof SentinelPeer peer
          && peer.runId().equals(known.runId())
          && !peer.address().equals(address)) {
        move(peer, address);
        others++;
      }
    }
    if (others > 0) {
      world.event(
          Level.NOTICE,
          "+sentinel-address-update",
          known,
          world.described(known) + " " + others + " additional matching instances");
    }
  }

  private void move(SentinelPeer peer, Address address) {
    Link shared = links.ofSentinel(peer.runId(), address);
    links.release(peer);
    peer.moveTo(address, shared == null ? links.make(address) : shared);
    world.markStateChanged();
  }
}
