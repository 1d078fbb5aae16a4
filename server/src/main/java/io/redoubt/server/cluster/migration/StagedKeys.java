package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.migration.SlotMigrations.Effect;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.keyspace.KeyspaceSlots;

/**
 * The staged keys of this node. What a target does with them, its replicas and a reload of its
 * append-only file do too, by the effects {@code CLUSTER SYNCSLOTS TAKE} and {@code DROP}. They
 * can't know whether the claim of the slots followed; a slot that was taken without, at the end of
 * a reload or at a promotion, loses its keys, which its owner still has. So does a slot that a
 * source has lost ({@code LOST}), if the source ends before the keys are removed.
 */
final class StagedKeys {
  private final MigrationParts parts;
  private final KeyspaceSlots slots;
  private final SlotDrops drops;

  /** Slots that an effect took or lost, whose new owner has not been seen. */
  private final SlotSet unsettled = new SlotSet();

  StagedKeys(MigrationParts parts, SlotDrops drops) {
    this.parts = parts;
    this.drops = drops;
    slots = new KeyspaceSlots(parts.keyspace());
  }

  /** Moves the staged keys of slots to the first database, where they replace what is there. */
  void take(SlotSet moved) {
    drops.finish(moved::contains);
    moved.forEach(slot -> {
      long unused = slots.unstage(slot);
    });
    propagate(Effect.TAKE, moved);
  }

  /** Removes the staged keys of slots. */
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
   * Notes in the append-only file that another node has the slots, so that a restart removes the
   * keys that are left then.
   */
  void lose(SlotSet lost) {
    propagate(Effect.LOST, lost);
  }

  /** Executes TAKE of the master, or of a file. */
  void toldToTake(SlotSet moved) {
    take(moved);
    unsettled.addAll(moved);
  }

  /** Executes LOST of the master, or of a file. */
  void toldToLose(SlotSet moved) {
    lose(moved);
    unsettled.addAll(moved);
  }

  /**
   * Settles slots that were taken or lost: their owner is known by now, or is this node's decision.
   */
  void settle(Cluster cluster, boolean noImports) {
    if (!unsettled.isEmpty()) {
      settleOwners(cluster);
    }
    if (noImports && cluster.me().isMaster() && parts.keyspace().staged().size() > 0) {
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
            unsettled.remove(slot); // keys that came one by one since are ours
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
