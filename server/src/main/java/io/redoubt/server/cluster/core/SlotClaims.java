package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.slot.SlotSet;
import org.jspecify.annotations.Nullable;

/**
 * Resolves claims to slots: the claim with the greatest config epoch wins. Claims to slots that
 * this node imports are ignored; the operator's next order decides.
 */
final class SlotClaims {
  private final World world;
  private final BusMessages messages;
  private final RoleChanges roles;

  SlotClaims(World world, BusMessages messages, RoleChanges roles) {
    this.world = world;
    this.messages = messages;
    this.roles = roles;
  }

  /** Compares the claims in a header, the sender's or its master's, with this node's view. */
  void onClaims(Node sender, Header header) {
    Node claimant = sender.isMaster() ? sender : sender.master();
    if (claimant == null) {
      return;
    }
    if (claimant.slots().equals(header.slots())) {
      if (sender.isMaster()) {
        world.slots.reclaim(header.slots());
      }
      return;
    }
    // Messages on two connections may overtake each other; an outdated claim is ignored.
    if (sender.isMaster() && header.configEpoch() >= sender.configEpoch) {
      take(sender, header.configEpoch(), header.slots());
    }
    correct(sender, header);
  }

  /** Handles an UPDATE message: newer claims of a node, reported by another. */
  void onUpdate(Body.Update update) {
    Node node = world.nodes.known(update.node());
    if (node == null || node == world.myself() || node.configEpoch >= update.configEpoch()) {
      return;
    }
    if (node.isReplica()) {
      node.becomeMaster();
    }
    node.configEpoch = update.configEpoch();
    world.markTopologyChanged();
    take(node, update.configEpoch(), update.slots());
  }

  /** Sends a node with an outdated view the claims of a newer owner. */
  private void correct(Node sender, Header header) {
    Node[] newer = new Node[1];
    header
        .slots()
        .forEach(slot -> {
          Node owner = world.slots.owner(slot);
          if (newer[0] == null
              && owner != null
              && owner != sender
              && !world.slots.isReleased(slot)
              && owner.configEpoch > header.configEpoch()) {
            newer[0] = owner;
          }
        });
    Node owner = newer[0];
    if (owner != null) {
      world.remark(
          Level.VERBOSE,
          "Node "
              + sender
              + " has old slots configuration, sending an UPDATE message about "
              + owner);
      messages.send(sender, new Body.Update(owner.configEpoch, owner.id(), owner.slotsNow()));
    }
  }

  private void take(Node claimant, long configEpoch, SlotSet claimed) {
    Node myself = world.myself();
    Node mine = myself.shardMaster();
    if (claimant == myself) {
      return;
    }
    SlotSet lost = new SlotSet();
    SlotSet kept = new SlotSet();
    boolean[] changed = new boolean[2];
    int hadSlots = mine.slotCount();
    claimed.forEach(slot -> {
      Node owner = world.slots.owner(slot);
      if (owner == claimant) {
        kept.add(slot);
        return;
      }
      if (world.slots.importing.containsKey(slot) || !world.slots.isOpenTo(slot, configEpoch)) {
        return;
      }
      if (owner == myself) {
        lost.add(slot);
        world.slots.migrating.remove(slot);
      }
      changed[1] |= owner == mine;
      world.slots.assign(slot, claimant);
      changed[0] = true;
    });
    world.slots.reclaim(kept);
    claimant
        .slots()
        .copy()
        .forEach(slot -> {
          if (!claimed.contains(slot)) {
            world.slots.release(slot);
          }
        });
    if (!changed[0]) {
      return;
    }
    world.markTopologyChanged();
    if (changed[1] && hadSlots > 0 && mine.slotCount() == 0 && follows(claimant, mine)) {
      world.remark(
          Level.WARNING,
          "Configuration change detected. Reconfiguring myself as a replica of " + claimant);
      roles.becomeReplicaOf(claimant);
    } else if (!lost.isEmpty()) {
      world.emit(new Output.DropSlots(lost));
    }
  }

  /** Returns true if this node follows the claimant that has taken the last slots of its shard. */
  private boolean follows(Node claimant, Node mine) {
    return world.options().allowReplicaMigration()
        || claimant.labels().shard().equals(mine.labels().shard());
  }

  /**
   * Resolves a collision of two masters with the same config epoch: the one with the smaller id
   * moves to a new epoch, without a vote.
   */
  void resolveCollision(Node sender, Header header) {
    Node myself = world.myself();
    if (!sender.isMaster()
        || !myself.isMaster()
        || header.configEpoch() != myself.configEpoch
        || sender.id().compareTo(myself.id()) <= 0) {
      return;
    }
    myself.configEpoch = world.nextEpoch();
    world.markTopologyChanged();
    world.remark(
        Level.VERBOSE,
        "WARNING: configEpoch collision with node "
            + sender
            + ". Updating my configEpoch to "
            + myself.configEpoch);
  }

  /**
   * Gives this node a config epoch greater than all known ones, without a vote, because an operator
   * ordered it. Returns the new epoch, or null if it already has the greatest.
   */
  @Nullable Long bumpWithoutVote() {
    Node myself = world.myself();
    long max = Math.max(world.nodes.maxConfigEpoch(), world.currentEpoch());
    if (myself.configEpoch != 0 && myself.configEpoch == max) {
      return null;
    }
    myself.configEpoch = world.nextEpoch();
    world.markTopologyChanged();
    world.remark(Level.WARNING, "New configEpoch set to " + myself.configEpoch);
    return myself.configEpoch;
  }
}
