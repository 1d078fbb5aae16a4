package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.command.SlicedReply;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.DatabaseIndex;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.FieldEvents;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.keyspace.event.KeyEventClass;
import io.redoubt.server.keyspace.event.KeyspaceEvents;
import io.redoubt.server.memory.Region;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.Values;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A command in execution: its arguments, its client, the target of its reply, and the database.
 * Handlers reach everything else through this object. A server has one instance, reused for every
 * command.
 */
public final class Call extends RegionCall {
  private static final CommandError NO_FIELD_EXPIRY =
      new CommandError("ERR hash fields can't expire: hash-field-expiry is set to no");

  private final Keyspace keyspace;
  private final Values values;
  private final ServerDirectives settings;
  private final KeyspaceEvents events;
  private final KeyObservers observers;
  private final Propagation propagation;
  private final ServerStats stats;
  private final LongConsumer changeCounter;
  private final ScriptFlags scripts;

  private final Effect effect;
  private Database database;
  private boolean changed;
  private boolean replaced;
  private boolean forced;
  private boolean waiting;

  /**
   * Creates the call of a server.
   *
   * @param changeCounter counts changes of the data set
   * @param scripts the flags that scripts and functions declare
   */
  public Call(
      Values values,
      ServerDirectives settings,
      KeyspaceEvents events,
      KeyObservers observers,
      Propagation propagation,
      ServerStats stats,
      LongConsumer changeCounter,
      ScriptFlags scripts) {
    this.keyspace = values.keyspace();
    this.values = values;
    this.settings = settings;
    this.events = events;
    this.observers = observers;
    this.propagation = propagation;
    this.stats = stats;
    this.changeCounter = changeCounter;
    this.scripts = scripts;
    this.effect = new Effect(this, propagation.writer());
    this.database = keyspace.database(0);
  }

  Propagation propagation() {
    return propagation;
  }

  KeyObservers observers() {
    return observers;
  }

  /** Starts a call of another command with a reply to the given writer. */
  void begin(ServerClient client, Request request, Command<?> command, ReplyWriter reply) {
    super.begin(client, request, command, reply);
    Type unused = keyspace.takeReplaced(); // of a change without such an event
    database = keyspace.database(client.databaseIndex());
    changed = false;
    replaced = false;
    forced = false;
    waiting = false;
  }

  /** Runs other commands within a handler, and restores this call afterwards. */
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

  /** Finishes the command and propagates its changes. */
  void end() {
    if ((changed || forced) && !replaced && propagation.isActive()) {
      propagation.verbatim(database.index(), request());
    }
  }

  @Override
  public ServerClient client() {
    return (ServerClient) super.client();
  }

  /**
   * Returns true if the client is closed when its reply gets too long; scripts have no such limit.
   */
  public boolean hasOutputLimit() {
    return client().hasOutputLimit();
  }

  /**
   * Returns the memory of the request if nothing else is in it, so that it may be {@linkplain
   * #giveRequestAway given away}; otherwise null.
   */
  public BufferMemory.@Nullable Block requestBlock() {
    return client().inputBlock(request());
  }

  /** Makes the memory of the request part of the data. The request can still be read. */
  public void giveRequestAway() {
    client().giveInputAway(request());
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

  public ServerDirectives settings() {
    return settings;
  }

  /** Returns true if this server is a node of a cluster. */
  public boolean isInCluster() {
    return settings.cluster.clusterEnabled.value();
  }

  /**
   * Returns true on a cluster node with one database, where commands that name another one are
   * refused as by Redis 7.2.
   */
  public boolean hasOneDatabase() {
    return isInCluster() && keyspace.count() == 1;
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
   * Refuses expiry of hash fields if {@code hash-field-expiry} forbids it. Commands from a master
   * or a file are not refused.
   *
   * @throws CommandError if fields must not expire
   */
  public void requireFieldExpiry() {
    if (!settings.encodings.hashFieldExpiry.value() && !isTold()) {
      throw NO_FIELD_EXPIRY;
    }
  }

  /**
   * Returns true for a command from a master or a file, which has already been executed elsewhere.
   */
  public boolean isTold() {
    return keyspace.expiredKeys() == ExpiredKeys.KEEP;
  }

  /** Returns true if the user may read all keys with this command. */
  public boolean mayReadAllKeys() {
    ServerClient client = client();
    return client.isMaster()
        || client.user().readsAllKeys(command(), request(), client.databaseIndex());
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

  /** The error for a database index out of range. */
  public static final CommandError DB_INDEX_OUT_OF_RANGE =
      new CommandError("ERR DB index is out of range");

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

  // Changes.

  /**
   * Reports a change of the key in argument {@code keyArg}: counts {@code changes}, fails the
   * transactions that watch the key, publishes the event, and propagates the command.
   */
  public void recordChange(int keyArg, KeyEvent event, long changes) {
    recordChange(database, keyArg, event, changes);
  }

  /** Like {@link #recordChange(int, KeyEvent, long)}, in another database. */
  public void recordChange(Database where, int keyArg, KeyEvent event, long changes) {
    changed = true;
    changeCounter.accept(changes);
    long key = argAddress(keyArg);
    int length = argLength(keyArg);
    if (keyspace.expiredKeys() == ExpiredKeys.HIDE) {
      keyspace.localExpiries().onWritten(where, key, length);
    }
    observers.onChanged(client(), where, key, length);
    if (event.isOfNewValue()) {
      notifyReplaced(where, key, length);
    }
    events.notify(event, where.index(), Region.MEMORY, key, length);
  }

  /** Publishes the events of a key whose value the command has replaced, if it had one. */
  private void notifyReplaced(Database where, long key, int length) {
    Type replaced = keyspace.takeReplaced();
    if (replaced == null) {
      return;
    }
    events.notify(KeyEvent.OVERWRITTEN, where.index(), Region.MEMORY, key, length);
    if (events.enabled(KeyEventClass.TYPE_CHANGED)) {
      long entry = where.find(key, length);
      if (entry != Entry.NONE && Entry.type(entry) != replaced) {
        events.notify(KeyEvent.TYPE_CHANGED, where.index(), Region.MEMORY, key, length);
      }
    }
  }

  /** Like {@link #recordChange(int, KeyEvent, long)}, for a change without an event. */
  public void recordQuietChange(int keyArg, long changes) {
    recordFullChange(changes);
    observers.onChanged(client(), database, argAddress(keyArg), argLength(keyArg));
  }

  /**
   * Reports a change that is not limited to single keys; the command is propagated even if nothing
   * changed.
   */
  public void recordFullChange(long changes) {
    changed = true;
    changeCounter.accept(changes);
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

  /** Sets a key to a value unless it exists, without an event; for tests. */
  public void putIfAbsent(byte[] key, byte[] value) {
    long address = stage(key);
    if (database.findLive(address, key.length) == Entry.NONE) {
      put(address, key.length, value, Entry.NO_EXPIRY);
      recordFullChange(1);
    }
    freeStaged(address, key);
  }

  private void put(long key, int keyLength, byte[] value, long expireAt) {
    long address = stage(value);
    database.putText(key, keyLength, address, value.length, expireAt);
    freeStaged(address, value);
  }

  /** Copies bytes to the region, where the keyspace can read them. */
  private long stage(byte[] bytes) {
    long address = keyspace.slabs().allocateFar(Math.max(bytes.length, 1));
    Region.put(address, bytes);
    return address;
  }

  private void freeStaged(long address, byte[] bytes) {
    keyspace.slabs().free(address, Math.max(bytes.length, 1));
  }

  /** Notifies client-side caches of the removal of all keys, or of a database's keys. */
  public void onFlushed() {
    observers.onFlushed();
  }

  /** Removes all keys of a database, to be freed later, and returns their number. */
  public long flush(Database where) {
    long removed = where.size();
    observers.beforeClear(where);
    where.clear();
    return removed;
  }

  public void swapDatabases(int first, int second) {
    if (first != second) {
      observers.beforeSwap(keyspace.database(first), keyspace.database(second));
      keyspace.swap(first, second);
      observers.onSwapped(keyspace.database(first), keyspace.database(second));
    }
  }

  /**
   * Refuses the command if an allocation of this size would use up the reserve; called before it
   * changes anything. Commands from the master or a file are never refused.
   */
  public void requireRoom(long bytes) {
    if (bytes >= MemoryRoom.LARGE_BYTES && !client().isMaster()) {
      MemoryRoom.require(bytes);
    }
  }

  // Blocking.

  /**
   * Returns true if the command may block. If not (in a transaction, a script, or from the master),
   * it replies at once as after a timeout.
   */
  public boolean mayWait() {
    return !client().isInExec() && !client().isInScript() && !client().isMaster();
  }

  /**
   * Blocks the client until one of {@code keys} keys from argument {@code firstKeyArg} on has a
   * value of the type. The command is then executed again; if it still finds nothing, it calls this
   * method again and keeps its position in the queue and its deadline. Requires {@link #mayWait},
   * and no reply so far.
   *
   * @param timeoutMillis from now; 0 for no timeout
   * @param nilArray true to reply with a nil array after a timeout, false with nil
   */
  public void waitForKeys(
      Type type, int firstKeyArg, int keys, long timeoutMillis, boolean nilArray) {
    wait(type, KeyWait.Until.READY, firstKeyArg, keys, timeoutMillis, nilArray);
  }

  /**
   * Like {@link #waitForKeys}, but all keys must have a value of the type, and the command is also
   * executed again if one of them is removed or changes its type.
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
    KeyWait.Wish wish = new KeyWait.Wish(type, until, timeoutMillis, nilArray);
    observers.blocked().await(this, client(), database, wish, firstKeyArg, keys);
  }

  /**
   * Executes the command again after a pause, too. Requires that it has just blocked its client by
   * {@link #waitForKeys} or {@link #waitForKeysOrTheirLoss}.
   */
  public void repeatWaitAfter(long millis) {
    if (client().waiting() instanceof KeyWait wait) {
      wait.repeatAfter(millis);
    }
  }

  /** Marks clients that are blocked on the key in argument {@code keyArg} to be served. */
  public void serveWaiting(int keyArg) {
    observers.blocked().mark(database, argAddress(keyArg), argLength(keyArg));
  }

  /**
   * Blocks the client until {@code wait} executes the command again. Requires {@link #mayWait}, and
   * no reply so far.
   */
  public void waitFor(RepeatedWait wait) {
    waiting = true;
    client().block(wait, 0);
  }

  @Override
  public void replyInSlices(Supplier<? extends SlicedReply> start) {
    SlicedReplyWait.reply(this, start);
  }

  /** Returns true if the command blocked its client. */
  boolean isWaiting() {
    return waiting;
  }

  // Scripts.

  /** Returns the states that refuse a call of a script or function, by its declared flags. */
  int scriptRefusals(Command<?> command, Request request) {
    return scripts.refusals(command, request);
  }

  /** Returns true for a call of a script or function that declares not to write. */
  boolean scriptOnlyReads(Command<?> command, Request request) {
    return scripts.onlyReads(command, request);
  }

  // Transactions.

  /** Makes the client's next transaction fail if the key in argument {@code i} changes. */
  public void watch(int i) {
    observers.watched().watch(client(), database, argAddress(i), argLength(i));
  }

  // Propagation.

  /** Returns true if there are sinks; effects need not be written otherwise. */
  public boolean propagates() {
    return propagation.isActive();
  }

  /**
   * Propagates a command of {@code words} words instead of this one; the caller writes the words to
   * the returned object. Each further call adds a command. Requires {@link #propagates()}.
   */
  public Effect propagateAs(int words) {
    replaced = true;
    propagation.effect(database.index(), words);
    return effect;
  }

  /**
   * Propagates the removal of the key in argument {@code i}, if effects are propagated.
   *
   * @param lazily true for UNLINK, so that a Redis replica frees the value in the background
   */
  public void propagateRemoval(int i, boolean lazily) {
    if (propagates()) {
      propagateAs(2).word(Effect.removal(lazily)).argument(i);
    }
  }

  /** Like {@link #propagateAs}, for a command unknown to Redis 7.2, whose replicas skip it. */
  public Effect propagateAsNewer(int words) {
    replaced = true;
    propagation.newerEffect(database.index(), words);
    return effect;
  }

  /**
   * Like {@link #propagateAsNewer}, for a command without which the data is complete: Redis 7.2
   * skips it in an append-only file, too.
   */
  public Effect propagateAsOptional(int words) {
    replaced = true;
    propagation.optionalEffect(database.index(), words);
    return effect;
  }

  /** Propagates the command although it changed no key. */
  public void propagateAnyway() {
    forced = true;
  }

  /** Suppresses the propagation of the command although it changed something. */
  public void propagateNothing() {
    replaced = true;
  }
}
