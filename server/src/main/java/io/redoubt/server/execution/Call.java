package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.KeyEvent;
import io.redoubt.server.keyspace.KeyEventClass;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.KeyspaceEvents;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.memory.Region;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.Values;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A command while it runs: its arguments, the client it came from, where its reply goes, the
 * database it works on. The one object through which a command's code reaches the outside. There is
 * one a server, used again for every command.
 */
public final class Call extends RegionCall {
  private static final CommandError NO_FIELD_EXPIRY =
      new CommandError("ERR fields of hashes don't expire here: hash-field-expiry is set to no");

  private final Keyspace keyspace;
  private final Values values;
  private final ServerDirectives settings;
  private final KeyspaceEvents events;
  private final WatchedKeys watchedKeys;
  private final BlockedClients blockedClients;
  private final Propagation propagation;
  private final ServerStats stats;
  private final LongConsumer changeCounter;

  private final Effect effect;
  private Database database;
  private @Nullable Consumer<ServerClient> transactions;
  private @Nullable Scripting scripting;
  private boolean changed;
  private boolean replaced;
  private boolean forced;
  private boolean waiting;

  /** The call of a server; {@code changeCounter} hears how much a command changed. */
  public Call(
      Values values,
      ServerDirectives settings,
      KeyspaceEvents events,
      WatchedKeys watchedKeys,
      BlockedClients blockedClients,
      Propagation propagation,
      ServerStats stats,
      LongConsumer changeCounter) {
    this.keyspace = values.keyspace();
    this.values = values;
    this.settings = settings;
    this.events = events;
    this.watchedKeys = watchedKeys;
    this.blockedClients = blockedClients;
    this.propagation = propagation;
    this.stats = stats;
    this.changeCounter = changeCounter;
    this.effect = new Effect(this, propagation.writer());
    this.database = keyspace.database(0);
  }

  Propagation propagation() {
    return propagation;
  }

  WatchedKeys watchedKeys() {
    return watchedKeys;
  }

  BlockedClients blockedClients() {
    return blockedClients;
  }

  /** Makes this the call of another command. */
  void begin(ServerClient client, Request request, Command<Call> command) {
    begin(client, request, command, client.reply());
  }

  /** Makes this the call of another command that replies elsewhere. */
  void begin(ServerClient client, Request request, Command<?> command, ReplyWriter reply) {
    super.begin(client, request, command, reply);
    database = keyspace.database(client.databaseIndex());
    changed = false;
    replaced = false;
    forced = false;
    waiting = false;
  }

  /** Has other commands run from within a handler, which replies afterwards. */
  public void whileOthersRun(Runnable others) {
    ServerClient client = client();
    Request request = request();
    Command<?> command = command();
    ReplyWriter reply = reply();
    try {
      others.run();
    } finally {
      begin(client, request, command, reply);
    }
  }

  /** The command has run: what it changed goes on its way. */
  void end() {
    if ((changed || forced) && !replaced && propagation.isActive()) {
      propagation.verbatim(database.index(), request());
    }
  }

  @Override
  public ServerClient client() {
    return (ServerClient) super.client();
  }

  /** The database that the client has selected. */
  public Database database() {
    return database;
  }

  /** All databases. */
  public Keyspace keyspace() {
    return keyspace;
  }

  /** The collections of the keyspace: what works on entries that are not strings. */
  public Values values() {
    return values;
  }

  /** The configuration. */
  public ServerDirectives settings() {
    return settings;
  }

  /** Counters of the whole server. */
  public ServerStats stats() {
    return stats;
  }

  @Override
  public long now() {
    return keyspace.nowMillis();
  }

  /**
   * Whether a key that expires then is gone by now. Never so on a replica and while loading: there
   * only the master's DEL removes keys.
   */
  public boolean isPast(long unixMillis) {
    return unixMillis <= now() && keyspace.expiredKeys() == ExpiredKeys.DELETE;
  }

  /**
   * Refuses to have fields of hashes expire where {@code hash-field-expiry} forbids it. A command
   * from a master or a file is not refused.
   *
   * @throws CommandError if fields must not expire
   */
  public void requireFieldExpiry() {
    if (!settings.hashFieldExpiry.value() && !isTold()) {
      throw NO_FIELD_EXPIRY;
    }
  }

  /** Returns true if a master or a file tells of the command: what it did there has happened. */
  public boolean isTold() {
    return keyspace.expiredKeys() == ExpiredKeys.KEEP;
  }

  /** Whether the user may use any key there is with the running command. */
  public boolean mayUseAllKeys() {
    return client().user().allowsAllKeys(command(), request());
  }

  /**
   * Argument {@code i} as the index of a database.
   *
   * @throws CommandError when it is no integer or there is no such database
   */
  public Database databaseArgument(int i) {
    int index = argInt(i);
    if (index < 0 || index >= keyspace.count()) {
      throw DB_INDEX_OUT_OF_RANGE;
    }
    return keyspace.database(index);
  }

  /** The index of a database that is not there. */
  public static final CommandError DB_INDEX_OUT_OF_RANGE =
      new CommandError("ERR DB index is out of range");

  // Keys.

  /**
   * The entry of the key that argument {@code i} names, for reading: counted and marked as used.
   */
  public long read(int i) {
    long entry = readQuietly(i);
    if (entry != Entry.NONE && !client().isNoTouch()) {
      database.touch(entry);
    }
    return entry;
  }

  /** Like {@link #read}, without marking the key as used. */
  public long readQuietly(int i) {
    long entry = inspect(i);
    if (entry == Entry.NONE) {
      notifyEvent(i, KeyEvent.KEYMISS);
    }
    return entry;
  }

  /** Like {@link #read(int)}, of a key that is no argument. */
  public long readKey(long address, int length) {
    long entry = database.findLive(address, length);
    if (entry == Entry.NONE) {
      stats.countMiss();
      events.notify(KeyEvent.KEYMISS, database.index(), Region.MEMORY, address, length);
    } else {
      stats.countHit();
      if (!client().isNoTouch()) {
        database.touch(entry);
      }
    }
    return entry;
  }

  /** Like {@link #readQuietly}, and without the event of a key that is missing. */
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
   * @throws CommandError when it holds something else
   */
  public long readString(int i) {
    return string(read(i));
  }

  /**
   * Like {@link #read(int)}, for a key that must hold a value of that type if it exists.
   *
   * @throws CommandError when it holds something else
   */
  public long read(int i, Type type) {
    return checked(read(i), type);
  }

  /**
   * Like {@link #readQuietly(int)}, for a key that must hold a value of that type if it exists.
   *
   * @throws CommandError when it holds something else
   */
  public long readQuietly(int i, Type type) {
    return checked(readQuietly(i), type);
  }

  /**
   * Like {@link #findForWrite(int)}, for a key that must hold a value of that type if it exists.
   *
   * @throws CommandError when it holds something else
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

  /** The entry of the key that argument {@code i} names, about to be changed. */
  public long findForWrite(int i) {
    return findForWrite(database, i);
  }

  /** Like {@link #findForWrite(int)}, in another database. */
  public long findForWrite(Database where, int i) {
    return where.findLive(argAddress(i), argLength(i));
  }

  /**
   * Like {@link #findForWrite(int)}, for a key that must hold a string if it exists.
   *
   * @throws CommandError when it holds something else
   */
  public long writeString(int i) {
    return string(findForWrite(i));
  }

  /** The entry of a key that this command has just written: it may have moved. */
  public long findAgain(int i) {
    return database.find(argAddress(i), argLength(i));
  }

  /** Whether an entry holds a string. */
  public boolean isString(long entry) {
    return Entry.isString(entry);
  }

  private long string(long entry) {
    if (entry != Entry.NONE && !isString(entry)) {
      throw Errors.WRONGTYPE;
    }
    return entry;
  }

  /** Replies with the key of an entry. */
  public void replyKey(long entry) {
    reply().bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  // Changes.

  /**
   * The key that argument {@code keyArg} names was changed: counts {@code changes}, fails the
   * transactions that watch it, publishes the event, and lets the command go to the replicas.
   */
  public void changed(int keyArg, KeyEvent event, long changes) {
    changed(database, keyArg, event, changes);
  }

  /** Like {@link #changed(int, KeyEvent, long)}, in another database. */
  public void changed(Database where, int keyArg, KeyEvent event, long changes) {
    changed = true;
    changeCounter.accept(changes);
    long key = argAddress(keyArg);
    int length = argLength(keyArg);
    if (keyspace.expiredKeys() == ExpiredKeys.HIDE) {
      keyspace.localExpiries().written(where, key, length);
    }
    watchedKeys.touch(where, key, length);
    blockedClients.mark(where, key, length);
    events.notify(event, where.index(), Region.MEMORY, key, length);
  }

  /** Like {@link #changed(int, KeyEvent, long)}, of a change that has no event. */
  public void changedQuietly(int keyArg, long changes) {
    changedAll(changes);
    watchedKeys.touch(database, argAddress(keyArg), argLength(keyArg));
    blockedClients.mark(database, argAddress(keyArg), argLength(keyArg));
  }

  /**
   * Something other than single keys was changed: the command goes to the replicas, even if there
   * was nothing to change.
   */
  public void changedAll(long changes) {
    changed = true;
    changeCounter.accept(changes);
  }

  /** Publishes one more event of a key. */
  public void notifyEvent(int keyArg, KeyEvent event) {
    events.notify(event, database.index(), Region.MEMORY, argAddress(keyArg), argLength(keyArg));
  }

  /**
   * Sets the key that argument {@code keyArg} names to bytes of the heap; for what is not an
   * ordinary command. See {@link Database#putText} for {@code expireAt}.
   */
  public void putText(int keyArg, byte[] value, long expireAt) {
    put(argAddress(keyArg), argLength(keyArg), value, expireAt);
  }

  /** Sets a key to a value unless it exists, without event; for tests. */
  public void putIfAbsent(byte[] key, byte[] value) {
    long address = stage(key);
    if (database.findLive(address, key.length) == Entry.NONE) {
      put(address, key.length, value, Entry.NO_EXPIRY);
      changedAll(1);
    }
    unstage(address, key);
  }

  private void put(long key, int keyLength, byte[] value, long expireAt) {
    long address = stage(value);
    database.putText(key, keyLength, address, value.length, expireAt);
    unstage(address, value);
  }

  /** A copy of bytes in the region, where the store can take them from. */
  private long stage(byte[] bytes) {
    long address = keyspace.slabs().allocateFar(Math.max(bytes.length, 1));
    Region.put(address, bytes);
    return address;
  }

  private void unstage(long address, byte[] bytes) {
    keyspace.slabs().free(address, Math.max(bytes.length, 1));
  }

  /** Whether events of that class are published. */
  public boolean notifies(KeyEventClass eventClass) {
    return events.enabled(eventClass);
  }

  /** Removes all keys of a database and returns how many there were. */
  public long flush(Database where, boolean lazily) {
    long removed = where.size();
    watchedKeys.touchAll(where, null);
    blockedClients.markAll(where);
    where.clear(lazily);
    return removed;
  }

  /** Swaps two databases. */
  public void swapDatabases(int first, int second) {
    if (first != second) {
      watchedKeys.touchAll(keyspace.database(first), keyspace.database(second));
      watchedKeys.touchAll(keyspace.database(second), keyspace.database(first));
      keyspace.swap(first, second);
      blockedClients.markAll(keyspace.database(first));
      blockedClients.markAll(keyspace.database(second));
    }
  }

  /**
   * Refuses the command if so many bytes would leave less than the reserve; to be called before it
   * changes anything. The master's commands, and those of a file, are never refused.
   */
  public void requireRoom(long bytes) {
    if (bytes >= MemoryRoom.LARGE_BYTES && !client().isMaster()) {
      MemoryRoom.require(bytes);
    }
  }

  // Blocking.

  /**
   * Whether the command may wait for keys. If not (in a transaction, or coming from the master) it
   * replies at once what it would reply when the time is up.
   */
  public boolean mayWait() {
    return !client().isInExec() && !client().isInScript() && !client().isMaster();
  }

  /**
   * Blocks the client until one of {@code keys} keys from argument {@code firstKeyArg} on has a
   * value of the type. Then the command runs again: it finds what it waits for, or comes here again
   * and waits on, at the same place in the line and until the same time. Only where {@link
   * #mayWait}; nothing may have been replied.
   *
   * @param timeoutMillis from now; 0 for as long as it takes
   * @param nilArray whether the reply is a nil array when the time is up, or nil
   */
  public void waitForKeys(
      Type type, int firstKeyArg, int keys, long timeoutMillis, boolean nilArray) {
    wait(type, KeyWait.Until.READY, firstKeyArg, keys, timeoutMillis, nilArray);
  }

  /**
   * Like {@link #waitForKeys}; the command also runs again when one of the keys, which all have a
   * value of the type now, is removed or gets a value of another type.
   */
  public void waitForKeysOrTheirLoss(
      Type type, int firstKeyArg, int keys, long timeoutMillis, boolean nilArray) {
    wait(type, KeyWait.Until.READY_OR_GONE, firstKeyArg, keys, timeoutMillis, nilArray);
  }

  private void wait(
      Type type,
      KeyWait.Until until,
      int firstKeyArg,
      int keys,
      long timeoutMillis,
      boolean nilArray) {
    waiting = true;
    blockedClients.await(this, type, until, firstKeyArg, keys, timeoutMillis, nilArray);
  }

  /** Whether the command that ran has its client wait for keys. */
  boolean isWaiting() {
    return waiting;
  }

  // Scripts.

  void scripting(Scripting newScripting) {
    scripting = newScripting;
  }

  /** Scripts and functions. */
  public Scripting scripting() {
    Scripting current = scripting;
    if (current == null) {
      throw new IllegalStateException("the server is not put together yet");
    }
    return current;
  }

  /** The scripts of the server. */
  public Scripts scripts() {
    return scripting().scripts();
  }

  /** The functions of the server. */
  public Functions functions() {
    return scripting().functions();
  }

  // Transactions.

  void transactions(Consumer<ServerClient> runner) {
    transactions = runner;
  }

  /** EXEC: runs what the client has queued. Afterwards this is EXEC's call again. */
  public void execute() {
    if (transactions != null) {
      transactions.accept(client());
    }
  }

  /** Lets the client's next transaction fail when the key of argument {@code i} changes. */
  public void watch(int i) {
    watchedKeys.watch(client(), database, argAddress(i), argLength(i));
  }

  // Propagation.

  /** Whether anybody takes effects, so that describing one is worth while. */
  public boolean propagates() {
    return propagation.isActive();
  }

  /**
   * Lets a command of {@code words} words go to the replicas in place of the one that ran; the
   * caller writes the words to what is returned. Called again, adds another. Only where {@link
   * #propagates()}.
   */
  public Effect propagateAs(int words) {
    replaced = true;
    propagation.effect(database.index(), words);
    return effect;
  }

  /**
   * Like {@link #propagateAs}, of a command that a Redis 7.2 does not know: a replica that does not
   * know it either passes over it.
   */
  public Effect propagateAsNewer(int words) {
    replaced = true;
    propagation.newerEffect(database.index(), words);
    return effect;
  }

  /** Lets the command go to the replicas although it changed no key. */
  public void propagateAnyway() {
    forced = true;
  }

  /** Keeps the command from the replicas although it changed something. */
  public void propagateNothing() {
    replaced = true;
  }
}
