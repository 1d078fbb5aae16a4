package io.redoubt.server.client;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.keyspace.WatchedKeys;
import org.jspecify.annotations.Nullable;

/**
 * A client of the data server: adds the selected database, the transaction and watched keys to
 * {@link Client}.
 */
public final class ServerClient extends Client implements WatchedKeys.Watcher {
  /** Stands for the configured number of acknowledgements. */
  public static final int DEFAULT_WRITE_ACKS = Integer.MIN_VALUE;

  private final WatchedKeys watched;
  private final WatchedKeys.Watches watches = new WatchedKeys.Watches();
  private long watchBytes;
  private boolean outOfStep;
  private int databaseIndex;
  private @Nullable Transaction transaction;
  private boolean queuedMayReplicate;
  private boolean executing;
  private boolean inScript;
  private boolean debugsScripts;
  private boolean asking;
  private boolean staging;
  private boolean restoreProgress;
  private long writeOffset;
  private long appendedOffset;
  private int writeAcks = DEFAULT_WRITE_ACKS;
  private @Nullable Companion companion;

  /** Creates a client of {@code registry} that has selected database 0. */
  public ServerClient(ClientRegistry registry, WatchedKeys watched) {
    super(registry);
    this.watched = watched;
  }

  /** Marks a client after one of its writes has run out of memory half-way. */
  public void fellOutOfStep() {
    outOfStep = true;
  }

  /** Returns true if one of its writes failed half-way. */
  public boolean isOutOfStep() {
    return outOfStep;
  }

  @Override
  public long heapBytes() {
    return super.heapBytes() + watchBytes;
  }

  @Override
  public int databaseIndex() {
    return databaseIndex;
  }

  @Override
  public int nextDatabaseIndex() {
    Transaction queued = executing ? null : transaction;
    return queued == null ? databaseIndex : queued.databaseIndex();
  }

  /** Selects a database for the commands queued after it: a SELECT within MULTI. */
  public void queueDatabase(int index) {
    if (transaction != null) {
      transaction.selectDatabase(index);
    }
  }

  /** Selects a database (SELECT). */
  public void selectDatabase(int index) {
    databaseIndex = index;
  }

  /** Returns the commands queued since MULTI, or null outside of a transaction. */
  public @Nullable Transaction transaction() {
    return transaction;
  }

  /** Starts a transaction (MULTI). */
  public void beginTransaction() {
    transaction = new Transaction(context().memory(), databaseIndex);
    setFlag(ClientFlag.MULTI, true);
  }

  /**
   * Queues a request of the transaction.
   *
   * @param mayReplicate true if it may change data here and on replicas
   */
  public void queue(Request request, int refusals, boolean mayReplicate) {
    if (transaction != null) {
      transaction.queue(request, refusals);
      queuedMayReplicate |= mayReplicate;
    }
  }

  /** Ends the transaction, executed or not, and unwatches all keys. */
  public void endTransaction() {
    Transaction ended = detachTransaction();
    if (ended != null) {
      ended.release();
    }
  }

  /** Ends the transaction like {@link #endTransaction}; the caller releases the requests. */
  public @Nullable Transaction detachTransaction() {
    Transaction ended = transaction;
    if (ended != null) {
      transaction = null;
      queuedMayReplicate = false;
      setFlag(ClientFlag.MULTI, false);
    }
    unwatch();
    return ended;
  }

  public void unwatch() {
    watched.unwatchAll(this);
    setFlag(ClientFlag.DIRTY_WATCH, false);
  }

  @Override
  public WatchedKeys.Watches watches() {
    return watches;
  }

  @Override
  public void onWatchedKeyChange() {
    setFlag(ClientFlag.DIRTY_WATCH, true);
  }

  @Override
  public void setWatchBytes(long heapBytes) {
    watchBytes = heapBytes;
  }

  /** Returns true if the next EXEC must fail because a watched key changed. */
  public boolean isWatchedKeyChanged() {
    return is(ClientFlag.DIRTY_WATCH);
  }

  /** Marks the execution of queued commands by EXEC, during which nothing may block. */
  public void setInExec(boolean in) {
    executing = in;
  }

  /** Returns true if EXEC is running the queued commands. */
  public boolean isInExec() {
    return executing;
  }

  /** Marks the execution of a script of this client, during which nothing may block. */
  public void setInScript(boolean in) {
    inScript = in;
  }

  public boolean isInScript() {
    return inScript;
  }

  /** Returns true within EXEC or a script, where time stands still. */
  public boolean isInUnit() {
    return executing || inScript;
  }

  /** Sets whether the next script of this client is debugged, for SCRIPT DEBUG. */
  public void setDebugsScripts(boolean on) {
    debugsScripts = on;
  }

  /** Returns true if the next script of this client is debugged. */
  public boolean debugsScripts() {
    return debugsScripts;
  }

  @Override
  protected boolean deniesBlocking() {
    return isInUnit();
  }

  @Override
  public int queuedCommands() {
    return transaction == null ? -1 : transaction.count();
  }

  @Override
  public long queuedCommandBytes() {
    return transaction == null ? 0 : transaction.sizeBytes();
  }

  @Override
  protected long transactionBytes() {
    return transaction == null ? 0 : transaction.memoryBytes();
  }

  @Override
  public boolean mayReplicate(Command<?> command) {
    return super.mayReplicate(command) || (queuedMayReplicate && command.name().equals("exec"));
  }

  @Override
  protected String aclContext() {
    if (inScript) {
      return "lua";
    }
    return transaction != null || executing ? "multi" : super.aclContext();
  }

  @Override
  protected void onReset() {
    endTransaction();
    databaseIndex = 0;
    staging = false;
    debugsScripts = false;
    asking = false;
    restoreProgress = false;
    setFollowsRedirects(false);
    setFlag(ClientFlag.READONLY, false);
    writeAcks = DEFAULT_WRITE_ACKS;
  }

  /** Sets whether its next command may use a hash slot that is imported (ASKING). */
  public void setAsking(boolean on) {
    asking = on;
  }

  /** Returns true if its next command may use a hash slot that is imported. */
  public boolean isAsking() {
    return asking;
  }

  /**
   * Makes this client the source of a slot migration: its commands change the staged databases,
   * with the rights of a master.
   *
   * @param stagedDatabase the first of them
   */
  public void stageInto(int stagedDatabase) {
    staging = true;
    databaseIndex = stagedDatabase;
  }

  /** Ends {@link #stageInto}. */
  public void endStaging() {
    staging = false;
    databaseIndex = 0;
  }

  /** Returns true if its commands change the staged databases. */
  public boolean isStaging() {
    return staging;
  }

  /** Sets whether newlines precede the reply of a long RESTORE (CLIENT CAPA). */
  public void setWantsRestoreProgress(boolean on) {
    restoreProgress = on;
  }

  /** Returns true if newlines may precede the reply of a RESTORE, as signs of life. */
  public boolean wantsRestoreProgress() {
    return restoreProgress;
  }

  /** Returns true if READONLY permits the client to run a command on a replica. */
  public boolean mayStayOnReplica(Command<?> command) {
    return is(ClientFlag.READONLY) && command.has(Flag.READONLY);
  }

  /** Returns the replication offset after the client's last write, which WAIT waits for. */
  public long writeOffset() {
    return writeOffset;
  }

  /** Returns the offset in the append-only file after the client's last write. */
  public long appendedOffset() {
    return appendedOffset;
  }

  /**
   * Records the offsets after its last write.
   *
   * @param streamOffset the offset of the replication stream, -1 if it did not get the write
   * @param appended the offset of the append-only file, -1 if it did not get the write
   */
  public void setWrittenOffsets(long streamOffset, long appended) {
    if (streamOffset >= 0) {
      writeOffset = streamOffset;
    }
    if (appended >= 0) {
      appendedOffset = appended;
    }
  }

  /**
   * Returns the number of replicas that must acknowledge its writes, as the directive {@code
   * write-acks} has it, or {@link #DEFAULT_WRITE_ACKS}.
   */
  public int writeAcks() {
    return writeAcks;
  }

  /** Sets the number of replicas that must acknowledge its writes (CLIENT WRITE-ACKS). */
  public void setWriteAcks(int replicas) {
    writeAcks = replicas;
  }

  /** Sets the observer of output and disconnection, or null for none. */
  public void setCompanion(@Nullable Companion newCompanion) {
    companion = newCompanion;
  }

  @Override
  public void onWritable(Connection connection) {
    super.onWritable(connection);
    if (companion != null) {
      companion.onWritable();
    }
  }

  @Override
  protected void onReleased() {
    endTransaction();
    if (companion != null) {
      companion.onRelease();
    }
  }
}
