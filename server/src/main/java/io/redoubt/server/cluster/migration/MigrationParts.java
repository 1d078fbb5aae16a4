package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.routing.RoutingOptions;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.KeyEffects;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.Values;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The dependencies of slot migrations.
 *
 * @param decide executes an order on the state machine; must not be called within one of its steps
 */
public record MigrationParts(
    Network network,
    SlotData data,
    RoutingOptions addresses,
    Supplier<Cluster> cluster,
    Function<Input, Output> decide) {
  /** The settings and connections of this server. */
  public record Network(
      ServerDirectives settings, Environment environment, Transport transport, TlsSettings tls) {}

  /** The data of this server, with those that change it and report the changes. */
  public record SlotData(
      Keyspace keyspace,
      Values values,
      KeyEffects effects,
      Propagation propagation,
      CommandDispatcher dispatcher,
      ServerClients clients) {}

  ServerDirectives settings() {
    return network.settings;
  }

  Transport transport() {
    return network.transport;
  }

  TlsSettings tls() {
    return network.tls;
  }

  Clock clock() {
    return network.environment.clock();
  }

  Log log() {
    return network.environment.log();
  }

  RandomGenerator random() {
    return network.environment.random();
  }

  Keyspace keyspace() {
    return data.keyspace;
  }

  Values values() {
    return data.values;
  }

  KeyEffects effects() {
    return data.effects;
  }

  Propagation propagation() {
    return data.propagation;
  }

  CommandDispatcher dispatcher() {
    return data.dispatcher;
  }

  ServerClients clients() {
    return data.clients;
  }

  long nowSeconds() {
    return clock().wallMillis() / 1000;
  }

  long nowMillis() {
    return clock().monotonicMillis();
  }

  /** Returns the silence after which the other node counts as lost, {@code repl-timeout}. */
  long timeoutMillis() {
    return settings().replication.replTimeout.value() * 1000L;
  }
}
