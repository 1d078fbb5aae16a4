package io.redoubt.server.settings;

/**
 * Where a server listens.
 *
 * @param host a name or an address
 * @param port from 0 to 65535
 */
public record HostPort(String host, int port) {}
