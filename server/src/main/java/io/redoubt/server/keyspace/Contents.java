package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import io.redoubt.server.structure.RankedTree;

/**
 * What a database holds: its entries by key, and in the order of their times those that expire and
 * those of which the next element expires. A database may exchange its contents (SWAPDB) or get new
 * ones (FLUSHDB), so that what has a place in them, as a walk has, is not disturbed.
 */
final class Contents {

  /** Not in a walk. */
  static final int NO_WALK = -1;

  final ByteTable entries;
  final RankedTree expiries;
  final RankedTree elementExpiries;

  /** The index of its database when the running walk started. */
  int walkedAs = NO_WALK;

  Contents(Slabs slabs, Hash hash) {
    entries = new ByteTable(slabs, hash, Entry.KEY_LENGTH_AT);
    entries.create();
    expiries = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    expiries.create();
    elementExpiries = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    elementExpiries.create();
  }

  /**
   * Takes itself apart by a small step, handing over entries to be freed.
   *
   * @return whether something is left
   */
  boolean dismantle(BlockConsumer freed) {
    if (expiries.header() != 0) {
      expiries.dismantle();
      return true;
    }
    if (elementExpiries.header() != 0) {
      elementExpiries.dismantle();
      return true;
    }
    return entries.dismantle(freed);
  }
}
