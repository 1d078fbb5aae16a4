package io.redoubt.server.keyspace;

import io.redoubt.server.structure.BlockConsumer;

/** The keys of a cluster node by hash slot: those of the first database. */
public final class KeyspaceSlots {
  private final Keyspace keyspace;

  /** Creates a view of a keyspace that {@linkplain Keyspace#isBySlot has a table for each slot}. */
  public KeyspaceSlots(Keyspace keyspace) {
    if (!keyspace.isBySlot()) {
      throw new IllegalArgumentException("not a cluster node's keyspace");
    }
    this.keyspace = keyspace;
  }

  private Contents contents() {
    return keyspace.database(0).contents();
  }

  private SlotTables tables() {
    SlotTables tables = contents().slots;
    if (tables == null) {
      throw new IllegalStateException();
    }
    return tables;
  }

  /** Returns the number of keys in a slot, including those that are due but not yet removed. */
  public long count(int slot) {
    return tables().size(slot);
  }

  /**
   * Scans a slot as {@link Database#scan} scans the database.
   *
   * @return the next cursor; 0 at the end
   */
  public long scan(int slot, long cursor, BlockConsumer consumer) {
    return count(slot) == 0 ? 0 : tables().scanSlot(slot, cursor, consumer);
  }

  /**
   * Removes all keys of a slot, at once as far as commands can see; their memory is freed by {@link
   * Keyspace#freeSome}. No listener is notified. A running walk still delivers the entries.
   *
   * @return the number of keys removed
   */
  public long drop(int slot) {
    long count = count(slot);
    if (count > 0) {
      keyspace.beforeInsert();
      keyspace.garbage().add(new DroppedSlot(keyspace, contents(), tables(), slot));
    }
    return count;
  }
}
