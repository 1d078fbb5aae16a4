package io.redoubt.server.replication;

import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.replication.spill.SpillSpace;

/**
 * The stream that a replica follows, and the parts affected by its progress.
 *
 * @param file makes the applied stream durable
 * @param failover ends once the next master has accepted this server as a replica
 * @param spillSpace buffers bytes of the stream received before the data set is loaded
 * @param changes changes the data set and the history
 */
record StreamContext(
    ReplicationStream stream,
    Role role,
    AppendOnlyFile file,
    Membership membership,
    Failover failover,
    SyncCounts counts,
    SpillSpace spillSpace,
    ReplicaChanges changes) {}
