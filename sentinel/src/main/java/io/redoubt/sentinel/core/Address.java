package io.redoubt.sentinel.core;

/**
 * Where a process listens.
 *
 * @param host an IP address, or a name where the owner allows names
 * @param port its TCP port
 */
public record Address(String host, int port) {
  /** Gives {@code host:port}, which is also how Sentinel names replicas. */
  @Override
  public String toString() {
    return host + ":" + port;
  }
}
