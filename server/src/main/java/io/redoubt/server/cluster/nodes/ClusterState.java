package io.redoubt.server.cluster.nodes;

import java.util.List;

/**
 * The durable state of a cluster node.
 *
 * @param myId the id of this node, one of {@code nodes}
 * @param currentEpoch the greatest known epoch; never decreases
 * @param lastVoteEpoch the epoch of the last vote; this node never votes in it or an earlier one
 *     again
 * @param nodes all nodes, this one included
 */
public record ClusterState(
    String myId, long currentEpoch, long lastVoteEpoch, List<NodeRecord> nodes) {
  /** Copies the list. */
  public ClusterState {
    nodes = List.copyOf(nodes);
  }

  public NodeRecord myself() {
    for (NodeRecord node : nodes) {
      if (node.id().equals(myId)) {
        return node;
      }
    }
    throw new IllegalStateException("no record of " + myId);
  }
}
