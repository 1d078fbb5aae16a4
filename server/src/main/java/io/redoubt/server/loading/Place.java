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
  private long copy; // of keys that may move
  private int copyBytes;
  private long key;
  private int keyLength;

  Place(Slabs slabs, Database database) {
    this.slabs = slabs;
    this.database = database;
  }

  /** Sets the target; the key is copied. */
  void set(Database newDatabase, long keyAddress, int newKeyLength) {
    if (copyBytes < newKeyLength || copy == 0) {
      close();
      copyBytes = Math.max(newKeyLength, FIRST_BYTES);
      copy = slabs.allocateFar(copyBytes);
    }
    Region.copy(keyAddress, copy, newKeyLength);
    refer(newDatabase, copy, newKeyLength);
  }

  /** Sets the target; the key stays in place until the collection is finished. */
  void refer(Database newDatabase, long keyAddress, int newKeyLength) {
    database = newDatabase;
    key = keyAddress;
    keyLength = newKeyLength;
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
    if (copy != 0) {
      slabs.free(copy, copyBytes);
      copy = 0;
    }
  }
}
