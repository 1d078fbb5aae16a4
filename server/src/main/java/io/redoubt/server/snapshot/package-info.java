/**
 * Snapshots without fork: the walk over the keyspace between commands, the thread that compresses
 * and writes, SAVE, BGSAVE and save points. Start reading at {@link
 * io.redoubt.server.snapshot.Snapshots}. Imports the store (to walk it) and the persistence
 * formats; the loop, the clock and the settings are interfaces, so the package depends on neither
 * the network nor the configuration.
 */
@NullMarked
package io.redoubt.server.snapshot;

import org.jspecify.annotations.NullMarked;
