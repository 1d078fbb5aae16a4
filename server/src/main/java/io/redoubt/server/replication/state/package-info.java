/**
 * The state shared by all sides of replication: the role, the stream of this server with its
 * history and backlog, the data set that is sent or replaced, and the counts of synchronizations.
 * Start reading at {@link io.redoubt.server.replication.state.Role} and {@link
 * io.redoubt.server.replication.state.ReplicationStream}. Knows no connection.
 */
@NullMarked
package io.redoubt.server.replication.state;

import org.jspecify.annotations.NullMarked;
