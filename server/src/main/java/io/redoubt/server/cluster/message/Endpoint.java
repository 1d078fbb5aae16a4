package io.redoubt.server.cluster.message;

/**
 * The ports and, if known, the IP address of a node.
 *
 * @param ip empty if unknown: the receiver then takes the address of the connection
 * @param port the port for clients, of the kind that the bus uses: with or without TLS
 * @param otherPort the port for clients of the other kind, 0 for none
 * @param busPort the port of the bus
 */
public record Endpoint(String ip, int port, int otherPort, int busPort) {
  /** Returns the same ports at another address. */
  public Endpoint at(String otherIp) {
    return ip.equals(otherIp) ? this : new Endpoint(otherIp, port, otherPort, busPort);
  }
}
