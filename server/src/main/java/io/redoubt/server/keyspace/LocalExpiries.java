package io.redoubt.server.keyspace;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * The expiring keys that clients wrote on a replica. The master does not know them and never
 * deletes them, so the replica does.
 */
public final class LocalExpiries {
  private final Keyspace keyspace;
  private final Set<DatabaseKey> known = new HashSet<>();
  private final ArrayDeque<DatabaseKey> keys = new ArrayDeque<>();

  LocalExpiries(Keyspace keyspace) {
    this.keyspace = keyspace;
  }

  /** Records a key that was written here, if it has an expiry time. */
  public void onWritten(Database database, long keyAddress, int keyLength) {
    long entry = database.find(keyAddress, keyLength);
    if (entry != Entry.NONE && Entry.expires(entry)) {
      DatabaseKey key = DatabaseKey.of(database, keyAddress, keyLength);
      if (known.add(key)) {
        keys.add(key);
      }
    }
  }

  public int size() {
    return keys.size();
  }

  /** Removes all records, because the data set was replaced or has no master any more. */
  public void clear() {
    known.clear();
    keys.clear();
  }

  /**
   * Checks up to {@code limit} recorded keys and removes due ones.
   *
   * @return the number removed
   */
  public int removeDue(int limit) {
    int removed = 0;
    for (int i = Math.min(keys.size(), limit); i > 0; i--) {
      DatabaseKey key = keys.remove();
      Database database = keyspace.database(key.database());
      long entry = key.find(database, keyspace.slabs());
      if (entry != Entry.NONE && Entry.expires(entry) && !database.isDue(entry)) {
        keys.add(key);
        continue;
      }
      known.remove(key);
      if (entry != Entry.NONE && Entry.expires(entry)) {
        database.expire(entry);
        removed++;
      }
    }
    return removed;
  }
}
