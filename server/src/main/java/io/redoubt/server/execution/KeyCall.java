package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.DatabaseIndex;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.FieldEvents;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.keyspace.event.KeyspaceEvents;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.Values;

/**
 * A call's access to keys: it selects the database, finds entries for reading and for writing,
 * counts hits and misses, and publishes events.
 */
public abstract class KeyCall extends RegionCall {
  /** The error for a database index out of range. */
  public static final CommandError DB_INDEX_OUT_OF_RANGE =
      new CommandError("ERR DB index is out of range");

  final Keyspace keyspace;
  final KeyspaceEvents events;
  private final Values values;
  private final ServerStats stats;
  private Database database;

  KeyCall(Values values, KeyspaceEvents events, ServerStats stats) {
    this.keyspace = values.keyspace();
    this.values = values;
    this.events = events;
    this.stats = stats;
    this.database = keyspace.database(0);
  }

  /** Starts a call in the database that the client has selected. */
  void begin(ServerClient client, Request request, Command<?> command, ReplyWriter reply) {
    super.begin(client, request, command, reply);
    database = keyspace.database(client.databaseIndex());
  }

  @Override
  public ServerClient client() {
    return (ServerClient) super.client();
  }

  /** Returns the database selected by the client. */
  public Database database() {
    return database;
  }

  public Keyspace keyspace() {
    return keyspace;
  }

  /** Returns the access to the collections of the keyspace. */
  public Values values() {
    return values;
  }

  public ServerStats stats() {
    return stats;
  }

  @Override
  public long now() {
    return keyspace.nowMillis();
  }

  /**
   * Returns true if a key with this expiry time has expired. Always false on a replica and during
   * loading, where only the master's DEL removes keys.
   */
  public boolean isPast(long unixMillis) {
    return unixMillis <= now() && keyspace.expiredKeys() == ExpiredKeys.DELETE;
  }

  /**
   * Returns true for a command from a master or a file, which has already been executed elsewhere.
   */
  public boolean isTold() {
    return keyspace.expiredKeys() == ExpiredKeys.KEEP;
  }

  /**
   * Returns the database whose index is argument {@code i}.
   *
   * @throws CommandError if it is not an integer or out of range
   */
  public Database databaseArgument(int i) {
    int index = argInt(i);
    if (client().isStaging()) {
      return stagedArgument(index);
    }
    boolean exists =
        client().isMaster() ? keyspace.has(index) : index >= 0 && index < keyspace.count();
    if (!exists) {
      throw DB_INDEX_OUT_OF_RANGE;
    }
    return keyspace.database(index);
  }

  /** Returns the staged database that the source of a slot migration names. */
  private Database stagedArgument(int index) {
    if (!DatabaseIndex.isStaged(index) || !keyspace.has(index)) {
      throw new CommandError(
          "ERR DB index is out of range: this node has "
              + keyspace.count()
              + " databases (cluster-databases)");
    }
    return keyspace.database(index);
  }

  // Keys.

  /**
   * Returns the entry of the key in argument {@code i} for reading; counts a hit or miss and
   * touches the key.
   */
  public long read(int i) {
    long entry = readQuietly(i);
    touch(database, entry);
    return entry;
  }

  /** Like {@link #read}, without touching the key. */
  public long readQuietly(int i) {
    long entry = inspect(i);
    if (entry == Entry.NONE) {
      notifyEvent(i, KeyEvent.KEYMISS);
    }
    return entry;
  }

  /** Like {@link #read(int)}, for a key that is not an argument. */
  public long readKey(long address, int length) {
    long entry = database.findLive(address, length);
    if (entry == Entry.NONE) {
      stats.countMiss();
      events.notify(KeyEvent.KEYMISS, database.index(), Region.MEMORY, address, length);
    } else {
      stats.countHit();
      touch(database, entry);
    }
    return entry;
  }

  /** Like {@link #readQuietly}, without the event of a missing key. */
  public long inspect(int i) {
    long entry = database.findLive(argAddress(i), argLength(i));
    if (entry == Entry.NONE) {
      stats.countMiss();
    } else {
      stats.countHit();
    }
    return entry;
  }

  /**
   * Like {@link #read}, for a key that must hold a string if it exists.
   *
   * @throws CommandError if it holds another type
   */
  public long readString(int i) {
    return string(read(i));
  }

  /**
   * Like {@link #read(int)}, for a key that must hold a value of that type if it exists.
   *
   * @throws CommandError if it holds another type
   */
  public long read(int i, Type type) {
    return checked(read(i), type);
  }

  /**
   * Like {@link #findForWrite(int)}, for a key that must hold a value of that type if it exists.
   *
   * @throws CommandError if it holds another type
   */
  public long findForWrite(int i, Type type) {
    long entry = checked(findForWrite(i), type);
    return entry != Entry.NONE && type == Type.HASH
        ? values.hashes().removeIfLastFieldIsDue(database, entry)
        : entry;
  }

  private static long checked(long entry, Type type) {
    if (entry != Entry.NONE && Entry.type(entry) != type) {
      throw Errors.WRONGTYPE;
    }
    return entry;
  }

  /**
   * Returns the entry of the key in argument {@code i} for a change, and touches the key. Changes
   * in place would otherwise leave a key that is never read the first to be evicted.
   */
  public long findForWrite(int i) {
    return findForWrite(database, i);
  }

  /** Like {@link #findForWrite(int)}, in another database. */
  public long findForWrite(Database where, int i) {
    long entry = where.findLive(argAddress(i), argLength(i));
    touch(where, entry);
    return entry;
  }

  /**
   * Counts an access of the key in argument {@code i} before it is overwritten without a lookup.
   * Only the counter of LFU outlives the value.
   */
  public void touchOverwritten(int i) {
    if (keyspace.accessClock().isLfu()) {
      touch(database, database.find(argAddress(i), argLength(i)));
    }
  }

  private void touch(Database where, long entry) {
    if (entry != Entry.NONE && !client().isNoTouch()) {
      where.touch(entry);
    }
  }

  /**
   * Like {@link #findForWrite(int)}, for a key that must hold a string if it exists.
   *
   * @throws CommandError if it holds another type
   */
  public long writeString(int i) {
    return string(findForWrite(i));
  }

  /** Returns the entry of a key that this command has just written; it may have moved. */
  public long findAgain(int i) {
    return database.find(argAddress(i), argLength(i));
  }

  public boolean isString(long entry) {
    return Entry.isString(entry);
  }

  private long string(long entry) {
    if (entry != Entry.NONE && !isString(entry)) {
      throw Errors.WRONGTYPE;
    }
    return entry;
  }

  public void replyKey(long entry) {
    reply().bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  /** Publishes another event of a key. */
  public void notifyEvent(int keyArg, KeyEvent event) {
    events.notify(event, database.index(), Region.MEMORY, argAddress(keyArg), argLength(keyArg));
  }

  /** Starts to notify of an event of fields of the key in argument {@code keyArg}. */
  public FieldEvents beginFields(int keyArg, KeyEvent event) {
    return events.beginFields(
        event, database.index(), Region.MEMORY, argAddress(keyArg), argLength(keyArg));
  }

  /**
   * Sets the key in argument {@code keyArg} to bytes on the heap; not for ordinary commands. See
   * {@link Database#putText} for {@code expireAt}.
   */
  public void putText(int keyArg, byte[] value, long expireAt) {
    put(argAddress(keyArg), argLength(keyArg), value, expireAt);
  }

  final void put(long key, int keyLength, byte[] value, long expireAt) {
    long address = stage(value);
    database.putText(key, keyLength, address, value.length, expireAt);
    freeStaged(address, value);
  }

  /** Copies bytes to the region, where the keyspace can read them. */
  final long stage(byte[] bytes) {
    long address = keyspace.slabs().allocateFar(Math.max(bytes.length, 1));
    Region.put(address, bytes);
    return address;
  }

  final void freeStaged(long address, byte[] bytes) {
    keyspace.slabs().free(address, Math.max(bytes.length, 1));
  }
}
