package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;

/**
 * What a database holds: its entries by key, and which of them expire. A database may exchange its
 * contents (SWAPDB) or get new ones (FLUSHDB), so that what has a place in them, as a walk has, is
 * not disturbed.
 */
final class Contents {

  /** Not in a walk. */
  static final int NO_WALK = -1;

  final ByteTable entries;
  final Expiries expiries;

  /** The index of its database when the running walk started. */
  int walkedAs = NO_WALK;

  Contents(Slabs slabs, Hash hash) {
    entries = new ByteTable(slabs, hash, Entry.KEY_LENGTH_AT);
    entries.create();
    expiries = new Expiries(slabs);
  }

  /**
   * Takes itself apart by a small step, handing over entries to be freed.
   *
   * @return whether something is left
   */
  boolean dismantle(BlockConsumer freed) {
    return expiries.dismantle() || entries.dismantle(freed);
  }
}
