/**
 * Hash slots: the slot of a key, and sets of slots. Imports nothing: keyspace, bus and core of the
 * cluster share it.
 */
@NullMarked
package io.redoubt.server.cluster.slot;

import org.jspecify.annotations.NullMarked;
