/**
 * The migration of slots as a whole: the source sends the keys of the slots and the changes that
 * follow over a connection of its own, the target stages them in a database that clients don't see,
 * and takes the slots over with a new epoch. Start reading at {@link
 * io.redoubt.server.cluster.migration.SlotMigrations}.
 */
@NullMarked
package io.redoubt.server.cluster.migration;

import org.jspecify.annotations.NullMarked;
