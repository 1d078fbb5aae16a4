/**
 * The routing of a cluster node: the requests it executes itself, and the redirections and errors
 * for all others. Imports the state machine for reading; no command and no keyspace.
 */
@NullMarked
package io.redoubt.server.cluster.routing;

import org.jspecify.annotations.NullMarked;
