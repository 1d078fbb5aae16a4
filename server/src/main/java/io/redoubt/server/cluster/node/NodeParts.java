package io.redoubt.server.cluster.node;

import io.redoubt.persistence.io.Disk;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.KeyEffects;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.replication.ReplicatedDataSet;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.Values;
import java.util.function.IntSupplier;

/**
 * The dependencies of a cluster node.
 *
 * @param names the resolver of host names, called on separate threads
 * @param port returns the port that the server listens on for clients without TLS, 0 for none
 */
public record NodeParts(
    ServerDirectives settings,
    Environment environment,
    Transport transport,
    Disk disk,
    Threads threads,
    NameLookup names,
    TlsSettings tls,
    IntSupplier port,
    Keyspace keyspace,
    Values values,
    KeyEffects effects,
    Propagation propagation,
    CommandDispatcher dispatcher,
    ServerClients clients,
    ReplicatedDataSet dataSet,
    Replication replication) {
  Clock clock() {
    return environment.clock();
  }

  Log log() {
    return environment.log();
  }
}
