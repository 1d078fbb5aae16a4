package io.redoubt.server.cluster.node;

import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.routing.RoutingOptions;
import io.redoubt.server.settings.ClusterDirectives;
import io.redoubt.server.settings.ServerDirectives;
import java.util.function.IntSupplier;

/** Converts the directives of cluster mode for the state machine and for redirections. */
final class ClusterSettings implements RoutingOptions {
  private static final int BUS_PORT_DISTANCE = 10_000;

  private final ServerDirectives settings;
  private final ClusterDirectives directives;
  private final IntSupplier listeningPort;

  ClusterSettings(ServerDirectives settings, IntSupplier listeningPort) {
    this.settings = settings;
    this.directives = settings.cluster;
    this.listeningPort = listeningPort;
  }

  /** Returns the port for clients without TLS, 0 for none. */
  private int plainPort() {
    return listeningPort.getAsInt();
  }

  /** Returns the TLS port if the bus uses TLS, else the plain port. */
  private int basePort() {
    return busUsesTls() ? settings.tls.tlsPort.value() : plainPort();
  }

  /** Returns the port of the bus; more than 65535 if the client port is too large. */
  int busPort() {
    int configured = directives.clusterPort.value();
    return configured == 0 ? basePort() + BUS_PORT_DISTANCE : configured;
  }

  ClusterOptions options() {
    return new ClusterOptions(
        new ClusterOptions.Identity(
            announced(),
            directives.clusterAnnounceHostname.value(),
            directives.clusterAnnounceHumanNodename.value()),
        new ClusterOptions.Times(
            directives.clusterNodeTimeout.value(),
            directives.clusterPingInterval.value(),
            settings.replication.replPingReplicaPeriod.value() * 1000L),
        directives.clusterReplicaValidityFactor.value(),
        directives.clusterMigrationBarrier.value(),
        directives.clusterAllowReplicaMigration.value(),
        directives.clusterRequireFullCoverage.value(),
        directives.clusterReplicaNoFailover.value());
  }

  private Endpoint announced() {
    int plain = or(directives.clusterAnnouncePort.value(), plainPort());
    int tls = or(directives.clusterAnnounceTlsPort.value(), settings.tls.tlsPort.value());
    int bus = or(directives.clusterAnnounceBusPort.value(), busPort());
    String ip = directives.clusterAnnounceIp.value();
    return busUsesTls() ? new Endpoint(ip, tls, plain, bus) : new Endpoint(ip, plain, tls, bus);
  }

  private static int or(int announced, int actual) {
    return announced == 0 ? actual : announced;
  }

  @Override
  public boolean allowsReadsWhenDown() {
    return directives.clusterAllowReadsWhenDown.value();
  }

  @Override
  public boolean allowsShardedChannelsWhenDown() {
    return directives.clusterAllowPubsubshardWhenDown.value();
  }

  @Override
  public boolean busUsesTls() {
    return settings.tls.tlsCluster.value();
  }

  @Override
  public Shown shownNames() {
    return switch (directives.clusterPreferredEndpointType.value()) {
      case IP -> Shown.IP;
      case HOSTNAME -> Shown.HOSTNAME;
      case UNKNOWN_ENDPOINT -> Shown.UNKNOWN;
    };
  }

  /** Registers a callback for CONFIG SET of any directive that the state machine uses. */
  void onChange(Runnable changed) {
    directives.clusterAnnounceHostname.onChange(changed::run);
    directives.clusterAnnounceHumanNodename.onChange(changed::run);
    directives.clusterNodeTimeout.onChange(changed::run);
    directives.clusterPingInterval.onChange(changed::run);
    directives.clusterReplicaValidityFactor.onChange(changed::run);
    settings.replication.replPingReplicaPeriod.onChange(changed::run);
    directives.clusterMigrationBarrier.onChange(changed::run);
    directives.clusterAllowReplicaMigration.onChange(changed::run);
    directives.clusterRequireFullCoverage.onChange(changed::run);
    directives.clusterReplicaNoFailover.onChange(changed::run);
    directives.clusterAnnounceIp.onChange(changed::run);
    directives.clusterAnnouncePort.onChange(changed::run);
    directives.clusterAnnounceTlsPort.onChange(changed::run);
    directives.clusterAnnounceBusPort.onChange(changed::run);
    settings.common.port.onChange(changed::run);
    settings.tls.tlsPort.onChange(changed::run);
  }
}
