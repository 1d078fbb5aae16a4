package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.net.Connection;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a client: its connection, who it is, what it is used for, when it was heard of.
 */
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

  /** The default user of {@code users}, without a connection yet. */
  Peer(long id, Users users, long nowMillis) {
    this.id = id;
    this.users = users;
    user = users.defaultUser();
    authenticated = users.allowsUnauthenticated();
    createdMillis = nowMillis;
    lastInteractionMillis = nowMillis;
  }

  // The connection.

  final void connectedBy(Connection newConnection) {
    connection = newConnection;
    flag(ClientFlag.UNIX_SOCKET, newConnection.isUnix());
  }

  /** The connection, null before there is one. */
  final @Nullable Connection connectionIfAny() {
    return connection;
  }

  /** The connection. */
  public final Connection connection() {
    Connection current = connection;
    if (current == null) {
      throw new IllegalStateException("client " + id + " has no connection");
    }
    return current;
  }

  /** The peer as {@code ip:port}, or the path of a Unix socket. */
  public final String address() {
    Connection current = connection;
    return current == null ? "?:0" : current.remoteAddress();
  }

  /** This end as {@code ip:port}. */
  public final String localAddress() {
    Connection current = connection;
    return current == null ? "?:0" : current.localAddress();
  }

  /** Whether it comes from this machine: a Unix socket or the loopback interface. */
  public final boolean isLocal() {
    Connection current = connection;
    return current == null || Admission.isLocal(current);
  }

  final int fd() {
    Connection current = connection;
    return current == null ? -1 : current.fd();
  }

  // Who it is.

  /** Its number, unique in this process, rising from 1. */
  public final long id() {
    return id;
  }

  /** Who it is. */
  public final User user() {
    return user;
  }

  /** What it says of itself. */
  public final ClientNames names() {
    return names;
  }

  /** Whether it may do more than authenticate. */
  public final boolean isAuthenticated() {
    return authenticated || users.allowsUnauthenticated();
  }

  /** Becomes that user, authenticated. */
  final void login(User as) {
    user = as;
    authenticated = true;
  }

  /** May do what its user may without having said a password. */
  final void trust() {
    authenticated = true;
  }

  /** The default user again, without a name and without what it has asked for. */
  final void forgetIdentity() {
    flag(ClientFlag.PUBSUB, false);
    flag(ClientFlag.MONITOR, false);
    flag(ClientFlag.NO_TOUCH, false);
    flag(ClientFlag.NO_EVICT, false);
    names.name(ByteString.EMPTY);
    user = users.defaultUser();
    authenticated = users.allowsUnauthenticated();
  }

  // What it is used for.

  /** Whether it has the flag. */
  public final boolean is(ClientFlag flag) {
    return (flags & flag.bit()) != 0;
  }

  /** Sets or clears a flag. */
  public final void flag(ClientFlag flag, boolean on) {
    flags = on ? flags | flag.bit() : flags & ~flag.bit();
  }

  /** The class that it belongs to now. */
  public final ClientType type() {
    if (is(ClientFlag.MASTER)) {
      return ClientType.MASTER;
    }
    if (is(ClientFlag.REPLICA) && !is(ClientFlag.MONITOR)) {
      return ClientType.REPLICA;
    }
    return is(ClientFlag.PUBSUB) ? ClientType.PUBSUB : ClientType.NORMAL;
  }

  /** Whether it is this server's master. */
  public final boolean isMaster() {
    return is(ClientFlag.MASTER);
  }

  /** Whether its reads leave the access clock of keys alone. */
  public final boolean isNoTouch() {
    return is(ClientFlag.NO_TOUCH);
  }

  // When it was heard of.

  /** Bytes have come from it. */
  final void heard(long nowMillis) {
    lastInteractionMillis = nowMillis;
  }

  /** The command that it ran last, or runs. */
  public final @Nullable Command<?> lastCommand() {
    return lastCommand;
  }

  /** Set by the dispatcher as soon as the command is known. */
  public final void lastCommand(Command<?> command) {
    lastCommand = command;
  }

  /** When it connected, wall clock in milliseconds. */
  public final long createdMillis() {
    return createdMillis;
  }

  /** When bytes came from it last, wall clock in milliseconds. */
  public final long lastInteractionMillis() {
    return lastInteractionMillis;
  }
}
