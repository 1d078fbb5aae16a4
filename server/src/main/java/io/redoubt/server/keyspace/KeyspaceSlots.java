package io.redoubt.server.keyspace;

import io.redoubt.server.structure.BlockConsumer;

/**
 * The keys of a cluster node by hash slot: those of all databases, and the staged ones that are to
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

  private static SlotTables tables(Database database) {
    SlotTables tables = database.contents().slots;
    if (tables == null) {
      throw new IllegalStateException();
    }
    return tables;
  }

  /** Returns the number of keys in a slot, including due ones that have not been removed. */
  public long count(int slot) {
    long count = 0;
    for (int i = 0; i < keyspace.count(); i++) {
      count += count(keyspace.database(i), slot);
    }
    return count;
  }

  /** Returns the number of keys in a slot of one database. */
  public long count(Database database, int slot) {
    return tables(database).size(slot);
  }

  /**
   * Scans a slot of a database as {@link Database#scan} scans the database.
   *
   * @return the next cursor; 0 at the end
   */
  public long scan(Database database, int slot, long cursor, BlockConsumer consumer) {
    return count(database, slot) == 0 ? 0 : tables(database).scanSlot(slot, cursor, consumer);
  }

  /**
   * Removes all keys of a slot from the view of commands at once; their memory is freed by {@link
   * Keyspace#freeSome}. No listener is notified. A running walk still delivers the entries.
   *
   * @return the number of keys removed
   */
  public long drop(int slot) {
    long count = 0;
    for (int i = 0; i < keyspace.count(); i++) {
      count += drop(keyspace.database(i), slot);
    }
    return count;
  }

  private long drop(Database from, int slot) {
    long count = count(from, slot);
    if (count > 0) {
      context.held().onReplaced();
      context.beforeInsert();
      context
          .garbage()
          .dropped()
          .take(context.hash(), from.contents(), tables(from), slot, context.walks().running());
    }
    return count;
  }

  public long countStaged(int slot) {
    long count = 0;
    for (int i = 0; i < keyspace.count(); i++) {
      count += count(keyspace.staged(i), slot);
    }
    return count;
  }

  /** Removes the staged keys of a slot as {@link #drop} does; returns their number. */
  public long dropStaged(int slot) {
    long count = 0;
    for (int i = 0; i < keyspace.count(); i++) {
      count += drop(keyspace.staged(i), slot);
    }
    return count;
  }

  /**
   * Replaces the keys of a slot by the staged ones, in time proportional to the number of expiring
   * keys. A running walk still delivers them as staged.
   *
   * @return the number of keys that were staged
   * @throws OutOfMemoryError if there is no memory for the order of expiries; the former keys of
   *     the slot are gone then, and each database has either all of its staged keys or none
   */
  public long unstage(int slot) {
    drop(slot);
    long count = 0;
    for (int i = 0; i < keyspace.count(); i++) {
      count += unstage(i, slot);
    }
    return count;
  }

  private long unstage(int index, int slot) {
    SlotTables from = tables(keyspace.staged(index));
    long count = from.size(slot);
    if (count == 0) {
      return 0;
    }
    context.beforeInsert();
    SlotTables to = tables(keyspace.database(index));
    to.ensureHeaders();
    orderExpiries(index, from, slot);
    to.takeOver(slot, from);
    context.walks().onUnstaged(index, slot);
    return count;
  }

  /** Moves the entries of a staged slot that expire into the order of their database. */
  private void orderExpiries(int index, SlotTables from, int slot) {
    Expiries to = keyspace.database(index).expiries();
    Expiries old = keyspace.staged(index).expiries();
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
