package io.redoubt.server.assembly;

import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.launch.ConfiguredSession;
import io.redoubt.protocol.launch.Listeners;
import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.protocol.session.TrackedClients;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.aof.AofLoader;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.aof.ReplicationPosition;
import io.redoubt.server.aof.WriteGate;
import io.redoubt.server.client.MigrationTargets;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.cluster.migration.MigrationParts;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.node.NodeParts;
import io.redoubt.server.execution.BlockedClients;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.EventsWhileBlocked;
import io.redoubt.server.execution.Eviction;
import io.redoubt.server.execution.Functions;
import io.redoubt.server.execution.KeyEffects;
import io.redoubt.server.execution.KeyObservers;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.ScriptFlags;
import io.redoubt.server.execution.Scripting;
import io.redoubt.server.execution.monitoring.CommandTrace;
import io.redoubt.server.execution.monitoring.HotKeys;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.execution.monitoring.Monitors;
import io.redoubt.server.execution.monitoring.Rates;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.monitoring.SlowLog;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.keyspace.event.KeyspaceEvents;
import io.redoubt.server.lifecycle.ActiveDefrag;
import io.redoubt.server.lifecycle.BoundThreads;
import io.redoubt.server.lifecycle.Cron;
import io.redoubt.server.lifecycle.DataSet;
import io.redoubt.server.lifecycle.EpochFence;
import io.redoubt.server.lifecycle.ExpiryCycle;
import io.redoubt.server.lifecycle.HeardSentinels;
import io.redoubt.server.lifecycle.Housekeeping;
import io.redoubt.server.lifecycle.MemoryReturn;
import io.redoubt.server.lifecycle.PeriodicWork;
import io.redoubt.server.lifecycle.RejoinGuard;
import io.redoubt.server.lifecycle.SavedFunctions;
import io.redoubt.server.lifecycle.SentinelHellos;
import io.redoubt.server.lifecycle.SentinelLease;
import io.redoubt.server.lifecycle.Shutdown;
import io.redoubt.server.loading.LostDataSetException;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.migrate.KeyMigrations;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.replication.ReplicationParts;
import io.redoubt.server.replication.replica.MasterConnector;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.snapshot.context.LoopTurns;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContents;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.tracking.TrackedKeys;
import io.redoubt.server.value.Values;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a data server. Each is built from those before it, on one loop that owns the data
 * and the connections.
 *
 * <p>A part gets its dependencies through its constructor only. Where two parts need each other,
 * the earlier one gets a narrow interface that this class implements with the later one.
 */
final class ServerParts {
  final ServerDirectives settings;
  final Environment environment;
  final Clock clock;
  final Log log;
  final Slabs slabs;
  final SlabBuffers buffers;
  final Transport transport;
  final Keyspace keyspace;
  final ServerState state = new ServerState();
  final ServerStats stats = new ServerStats();
  final ProcessUsage processUsage;
  final Limits limits = new Limits();
  final Channels channels = new Channels();
  final Info info = new Info();
  final KeyspaceEvents events = new KeyspaceEvents(channels::publish);
  final CommandTable<Call> table = new CommandTable<>();
  final Values values;
  final WatchedKeys watchedKeys;
  final TrackedClients trackedClients = new TrackedClients();
  final TrackedKeys trackedKeys;
  final SlowLog slowLog;
  final Monitors monitors;
  final HotKeys hotKeys;
  final BlockedClients blockedClients;
  final Propagation propagation;
  final SnapshotContext snapshotContext;
  final Snapshots snapshots;
  final DataSet dataSet;
  final MemoryUse memory;
  final Latency latency;
  final HeapGate heap;
  final Eviction eviction;
  final ConfiguredUsers configuredUsers;
  final ClientRegistry clients;
  final ServerClients serverClients;
  final CommandDispatcher dispatcher;
  final Scripting scripting;
  final ReplicationParts replication;
  final Rates rates;
  final AppendOnlyFile appendOnlyFile;
  final RejoinGuard rejoin;
  final HeardSentinels heardSentinels;
  final SentinelHellos hellos;
  final SentinelLease lease;
  final TlsSettings tls;
  final Listeners listeners;
  final EndOfService endOfService;
  final Shutdown shutdown;
  final MigrationTargets migrationTargets;
  final KeyMigrations keyMigrations;
  final Cron cron;
  final PeriodicWork periodic;
  final ActiveDefrag defrag;

  /** This server in a cluster, null without cluster mode. */
  final @Nullable ClusterNode clusterNode;

  /**
   * Puts the parts together; they do nothing before {@link ServerAssembly#open}.
   *
   * @param freePort listens on a port that the system chooses, in place of {@code port}
   * @param ended receives the exit status once the server has ended by itself
   */
  ServerParts(
      ServerDirectives settings,
      Environment environment,
      Machine machine,
      boolean freePort,
      IntConsumer ended) {
    this.settings = settings;
    this.environment = environment;
    clock = environment.clock();
    processUsage = new ProcessUsage(clock::monotonicNanos);
    log = environment.log();
    slabs = machine.memory().get();
    buffers = new SlabBuffers(slabs);
    boolean inCluster = settings.cluster.clusterEnabled.value();
    int databases = inCluster ? 1 : settings.databases.value();
    keyspace = new Keyspace(slabs, databases, environment.random(), inCluster);
    if (inCluster) {
      events.onlyOf(databases);
    }
    keyspace.nowMicros(clock.wallMicros());
    values = new Values(keyspace, new ConfiguredEncodings(settings));
    watchedKeys = new WatchedKeys(keyspace);
    slowLog = new SlowLog(slabs, clock);
    monitors = new Monitors(buffers, clock, log);
    hotKeys = new HotKeys(environment.random());
    blockedClients = new BlockedClients(keyspace, stats, slowLog);
    propagation = new Propagation(buffers);
    latency = new Latency(clock, settings.latencyMonitorThreshold::value);
    // As late as possible: until then, another thread initializes netty.
    transport = Transport.open("redis-server", buffers, machine.sockets().get());
    transport.loop().thread().setUncaughtExceptionHandler((thread, fault) -> failedOnLoop(fault));
    trackedKeys =
        new TrackedKeys(
            keyspace,
            trackedClients,
            this::isConnected,
            transport.loop(),
            environment.random(),
            settings.memory.trackingTableMaxKeys::value);
    KeyObservers observers = new KeyObservers(watchedKeys, trackedKeys, blockedClients);
    snapshotContext =
        new SnapshotContext(
            new SnapshotContents(
                values, new SavedFunctions(this::functions), this::replicationPoint),
            machine.disk(),
            new BoundThreads(machine.threads(), settings, log),
            new ConfiguredSnapshots(settings),
            new Turns(transport, stats),
            clock,
            log);
    snapshots =
        new Snapshots(
            snapshotContext,
            this::releaseWrites,
            nanos -> latency.took(LatencyEvent.RDB_UNLINK_TEMP_FILE, nanos));
    dataSet = new DataSet(keyspace, observers, snapshotContext, snapshots, state, clock, log);
    Call call =
        new Call(
            values,
            settings,
            events,
            observers,
            propagation,
            stats,
            snapshots::changed,
            new DeclaredFlags());
    KeyEffects effects =
        new KeyEffects(propagation, events, observers, stats, state, settings.memory);
    keyspace.listener(effects);
    memory = new MemoryUse(keyspace, new Buffers());
    Role role = new Role();
    eviction = new Eviction(keyspace, settings, memory, effects, stats, latency, clock, role);
    Users users = new Users(table);
    configuredUsers = new ConfiguredUsers(settings, users, table);
    heap = new HeapGate(machine.heap(), clock, log);
    CommandTrace trace = new CommandTrace(latency, slowLog, monitors, hotKeys, state);
    dispatcher =
        new CommandDispatcher(
            table, call, state, eviction, trace, environment, this::holdWritesForDisk, heap);
    scripting = new Scripting(table, dispatcher, state, call, this::serve, clock, log);
    clients =
        new ClientRegistry(
            transport.loop(),
            environment,
            buffers,
            new ConfiguredSession(settings, limits, settings.memory.maxmemory::value),
            users,
            channels,
            dispatcher,
            trackedClients);
    heap.addHolder(clients::heapBytes);
    heap.addHolder(scripting.scripts()::heapBytes);
    serverClients = new ServerClients(clients, watchedKeys, transport.loop());
    appendOnlyFile =
        new AppendOnlyFile(
            environment,
            settings,
            snapshots,
            new AofLoader(
                environment,
                settings,
                snapshotContext,
                dataSet.progress(),
                propagation,
                serverClients,
                dispatcher),
            propagation,
            latency,
            new WriteGate(state, clients),
            this::position);
    tls = new TlsSettings(settings);
    listeners = new Listeners(transport, settings, tls, log, freePort, serverClients::accept);
    migrationTargets = new MigrationTargets(tls::migrating);
    keyMigrations =
        new KeyMigrations(
            transport, settings, tls::migrating, keyspace, effects, dispatcher, serverClients);
    replication =
        new ReplicationParts(
            environment,
            settings,
            state,
            propagation,
            appendOnlyFile,
            dataSet,
            serverClients,
            new MasterConnector(transport, settings, tls, listeners::port));
    Replication roles = replication.roles();
    rates =
        new Rates(
            stats,
            transport.stats(),
            new Rates.Traffic(
                () -> clients.inputBytes() + replication.counts().receivedBytes(),
                () -> clients.outputBytes() + replication.counts().sentBytes(),
                replication.counts()::receivedBytes,
                replication.counts()::sentBytes));
    rejoin =
        new RejoinGuard(settings, transport.loop(), clock, log, state, roles, listeners::port, tls);
    EpochFence fence =
        new EpochFence(
            settings.replication, log, state, roles, () -> tls.announcedPort(listeners.port()));
    lease =
        new SentinelLease(
            settings, snapshotContext, state, roles, () -> tls.announcedPort(listeners.port()));
    heardSentinels = new HeardSentinels(clock);
    hellos = new SentinelHellos(rejoin, fence, lease, heardSentinels, table);
    cron = new Cron(transport.loop(), clock, keyspace, stats);
    ExpiryCycle expiry = new ExpiryCycle(keyspace, role, stats, latency, clock);
    Housekeeping housekeeping =
        new Housekeeping(
            transport.loop(),
            clock,
            keyspace,
            expiry,
            eviction,
            dispatcher,
            stats,
            settings.memory.activeExpireEffort::value);
    periodic = new PeriodicWork(cron, housekeeping, expiry);
    endOfService = new EndOfService(listeners, transport, clients, periodic, ended);
    shutdown =
        new Shutdown(
            settings,
            state,
            environment,
            serverClients,
            snapshots,
            replication,
            appendOnlyFile,
            endOfService);
    cron.add(shutdown::takeSignal);
    defrag =
        new ActiveDefrag(
            transport.loop(),
            clock,
            memory,
            keyspace,
            settings.memory,
            latency,
            () -> dataSet.progress().isLoading() || cron.isPaused());
    clusterNode =
        !settings.cluster.clusterEnabled.value()
            ? null
            : new ClusterNode(
                new NodeParts(
                    new MigrationParts.Network(settings, environment, transport, tls),
                    new MigrationParts.SlotData(
                        keyspace, values, effects, propagation, dispatcher, serverClients),
                    machine.disk(),
                    machine.threads(),
                    machine.names(),
                    listeners::port,
                    dataSet,
                    replication));
    connect();
  }

  /** Returns {@code redis_mode} of INFO. */
  String mode() {
    return clusterNode == null ? "standalone" : "cluster";
  }

  /** Ends the server after a reload has left the data set incomplete. */
  void dataSetLost(LostDataSetException lost) {
    log.warning("Fatal error loading the DB: %s. Exiting.", lost.getMessage());
    fail();
  }

  /** Ends service because the data set can't be served. */
  void fail() {
    shutdown.failedToServe();
    endOfService.fail();
  }

  private void failedOnLoop(Throwable fault) {
    if (fault instanceof OutOfMemoryError full) {
      dispatcher.outOfMemory("on the loop", full);
    } else {
      log.fault("on the loop", fault);
    }
  }

  /** Serves clients while a script occupies the event loop. */
  private void serve(ServerClient busy, EventsWhileBlocked.Scope scope) {
    clients
        .conductor()
        .nested(
            busy,
            () -> {
              if (scope == EventsWhileBlocked.Scope.DEBUGGER) {
                transport.serveMeanwhile(busy.connection());
              } else {
                transport.serveMeanwhile(connection ->
                    connection.handler() instanceof ServerClient client
                        && (client == busy || client.hasRequestsInHand()));
              }
            });
  }

  private void connect() {
    new AppliedSettings(settings, limits, keyspace, events, slowLog, log)
        .follow(listeners, tls, cron, transport);
    replication.onReplyAcks(acks -> {
      dispatcher.acks(acks);
      blockedClients.acks(acks);
    });
    log.role(() -> replication.isReplica() ? 'S' : 'M');
    transport.stats().commands(stats::commands);
    cron.add(() -> rates.sample(clock.monotonicNanos()));
    cron.add(memory::peakBytes);
    cron.add(slabs::checkShortage);
    cron.add(new MemoryReturn(slabs, clock)::tick);
    cron.add(defrag::tick);
    cron.add(() -> heap.relieve(clients::closeLargestOnHeap));
    cron.add(() -> {
      if (state.isDataWhole()) {
        snapshots.cron(); // otherwise an incomplete data set would replace the file
      }
    });
    cron.add(appendOnlyFile::cron);
    cron.add(trackedKeys::keepLimit); // CONFIG SET may have lowered it
    clients.pauses().onChange(this::pausesChanged);
    state.condition(Refusal.SNAPSHOT_FAILED, snapshots::writesRefused);
    cron.add(this::snapshotsChanged);
    snapshots.onOver(this::snapshotsChanged);
    settings.persistence.save.onChange(this::snapshotsChanged);
    settings.persistence.stopWritesOnBgsaveError.onChange(this::snapshotsChanged);
  }

  /**
   * Enters the state after a failed save. Commands test the condition, too, so it is left at once.
   */
  private void snapshotsChanged() {
    state.set(Refusal.SNAPSHOT_FAILED, snapshots.writesRefused());
  }

  /** While clients are paused the data set must not change: due keys are hidden, not removed. */
  private void pausesChanged() {
    replication.pausesChanged();
    if (!replication.isReplica()) {
      keyspace.expiredKeys(
          clients.pauses().current() == Pauses.Scope.NOTHING
              ? ExpiredKeys.DELETE
              : ExpiredKeys.HIDE);
    }
  }

  /** Holds writes back while their pre-images accumulate faster than they are saved. */
  private void holdWritesForDisk() {
    if (snapshots.writesMustWait()) {
      snapshots.sinkReady(); // replicas that are slow take the snapshot into files then
    }
    if (snapshots.writesMustWait()) {
      clients.pauses().holdWrites();
    }
    appendOnlyFile.unitEnded();
  }

  private void releaseWrites() {
    clients.pauses().releaseWrites();
  }

  private boolean isConnected(long clientId) {
    return clients.byId(clientId) != null;
  }

  private ReplicationPosition position() {
    return replication.position();
  }

  private Functions functions() {
    return scripting.functions();
  }

  private @Nullable ReplicationPoint replicationPoint() {
    return replication.position().point();
  }

  /** The role of the server by its replication and the pauses of its clients. */
  private final class Role implements Eviction.Server {
    @Override
    public boolean isReplica() {
      return replication.isReplica();
    }

    @Override
    public boolean isPaused() {
      return clients.pauses().current() != Pauses.Scope.NOTHING;
    }

    @Override
    public void evictFurther() {
      periodic.housekeeping().evictFurther();
    }
  }

  /** The flags of scripts and functions, which need the dispatcher that decides by them. */
  private final class DeclaredFlags implements ScriptFlags {
    @Override
    public int refusals(Command<?> command, Request request) {
      return scripting.refusals(command, request);
    }

    @Override
    public boolean onlyReads(Command<?> command, Request request) {
      return scripting.onlyReads(command, request);
    }
  }

  /** The buffers of all connections. */
  private final class Buffers implements MemoryUse.Buffers {
    @Override
    public long bytes() {
      return buffers.usedBytes();
    }

    @Override
    public long idleBytes() {
      return transport.idleBytes();
    }

    @Override
    public long backlogBytes() {
      return replication.memory().backlogBytes();
    }

    @Override
    public long replicationBufferBytes() {
      return replication.memory().bufferBytes();
    }

    @Override
    public long replicasBytes() {
      return replication.memory().replicasBytes();
    }

    @Override
    public long appendBytes() {
      return appendOnlyFile.bufferBytes();
    }

    @Override
    public long clusterLinkBytes() {
      return clusterNode == null || !clusterNode.isOpen() ? 0 : clusterNode.bus().queuedBytes();
    }

    @Override
    public long unlimitedBytes() {
      return replication.memory().bytesBeyondBacklog();
    }

    @Override
    public long clientsBytes() {
      return clients.memoryBytes(ClientType.NORMAL)
          + clients.memoryBytes(ClientType.PUBSUB)
          + clients.memoryBytes(ClientType.MASTER);
    }
  }

  /** The loop as snapshots use it. */
  private record Turns(Transport transport, ServerStats stats) implements LoopTurns {
    @Override
    public void execute(Runnable task) {
      transport.loop().execute(task);
    }

    @Override
    public void nextTurn(Runnable task) {
      transport.loop().schedule(task, 0);
    }

    @Override
    public void soon(Runnable task) {
      transport.loop().schedule(task, 1);
    }

    @Override
    public long commands() {
      return stats.commands();
    }

    @Override
    public boolean isInTurn() {
      return transport.isInTurn();
    }
  }
}
