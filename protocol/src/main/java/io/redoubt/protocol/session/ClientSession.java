package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.pubsub.Subscriptions;
import org.jspecify.annotations.Nullable;

/**
 * The session of a client: its user, names, role, subscriptions, client-side caching and activity.
 * It has no connection.
 */
public abstract class ClientSession {
  private static final long MAY_REPLICATE = Flag.WRITE.bit() | Flag.MAY_REPLICATE.bit();

  private final long id;
  private final Users users;
  private final ClientNames names = new ClientNames();
  private final Subscriptions subscriptions = new Subscriptions();
  private final long createdMillis;

  private User user;
  private boolean authenticated;
  private @Nullable Command<?> lastCommand;
  private int flags;
  private long lastInteractionMillis;
  private @Nullable Tracking tracking;
  private boolean followsRedirects;

  /** Creates the session of the default user of {@code users}. */
  ClientSession(long id, Users users, long nowMillis) {
    this.id = id;
    this.users = users;
    user = users.defaultUser();
    authenticated = users.allowsUnauthenticated();
    createdMillis = nowMillis;
    lastInteractionMillis = nowMillis;
  }

  // ---- identity

  /** Returns the id, unique in this process, increasing from 1. */
  public final long id() {
    return id;
  }

  public final User user() {
    return user;
  }

  public final ClientNames names() {
    return names;
  }

  public final boolean isAuthenticated() {
    return authenticated || users.allowsUnauthenticated();
  }

  final void setUser(User as) {
    user = as;
    authenticated = true;
  }

  /** Marks the client as authenticated without a password. */
  final void setAuthenticated() {
    authenticated = true;
  }

  /** Returns true if a replica may redirect the client to its master (CLIENT CAPA redirect). */
  public final boolean followsRedirects() {
    return followsRedirects;
  }

  /** Sets whether a replica may redirect the client to its master. */
  public final void setFollowsRedirects(boolean on) {
    followsRedirects = on;
  }

  /** Resets the user, the names and the requested options. */
  final void resetIdentity() {
    setFlag(ClientFlag.PUBSUB, false);
    if (is(ClientFlag.MONITOR)) {
      setFlag(ClientFlag.MONITOR, false);
      setFlag(ClientFlag.REPLICA, false);
    }
    setFlag(ClientFlag.NO_TOUCH, false);
    setFlag(ClientFlag.NO_EVICT, false);
    names.setName(ByteString.EMPTY);
    user = users.defaultUser();
    authenticated = users.allowsUnauthenticated();
  }

  // ---- role

  public final boolean is(ClientFlag flag) {
    return (flags & flag.bit()) != 0;
  }

  /** Sets or clears a flag. */
  public final void setFlag(ClientFlag flag, boolean on) {
    flags = on ? flags | flag.bit() : flags & ~flag.bit();
  }

  /** Makes it a monitor. Pauses treat a monitor like a replica, hence the second flag. */
  public final void becomeMonitor() {
    setFlag(ClientFlag.REPLICA, true);
    setFlag(ClientFlag.MONITOR, true);
  }

  public final ClientType type() {
    if (is(ClientFlag.MASTER)) {
      return ClientType.MASTER;
    }
    if (is(ClientFlag.REPLICA) && !is(ClientFlag.MONITOR)) {
      return ClientType.REPLICA;
    }
    return is(ClientFlag.PUBSUB) ? ClientType.PUBSUB : ClientType.NORMAL;
  }

  /** Returns true if it is this server's master. */
  public final boolean isMaster() {
    return is(ClientFlag.MASTER);
  }

  /** Returns true if its reads do not update the access time of keys. */
  public final boolean isNoTouch() {
    return is(ClientFlag.NO_TOUCH);
  }

  // ---- subscriptions and client-side caching

  /** Returns its subscriptions, always the same object. */
  public final Subscriptions subscriptions() {
    return subscriptions;
  }

  /** Updates the flag for subscriptions; must be called after they changed. */
  public final void onSubscriptionsChange() {
    setFlag(ClientFlag.PUBSUB, subscriptions.total() > 0);
  }

  /** Returns its client-side caching, or null if that is off. */
  public final @Nullable Tracking tracking() {
    return tracking;
  }

  final void setTracking(@Nullable Tracking current) {
    tracking = current;
    setFlag(ClientFlag.TRACKING, current != null);
    setFlag(ClientFlag.TRACKING_BROADCAST, current != null && current.mode().broadcast());
    setFlag(ClientFlag.TRACKING_BROKEN, false);
  }

  /** Returns true if the keys read by the running command must be tracked. */
  public final boolean remembersReads() {
    return tracking != null && tracking.remembersReads();
  }

  /** Returns the id of the client that receives its invalidations: 0 for itself, -1 for none. */
  public final long redirectId() {
    return tracking == null ? -1 : tracking.mode().redirectId();
  }

  /** Returns an estimate of the Java heap that subscriptions and caching take, in bytes. */
  final long sessionHeapBytes() {
    return subscriptions.heapBytes() + (tracking == null ? 0 : tracking.heapBytes());
  }

  // ---- activity

  /** Records the time of received bytes. */
  final void recordInput(long nowMillis) {
    lastInteractionMillis = nowMillis;
  }

  /** Returns the last or running command. */
  public final @Nullable Command<?> lastCommand() {
    return lastCommand;
  }

  /** Sets the running command; called by the dispatcher once it is found. */
  public final void setLastCommand(Command<?> command) {
    lastCommand = command;
  }

  /** Returns the time of the connection, wall clock in milliseconds. */
  public final long createdMillis() {
    return createdMillis;
  }

  /** Returns the time of the last input, wall clock in milliseconds. */
  public final long lastInteractionMillis() {
    return lastInteractionMillis;
  }

  // ---- state of the server

  public int databaseIndex() {
    return 0;
  }

  /**
   * Returns the database in which the next request would run: within MULTI, the one that the last
   * queued SELECT names.
   */
  public int nextDatabaseIndex() {
    return databaseIndex();
  }

  /** Returns the number of commands queued for EXEC, -1 outside of MULTI. */
  public int queuedCommands() {
    return -1;
  }

  /** Returns the size of the commands queued for EXEC, in bytes. */
  public long queuedCommandBytes() {
    return 0;
  }

  /** Returns the memory of the transaction, in bytes. */
  protected long transactionBytes() {
    return 0;
  }

  /**
   * Returns true if the command may change data here and on replicas. EXEC may if a queued command
   * may.
   */
  protected boolean mayReplicate(Command<?> command) {
    return (command.flags() & MAY_REPLICATE) != 0;
  }

  /**
   * Returns the execution context for the ACL log: {@code toplevel}, {@code multi} or {@code lua}.
   */
  protected String aclContext() {
    return "toplevel";
  }

  /** Resets the state of the subclass, for RESET; the caller resets the shared part. */
  protected void onReset() {}
}
