package io.redoubt.sentinel.message;

/**
 * A replica's connection to its master.
 *
 * @param host the master's host as the replica reports it, empty for none
 * @param isUp true if the replica is connected
 * @param downMillis the time since the connection was lost
 */
public record MasterConnection(String host, int port, boolean isUp, long downMillis) {
  public Address address() {
    return new Address(host, port);
  }
}
