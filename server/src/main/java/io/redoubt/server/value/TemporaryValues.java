package io.redoubt.server.value;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Structures;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values that no key of the keyspace has yet: results that are put together while what they are
 * made of, perhaps the key's own value, is still needed. They lie in a database of their own, and
 * are either published or discarded by the command that made them.
 */
public final class TemporaryValues implements AutoCloseable {

  private final Keyspace keyspace;
  private final Map<Type, Structures> structures = new EnumMap<>(Type.class);

  /** Made for the first value. */
  private @Nullable Keyspace temporaries;

  /** The temporary values of a keyspace. */
  TemporaryValues(Keyspace keyspace) {
    this.keyspace = keyspace;
  }

  /** Tells how to free and copy large values of a type. */
  void structures(Type type, Structures kind) {
    structures.put(type, kind);
  }

  /** Where they are made; of one key at a time. */
  public Database database() {
    Keyspace there = temporaries;
    if (there == null) {
      there = new Keyspace(keyspace.slabs(), 1, keyspace.chance());
      structures.forEach(there::structures);
      temporaries = there;
    }
    there.nowMillis(keyspace.nowMillis());
    there.freeSome(Integer.MAX_VALUE);
    return there.database(0);
  }

  /** Removes a value; a large one is freed in slices. */
  public void discard(long entry) {
    keyspace.freeValue(entry);
    Database database = database();
    long emptied = database.resize(entry, Encoding.INLINE, 1);
    Region.putByte(Entry.payloadAddress(emptied), 0); // bytes of the length 0
    database.remove(emptied);
  }

  /**
   * Gives a value to the key of the same name in a database, in the place of what it has.
   *
   * @return its entry
   */
  public long publish(long entry, Database to) {
    return database().put(entry, to);
  }

  @Override
  public void close() {
    if (temporaries != null) {
      temporaries.close();
    }
  }
}
