/**
 * Replication: a master's replicas and what they are fed, a replica's link to its master, and the
 * changes of role. What can be decided without a connection is in {@code stream}. Imports what it
 * feeds from and applies to: execution, snapshots, keyspace and the connections of {@code net}; it
 * is used by the commands and by the server that puts everything together.
 */
@NullMarked
package io.redoubt.server.replication;

import org.jspecify.annotations.NullMarked;
