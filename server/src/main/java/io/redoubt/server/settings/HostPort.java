package io.redoubt.server.settings;

/**
 * A host and a port.
 *
 * @param host a name or an address
 * @param port from 0 to 65535
 */
public record HostPort(String host, int port) {}
