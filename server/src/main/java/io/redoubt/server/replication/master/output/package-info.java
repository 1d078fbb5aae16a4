/**
 * The output to one replica: its socket, its limits, and a snapshot sent while it is created. Start
 * reading at {@link io.redoubt.server.replication.master.output.ReplicaOutput}. Has no access to
 * other replicas or to the state of replication.
 */
@NullMarked
package io.redoubt.server.replication.master.output;

import org.jspecify.annotations.NullMarked;
