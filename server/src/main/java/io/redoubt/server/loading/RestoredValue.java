package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.PayloadReader;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.value.Values;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Restores values of RESTORE payloads under keys, one after another. A collection is built in a
 * separate database if the key has a value, which is kept if the payload is corrupt, or if it is
 * built in steps, so that clients can't see an incomplete value. A string takes one step and must
 * not be restored in steps.
 */
public final class RestoredValue extends CollectionFiller {

  private static final Consumer<String> IGNORE = what -> {};

  /** The length up to which a packed collection replaces a value without a move. */
  private static final int FEW_BYTES = 1 << 10;

  /** More than an entry takes in addition to its key and a short value. */
  private static final int ENTRY_OVERHEAD_BYTES = 64;

  private final Values values;
  private final Keyspace keyspace;
  private final PayloadReader reader;
  private Database database;
  private long key;
  private int keyLength;
  private Consumer<String> onRepair = IGNORE;
  private boolean inSteps;
  private long entry;
  private @Nullable Database apart;

  /** Creates an object that restores values of a keyspace and holds no memory in between. */
  public RestoredValue(Values values) {
    super(values);
    this.values = values;
    keyspace = values.keyspace();
    database = keyspace.database(0);
    reader = new PayloadReader(new SlabBuffers(keyspace.slabs()), values.decompressor(), this);
  }

  /** Returns true if this object restores values of a keyspace with these values. */
  public boolean isOf(Values others) {
    return values == others;
  }

  /** The place of a valid payload in the region. */
  public record Payload(long address, int length) {}

  /**
   * Starts to restore a value; {@link #close} must follow.
   *
   * @param keyAddress the key, which must stay in place like the payload
   * @param stepwise true if commands may run between the steps
   * @param repairs receives the repairs of the value
   * @throws RdbException if the value is of an unknown type
   */
  public void start(
      Database into,
      long keyAddress,
      int lengthOfKey,
      Payload payload,
      boolean stepwise,
      Consumer<String> repairs)
      throws RdbException {
    database = into;
    key = keyAddress;
    keyLength = lengthOfKey;
    inSteps = stepwise;
    onRepair = repairs;
    reader.open(Region.MEMORY, payload.address(), payload.length());
  }

  /**
   * Stores the value of a valid payload under a key, replacing any other. After an exception this
   * object must not be used again, because its reader has stopped within the value.
   *
   * @param expireAtMillis Unix time, -1 for none
   * @param repairs receives the repairs of the value
   * @return the entry
   * @throws RdbException if the value is corrupt or of an unknown type; the key is unchanged then
   */
  public long restore(
      Database into,
      long keyAddress,
      int lengthOfKey,
      long expireAtMillis,
      Payload payload,
      Consumer<String> repairs)
      throws RdbException {
    try {
      start(into, keyAddress, lengthOfKey, payload, false, repairs);
      while (step()) {
        // one part after another
      }
      return publish(expireAtMillis);
    } finally {
      close();
    }
  }

  /**
   * Reads the next part of the value.
   *
   * @return true if more is left
   * @throws RdbException if the value is corrupt; the key is unchanged then
   */
  public boolean step() throws RdbException {
    return reader.step();
  }

  /**
   * Moves the complete value to the key, where it replaces any other.
   *
   * @param expireAtMillis Unix time, -1 for none
   * @return the entry
   */
  public long publish(long expireAtMillis) {
    Database from = apart;
    long made = from == null ? entry : Transfers.move(from, entry, database);
    entry = 0;
    return expireAtMillis == Entry.expireAt(made)
        ? made
        : expireAtMillis == Entry.NO_EXPIRY
            ? database.persist(made)
            : database.setExpiry(made, expireAtMillis);
  }

  @Override
  public void string(RdbKey noKey, MemorySegment memory, long offset, int length) {
    entry = database.putString(key, keyLength, offset, length, Entry.NO_EXPIRY);
  }

  @Override
  public void integer(RdbKey noKey, long value) {
    entry = database.putInteger(key, keyLength, value, Entry.NO_EXPIRY);
  }

  /** Stores a collection that is complete and valid. */
  @Override
  public void packed(RdbKey noKey, RdbType form, MemorySegment memory, long offset, int length)
      throws RdbException {
    if (form != RdbType.HASH_LISTPACK_EX) {
      makeWay(length);
    }
    super.packed(noKey, form, memory, offset, length);
  }

  /** Chooses the place of a list, which was built outside of any database. */
  @Override
  void beforePut(long packedBytes) throws RdbException {
    makeWay(packedBytes);
    chooseDatabase();
  }

  /**
   * Removes the old value of the key, if a complete and valid collection of these bytes can replace
   * it at once: that saves a move of the new one. There must be memory for it, and no byte behind
   * it.
   */
  private void makeWay(long bytes) throws RdbException {
    if (inSteps || bytes > FEW_BYTES) {
      return;
    }
    long old = database.find(key, keyLength);
    if (old != 0) {
      reader.requireEnd();
      keyspace.slabs().ensure(1, keyLength + bytes + ENTRY_OVERHEAD_BYTES, true);
      Transfers.giveWay(database, old);
    }
  }

  @Override
  boolean begins(RdbKey noKey, RdbType collection) {
    if (collection != RdbType.LIST) {
      chooseDatabase();
    }
    return true;
  }

  private void chooseDatabase() {
    if (inSteps) {
      goesTo(place(), key, keyLength);
    } else {
      goesToPlaced(place(), key, keyLength);
    }
  }

  private Database place() {
    if (apart == null && (inSteps || database.find(key, keyLength) != 0)) {
      apart = keyspace.newDatabaseApart();
    }
    return apart == null ? database : apart;
  }

  @Override
  void onEnd(long made) {
    entry = made;
  }

  @Override
  void onRepair(String what) {
    onRepair.accept(what);
  }

  @Override
  public void onRepair(RdbType of, String what) throws RdbException {
    if (of != RdbType.ZSET_LISTPACK && what.equals(RdbValueVisitor.NOT_A_NUMBER)) {
      throw RdbException.refusal("Zset with NAN score detected");
    }
    super.onRepair(of, what);
  }

  /**
   * Refuses a payload of which a part would be dropped, as Redis does, since the sender still has
   * the complete value.
   */
  @Override
  void onLost(RdbType of, String what) throws RdbException {
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
    Database from = apart;
    if (entry != 0) {
      (from == null ? database : from).remove(entry);
      entry = 0;
    }
    super.close();
    reader.close();
    onRepair = IGNORE;
    if (from != null) {
      keyspace.drop(from);
      apart = null;
    }
  }
}
