package io.redoubt.server.keyspace;

import io.redoubt.server.structure.BlockConsumer;

/**
 * The keys of a cluster node by hash slot: the first database's, and the staged ones that are to
 * replace them.
 */
public final class KeyspaceSlots {
  private final Keyspace keyspace;
  private final KeyspaceContext context;

  /** Creates a view of a keyspace that {@linkplain Keyspace#isBySlot has a table for each slot}. */
  public KeyspaceSlots(Keyspace keyspace) {
    if (!keyspace.isBySlot()) {
      throw new IllegalArgumentException("not a cluster node's keyspace");
    }
    this.keyspace = keyspace;
    this.context = keyspace.context();
  }

  private Contents contents() {
    return keyspace.database(0).contents();
  }

  private SlotTables tables() {
    return tables(contents());
  }

  private static SlotTables tables(Contents contents) {
    SlotTables tables = contents.slots;
    if (tables == null) {
      throw new IllegalStateException();
    }
    return tables;
  }

  /** Returns the number of keys in a slot, including due ones that have not been removed. */
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
   * Removes all keys of a slot from the view of commands at once; their memory is freed by {@link
   * Keyspace#freeSome}. No listener is notified. A running walk still delivers the entries.
   *
   * @return the number of keys removed
   */
  public long drop(int slot) {
    return drop(contents(), slot);
  }

  private long drop(Contents from, int slot) {
    long count = tables(from).size(slot);
    if (count > 0) {
      context.held().onReplaced();
      context.beforeInsert();
      context
          .garbage()
          .dropped()
          .take(context.hash(), from, tables(from), slot, context.walks().running());
    }
    return count;
  }

  private Contents staged() {
    return keyspace.staged().contents();
  }

  public long countStaged(int slot) {
    return tables(staged()).size(slot);
  }

  /** Removes the staged keys of a slot as {@link #drop} does; returns their number. */
  public long dropStaged(int slot) {
    return drop(staged(), slot);
  }

  /**
   * Replaces the keys of a slot by the staged ones, in time proportional to the number of expiring
   * keys. A running walk still delivers them as staged.
   *
   * @return the number of keys that were staged
   * @throws OutOfMemoryError if there is no memory for the order of expiries; the former keys of
   *     the slot are gone then, and nothing else has changed
   */
  public long unstage(int slot) {
    drop(slot);
    SlotTables from = tables(staged());
    long count = from.size(slot);
    if (count == 0) {
      return 0;
    }
    context.beforeInsert();
    orderExpiries(from, slot);
    tables().takeOver(slot, from);
    context.walks().onUnstaged(slot);
    return count;
  }

  /** Moves the entries of a staged slot that expire into the order of the first database. */
  private void orderExpiries(SlotTables from, int slot) {
    Expiries to = contents().expiries;
    Expiries old = staged().expiries;
    if (old.size() == 0 && !old.hasElements()) {
      return; // a walk over many keys would prolong the pause of a migration
    }
    long[] done = new long[1];
    try {
      scanAll(
          from,
          slot,
          entry -> {
            to.ensureAdd();
            to.addWhole(entry);
            done[0]++;
          });
    } catch (OutOfMemoryError full) {
      scanAll(
          from,
          slot,
          entry -> {
            if (done[0]-- > 0) {
              to.removeWhole(entry);
            }
          });
      throw full;
    }
    scanAll(from, slot, old::removeWhole);
  }

  private static void scanAll(SlotTables tables, int slot, BlockConsumer consumer) {
    long cursor = 0;
    do {
      cursor = tables.scanSlot(slot, cursor, consumer);
    } while (cursor != 0);
  }
}
