package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Input.FailoverKind;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.NodeFlag;
import org.jspecify.annotations.Nullable;

/**
 * CLUSTER FAILOVER. The replica asks its master to pause writes, waits until it has applied the
 * offset of the paused master, and then stands for election. Nothing is lost by that.
 */
final class ManualFailover {
  private static final long LIMIT_MILLIS = 5000;

  /** The pause ends later than the failover, so that writes don't resume in its last moment. */
  private static final int PAUSE_FACTOR = 2;

  private static final long UNKNOWN = -1;

  private final Cluster cluster;
  private long endsAt = Node.NEVER;

  /** At a master, the replica that replaces it. */
  private @Nullable Node successor;

  /** At a master, true once writes are paused: from then on its offset is the last one. */
  private boolean paused;

  /** At a replica, the offset of its paused master. */
  private long masterOffset = UNKNOWN;

  private boolean mayStart;

  ManualFailover(Cluster cluster) {
    this.cluster = cluster;
  }

  private boolean isRunning() {
    return endsAt != Node.NEVER;
  }

  /** Returns true if this master has paused writes for a replica, and its offset stands still. */
  boolean hasPausedWrites() {
    return isRunning() && paused;
  }

  /** Returns true if a node waits for our offset, for which it is pinged at once. */
  boolean isAwaitedBy(Node node) {
    return isRunning() && successor == node;
  }

  /** Returns true if this replica may stand although its master is up. */
  boolean mayStart() {
    return isRunning() && mayStart;
  }

  long awaitedOffset() {
    return isRunning() && !mayStart ? masterOffset : UNKNOWN;
  }

  /** Starts a failover at the replica. */
  void order(FailoverKind kind) {
    Node myself = cluster.myself();
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
    end();
    endsAt = cluster.now() + LIMIT_MILLIS;
    switch (kind) {
      case TAKEOVER -> {
        cluster.remark(Level.NOTICE, "Taking over the master (user request).");
        Long unused = cluster.claims.bumpWithoutVote();
        cluster.elections.replace(master);
      }
      case FORCE -> {
        cluster.remark(Level.NOTICE, "Forced failover user request accepted.");
        mayStart = true;
      }
      case DEFAULT -> {
        cluster.remark(Level.NOTICE, "Manual failover user request accepted.");
        cluster.links.send(master, new Body.PauseRequest());
      }
    }
    cluster.emit(new Output.Done("OK"));
  }

  private void refuse(String reason) {
    cluster.emit(new Output.Refused("ERR " + reason));
  }

  /** Handles a replica's request to pause writes. */
  void pauseRequested(Node replica) {
    if (!cluster.myself().isMaster() || replica.master() != cluster.myself()) {
      return;
    }
    end();
    endsAt = cluster.now() + LIMIT_MILLIS;
    successor = replica;
    cluster.emit(new Output.PauseWrites(LIMIT_MILLIS * PAUSE_FACTOR));
    cluster.remark(Level.WARNING, "Manual failover requested by replica " + replica + ".");
  }

  /** Sends our last offset to the replica. */
  void writesPaused() {
    Node replica = successor;
    if (isRunning() && replica != null) {
      paused = true;
      cluster.links.sendGossip(replica, GossipKind.PING);
    }
  }

  /** Handles the offset of our paused master. */
  void masterPaused(Node sender, long offset) {
    if (isRunning()
        && !mayStart
        && masterOffset == UNKNOWN
        && sender == cluster.myself().master()) {
      masterOffset = offset;
      cluster.remark(
          Level.WARNING,
          "Received replication offset for paused master manual failover: " + offset);
    }
  }

  void advance() {
    if (!isRunning()) {
      return;
    }
    Node myself = cluster.myself();
    if (cluster.now() >= endsAt) {
      cluster.remark(Level.WARNING, "Manual failover timed out.");
      end();
    } else if (successor != null && successor.has(NodeFlag.FAIL)) {
      end();
    } else if (!mayStart && masterOffset != UNKNOWN && masterOffset == cluster.offset()) {
      mayStart = true;
      cluster.remark(
          Level.WARNING, "All master replication stream processed, manual failover can start.");
    } else if (successor == null && myself.isMaster()) {
      end();
    }
    if (isRunning()) {
      cluster.wakeBy(endsAt);
    }
  }

  /** Ends a failover after a pause of this process: the pause of writes may be over. */
  void stoodStill() {
    if (isRunning()) {
      end();
    }
  }

  void end() {
    if (isRunning() && successor != null) {
      cluster.emit(new Output.ResumeWrites());
    }
    endsAt = Node.NEVER;
    successor = null;
    paused = false;
    masterOffset = UNKNOWN;
    mayStart = false;
  }
}
