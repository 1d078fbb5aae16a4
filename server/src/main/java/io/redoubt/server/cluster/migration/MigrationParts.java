package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
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
    ServerDirectives settings,
    RoutingOptions addresses,
    Transport transport,
    TlsSettings tls,
    Clock clock,
    Log log,
    RandomGenerator random,
    Keyspace keyspace,
    Values values,
    KeyEffects effects,
    Propagation propagation,
    CommandDispatcher dispatcher,
    ServerClients clients,
    Supplier<Cluster> cluster,
    Function<Input, Output> decide) {
  long nowSeconds() {
    return clock.wallMillis() / 1000;
  }

  long nowMillis() {
    return clock.monotonicMillis();
  }

  /** Returns the silence after which the other node counts as lost, {@code repl-timeout}. */
  long timeoutMillis() {
    return settings.replication.replTimeout.value() * 1000L;
  }
}
