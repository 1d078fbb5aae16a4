/**
 * The output to one replica: its socket, its limits, and a snapshot that is sent while it is
 * created. Start reading at {@link io.redoubt.server.replication.output.ReplicaOutput}. Knows no
 * other replica and no state of replication.
 */
@NullMarked
package io.redoubt.server.replication.output;

import org.jspecify.annotations.NullMarked;
