package io.redoubt.server.replication;

import io.redoubt.protocol.process.Environment;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.replication.input.MasterConnector;
import io.redoubt.server.settings.ServerDirectives;

/**
 * The parts of a replica that its link to the master and each connection attempt work with.
 *
 * @param connector opens the connection
 * @param clients create the client that applies the stream
 * @param dataSet replaced by the master's
 * @param following the stream that is followed
 */
record LinkParts(
    Environment environment,
    ServerDirectives settings,
    MasterConnector connector,
    ServerClients clients,
    ReplicatedDataSet dataSet,
    ServerState state,
    StreamContext following) {}
