/**
 * Clients: one connection's requests, replies, limits and life; the registry of all; and the
 * command groups that every Redis-speaking process has (connection, pub/sub, ACL).
 *
 * <p>May import everything of {@code protocol}: this is where bytes from the network meet commands.
 * The data server and the sentinel build on it, each with its own dispatcher.
 */
@NullMarked
package io.redoubt.protocol.session;

import org.jspecify.annotations.NullMarked;
