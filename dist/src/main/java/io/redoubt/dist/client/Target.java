package io.redoubt.dist.client;

import org.jspecify.annotations.Nullable;

/**
 * A server and the state that a connection to it starts with.
 *
 * @param host host name or address
 * @param socket a Unix socket in place of host and port, or null
 * @param user the user to log in as, or null for the default user
 * @param password the password, or null to skip AUTH
 * @param protocol 2 or 3, or 0 if the user chose none
 * @param tls encrypts the connection; null for none
 */
public record Target(
    String host,
    int port,
    @Nullable String socket,
    @Nullable String user,
    @Nullable String password,
    int database,
    int protocol,
    @Nullable TlsOptions tls) {

  /** Returns a copy with another address. */
  public Target at(String otherHost, int otherPort) {
    return new Target(otherHost, otherPort, null, user, password, database, protocol, tls);
  }

  /** Returns a copy with another database. */
  public Target withDatabase(int other) {
    return new Target(host, port, socket, user, password, other, protocol, tls);
  }

  /** Returns a copy with another login. */
  public Target withLogin(@Nullable String otherUser, @Nullable String otherPassword) {
    return new Target(host, port, socket, otherUser, otherPassword, database, protocol, tls);
  }

  /** Returns a copy with another protocol version. */
  public Target withProtocol(int other) {
    return new Target(host, port, socket, user, password, database, other, tls);
  }

  /** Returns the address as messages show it: {@code host:port} or the socket. */
  public String address() {
    if (socket != null) {
      return socket;
    }
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
