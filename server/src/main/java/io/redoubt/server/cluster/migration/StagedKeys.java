package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.migration.SlotMigrations.Effect;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.keyspace.KeyspaceSlots;

/**
 * The staged keys of this node. Replicas of a target, and a reload of its append-only file, repeat
 * its steps by the effects {@code CLUSTER SYNCSLOTS TAKE} and {@code DROP}. They don't show whether
 * the target's claim of the slots succeeded. If another node owns a taken slot at the end of a
 * reload or at a promotion, the claim did not succeed; the slot's keys are deleted here, and the
 * owner still has them. The same holds for a slot that a source has lost ({@code LOST}), if the
 * source stops before it has deleted the keys.
 */
final class StagedKeys {
  private final MigrationParts parts;
  private final KeyspaceSlots slots;
  private final SlotDrops drops;

  /** Slots taken or lost by an effect whose owner has not been checked yet. */
  private final SlotSet unsettled = new SlotSet();

  StagedKeys(MigrationParts parts, SlotDrops drops) {
    this.parts = parts;
    this.drops = drops;
    slots = new KeyspaceSlots(parts.keyspace());
  }

  /** Moves the staged keys of slots to their databases and replaces the keys there. */
  void take(SlotSet moved) {
    drops.finish(moved::contains);
    moved.forEach(slot -> {
      long unused = slots.unstage(slot);
    });
    propagate(Effect.TAKE, moved);
  }

  /** Deletes the staged keys of slots. */
  void drop(SlotSet unwanted) {
    unwanted.forEach(slot -> {
      long unused = slots.dropStaged(slot);
    });
    propagate(Effect.DROP, unwanted);
  }

  private void propagate(Effect order, SlotSet moved) {
    if (!parts.propagation().isActive()) {
      return;
    }
    byte[][] words = order.words();
    int[] ranges = new int[1];
    moved.forEachRange((first, last) -> ranges[0]++);
    ReplyWriter effect = parts.propagation().newerEffect(0, words.length + 2 * ranges[0]);
    for (byte[] word : words) {
      effect.bulk(word);
    }
    moved.forEachRange((first, last) -> {
      effect.bulkLong(first);
      effect.bulkLong(last);
    });
  }

  /**
   * Records in the append-only file that another node owns the slots, so that a restart deletes
   * their remaining keys.
   */
  void recordLoss(SlotSet lost) {
    propagate(Effect.LOST, lost);
  }

  /** Executes a TAKE from the master or a file. */
  void onTake(SlotSet moved) {
    take(moved);
    unsettled.addAll(moved);
  }

  /** Executes a LOST from the master or a file. */
  void onLost(SlotSet moved) {
    recordLoss(moved);
    unsettled.addAll(moved);
  }

  /**
   * Keeps or deletes the keys of slots that were taken or lost, depending on their current owner.
   * Called after a load and after each change of the topology.
   */
  void settle(Cluster cluster, boolean noImports) {
    if (!unsettled.isEmpty()) {
      settleOwners(cluster);
    }
    if (noImports && cluster.me().isMaster() && parts.keyspace().stagedSize() > 0) {
      drop(SlotSet.range(0, SlotSet.SLOTS - 1));
      parts.dispatcher().endSliceUnlessInUnit();
    }
  }

  private void settleOwners(Cluster cluster) {
    SlotSet foreign = new SlotSet();
    unsettled
        .copy()
        .forEach(slot -> {
          Node owner = cluster.owner(slot);
          if (cluster.keepsKeysOf(slot)) {
            unsettled.remove(slot); // this node owns the keys, even if they arrived one by one
          } else if (cluster.me().isMaster() && owner != null) {
            foreign.add(slot);
            unsettled.remove(slot);
          }
        });
    if (!foreign.isEmpty()) {
      drops.add(foreign);
    }
  }
}
