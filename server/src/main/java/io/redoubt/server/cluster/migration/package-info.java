/**
 * Atomic slot migration: the source sends the keys of the slots and their changes over a connection
 * of its own, and the target stages them in a database that clients don't see and takes over all
 * slots at once with a new epoch. Start reading at {@link
 * io.redoubt.server.cluster.migration.SlotMigrations}.
 */
@NullMarked
package io.redoubt.server.cluster.migration;

import org.jspecify.annotations.NullMarked;
