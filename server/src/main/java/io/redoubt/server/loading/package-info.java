/**
 * Loading an RDB into the keyspace: a file at the start, a master's stream, the payload of RESTORE.
 * Imports the store and the reader; disk, clock, turns of the loop and settings come from the
 * snapshots' context, so the package depends on no network and no configuration file. Nothing that
 * saves imports it.
 */
@NullMarked
package io.redoubt.server.loading;

import org.jspecify.annotations.NullMarked;
