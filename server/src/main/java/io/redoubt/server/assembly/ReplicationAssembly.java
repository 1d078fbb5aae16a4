package io.redoubt.server.assembly;

import io.redoubt.protocol.launch.Listeners;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.client.MigrationTargets;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.migration.MigrationParts;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.node.NodeParts;
import io.redoubt.server.lifecycle.EpochFence;
import io.redoubt.server.lifecycle.HeardSentinels;
import io.redoubt.server.lifecycle.RejoinGuard;
import io.redoubt.server.lifecycle.SentinelHellos;
import io.redoubt.server.lifecycle.SentinelLease;
import io.redoubt.server.lifecycle.Shutdown;
import io.redoubt.server.migrate.KeyMigrations;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.replication.ReplicationParts;
import io.redoubt.server.replication.replica.MasterConnector;
import io.redoubt.server.settings.ServerDirectives;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The relations of a server to other servers: replication, protection from a second master,
 * sentinels, the cluster, and keys that migrate. Built last, on data, clients and files.
 */
final class ReplicationAssembly implements Shutdown.Slots {
  /** The role, the stream, the replicas and the master link. */
  final ReplicationParts core;

  final RejoinGuard rejoin;
  final HeardSentinels heardSentinels;
  final SentinelHellos hellos;
  final SentinelLease lease;
  final MigrationTargets migrationTargets;
  final KeyMigrations keyMigrations;

  /** This server in a cluster, null without cluster mode. */
  final @Nullable ClusterNode clusterNode;

  ReplicationAssembly(
      ServerDirectives settings,
      Environment environment,
      Machine machine,
      DataAssembly data,
      ClientAssembly clients,
      PersistenceAssembly persistence) {
    Clock clock = environment.clock();
    Log log = environment.log();
    Transport transport = clients.transport;
    TlsSettings tls = clients.tls;
    Listeners listeners = clients.listeners;
    migrationTargets = new MigrationTargets(tls::migrating);
    keyMigrations =
        new KeyMigrations(
            transport,
            settings,
            tls::migrating,
            data.keyspace,
            clients.effects,
            clients.dispatcher,
            clients.connected);
    core =
        new ReplicationParts(
            environment,
            settings,
            data.state,
            data.propagation,
            persistence.appendOnlyFile,
            persistence.dataSet,
            clients.connected,
            new MasterConnector(transport, settings, tls, listeners::port));
    Replication roles = core.roles();
    IntSupplier announcedPort = () -> tls.announcedPort(listeners.port());
    rejoin =
        new RejoinGuard(
            settings,
            transport.loop(),
            persistence.snapshotContext,
            data.state,
            roles,
            listeners::port,
            tls);
    EpochFence fence = new EpochFence(settings.replication, log, data.state, roles, announcedPort);
    lease =
        new SentinelLease(settings, persistence.snapshotContext, data.state, roles, announcedPort);
    heardSentinels = new HeardSentinels(clock);
    hellos = new SentinelHellos(rejoin, fence, lease, heardSentinels, clients.table);
    clusterNode =
        clients.routes == null
            ? null
            : new ClusterNode(
                new NodeParts(
                    new MigrationParts.Network(settings, environment, transport, tls),
                    new MigrationParts.SlotData(
                        data.keyspace,
                        data.values,
                        clients.effects,
                        data.propagation,
                        clients.dispatcher,
                        clients.connected),
                    machine.disk(),
                    machine.threads(),
                    machine.names(),
                    clients.routes,
                    persistence.dataSet,
                    core));
  }

  /** Returns true if this server follows a master. */
  boolean isReplica() {
    return core.isReplica();
  }

  @Override
  public boolean areOwned() {
    return clusterNode != null && clusterNode.isOpen() && clusterNode.cluster().me().isVoter();
  }

  @Override
  public boolean startHandover(int replicas) {
    return clusterNode != null && clusterNode.handover().start(replicas);
  }

  @Override
  public boolean advanceHandover(int replicas) {
    return clusterNode != null && clusterNode.handover().advance(replicas);
  }

  @Override
  public void stopHandover() {
    if (clusterNode != null) {
      clusterNode.handover().stop();
    }
  }

  @Override
  public void leave() {
    if (clusterNode != null) {
      clusterNode.close();
    }
  }

  /** Does the work at the end of a turn of the loop. */
  void onTurnEnd() {
    if (clusterNode != null) {
      clusterNode.onTurnEnd();
    }
  }

  /** Returns the state machine of the cluster node, which must be open. */
  Cluster cluster() {
    if (clusterNode == null) {
      throw new IllegalStateException("not a cluster node");
    }
    return clusterNode.cluster();
  }

  /** Returns {@code redis_mode} of INFO. */
  String mode() {
    return clusterNode == null ? "standalone" : "cluster";
  }

  /** Returns the bytes queued for other nodes of the cluster. */
  long clusterLinkBytes() {
    return clusterNode == null || !clusterNode.isOpen() ? 0 : clusterNode.bus().queuedBytes();
  }
}
