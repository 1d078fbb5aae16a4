/**
 * The way from the bytes of an RDB into the keyspace: a file at the start, a master's stream, the
 * payload of RESTORE. Imports the store, to fill it, and the reader; what surrounds it (disk,
 * clock, turns of the loop, settings) is the snapshots' context, so that it knows no network and no
 * configuration file either. Nothing that saves imports it.
 */
@NullMarked
package io.redoubt.server.loading;

import org.jspecify.annotations.NullMarked;
