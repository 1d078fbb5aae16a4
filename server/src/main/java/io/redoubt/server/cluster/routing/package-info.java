/**
 * The redirections of a cluster node: which requests it executes itself, and what it tells clients
 * of the others. Imports the state machine for reading; no command and no keyspace.
 */
@NullMarked
package io.redoubt.server.cluster.routing;

import org.jspecify.annotations.NullMarked;
