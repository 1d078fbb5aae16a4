package io.redoubt.server.keyspace;

import java.util.random.RandomGenerator;

/**
 * Searches in the orders of a database's {@link Expiries}. Entries of a dropped slot remain in them
 * until they are freed, so a search that meets one frees some and continues.
 */
public final class ExpiringEntries {
  private ExpiringEntries() {}

  /** Returns a uniformly random entry with an expiry time; 0 if there is none. */
  public static long random(Database database, RandomGenerator random) {
    for (long count = database.expiries().size(); count > 0; count = database.expiries().size()) {
      long entry = database.expiries().entry(random.nextLong(count));
      if (!freeDropped(database, entry)) {
        return entry;
      }
    }
    return 0;
  }

  /** Returns the entry that expires first; 0 if none expires. */
  public static long first(Database database) {
    long entry = database.expiries().entry(0);
    while (entry != 0 && freeDropped(database, entry)) {
      entry = database.expiries().entry(0);
    }
    return entry;
  }

  /**
   * Removes due entries and then due elements, in the order of their expiry times.
   *
   * @return the number removed; less than {@code limit} if no more are due
   */
  static int removeDue(Database database, int limit) {
    KeyspaceContext context = database.context();
    long now = context.nowMillis();
    int removed = 0;
    for (long entry = database.expiries().firstDue(now);
        entry != 0 && removed < limit;
        entry = database.expiries().firstDue(now)) {
      if (!freeDropped(database, entry)) {
        database.expire(entry);
      }
      removed++;
    }
    while (removed < limit) {
      long entry = database.expiries().firstDueElements(now);
      if (entry == 0) {
        break;
      }
      if (freeDropped(database, entry)) {
        removed++;
      } else {
        Structures kind = context.garbage().kind(Entry.type(entry));
        removed += kind.expireElements(database.index(), entry, limit - removed);
      }
    }
    return removed;
  }

  /** Returns true for an entry of a dropped slot, after some of these were freed. */
  private static boolean freeDropped(Database database, long entry) {
    if (!database.contents().isDropped(entry)) {
      return false;
    }
    database.context().garbage().dropped().freeSome();
    return true;
  }
}
