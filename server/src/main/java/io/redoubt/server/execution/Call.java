package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.command.SlicedReply;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Type;
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
 * A command in execution: its arguments, its client, the target of its reply, the database, and its
 * changes. Handlers reach everything else through this object. A server has one instance, reused
 * for every command.
 */
public final class Call extends KeyCall {
  private static final CommandError NO_FIELD_EXPIRY =
      new CommandError("ERR hash fields can't expire: hash-field-expiry is set to no");

  private final ServerDirectives settings;
  private final KeyObservers observers;
  private final Propagation propagation;
  private final LongConsumer changeCounter;
  private final ScriptFlags scripts;

  private final Effect effect;
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
    super(values, events, stats);
    this.settings = settings;
    this.observers = observers;
    this.propagation = propagation;
    this.changeCounter = changeCounter;
    this.scripts = scripts;
    this.effect = new Effect(this, propagation.writer());
  }

  Propagation propagation() {
    return propagation;
  }

  KeyObservers observers() {
    return observers;
  }

  /** Starts a call of another command with a reply to the given writer. */
  @Override
  void begin(ServerClient client, Request request, Command<?> command, ReplyWriter reply) {
    super.begin(client, request, command, reply);
    Type unused = keyspace.takeReplaced(); // of a change without such an event
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
      propagation.verbatim(database().index(), request());
    }
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

  /** Returns true if the user may read all keys with this command. */
  public boolean mayReadAllKeys() {
    ServerClient client = client();
    return client.isMaster()
        || client.user().readsAllKeys(command(), request(), client.databaseIndex());
  }

  // Changes.

  /**
   * Reports a change of the key in argument {@code keyArg}: counts {@code changes}, fails the
   * transactions that watch the key, publishes the event, and propagates the command.
   */
  public void recordChange(int keyArg, KeyEvent event, long changes) {
    recordChange(database(), keyArg, event, changes);
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
    observers.onChanged(client(), database(), argAddress(keyArg), argLength(keyArg));
  }

  /**
   * Reports a change that is not limited to single keys; the command is propagated even if nothing
   * changed.
   */
  public void recordFullChange(long changes) {
    changed = true;
    changeCounter.accept(changes);
  }

  /** Sets a key to a value unless it exists, without an event; for tests. */
  public void putIfAbsent(byte[] key, byte[] value) {
    long address = stage(key);
    if (database().findLive(address, key.length) == Entry.NONE) {
      put(address, key.length, value, Entry.NO_EXPIRY);
      recordFullChange(1);
    }
    freeStaged(address, key);
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
    observers.blocked().await(this, client(), database(), wish, firstKeyArg, keys);
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
    observers.blocked().mark(database(), argAddress(keyArg), argLength(keyArg));
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
    observers.watched().watch(client(), database(), argAddress(i), argLength(i));
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
    propagation.effect(database().index(), words);
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
    propagation.newerEffect(database().index(), words);
    return effect;
  }

  /**
   * Like {@link #propagateAsNewer}, for a command without which the data is complete: Redis 7.2
   * skips it in an append-only file, too.
   */
  public Effect propagateAsOptional(int words) {
    replaced = true;
    propagation.optionalEffect(database().index(), words);
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
