package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.slot.SlotSet;

/**
 * Grants or denies votes. A node votes at most once per epoch, and the vote is durable before it is
 * sent.
 */
final class Votes {
  /**
   * The number of node timeouts between two votes for replicas of the same master, so that the
   * first winner can take over.
   */
  private static final int PAUSE = 2;

  private final World world;
  private final BusMessages messages;

  Votes(World world, BusMessages messages) {
    this.world = world;
    this.messages = messages;
  }

  void onRequest(Node candidate, Header header) {
    long epoch = header.currentEpoch();
    Node master = candidate.master();
    if (!world.myself().isVoter()) {
      return;
    }
    String refusal;
    if (epoch < world.currentEpoch()) {
      refusal = "epoch " + epoch + " is old, the current one is " + world.currentEpoch();
    } else if (epoch <= world.lastVoteEpoch()) {
      refusal = "already voted in epoch " + world.lastVoteEpoch();
    } else if (candidate.isMaster() || master == null) {
      refusal = "it is not a replica of a known master";
    } else if (!master.hasFailed() && !header.says(Header.FORCE_ACK)) {
      refusal = "its master is up";
    } else if (world.now() - master.votedAt < world.timeoutMillis() * PAUSE) {
      refusal = "another replica of its master got a vote recently";
    } else if (hasNewerOwner(header.slots(), header.configEpoch())) {
      refusal = "a slot that it claims has a newer owner";
    } else {
      master.votedAt = world.now();
      world.setVoted(epoch);
      world.remark(Level.NOTICE, "Failover auth granted to " + candidate + " for epoch " + epoch);
      messages.send(candidate, new Body.Vote());
      return;
    }
    world.remark(Level.NOTICE, "Failover auth denied to " + candidate + ": " + refusal);
  }

  private boolean hasNewerOwner(SlotSet claimed, long configEpoch) {
    boolean[] found = new boolean[1];
    claimed.forEach(slot -> {
      Node owner = world.owner(slot);
      found[0] |= owner != null && !world.slots.isReleased(slot) && owner.configEpoch > configEpoch;
    });
    return found[0];
  }
}
