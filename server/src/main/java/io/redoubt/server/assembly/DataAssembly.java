package io.redoubt.server.assembly;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.server.execution.BlockedClients;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.monitoring.HotKeys;
import io.redoubt.server.execution.monitoring.KeyCosts;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.monitoring.SlowLog;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.execution.refusal.ShortageRefusal;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.KeyspaceListener;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.keyspace.event.KeyspaceEvents;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.Values;

/**
 * The data of a server and what observes it: memory, keyspace, values, keyspace events, the stream
 * of effects, and the counts and times of commands. Built first; it knows neither clients nor files
 * nor other servers.
 */
final class DataAssembly {
  final ServerState state = new ServerState();
  final ServerStats stats = new ServerStats();
  final Slabs slabs;
  final SlabBuffers buffers;
  final Keyspace keyspace;
  final Channels channels = new Channels();
  final KeyspaceEvents events = new KeyspaceEvents(channels::publish);
  final Values values;
  final WatchedKeys watchedKeys;
  final SlowLog slowLog;
  final HotKeys hotKeys;
  final KeyCosts keyCosts;
  final BlockedClients blockedClients;
  final Propagation propagation;
  final Latency latency;

  /**
   * Creates empty data.
   *
   * @param listener is not called before the clients are built
   */
  DataAssembly(
      ServerDirectives settings,
      Environment environment,
      Machine machine,
      KeyspaceListener listener) {
    Clock clock = environment.clock();
    slabs =
        machine.memory().apply(new ShortageRefusal(state, clock, environment.log())::onShortage);
    buffers = new SlabBuffers(slabs);
    boolean inCluster = settings.cluster.clusterEnabled.value();
    int databases =
        inCluster ? settings.cluster.clusterDatabases.value() : settings.databases.value();
    String seed = settings.encodings.hashSeed.value();
    Hash hash = seed.isEmpty() ? Hash.seeded(environment.random()) : Hash.ofSeed(seed);
    keyspace = new Keyspace(slabs, databases, hash, environment.random(), inCluster, listener);
    if (inCluster) {
      events.onlyOf(databases);
    }
    keyspace.setNowMicros(clock.wallMicros());
    values = new Values(keyspace, settings.encodings);
    watchedKeys = new WatchedKeys(keyspace);
    slowLog = new SlowLog(slabs, clock);
    hotKeys = new HotKeys(environment.random());
    keyCosts = new KeyCosts(clock, environment.random());
    propagation = new Propagation(buffers);
    blockedClients = new BlockedClients(keyspace, stats, slowLog, propagation);
    latency = new Latency(clock, settings.latencyMonitorThreshold::value);
  }

  /** Releases all memory, after everything that uses the data has ended. */
  void close() {
    slowLog.reset();
    values.close();
    keyspace.close();
    propagation.close();
    slabs.close();
  }
}
