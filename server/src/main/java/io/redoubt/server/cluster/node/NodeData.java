package io.redoubt.server.cluster.node;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.pubsub.ChannelKind;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.cluster.bus.DataServer;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.migration.SlotMigrations;
import io.redoubt.server.cluster.routing.RoutingOptions;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.cluster.slot.SlotUsage;
import io.redoubt.server.execution.SlotGate;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.replication.ReplicationParts;
import io.redoubt.server.replication.ReplicationView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Performs the state machine's outputs on this server's data, role and clients. */
final class NodeData implements DataServer {
  private static final byte[] FLUSHALL = {'F', 'L', 'U', 'S', 'H', 'A', 'L', 'L'};

  private final NodeParts parts;
  private final ReplicationView replication;
  private final Replication roles;
  private final ClientRegistry clients;
  private final RoutingOptions settings;
  private final SlotMigrations migrations;
  private final SlotUsage usage;
  private final SlotGate gate;
  private final Supplier<Cluster> cluster;

  NodeData(NodeParts parts, SlotMigrations migrations, Supplier<Cluster> cluster) {
    this.parts = parts;
    SlotRoutes routes = parts.routes();
    ReplicationParts replicated = parts.replication();
    this.replication = replicated.view();
    this.roles = replicated.roles();
    ServerClients connected = parts.clients();
    this.clients = connected.registry();
    this.settings = routes.settings();
    this.migrations = migrations;
    this.usage = routes.usage();
    this.gate = routes.gate();
    this.cluster = cluster;
  }

  @Override
  public long offset() {
    // 0 during a full sync: the data is not usable yet, so other replicas rank ahead of this one.
    return replication.isSyncing() ? 0 : replication.dataOffset();
  }

  @Override
  public long dataAgeMillis() {
    return replication.dataAgeMillis();
  }

  @Override
  public void follow(Endpoint endpoint) {
    int port = settings.port(endpoint, parts.settings().tls.tlsReplication.value());
    if (!roles.follows(endpoint.ip(), port)) {
      // Redirects blocked clients first; replication would disconnect them.
      gate.redirectWaiting(clients);
      roles.follow(endpoint.ip(), port);
    }
  }

  @Override
  public void promote() {
    if (parts.replication().isReplica()) {
      roles.becomeMaster();
    }
  }

  private Pauses pauses() {
    return clients.pauses();
  }

  @Override
  public void pauseWrites(long millis) {
    pauses().begin(Pauses.Cause.FAILOVER, Pauses.Scope.WRITES, parts.clock().wallMillis() + millis);
  }

  @Override
  public void resumeWrites() {
    pauses().end(Pauses.Cause.FAILOVER);
  }

  @Override
  public void dropSlots(SlotSet slots) {
    migrations.deleteLost(slots);
  }

  @Override
  public void dropAll() {
    parts.dataSet().clear();
    if (parts.propagation().isActive()) {
      parts.propagation().effect(0, 1).bulk(FLUSHALL);
    }
    parts.dispatcher().endUnit();
  }

  @Override
  public void onTopologyChange() {
    gate.redirectWaiting(clients);
    migrations.onTopologyChange();
    leaveForeignChannels();
    forgetForeignUsage();
  }

  private void forgetForeignUsage() {
    for (int slot = 0; slot < SlotSet.SLOTS && !usage.isEmpty(); slot++) {
      if (!cluster.get().isOfMyShard(slot)) {
        usage.reset(slot);
      }
    }
  }

  /** Ends subscriptions to sharded channels whose slots have moved to other shards. */
  private void leaveForeignChannels() {
    Channels channels = clients.channels();
    List<ByteString> foreign = new ArrayList<>();
    for (ByteString name : channels.active(ChannelKind.SHARD_CHANNEL)) {
      if (!cluster.get().isOfMyShard(KeySlot.of(name.toByteArray()))) {
        foreign.add(name);
      }
    }
    foreign.forEach(name -> channels.unsubscribeEverybody(ChannelKind.SHARD_CHANNEL, name));
  }

  @Override
  public void deliver(boolean sharded, ByteString channel, ByteString message) {
    Channels channels = clients.channels();
    if (sharded) {
      channels.publishToShard(
          channel.asSegment(), 0, channel.length(), message.asSegment(), 0, message.length());
    } else {
      channels.publish(channel, message);
    }
  }
}
