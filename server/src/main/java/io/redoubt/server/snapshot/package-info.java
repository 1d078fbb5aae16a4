/**
 * Snapshots without fork: the walk over the keyspace between commands, the thread that compresses
 * and writes, SAVE, BGSAVE and save points, DUMP. What is saved of large values, and how, is told
 * by {@link io.redoubt.server.snapshot.LargeValues}. Imports the store (to walk it) and the
 * persistence formats; the loop, the clock and the settings come in as interfaces, so that it knows
 * no network and no configuration file.
 */
@NullMarked
package io.redoubt.server.snapshot;

import org.jspecify.annotations.NullMarked;
