package io.redoubt.server.replication.replica;

import io.redoubt.protocol.process.Environment;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.settings.ServerDirectives;

/**
 * The dependencies of a replica's link to its master and of each connection attempt.
 *
 * @param connector opens the connection
 * @param clients creates the client that applies the stream
 * @param dataSet the data set replaced by the master's
 * @param following the stream being followed
 */
public record LinkParts(
    Environment environment,
    ServerDirectives settings,
    MasterConnector connector,
    ServerClients clients,
    ReplicatedDataSet dataSet,
    ServerState state,
    StreamContext following) {}
