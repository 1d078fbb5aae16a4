package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.Values;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Restores the single value of a payload under a key. If the key has a value, a collection is built
 * under a temporary name first, so that the old value stays if the payload is corrupt.
 */
public final class RestoredValue extends CollectionFiller {

  private final Slabs slabs;
  private final Database database;
  private final long key;
  private final int keyLength;
  private final long expireAtMillis;
  private final Consumer<String> onRepair;
  private long entry;
  private boolean aside;

  private RestoredValue(
      Values values,
      Database database,
      long key,
      int keyLength,
      long expireAtMillis,
      Consumer<String> onRepair) {
    super(values);
    this.onRepair = onRepair;
    slabs = values.keyspace().slabs();
    this.database = database;
    this.key = key;
    this.keyLength = keyLength;
    this.expireAtMillis = expireAtMillis;
  }

  /**
   * Stores the value of a valid payload under a key, replacing any other.
   *
   * @param expireAtMillis Unix time, -1 for none
   * @param onRepair receives what had to be repaired in the value
   * @return the entry
   * @throws RdbException if the value is corrupt or of an unknown type; the key is unchanged then
   */
  public static long restore(
      Values values,
      Database database,
      long keyAddress,
      int keyLength,
      long expireAtMillis,
      long payloadAddress,
      int payloadLength,
      Consumer<String> onRepair)
      throws RdbException {
    BufferMemory buffers = new SlabBuffers(values.keyspace().slabs());
    try (RestoredValue value =
        new RestoredValue(values, database, keyAddress, keyLength, expireAtMillis, onRepair)) {
      DumpPayload.read(Region.MEMORY, payloadAddress, payloadLength, buffers, value);
      return value.publish();
    }
  }

  /** Moves the complete value to the key; returns the entry. */
  private long publish() {
    long made = aside ? Transfers.rename(database, entry, key, keyLength) : entry;
    entry = 0;
    return expireAtMillis == Entry.NO_EXPIRY || Entry.expireAt(made) == expireAtMillis
        ? made
        : database.setExpiry(made, expireAtMillis);
  }

  @Override
  public void string(RdbKey noKey, MemorySegment memory, long offset, int length) {
    entry = database.putString(key, keyLength, offset, length, expireAtMillis);
  }

  @Override
  public void integer(RdbKey noKey, long value) {
    entry = database.putInteger(key, keyLength, value, expireAtMillis);
  }

  @Override
  boolean begins(RdbKey noKey) {
    aside = database.find(key, keyLength) != 0;
    if (aside) {
      goAside();
    } else {
      goesTo(database, key, keyLength);
    }
    return true;
  }

  /** Finds an unused key: this one with zeros appended. */
  private void goAside() {
    int length = keyLength;
    long name;
    boolean taken;
    do {
      length++;
      name = slabs.allocateFar(length);
      Region.copy(key, name, keyLength);
      Region.zero(name + keyLength, length - keyLength);
      taken = database.find(name, length) != 0;
      if (!taken) {
        goesTo(database, name, length);
      }
      slabs.free(name, length);
    } while (taken);
  }

  @Override
  void ended(long made) {
    entry = made;
  }

  @Override
  void repaired(String what) {
    onRepair.accept(what);
  }

  @Override
  public void repaired(RdbType of, String what) throws RdbException {
    if (of != RdbType.ZSET_LISTPACK && what.equals(RdbValueVisitor.NOT_A_NUMBER)) {
      throw RdbException.refusal("Zset with NAN score detected");
    }
    super.repaired(of, what);
  }

  /**
   * Refuses, as Redis does, a payload of which a part would be dropped: its sender has it whole.
   */
  @Override
  void lost(RdbType of, String what) throws RdbException {
    throw RdbException.refusal(
        switch (of) {
          case HASH -> "Hash integrity check failed: ziplist or listpack with dup elements";
          case SET -> "Duplicate set members detected";
          case ZSET -> "Duplicate zset fields detected";
          default -> "Stream consumer PEL entry already has a consumer assigned";
        });
  }

  @Override
  public void empty(RdbKey noKey) throws RdbException {
    throw RdbException.refusal("A collection without elements");
  }

  /** Drops a value that was not published. */
  @Override
  public void close() {
    if (entry != 0) {
      database.remove(entry);
      entry = 0;
    }
    super.close();
  }
}
