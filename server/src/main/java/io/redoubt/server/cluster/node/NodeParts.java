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
import io.redoubt.server.cluster.migration.MigrationParts;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.replication.ReplicationParts;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.settings.ServerDirectives;

/**
 * The dependencies of a cluster node.
 *
 * @param names the resolver of host names, called on separate threads
 */
public record NodeParts(
    MigrationParts.Network network,
    MigrationParts.SlotData data,
    Disk disk,
    Threads threads,
    NameLookup names,
    SlotRoutes routes,
    ReplicatedDataSet dataSet,
    ReplicationParts replication) {
  ServerDirectives settings() {
    return network.settings();
  }

  Environment environment() {
    return network.environment();
  }

  Clock clock() {
    return environment().clock();
  }

  Log log() {
    return environment().log();
  }

  Transport transport() {
    return network.transport();
  }

  TlsSettings tls() {
    return network.tls();
  }

  Keyspace keyspace() {
    return data.keyspace();
  }

  Propagation propagation() {
    return data.propagation();
  }

  CommandDispatcher dispatcher() {
    return data.dispatcher();
  }

  ServerClients clients() {
    return data.clients();
  }
}
