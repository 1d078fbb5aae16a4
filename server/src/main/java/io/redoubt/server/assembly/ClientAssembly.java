package io.redoubt.server.assembly;

import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.launch.ConfiguredSession;
import io.redoubt.protocol.launch.Listeners;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.EndOfTurn;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientContext;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.HeldOutput;
import io.redoubt.protocol.session.OutputGate;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.protocol.session.ReplicaWaits;
import io.redoubt.protocol.session.TrackedClients;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.node.SlotRoutes;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.CommandChecks;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.CommandRefusals;
import io.redoubt.server.execution.EventsWhileBlocked;
import io.redoubt.server.execution.Eviction;
import io.redoubt.server.execution.KeyEffects;
import io.redoubt.server.execution.KeyObservers;
import io.redoubt.server.execution.MasterRedirect;
import io.redoubt.server.execution.ScriptFlags;
import io.redoubt.server.execution.Scripting;
import io.redoubt.server.execution.monitoring.CommandTrace;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.execution.monitoring.Monitors;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.tracking.TrackedKeys;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a server and the execution of their commands: connections, sessions, users, the
 * dispatcher with scripts, eviction and client tracking. Built on the data.
 */
final class ClientAssembly {
  final Limits limits = new Limits();
  final CommandTable<Call> table = new CommandTable<>();
  final Monitors monitors;
  final Transport transport;
  final TrackedClients trackedClients = new TrackedClients();
  final TrackedKeys trackedKeys;
  final KeyObservers observers;
  final KeyEffects effects;
  final MemoryUse memory;
  final Eviction eviction;
  final ConfiguredUsers configuredUsers;
  final HeapGate heap;

  /** Routes commands by the slots of their keys; null without cluster mode. */
  final @Nullable SlotRoutes routes;

  final CommandDispatcher dispatcher;
  final Scripting scripting;
  final ClientRegistry registry;

  /** The clients of the registry as connections of this server. */
  final ServerClients connected;

  final TlsSettings tls;
  final Listeners listeners;

  private final Log log;

  /** The parts that are built later and that the clients and execution depend on. */
  interface LaterParts
      extends Eviction.Server,
          MasterRedirect.Master,
          MemoryUse.Buffers,
          OutputGate,
          ReplicaWaits,
          EndOfTurn {
    /** Counts changes of the data set since the last save. */
    void recordChange(long count);

    /** Applies the start or the end of a pause of clients. */
    void onPausesChange();

    int replicas();

    /** Returns the state machine of the cluster node. */
    Cluster cluster();

    /** Slows down writes to the pace of the disk, at the end of each unit of execution. */
    void unitEnded();
  }

  /**
   * Opens the transport and builds the rest on it.
   *
   * @param freePort listens on a port that the system chooses, in place of {@code port}
   * @param later is not called before all parts are built, except at the end of turns
   */
  ClientAssembly(
      ServerDirectives settings,
      Environment environment,
      Machine machine,
      boolean freePort,
      DataAssembly data,
      LaterParts later) {
    Clock clock = environment.clock();
    log = environment.log();
    monitors = new Monitors(data.buffers, clock, log);
    // As late as possible: until then, another thread initializes netty.
    transport =
        Transport.open(
            "redis-server", data.buffers, machine.sockets().get(), data.stats::commands, later);
    transport.loop().thread().setUncaughtExceptionHandler((thread, fault) -> onLoopFailure(fault));
    trackedKeys =
        new TrackedKeys(
            data.keyspace,
            trackedClients,
            this::isConnected,
            transport.loop(),
            environment.random(),
            settings.memory.trackingTableMaxKeys::value);
    observers = new KeyObservers(data.watchedKeys, trackedKeys, data.blockedClients);
    Call call =
        new Call(
            data.values,
            settings,
            data.events,
            observers,
            data.propagation,
            data.stats,
            later::recordChange,
            new DeclaredFlags());
    effects =
        new KeyEffects(
            data.propagation, data.events, observers, data.stats, data.state, settings.memory);
    memory = new MemoryUse(data.keyspace, later);
    eviction =
        new Eviction(
            data.keyspace, settings, memory, effects, data.stats, data.latency, clock, later);
    Users users = new Users(table);
    users.setDatabaseCount(data.keyspace.count());
    configuredUsers = new ConfiguredUsers(settings, users, table);
    heap = new HeapGate(machine.heap(), clock, log);
    CommandTrace trace =
        new CommandTrace(
            data.latency, data.slowLog, monitors, data.hotKeys, data.keyCosts, data.state);
    CommandRefusals refusals = new CommandRefusals(table, call, new MasterRedirect(later));
    routes =
        settings.cluster.clusterEnabled.value()
            ? new SlotRoutes(
                settings, this::port, data.keyspace, refusals, later::cluster, later::replicas)
            : null;
    MemoryRoom room = new MemoryRoom(data.keyspace, clock, log);
    CommandChecks checks =
        new CommandChecks(
            table,
            refusals,
            call,
            data.state,
            eviction,
            room,
            heap,
            routes == null ? null : routes.gate());
    dispatcher =
        new CommandDispatcher(
            table,
            call,
            checks,
            trace,
            environment,
            room,
            later::unitEnded,
            routes == null ? null : routes.meter());
    scripting = new Scripting(table, dispatcher, data.state, call, this::serve, clock, log);
    registry =
        new ClientRegistry(
            new ClientContext(
                transport.loop(),
                environment,
                data.buffers,
                new ConfiguredSession(settings, limits, settings.memory.maxmemory::value),
                users,
                data.channels,
                new Pauses(transport.loop(), clock, later::onPausesChange),
                new HeldOutput(later, later)),
            dispatcher,
            trackedClients);
    heap.addHolder(registry::heapBytes);
    heap.addHolder(scripting.scripts()::heapBytes);
    connected = new ServerClients(registry, data.watchedKeys, transport.loop());
    tls = new TlsSettings(settings);
    listeners = new Listeners(transport, settings, tls, log, freePort, connected::accept);
  }

  /** Returns the loop that owns the data and the connections. */
  Loop loop() {
    return transport.loop();
  }

  boolean isPaused() {
    return registry.pauses().current() != Pauses.Scope.NOTHING;
  }

  /** Ends the loop and releases the memory of execution. */
  void close() {
    transport.close();
    eviction.close();
    scripting.close();
  }

  private void onLoopFailure(Throwable fault) {
    if (fault instanceof OutOfMemoryError full) {
      dispatcher.onOutOfMemory("on the loop", full);
    } else {
      log.fault("on the loop", fault);
    }
  }

  private int port() {
    return listeners.port();
  }

  private boolean isConnected(long clientId) {
    return registry.byId(clientId) != null;
  }

  /** Serves clients while a script occupies the event loop. */
  private void serve(ServerClient busy, EventsWhileBlocked.Scope scope) {
    registry
        .conductor()
        .runNested(
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
}
