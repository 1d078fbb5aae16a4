/**
 * Clients: the requests, replies, limits and life cycle of a connection, and the registry of all.
 * The input of one client is in {@code input}, its wait in {@code blocking}; the command groups
 * common to all processes are in {@code command}.
 *
 * <p>May import every package of {@code protocol} except {@code launch}: this is where network
 * input meets commands. The data server and the sentinel build on it, each with its own dispatcher.
 * Start reading at {@link io.redoubt.protocol.session.Client} and {@link
 * io.redoubt.protocol.session.ClientRegistry}.
 */
@NullMarked
package io.redoubt.protocol.session;

import org.jspecify.annotations.NullMarked;
