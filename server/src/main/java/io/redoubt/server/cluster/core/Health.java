package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.NodeFlag;

/**
 * Detects failed nodes. A node that owes a PONG for the node timeout, and has sent no other message
 * in that time, is suspected (PFAIL). Once a majority of the masters with slots suspects it, it is
 * marked as failed (FAIL), and a FAIL message is broadcast.
 */
final class Health {
  /**
   * The number of node timeouts for which a report of another master is valid, and for which a
   * reachable master stays marked as failed.
   */
  private static final int VALIDITY = 2;

  private final World world;
  private final BusMessages messages;
  private final Elections elections;

  Health(World world, BusMessages messages, Elections elections) {
    this.world = world;
    this.messages = messages;
    this.elections = elections;
  }

  /** Suspects nodes that have been silent for the node timeout. */
  void judge() {
    long now = world.now();
    for (Node node : world.nodes.others()) {
      if (node.has(NodeFlag.HANDSHAKE | NodeFlag.NOADDR)) {
        continue;
      }
      noteOrphan(node);
      if (node.link.pingSentAt == MachineClock.NEVER) {
        continue;
      }
      long silence = Math.min(now - node.link.pingSentAt, now - node.link.heardAt);
      if (silence > world.timeoutMillis() && !node.has(NodeFlag.PFAIL | NodeFlag.FAIL)) {
        node.set(NodeFlag.PFAIL);
        world.remark(Level.DEBUG, "*** NODE " + node + " possibly failing");
        world.markViewChanged();
        judgeTogether(node);
      }
    }
  }

  private void noteOrphan(Node node) {
    boolean orphan =
        node.isVoter()
            && !node.hasFailed()
            && node.has(NodeFlag.MIGRATE_TO)
            && node.workingReplicas() == 0;
    if (!orphan) {
      node.orphanedAt = MachineClock.NEVER;
    } else if (node.orphanedAt == MachineClock.NEVER) {
      node.orphanedAt = world.now();
    }
  }

  /** Returns the number of other masters with slots that suspect a node. */
  int reports(Node node) {
    long validFrom = world.now() - world.timeoutMillis() * VALIDITY;
    node.failReports.values().removeIf(at -> at < validFrom);
    int reports = 0;
    for (Node reporter : node.failReports.keySet()) {
      if (reporter.isVoter()) {
        reports++;
      }
    }
    return reports;
  }

  void addReport(Node node, Node reporter) {
    node.failReports.put(reporter, world.now());
    judgeTogether(node);
  }

  void removeReport(Node node, Node reporter) {
    node.failReports.remove(reporter);
  }

  private void judgeTogether(Node node) {
    if (!node.has(NodeFlag.PFAIL) || node.hasFailed()) {
      return;
    }
    int agreeing = reports(node) + (world.myself().isVoter() ? 1 : 0);
    if (agreeing < world.majority()) {
      return;
    }
    world.remark(Level.NOTICE, "Marking node " + node + " as failing (quorum reached).");
    fail(node);
    messages.broadcast(new Body.Fail(node.id()), 0);
    elections.onFailureAgreed(node, true);
  }

  private void fail(Node node) {
    node.clear(NodeFlag.PFAIL);
    node.set(NodeFlag.FAIL);
    node.failedAt = world.now();
    world.markTopologyChanged();
  }

  /** Handles a FAIL message: a majority has agreed on a failure. */
  void onFail(Node sender, String id) {
    Node node = world.nodes.known(id);
    if (node == null || node == world.myself() || node.hasFailed()) {
      return;
    }
    world.remark(Level.NOTICE, "FAIL message received from " + sender + " about " + id);
    fail(node);
    elections.onFailureAgreed(node, false);
  }

  /** Handles a PONG on the outgoing link, which proves that the node is reachable. */
  void onPong(Node node) {
    node.link.pongAt = world.now();
    node.link.pingSentAt = MachineClock.NEVER;
    if (node.has(NodeFlag.PFAIL)) {
      node.clear(NodeFlag.PFAIL);
      world.markViewChanged();
    }
    if (!node.hasFailed()) {
      return;
    }
    // A replica may be about to replace a failed master, so the mark is kept long enough for that.
    boolean takenBack =
        !node.isVoter() || world.now() - node.failedAt > world.timeoutMillis() * VALIDITY;
    if (takenBack) {
      node.clear(NodeFlag.FAIL);
      world.markTopologyChanged();
      world.remark(Level.NOTICE, "Clear FAIL state for node " + node + ": it is reachable again.");
    }
  }
}
