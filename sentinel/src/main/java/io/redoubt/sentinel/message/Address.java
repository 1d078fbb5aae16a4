package io.redoubt.sentinel.message;

/**
 * The address of a process.
 *
 * @param host an IP address, or a name where names are allowed
 * @param port the TCP port
 */
public record Address(String host, int port) {
  /** Returns {@code host:port}, which is also Sentinel's name of a replica. */
  @Override
  public String toString() {
    return host + ":" + port;
  }
}
