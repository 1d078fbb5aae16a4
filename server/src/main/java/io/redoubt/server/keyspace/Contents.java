package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;

/**
 * The contents of a database: its entries by key and their expiries. They are separate from the
 * database so that a walk keeps its position in them when a database exchanges its contents
 * (SWAPDB) or gets new ones (FLUSHDB).
 */
final class Contents {

  /** The value of {@link #walkedAs} outside of a walk. */
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
   * Dismantles part of the contents, passing entries to be freed to a consumer.
   *
   * @return true if some are left
   */
  boolean dismantle(BlockConsumer freed) {
    return expiries.dismantle() || entries.dismantle(freed);
  }
}
