/**
 * The messages of the cluster bus of Redis 7.2 and their layout in bytes. Start reading at {@link
 * io.redoubt.server.cluster.message.Message}; the offsets are in {@code Layout}.
 *
 * <p>Imports byte strings and sets of slots only: no connection, no state of the cluster.
 */
@NullMarked
package io.redoubt.server.cluster.message;

import org.jspecify.annotations.NullMarked;
