/**
 * Clients: the requests, replies, limits and life cycle of a connection; the registry of all; and
 * the command groups common to all processes (connection, pub/sub, ACL).
 *
 * <p>May import every package of {@code protocol} except {@code launch}: this is where network
 * input meets commands. The data server and the sentinel build on it, each with its own dispatcher.
 * Start reading at {@link io.redoubt.protocol.session.Client} and {@link
 * io.redoubt.protocol.session.ClientRegistry}.
 */
@NullMarked
package io.redoubt.protocol.session;

import org.jspecify.annotations.NullMarked;
