package io.redoubt.server.value;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Structures;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values under construction, not yet in the keyspace because their sources are still needed; a
 * source may be the value of the same key. They are kept in a separate database, and published or
 * discarded by the command that created them.
 */
public final class TemporaryValues implements AutoCloseable {

  private final Keyspace keyspace;
  private final Map<Type, Structures> structures;

  /** Created for the first value. */
  private @Nullable Keyspace temporaries;

  /**
   * Creates the temporary values of a keyspace.
   *
   * @param structures free and copy the large values, by type
   */
  public TemporaryValues(Keyspace keyspace, Map<Type, Structures> structures) {
    this.keyspace = keyspace;
    this.structures = structures;
  }

  /** Returns the database in which the values are created, one key at a time; it is empty. */
  public Database database() {
    Keyspace current = current();
    Database database = current.database(0);
    if (database.size() > 0) { // of a command that found no memory
      current.clear();
    }
    return database;
  }

  private Keyspace current() {
    Keyspace there = temporaries;
    if (there == null) {
      there = new Keyspace(keyspace.slabs(), 1, keyspace.random());
      structures.forEach(there::setStructures);
      temporaries = there;
    }
    there.setNowMicros(keyspace.nowMicros());
    there.freeSome(Integer.MAX_VALUE);
    return there;
  }

  /** Discards a value; a large one is freed in slices. */
  public void discard(long entry) {
    keyspace.freeValue(entry);
    Database database = current().database(0);
    long emptied = database.resize(entry, Encoding.INLINE, 1);
    Region.putByte(Entry.payloadAddress(emptied), 0); // bytes of length 0
    database.remove(emptied);
  }

  /**
   * Moves a value to the key of the same name in a database, replacing any other.
   *
   * @return its entry
   */
  public long publish(long entry, Database to) {
    return Transfers.moveValue(current().database(0), entry, to);
  }

  @Override
  public void close() {
    if (temporaries != null) {
      temporaries.close();
    }
  }
}
