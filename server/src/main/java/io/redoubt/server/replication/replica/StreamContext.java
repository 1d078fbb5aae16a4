package io.redoubt.server.replication.replica;

import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.replication.group.Membership;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.state.SyncCounts;

/**
 * The stream that a replica follows, and the parts affected by its progress.
 *
 * @param file makes the applied stream durable
 * @param takeover ends once the next master has accepted this server as a replica
 * @param spillSpace buffers bytes of the stream received before the data set is loaded
 * @param changes changes the data set and the history
 */
public record StreamContext(
    ReplicationStream stream,
    Role role,
    AppendOnlyFile file,
    Membership membership,
    Takeover takeover,
    SyncCounts counts,
    SpillSpace spillSpace,
    ReplicaChanges changes) {}
