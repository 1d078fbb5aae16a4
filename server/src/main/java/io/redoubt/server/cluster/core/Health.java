package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.NodeFlag;

/**
 * Finds failed nodes. A node that owes a PONG for the node timeout is suspected (PFAIL); if a
 * majority of the masters with slots suspects it, it has failed (FAIL), and everybody is told.
 */
final class Health {
  /**
   * The node timeouts for which a report of another master is valid, and a FAIL of a master stays.
   */
  private static final int VALIDITY = 2;

  private final Cluster cluster;

  Health(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Suspects the nodes that are silent for too long. */
  void judge() {
    long now = cluster.now();
    for (Node node : cluster.nodes.others()) {
      if (node.has(NodeFlag.HANDSHAKE | NodeFlag.NOADDR)) {
        continue;
      }
      noteOrphan(node);
      if (node.link.pingSentAt == Node.NEVER) {
        continue;
      }
      long silence = Math.min(now - node.link.pingSentAt, now - node.link.heardAt);
      if (silence > cluster.timeoutMillis() && !node.has(NodeFlag.PFAIL | NodeFlag.FAIL)) {
        node.set(NodeFlag.PFAIL);
        cluster.remark(Level.DEBUG, "*** NODE " + node + " possibly failing");
        cluster.viewChanged();
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
      node.orphanedAt = Node.NEVER;
    } else if (node.orphanedAt == Node.NEVER) {
      node.orphanedAt = cluster.now();
    }
  }

  /** Returns the number of masters with slots that suspect a node, this one not counted. */
  int reports(Node node) {
    long validFrom = cluster.now() - cluster.timeoutMillis() * VALIDITY;
    node.failReports.values().removeIf(at -> at < validFrom);
    int reports = 0;
    for (Node reporter : node.failReports.keySet()) {
      if (reporter.isVoter()) {
        reports++;
      }
    }
    return reports;
  }

  void reported(Node node, Node reporter) {
    node.failReports.put(reporter, cluster.now());
    judgeTogether(node);
  }

  void retracted(Node node, Node reporter) {
    node.failReports.remove(reporter);
  }

  private void judgeTogether(Node node) {
    if (!node.has(NodeFlag.PFAIL) || node.hasFailed()) {
      return;
    }
    int agreeing = reports(node) + (cluster.myself().isVoter() ? 1 : 0);
    if (agreeing < cluster.majority()) {
      return;
    }
    cluster.remark(Level.NOTICE, "Marking node " + node + " as failing (quorum reached).");
    fail(node);
    cluster.links.broadcast(new Body.Fail(node.id()), 0);
    cluster.elections.failureAgreed(node, true);
  }

  private void fail(Node node) {
    node.clear(NodeFlag.PFAIL);
    node.set(NodeFlag.FAIL);
    node.failedAt = cluster.now();
    cluster.topologyChanged();
  }

  /** Handles the news that a majority agrees on a failure. */
  void failed(Node sender, String id) {
    Node node = cluster.nodes.known(id);
    if (node == null || node == cluster.myself() || node.hasFailed()) {
      return;
    }
    cluster.remark(Level.NOTICE, "FAIL message received from " + sender + " about " + id);
    fail(node);
    cluster.elections.failureAgreed(node, false);
  }

  /** Handles a PONG on our own link: the node is reachable. */
  void ponged(Node node) {
    node.link.pongAt = cluster.now();
    node.link.pingSentAt = Node.NEVER;
    if (node.has(NodeFlag.PFAIL)) {
      node.clear(NodeFlag.PFAIL);
      cluster.viewChanged();
    }
    if (!node.hasFailed()) {
      return;
    }
    // A failed master may be about to be replaced; it is not taken back before that had its time.
    boolean takenBack =
        !node.isVoter() || cluster.now() - node.failedAt > cluster.timeoutMillis() * VALIDITY;
    if (takenBack) {
      node.clear(NodeFlag.FAIL);
      cluster.topologyChanged();
      cluster.remark(
          Level.NOTICE, "Clear FAIL state for node " + node + ": it is reachable again.");
    }
  }
}
