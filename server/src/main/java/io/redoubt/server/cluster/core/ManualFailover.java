package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Input.FailoverKind;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.NodeFlag;

/**
 * CLUSTER FAILOVER. The replica asks its master to pause writes, waits until it has applied the
 * offset of the paused master, and then stands for election. No acknowledged write is lost, since
 * the new master has them all.
 */
final class ManualFailover {
  private final World world;
  private final BusMessages messages;
  private final SlotClaims claims;
  private final Elections elections;
  private final PlannedFailover planned;

  ManualFailover(
      World world,
      BusMessages messages,
      SlotClaims claims,
      Elections elections,
      PlannedFailover planned) {
    this.world = world;
    this.messages = messages;
    this.claims = claims;
    this.elections = elections;
    this.planned = planned;
  }

  /** Starts a failover at the replica. */
  void order(FailoverKind kind) {
    Node myself = world.myself();
    Node master = myself.master();
    if (!myself.isReplica()) {
      refuse("You should send CLUSTER FAILOVER to a replica");
      return;
    }
    if (master == null) {
      refuse("I'm a replica but my master is unknown to me");
      return;
    }
    if (kind == FailoverKind.DEFAULT && (master.hasFailed() || !master.isConnected())) {
      refuse("Master is down or failed, please use CLUSTER FAILOVER FORCE");
      return;
    }
    planned.start();
    switch (kind) {
      case TAKEOVER -> {
        world.remark(Level.NOTICE, "Taking over the master (user request).");
        Long unused = claims.bumpWithoutVote();
        elections.replace(master);
      }
      case FORCE -> {
        world.remark(Level.NOTICE, "Forced failover user request accepted.");
        planned.allowStart();
      }
      case DEFAULT -> {
        world.remark(Level.NOTICE, "Manual failover user request accepted.");
        messages.send(master, new Body.PauseRequest());
      }
    }
    world.emit(new Output.Done("OK"));
  }

  private void refuse(String reason) {
    world.emit(new Output.Refused("ERR " + reason));
  }

  /** Handles a replica's request to pause writes. */
  void onPauseRequest(Node replica) {
    if (!world.myself().isMaster() || replica.master() != world.myself()) {
      return;
    }
    planned.start(replica);
    world.remark(Level.WARNING, "Manual failover requested by replica " + replica + ".");
  }

  /** Sends the final offset to the replica. */
  void onWritesPaused() {
    Node replica = planned.successor();
    if (replica != null) {
      planned.onWritesPaused();
      messages.sendGossip(replica, GossipKind.PING);
    }
  }

  /** Handles the final offset of the paused master. */
  void onMasterPaused(Node sender, long offset) {
    if (planned.isRunning()
        && !planned.mayStart()
        && planned.awaitedOffset() == PlannedFailover.UNKNOWN
        && sender == world.myself().master()) {
      planned.setMasterOffset(offset);
      world.remark(
          Level.WARNING,
          "Received replication offset for paused master manual failover: " + offset);
    }
  }

  void advance() {
    if (!planned.isRunning()) {
      return;
    }
    Node successor = planned.successor();
    long awaited = planned.awaitedOffset();
    if (planned.isOverdue()) {
      world.remark(Level.WARNING, "Manual failover timed out.");
      planned.end();
    } else if (successor != null && successor.has(NodeFlag.FAIL)) {
      planned.end();
    } else if (awaited != PlannedFailover.UNKNOWN && awaited == world.offset()) {
      planned.allowStart();
      world.remark(
          Level.WARNING, "All master replication stream processed, manual failover can start.");
    } else if (successor == null && world.myself().isMaster()) {
      planned.end();
    }
    planned.wake();
  }
}
