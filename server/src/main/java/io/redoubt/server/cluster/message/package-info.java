/**
 * The messages of the cluster bus, compatible with Redis 7.2, and their layout in bytes. Start
 * reading at {@link io.redoubt.server.cluster.message.Message}; the offsets are in {@code Layout}.
 *
 * <p>Imports byte strings and slot sets only, no connection and no cluster state.
 */
@NullMarked
package io.redoubt.server.cluster.message;

import org.jspecify.annotations.NullMarked;
