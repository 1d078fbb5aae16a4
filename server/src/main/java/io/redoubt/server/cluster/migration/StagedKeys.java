package io.redoubt.server.cluster.migration;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.keyspace.KeyspaceSlots;

/**
 * The staged keys of this node. What a target does with them, its replicas and a reload of its
 * append-only file do too, by the effects {@code CLUSTER SYNCSLOTS TAKE} and {@code DROP}. They
 * can't know whether the claim of the slots followed; a slot that was taken without, at the end of
 * a reload or at a promotion, loses its keys, which its owner still has.
 */
final class StagedKeys {
  private static final byte[][] TAKE = words("TAKE");
  private static final byte[][] DROP = words("DROP");

  private final MigrationParts parts;
  private final KeyspaceSlots slots;
  private final SlotDrops drops;

  /** Slots taken by an effect whose new owner has not been seen. */
  private final SlotSet taken = new SlotSet();

  StagedKeys(MigrationParts parts, SlotDrops drops) {
    this.parts = parts;
    this.drops = drops;
    slots = new KeyspaceSlots(parts.keyspace());
  }

  private static byte[][] words(String order) {
    return new byte[][] {
      "CLUSTER".getBytes(US_ASCII), "SYNCSLOTS".getBytes(US_ASCII), order.getBytes(US_ASCII)
    };
  }

  /** Moves the staged keys of slots to the first database, where they replace what is there. */
  void take(SlotSet moved) {
    drops.finish(moved);
    moved.forEach(slot -> {
      long unused = slots.unstage(slot);
    });
    propagate(TAKE, moved);
  }

  /** Removes the staged keys of slots. */
  void drop(SlotSet unwanted) {
    unwanted.forEach(slot -> {
      long unused = slots.dropStaged(slot);
    });
    propagate(DROP, unwanted);
  }

  private void propagate(byte[][] order, SlotSet moved) {
    if (!parts.propagation().isActive()) {
      return;
    }
    int[] ranges = new int[1];
    moved.forEachRange((first, last) -> ranges[0]++);
    ReplyWriter effect = parts.propagation().newerEffect(0, order.length + 2 * ranges[0]);
    for (byte[] word : order) {
      effect.bulk(word);
    }
    moved.forEachRange((first, last) -> {
      effect.bulkLong(first);
      effect.bulkLong(last);
    });
  }

  /** Executes an effect of the master, or of a file. */
  void told(boolean take, SlotSet moved) {
    if (take) {
      take(moved);
      taken.addAll(moved);
    } else {
      drop(moved);
    }
  }

  /** Settles slots that were taken: their owner is known by now, or is this node's decision. */
  void settle(Cluster cluster, boolean noImports) {
    if (!taken.isEmpty()) {
      settleTaken(cluster);
    }
    if (noImports && cluster.me().isMaster() && parts.keyspace().staged().size() > 0) {
      drop(SlotSet.range(0, SlotSet.SLOTS - 1));
      if (!parts.dispatcher().isInUnit()) {
        parts.dispatcher().endSlice();
      }
    }
  }

  private void settleTaken(Cluster cluster) {
    SlotSet foreign = new SlotSet();
    taken
        .copy()
        .forEach(slot -> {
          Node owner = cluster.owner(slot);
          if (cluster.isOfMyShard(slot)) {
            taken.remove(slot);
          } else if (cluster.me().isMaster() && owner != null) {
            foreign.add(slot);
            taken.remove(slot);
          }
        });
    if (!foreign.isEmpty()) {
      drops.add(foreign);
    }
  }
}
