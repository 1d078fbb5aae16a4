package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Connection;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a client. A client has none before it is attached, for example while it
 * executes a file, and must not write to it after it has ended.
 */
final class ClientSocket {
  private @Nullable Connection connection;
  private boolean released;
  private boolean readingStopped;

  void attach(Connection newConnection) {
    connection = newConnection;
  }

  /** Returns the connection, even after the client has ended. */
  Connection connection() {
    Connection current = connection;
    if (current == null) {
      throw new IllegalStateException("the client has no connection");
    }
    return current;
  }

  /** Returns the connection; null before it is attached and after the client has ended. */
  @Nullable Connection open() {
    return released ? null : connection;
  }

  /** Records the end of the client. */
  void release() {
    released = true;
  }

  /** Returns true if the client has ended. */
  boolean isReleased() {
    return released;
  }

  /** Closes the connection, if there is one. */
  void close() {
    Connection current = connection;
    if (current != null && current.isOpen()) {
      current.close();
    }
  }

  /** Reads from now on, or not. */
  void setReading(boolean on) {
    Connection current = open();
    if (readingStopped == on && current != null) {
      readingStopped = !on;
      current.reading(on);
    }
  }

  /**
   * Permits a larger read.
   *
   * @param bytes the missing bytes of an argument
   * @param largeRequests true if large requests follow one another
   */
  void expect(long bytes, boolean largeRequests) {
    Connection current = connection;
    if (current != null) {
      current.expect(bytes, largeRequests);
    }
  }

  /** Returns the peer's address as {@code ip:port}, or the path of a Unix socket. */
  String remoteAddress() {
    Connection current = connection;
    return current == null ? "?:0" : current.remoteAddress();
  }

  /** Returns the local address as {@code ip:port}. */
  String localAddress() {
    Connection current = connection;
    return current == null ? "?:0" : current.localAddress();
  }

  /**
   * Returns true if it connects from this machine: over a Unix socket or the loopback interface.
   */
  boolean isLocal() {
    Connection current = connection;
    return current == null || isLocal(current);
  }

  static boolean isLocal(Connection connection) {
    if (connection.isUnix()) {
      return true;
    }
    InetSocketAddress remote = connection.remoteInetAddress();
    return remote != null && remote.getAddress() != null && remote.getAddress().isLoopbackAddress();
  }

  int fd() {
    Connection current = connection;
    return current == null ? -1 : current.fd();
  }
}
