package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.net.Connection;
import org.jspecify.annotations.Nullable;

/** The identity of a client: its connection, user, role and activity. */
public abstract class Peer {
  private final long id;
  private final Users users;
  private final ClientNames names = new ClientNames();
  private final long createdMillis;

  private @Nullable Connection connection;
  private User user;
  private boolean authenticated;
  private @Nullable Command<?> lastCommand;
  private int flags;
  private long lastInteractionMillis;

  /** Creates a peer as the default user of {@code users}, without a connection. */
  Peer(long id, Users users, long nowMillis) {
    this.id = id;
    this.users = users;
    user = users.defaultUser();
    authenticated = users.allowsUnauthenticated();
    createdMillis = nowMillis;
    lastInteractionMillis = nowMillis;
  }

  // ---- connection

  final void connectedBy(Connection newConnection) {
    connection = newConnection;
    flag(ClientFlag.UNIX_SOCKET, newConnection.isUnix());
  }

  /** Returns the connection, null before it is attached. */
  final @Nullable Connection connectionIfAny() {
    return connection;
  }

  /** Returns the connection. */
  public final Connection connection() {
    Connection current = connection;
    if (current == null) {
      throw new IllegalStateException("client " + id + " has no connection");
    }
    return current;
  }

  /** Returns the peer's address as {@code ip:port}, or the path of a Unix socket. */
  public final String address() {
    Connection current = connection;
    return current == null ? "?:0" : current.remoteAddress();
  }

  /** Returns the local address as {@code ip:port}. */
  public final String localAddress() {
    Connection current = connection;
    return current == null ? "?:0" : current.localAddress();
  }

  /**
   * Returns true if it connects from this machine: over a Unix socket or the loopback interface.
   */
  public final boolean isLocal() {
    Connection current = connection;
    return current == null || Admission.isLocal(current);
  }

  final int fd() {
    Connection current = connection;
    return current == null ? -1 : current.fd();
  }

  // ---- identity

  /** Returns the id, unique in this process, increasing from 1. */
  public final long id() {
    return id;
  }

  /** Returns the user. */
  public final User user() {
    return user;
  }

  /** Returns the names that the client has set. */
  public final ClientNames names() {
    return names;
  }

  /** Returns true if the client is authenticated. */
  public final boolean isAuthenticated() {
    return authenticated || users.allowsUnauthenticated();
  }

  /** Authenticates the client as a user. */
  final void setUser(User as) {
    user = as;
    authenticated = true;
  }

  /** Marks the client as authenticated without a password. */
  final void setAuthenticated() {
    authenticated = true;
  }

  /** Resets the user, the names and the requested options. */
  final void resetIdentity() {
    flag(ClientFlag.PUBSUB, false);
    if (is(ClientFlag.MONITOR)) {
      flag(ClientFlag.MONITOR, false);
      flag(ClientFlag.REPLICA, false);
    }
    flag(ClientFlag.NO_TOUCH, false);
    flag(ClientFlag.NO_EVICT, false);
    names.name(ByteString.EMPTY);
    user = users.defaultUser();
    authenticated = users.allowsUnauthenticated();
  }

  // ---- role

  /** Returns true if it has the flag. */
  public final boolean is(ClientFlag flag) {
    return (flags & flag.bit()) != 0;
  }

  /** Sets or clears a flag. */
  public final void flag(ClientFlag flag, boolean on) {
    flags = on ? flags | flag.bit() : flags & ~flag.bit();
  }

  /** Makes it a monitor. Pauses treat a monitor like a replica, hence the second flag. */
  public final void becomeMonitor() {
    flag(ClientFlag.REPLICA, true);
    flag(ClientFlag.MONITOR, true);
  }

  /** Returns its current class. */
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
  public final void lastCommand(Command<?> command) {
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
}
