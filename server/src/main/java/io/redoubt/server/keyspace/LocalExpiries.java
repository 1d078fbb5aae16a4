package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * The expiring keys that clients wrote on a replica. The master does not know them and never
 * deletes them, so the replica does.
 */
public final class LocalExpiries {
  private record Place(int database, ByteString key) {}

  private final Keyspace keyspace;
  private final Set<Place> known = new HashSet<>();
  private final ArrayDeque<Place> places = new ArrayDeque<>();

  LocalExpiries(Keyspace keyspace) {
    this.keyspace = keyspace;
  }

  /** Records a key that was written here, if it has an expiry time. */
  public void onWritten(Database database, long keyAddress, int keyLength) {
    long entry = database.find(keyAddress, keyLength);
    if (entry != Entry.NONE && Entry.expires(entry)) {
      ByteString key = ByteString.copyOf(Region.MEMORY, keyAddress, keyLength);
      Place place = new Place(database.index(), key);
      if (known.add(place)) {
        places.add(place);
      }
    }
  }

  /** Returns the number of recorded keys. */
  public int size() {
    return places.size();
  }

  /** Removes all records, because the data set was replaced or has no master any more. */
  public void clear() {
    known.clear();
    places.clear();
  }

  /**
   * Checks up to {@code limit} recorded keys and removes due ones.
   *
   * @return the number removed
   */
  public int removeDue(int limit) {
    int removed = 0;
    for (int i = Math.min(places.size(), limit); i > 0; i--) {
      Place place = places.remove();
      Database database = keyspace.database(place.database());
      long entry = find(database, place.key());
      if (entry != Entry.NONE && Entry.expires(entry) && !database.isDue(entry)) {
        places.add(place);
        continue;
      }
      known.remove(place);
      if (entry != Entry.NONE && Entry.expires(entry)) {
        database.expire(entry);
        removed++;
      }
    }
    return removed;
  }

  private long find(Database database, ByteString key) {
    Slabs slabs = keyspace.slabs();
    int length = key.length();
    long address = slabs.allocateFar(Math.max(1, length));
    key.copyTo(Region.MEMORY, address);
    long entry = database.find(address, length);
    slabs.free(address, Math.max(1, length));
    return entry;
  }
}
