package io.redoubt.server.cluster.message;

import io.redoubt.protocol.bytes.IpAddress;

/**
 * The ports and, if known, the IP address of a node.
 *
 * @param ip in its canonical form, or an announced name; empty if unknown, so that a receiver uses
 *     the address of the connection
 * @param port the client port of the kind that the bus uses, with or without TLS
 * @param otherPort the client port of the other kind, 0 for none
 */
public record Endpoint(String ip, int port, int otherPort, int busPort) {
  /** Creates an endpoint from an address in any spelling. */
  public Endpoint {
    ip = IpAddress.canonical(ip);
  }

  /** Returns the same ports at another address. */
  public Endpoint at(String otherIp) {
    return ip.equals(otherIp) ? this : new Endpoint(otherIp, port, otherPort, busPort);
  }
}
