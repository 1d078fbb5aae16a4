/**
 * Hash slots: the slot of a key, and sets of slots. Imports nothing, since the keyspace, the bus
 * and the core of the cluster all use it.
 */
@NullMarked
package io.redoubt.server.cluster.slot;

import org.jspecify.annotations.NullMarked;
