package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.slot.SlotSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides who owns a slot: of several claims, the one with the greatest config epoch. A slot that
 * we import is left to the operator who imports it.
 */
final class SlotClaims {
  private final Cluster cluster;

  SlotClaims(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Compares a node's claims, or those of its master, with our view. */
  void claimed(Node sender, Header header) {
    Node claimant = sender.isMaster() ? sender : sender.master();
    if (claimant == null) {
      return;
    }
    if (claimant.slots().equals(header.slots())) {
      if (sender.isMaster()) {
        cluster.slots.reclaim(header.slots());
      }
      return;
    }
    // Messages on two connections may overtake each other; an older claim is void.
    if (sender.isMaster() && header.configEpoch() >= sender.configEpoch) {
      take(sender, header.configEpoch(), header.slots());
    }
    correct(sender, header);
  }

  /** Handles the news that a node owns slots. */
  void updated(Body.Update update) {
    Node node = cluster.nodes.known(update.node());
    if (node == null || node == cluster.myself() || node.configEpoch >= update.configEpoch()) {
      return;
    }
    if (node.isReplica()) {
      node.becomeMaster();
    }
    node.configEpoch = update.configEpoch();
    cluster.topologyChanged();
    take(node, update.configEpoch(), update.slots());
  }

  /** Sends a node with an old view the claims of one that has replaced it or its master. */
  private void correct(Node sender, Header header) {
    Node[] newer = new Node[1];
    header
        .slots()
        .forEach(slot -> {
          Node owner = cluster.slots.owner(slot);
          if (newer[0] == null
              && owner != null
              && owner != sender
              && !cluster.slots.isReleased(slot)
              && owner.configEpoch > header.configEpoch()) {
            newer[0] = owner;
          }
        });
    Node owner = newer[0];
    if (owner != null) {
      cluster.remark(
          Level.VERBOSE,
          "Node "
              + sender
              + " has old slots configuration, sending an UPDATE message about "
              + owner);
      cluster.links.send(sender, new Body.Update(owner.configEpoch, owner.id(), owner.slotsNow()));
    }
  }

  private void take(Node claimant, long configEpoch, SlotSet claimed) {
    Node myself = cluster.myself();
    Node mine = myself.shardMaster();
    if (claimant == myself) {
      return;
    }
    SlotSet lost = new SlotSet();
    SlotSet kept = new SlotSet();
    boolean[] changed = new boolean[2];
    int hadSlots = mine.slotCount();
    claimed.forEach(slot -> {
      Node owner = cluster.slots.owner(slot);
      if (owner == claimant) {
        kept.add(slot);
        return;
      }
      if (cluster.slots.importing.containsKey(slot) || !cluster.slots.isOpenTo(slot, configEpoch)) {
        return;
      }
      if (owner == myself) {
        lost.add(slot);
        cluster.slots.migrating.remove(slot);
      }
      changed[1] |= owner == mine;
      cluster.slots.assign(slot, claimant);
      changed[0] = true;
    });
    cluster.slots.reclaim(kept);
    claimant
        .slots()
        .copy()
        .forEach(slot -> {
          if (!claimed.contains(slot)) {
            cluster.slots.release(slot);
          }
        });
    if (!changed[0]) {
      return;
    }
    cluster.topologyChanged();
    if (changed[1] && hadSlots > 0 && mine.slotCount() == 0 && follows(claimant, mine)) {
      cluster.remark(
          Level.WARNING,
          "Configuration change detected. Reconfiguring myself as a replica of " + claimant);
      cluster.becomeReplicaOf(claimant);
    } else if (!lost.isEmpty()) {
      cluster.emit(new Output.DropSlots(lost));
    }
  }

  /** Returns true if we follow the node that has taken the last slots of our shard. */
  private boolean follows(Node claimant, Node mine) {
    return cluster.options().allowReplicaMigration()
        || claimant.labels().shard().equals(mine.labels().shard());
  }

  /**
   * Ends a collision of config epochs of two masters: the one with the smaller id takes a new
   * epoch, without a vote.
   */
  void resolveCollision(Node sender, Header header) {
    Node myself = cluster.myself();
    if (!sender.isMaster()
        || !myself.isMaster()
        || header.configEpoch() != myself.configEpoch
        || sender.id().compareTo(myself.id()) <= 0) {
      return;
    }
    myself.configEpoch = cluster.nextEpoch();
    cluster.topologyChanged();
    cluster.remark(
        Level.VERBOSE,
        "WARNING: configEpoch collision with node "
            + sender
            + ". Updating my configEpoch to "
            + myself.configEpoch);
  }

  /**
   * Takes an epoch greater than all known ones without a vote, unless ours is that already. Used
   * where an operator decides. Returns the new epoch, null if nothing changed.
   */
  @Nullable Long bumpWithoutVote() {
    Node myself = cluster.myself();
    long max = Math.max(cluster.nodes.maxConfigEpoch(), cluster.currentEpoch());
    if (myself.configEpoch != 0 && myself.configEpoch == max) {
      return null;
    }
    myself.configEpoch = cluster.nextEpoch();
    cluster.topologyChanged();
    cluster.remark(Level.WARNING, "New configEpoch set to " + myself.configEpoch);
    return myself.configEpoch;
  }
}
