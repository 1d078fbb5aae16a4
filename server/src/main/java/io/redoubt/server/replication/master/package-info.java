/**
 * A master's side of replication: its replicas, their feeds, full syncs, and the clients that wait
 * for acknowledgements. Start reading at {@link io.redoubt.server.replication.master.Replicas}.
 * Knows neither the link to a master nor the group.
 */
@NullMarked
package io.redoubt.server.replication.master;

import org.jspecify.annotations.NullMarked;
