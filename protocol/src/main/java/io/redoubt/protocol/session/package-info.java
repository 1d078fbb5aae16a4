/**
 * Clients: the requests, replies, limits and life cycle of a connection, and the registry of all.
 * The input of one client is in {@code input}, its wait in {@code blocking}; the command groups
 * common to all processes are in {@code command}.
 *
 * <p>The classes are in floors, each of which knows only those below it: {@code ClientContext},
 * which clients share; {@code ClientSession} (user, names, subscriptions), {@code BlockableSession}
 * (waits and pauses) and {@code ConnectedSession} (input, and output by {@code Delivery}); {@code
 * Client}; {@code Turn}, which conducts the requests of all clients; {@code ClientRegistry}.
 *
 * <p>May import every package of {@code protocol} except {@code launch}: this is where network
 * input meets commands. The data server and the sentinel build on it, each with its own dispatcher.
 * Start reading at {@link io.redoubt.protocol.session.Turn} and {@link
 * io.redoubt.protocol.session.Client}.
 */
@NullMarked
package io.redoubt.protocol.session;

import org.jspecify.annotations.NullMarked;
