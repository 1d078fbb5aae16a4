package io.redoubt.server.settings;

import io.redoubt.protocol.bytes.IpAddress;

/**
 * A host and a port.
 *
 * @param host a name or an address in any spelling
 * @param port from 0 to 65535
 */
public record HostPort(String host, int port) {
  /** Returns true if both texts denote the same endpoint. Does not resolve names. */
  public boolean isSamePlace(HostPort other) {
    return port == other.port && IpAddress.same(host, other.host);
  }
}
