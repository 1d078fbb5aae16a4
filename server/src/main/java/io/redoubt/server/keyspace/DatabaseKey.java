package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import org.jspecify.annotations.Nullable;

/**
 * A key of one database, copied to the heap, as the key of a map. The methods that Java generates
 * for a record would be linked at their first call, which takes several milliseconds of the first
 * WATCH.
 */
public record DatabaseKey(int database, ByteString name) {
  static DatabaseKey of(Database database, long address, int length) {
    return new DatabaseKey(database.index(), ByteString.copyOf(Region.MEMORY, address, length));
  }

  /** Returns the key of an entry of the database with an index. */
  public static DatabaseKey of(int database, long entry) {
    return new DatabaseKey(
        database,
        ByteString.copyOf(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry)));
  }

  /** Returns the entry of a key of this name in a database, or {@link Entry#NONE}. */
  public long find(Database database, Slabs slabs) {
    int length = name.length();
    long bytes = Math.max(length, 1);
    long address = slabs.allocateFar(bytes);
    name.copyTo(Region.MEMORY, address);
    long entry = database.find(address, length);
    slabs.free(address, bytes);
    return entry;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DatabaseKey that && database == that.database && name.equals(that.name);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + database;
  }
}
