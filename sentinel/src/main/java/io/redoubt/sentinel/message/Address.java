package io.redoubt.sentinel.message;

import io.redoubt.protocol.bytes.IpAddress;

/**
 * The address of a process.
 *
 * @param host an IP address in its canonical form, or a name where names are allowed
 */
public record Address(String host, int port) {
  /** Creates an address from a host in any spelling. */
  public Address {
    host = IpAddress.canonical(host);
  }

  /** Returns true if both denote the same host and port; names are compared, not resolved. */
  public boolean isSamePlace(Address other) {
    return port == other.port && IpAddress.same(host, other.host);
  }

  /**
   * Returns {@code host:port} or {@code [ipv6]:port}, which is also Sentinel's name of a replica.
   */
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
