package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/** The target of a collection being read: a database and a key without a value. */
final class Place implements AutoCloseable {

  /**
   * The maximum number of elements for which room is reserved in advance. The announced number
   * can't be trusted before the elements arrive, and tables grow in steps anyway.
   */
  static final long MAX_EXPECTED = 1 << 20;

  private static final int FIRST_BYTES = 256;

  private final Slabs slabs;
  private Database database;
  private long key;
  private int keyBytes;
  private int keyLength;

  Place(Slabs slabs, Database database) {
    this.slabs = slabs;
    this.database = database;
  }

  /** Sets the target; the key is copied. */
  void set(Database newDatabase, long keyAddress, int newKeyLength) {
    if (keyBytes < newKeyLength || key == 0) {
      close();
      keyBytes = Math.max(newKeyLength, FIRST_BYTES);
      key = slabs.allocateFar(keyBytes);
    }
    database = newDatabase;
    keyLength = newKeyLength;
    Region.copy(keyAddress, key, keyLength);
  }

  Database database() {
    return database;
  }

  long key() {
    return key;
  }

  int keyLength() {
    return keyLength;
  }

  /** Removes the key, if it exists. */
  void removeKey() {
    long entry = database.find(key, keyLength);
    if (entry != Entry.NONE) {
      database.remove(entry);
    }
  }

  /** Creates the exception for a repeated element. */
  static RdbException twice(String what) {
    return RdbException.refusal("A " + what + " comes twice in a collection");
  }

  @Override
  public void close() {
    if (key != 0) {
      slabs.free(key, keyBytes);
      key = 0;
    }
  }
}
