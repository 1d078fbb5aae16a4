package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.slot.SlotSet;

/**
 * Gives votes. There is at most one vote an epoch, and the epoch is on disk before the vote is
 * sent.
 */
final class Votes {
  /**
   * The node timeouts between votes for replicas of one master, so that the first one can finish.
   */
  private static final int PAUSE = 2;

  private final Cluster cluster;

  Votes(Cluster cluster) {
    this.cluster = cluster;
  }

  void requested(Node candidate, Header header) {
    long epoch = header.currentEpoch();
    Node master = candidate.master();
    if (!cluster.myself().isVoter()) {
      return;
    }
    String refusal;
    if (epoch < cluster.currentEpoch()) {
      refusal = "epoch " + epoch + " is old, the current one is " + cluster.currentEpoch();
    } else if (epoch <= cluster.lastVoteEpoch()) {
      refusal = "already voted in epoch " + cluster.lastVoteEpoch();
    } else if (candidate.isMaster() || master == null) {
      refusal = "it is no replica of a known master";
    } else if (!master.hasFailed() && !header.says(Header.FORCE_ACK)) {
      refusal = "its master is up";
    } else if (cluster.now() - master.votedAt < cluster.timeoutMillis() * PAUSE) {
      refusal = "another replica of its master got a vote recently";
    } else if (hasNewerOwner(header.slots(), header.configEpoch())) {
      refusal = "a slot that it claims has a newer owner";
    } else {
      master.votedAt = cluster.now();
      cluster.voted(epoch);
      cluster.remark(Level.NOTICE, "Failover auth granted to " + candidate + " for epoch " + epoch);
      cluster.links.send(candidate, new Body.Vote());
      return;
    }
    cluster.remark(Level.NOTICE, "Failover auth denied to " + candidate + ": " + refusal);
  }

  private boolean hasNewerOwner(SlotSet claimed, long configEpoch) {
    boolean[] found = new boolean[1];
    claimed.forEach(slot -> {
      Node owner = cluster.owner(slot);
      found[0] |=
          owner != null && !cluster.slots.isReleased(slot) && owner.configEpoch > configEpoch;
    });
    return found[0];
  }
}
