package io.redoubt.server;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.acl.AclLog;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.command.CommandCommands;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.launch.ConfiguredSession;
import io.redoubt.protocol.launch.Listeners;
import io.redoubt.protocol.launch.ProcessInfo;
import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.AclCommands;
import io.redoubt.protocol.session.ClientCommands;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.protocol.session.ConnectionCommands;
import io.redoubt.protocol.session.Hello;
import io.redoubt.protocol.session.Pause;
import io.redoubt.protocol.session.PubSubCommands;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.client.MigrationTargets;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.command.ClusterCommands;
import io.redoubt.server.command.ConfigCommands;
import io.redoubt.server.command.DatabaseCommands;
import io.redoubt.server.command.DebugCommands;
import io.redoubt.server.command.DumpCommands;
import io.redoubt.server.command.FunctionCommands;
import io.redoubt.server.command.LatencyCommands;
import io.redoubt.server.command.MemoryCommands;
import io.redoubt.server.command.MigrateCommands;
import io.redoubt.server.command.PersistenceCommands;
import io.redoubt.server.command.ScriptCommands;
import io.redoubt.server.command.SelectCommand;
import io.redoubt.server.command.ServerCommands;
import io.redoubt.server.command.TransactionCommands;
import io.redoubt.server.execution.BlockedClients;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Eviction;
import io.redoubt.server.execution.KeyEffects;
import io.redoubt.server.execution.Latency;
import io.redoubt.server.execution.LatencyEvent;
import io.redoubt.server.execution.Meanwhile;
import io.redoubt.server.execution.MemoryUse;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.Refusal;
import io.redoubt.server.execution.Scripting;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.execution.ServerStats;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.KeyspaceEvents;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.replication.FailoverCommand;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.replication.ReplicationCommands;
import io.redoubt.server.replication.WaitCommand;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.settings.ServerDirectives.ShutdownFlag;
import io.redoubt.server.snapshot.LoopTurns;
import io.redoubt.server.snapshot.ReplicationPoint;
import io.redoubt.server.snapshot.SnapshotContext;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.value.Values;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A data server: all its parts put together, on one loop that owns the data and the connections.
 * Several may live in one process.
 *
 * <p>The parts know each other only as far as their constructors tell; what connects them is here.
 */
public final class RedisServer implements AutoCloseable {
  private final ServerDirectives settings;
  private final Clock clock;
  private final Log log;
  private final RandomGenerator chance;
  private final Slabs slabs;
  private final SlabBuffers buffers;
  private final Transport transport;
  private final Keyspace keyspace;
  private final ServerState state = new ServerState();
  private final ServerStats stats = new ServerStats();
  private final ProcessUsage processUsage = new ProcessUsage();
  private final Limits limits = new Limits();
  private final Channels channels = new Channels();
  private final Info info = new Info();
  private final KeyspaceEvents events = new KeyspaceEvents(channels::publish);
  private final CommandTable<Call> table = new CommandTable<>();
  private final Values values;
  private final WatchedKeys watchedKeys;
  private final BlockedClients blockedClients;
  private final Propagation propagation;
  private final SnapshotContext snapshotContext;
  private final Snapshots snapshots;
  private final DataSet dataSet;
  private final MemoryUse memory;
  private final Latency latency;
  private final Eviction eviction;
  private final ConfiguredUsers configuredUsers;
  private final ClientRegistry clients;
  private final CommandDispatcher dispatcher;
  private final Scripting scripting;
  private final SavedFunctions functionLibraries = new SavedFunctions();
  private final Replication replication;
  private final AppendOnlyFile appendOnlyFile;
  private final RejoinGuard rejoin;
  private final Listeners listeners;
  private final Shutdown shutdown;
  private final MigrationTargets migrationTargets = new MigrationTargets();
  private final Cron cron;
  private final Housekeeping housekeeping;
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();

  /**
   * Puts a server together; it does nothing before {@link #start}.
   *
   * @param chance must not be predictable: replication ids and passwords come from it
   * @param freePort listens on a port that the system chooses, in place of {@code port}
   * @throws FatalConfigError when a command is renamed that there is not, or a user's rules are
   *     wrong
   */
  public RedisServer(
      ServerDirectives settings, Clock clock, Log log, RandomGenerator chance, boolean freePort)
      throws FatalConfigError {
    this(settings, clock, log, chance, freePort, new OsDisk());
  }

  /** As the other constructor, with a disk of its own: for tests. */
  RedisServer(
      ServerDirectives settings,
      Clock clock,
      Log log,
      RandomGenerator chance,
      boolean freePort,
      Disk disk)
      throws FatalConfigError {
    this.settings = settings;
    this.clock = clock;
    this.log = log;
    this.chance = chance;
    slabs = Slabs.create();
    buffers = new SlabBuffers(slabs);
    transport = Transport.open("redis-server", buffers);
    transport
        .loop()
        .thread()
        .setUncaughtExceptionHandler((thread, fault) -> log.fault("on the loop", fault));
    keyspace = new Keyspace(slabs, settings.databases.value(), chance);
    keyspace.nowMillis(clock.wallMillis());
    values = new Values(keyspace, new ConfiguredEncodings(settings));
    watchedKeys = new WatchedKeys(keyspace);
    blockedClients = new BlockedClients(keyspace, stats);
    propagation = new Propagation(buffers);
    snapshotContext =
        new SnapshotContext(
            values,
            disk,
            new ConfiguredSnapshots(settings),
            new Turns(transport.loop(), stats),
            clock,
            log,
            Version.REDIS,
            ProcessHandle.current().pid(),
            functionLibraries,
            this::replicationPoint);
    snapshots = new Snapshots(snapshotContext);
    dataSet =
        new DataSet(
            keyspace, watchedKeys, blockedClients, snapshotContext, snapshots, state, clock, log);
    Call call =
        new Call(
            keyspace,
            values,
            settings,
            events,
            watchedKeys,
            blockedClients,
            propagation,
            stats,
            snapshots::changed);
    KeyEffects effects =
        new KeyEffects(propagation, events, watchedKeys, blockedClients, stats, state);
    keyspace.listener(effects);
    memory = new MemoryUse(keyspace, new Buffers());
    latency = new Latency(clock, settings.latencyMonitorThreshold::value);
    eviction =
        new Eviction(
            keyspace,
            settings,
            memory,
            effects,
            stats,
            latency,
            clock,
            this::isReplica,
            this::isPaused);
    Users users = new Users(table);
    configuredUsers = new ConfiguredUsers(settings, users, table);
    dispatcher =
        new CommandDispatcher(
            table,
            keyspace,
            state,
            stats,
            propagation,
            watchedKeys,
            blockedClients,
            eviction,
            settings,
            limits,
            latency,
            clock,
            log,
            call);
    scripting =
        new Scripting(
            slabs, table, dispatcher, state, propagation, call, keyspace, settings, clock, log);
    clients =
        new ClientRegistry(
            transport.loop(),
            clock,
            log,
            buffers,
            limits,
            new ConfiguredSession(settings, settings.maxmemory::value),
            users,
            new AclLog(() -> (int) Math.min(settings.acllogMaxLen.value(), Integer.MAX_VALUE)),
            channels,
            dispatcher);
    functionLibraries.of(scripting.functions());
    scripting.meanwhile((busy, whom) -> clients.nested(busy, () -> serve(busy, whom)));
    appendOnlyFile =
        new AppendOnlyFile(
            new AofSurroundings(
                settings,
                transport,
                clock,
                log,
                snapshotContext,
                snapshots,
                dataSet.progress(),
                propagation,
                state,
                latency,
                clients,
                watchedKeys,
                table,
                dispatcher,
                this::streamOffset));
    TlsSettings tls = new TlsSettings(settings);
    replication =
        new Replication(
            new ReplicationSurroundings(
                transport,
                clock,
                log,
                chance,
                settings,
                buffers,
                keyspace,
                propagation,
                state,
                appendOnlyFile,
                snapshots,
                snapshotContext,
                dataSet,
                limits,
                dispatcher,
                clients,
                watchedKeys,
                this::port,
                tls,
                this::dataSetGoes));
    rejoin =
        new RejoinGuard(
            settings, transport.loop(), clock, log, state, replication, this::port, tls);
    listeners = new Listeners(transport, settings, log, freePort, this::accept);
    cron = new Cron(transport.loop(), clock, keyspace);
    shutdown =
        new Shutdown(
            settings,
            state,
            transport.loop(),
            clock,
            log,
            clients,
            snapshots,
            replication,
            appendOnlyFile,
            cron,
            () -> {
              listeners.close(); // before anybody hears of the end
              ended.complete(0);
            });
    housekeeping =
        new Housekeeping(
            transport.loop(),
            clock,
            keyspace,
            eviction,
            dispatcher,
            stats,
            latency,
            settings.activeExpireEffort::value,
            this::isReplica);
    declareCommands();
    declareInfo();
    connect();
    try {
      renameCommands();
      configuredUsers.define();
    } catch (FatalConfigError e) {
      close();
      throw e;
    }
  }

  private void renameCommands() throws FatalConfigError {
    List<List<String>> lines = settings.renameCommand.words();
    for (int i = 0; i < lines.size(); i++) {
      try {
        table.rename(lines.get(i).get(0), lines.get(i).get(1));
      } catch (IllegalArgumentException e) {
        throw settings.renameCommand.error(i, String.valueOf(e.getMessage()));
      }
    }
  }

  /** While a script of one client keeps the loop: whoever has sent nothing before may do so now. */
  private void serve(ServerClient busy, Meanwhile.Whom whom) {
    if (whom == Meanwhile.Whom.DEBUGGER) {
      transport.serveMeanwhile(busy.connection());
    } else {
      transport.serveMeanwhile(connection ->
          connection.handler() instanceof ServerClient client
              && (client == busy || client.hasRequestsInHand()));
    }
  }

  private void accept(Connection connection) {
    clients.admission().accept(connection, registry -> new ServerClient(registry, watchedKeys));
  }

  private void declareCommands() {
    DumpCommands payloads = new DumpCommands(log);
    Hello hello =
        new Hello(
            Version.REDIS, "standalone", () -> replication.isReplica() ? "replica" : "master");
    ValueCommands.addTo(table);
    table.add(
        payloads,
        new MigrateCommands(migrationTargets),
        new DatabaseCommands(snapshots::flushedAll),
        new SelectCommand(),
        new TransactionCommands(),
        new ScriptCommands(),
        new FunctionCommands(clock),
        new ClusterCommands(),
        new PersistenceCommands(snapshots, appendOnlyFile),
        new ReplicationCommands(replication),
        new WaitCommand(replication),
        new FailoverCommand(replication),
        new ConfigCommands(this::resetStatistics, state, log),
        new ServerCommands(info, clock, shutdown),
        new MemoryCommands(memory, processUsage::residentBytes),
        new LatencyCommands(latency, clock, table),
        new DebugCommands(
            new Debugging(cron, housekeeping, dataSet, payloads, replication, appendOnlyFile, log)),
        new ConnectionCommands<>(hello),
        new ClientCommands<>(clients),
        new PubSubCommands<>(channels, this::publish, this::publishToShard),
        new AclCommands<>(clients, table, chance, configuredUsers::file),
        new CommandCommands<>(table));
    dispatcher.commandsAreDeclared();
  }

  /** Messages travel to replicas too, for their subscribers. */
  private void publish(Call call) {
    if (call.request().is(1, RejoinGuard.HELLO_CHANNEL)) {
      rejoin.heard(call.request().text(2));
    }
    int receivers = PubSubCommands.deliver(channels, call);
    call.propagateAnyway();
    call.reply().integer(receivers);
  }

  private void publishToShard(Call call) {
    int receivers = PubSubCommands.deliverToShard(channels, call);
    call.propagateAnyway();
    call.reply().integer(receivers);
  }

  private void resetStatistics() {
    stats.reset();
    scripting.scripts().resetStatistics();
    keyspace.resetFreedCount();
    table.resetStatistics();
    clients.resetStatistics();
    snapshots.resetStatistics();
    appendOnlyFile.resetStatistics();
    replication.resetCounters();
  }

  private void declareInfo() {
    ProcessInfo process = new ProcessInfo(settings, clock, clients, table, chance);
    ServerInfo server =
        new ServerInfo(
            settings,
            keyspace,
            memory,
            scripting,
            watchedKeys,
            blockedClients,
            clients,
            stats,
            migrationTargets,
            clock,
            processUsage);
    process.declareServer(info, "standalone", transport.name(), settings.hz::value);
    shutdown.declareInfo(info.section("Server", "server"));
    server.declareClients(process.declareClients(info));
    server.declareMemory(info);
    declarePersistence();
    server.declareStats(info, process::declareTraffic);
    replication.addTo(info);
    process.declareCpu(info);
    process.declareCommands(info);
    server.declareRest(info);
    cron.add(memory::peakBytes);
  }

  private void declarePersistence() {
    Section section = info.section("Persistence", "persistence");
    section.flag("loading", dataSet.progress()::isLoading);
    section.flag("async_loading", dataSet.progress()::isLoadingBeside);
    snapshots.declareInfo(section::number, section::text);
    dataSet.progress().declareInfo(section::number);
    appendOnlyFile.info().declare(section::number, section::text);
    section.lines(lines -> {
      appendOnlyFile.info().tell(lines::field);
      dataSet.progress().tell(clock.wallMillis(), lines::field);
    });
  }

  private void connect() {
    new AppliedSettings(settings, limits, keyspace, events, log).follow(listeners, cron);
    log.role(() -> replication.isReplica() ? 'S' : 'M');
    cron.add(() -> stats.sample(clock.monotonicNanos()));
    cron.add(() -> {
      if (!dataSet.progress().isLoading()) {
        snapshots.cron(); // else a part of the data would take the place of the file
      }
    });
    cron.add(appendOnlyFile::cron);
    dispatcher.unitListener(this::holdWritesForDisk);
    dispatcher.streamOffset(replication::offset);
    dispatcher.appendedOffset(appendOnlyFile::appendedOffset);
    clients.pauses().onChange(this::chooseExpiry);
    snapshots.onRemoved(nanos -> latency.took(LatencyEvent.RDB_UNLINK_TEMP_FILE, nanos));
    snapshots.onWritesMayGoOn(clients.pauses()::releaseWrites);
    cron.add(() -> state.set(Refusal.SNAPSHOT_FAILED, snapshots.writesRefused()));
  }

  /** While clients are paused the data set stands still: what is due is hidden, not removed. */
  private void chooseExpiry() {
    if (!replication.isReplica()) {
      keyspace.expiredKeys(
          clients.pauses().current() == Pause.NOTHING ? ExpiredKeys.DELETE : ExpiredKeys.HIDE);
    }
  }

  /** What writes cause must not pile up faster than it is written. */
  private void holdWritesForDisk() {
    if (snapshots.writesMustWait()) {
      snapshots.sinkReady(); // replicas that are slow take the snapshot into files then
    }
    if (snapshots.writesMustWait()) {
      clients.pauses().holdWrites();
    }
    appendOnlyFile.unitEnded();
  }

  /** A master's data set takes the place of this one. */
  private void dataSetGoes() {
    appendOnlyFile.dataSetGoes();
    dataSet.clear();
  }

  private boolean isPaused() {
    return clients.pauses().current() != Pause.NOTHING;
  }

  private boolean isReplica() {
    return replication.isReplica();
  }

  private long streamOffset() {
    return replication.offset();
  }

  private @Nullable ReplicationPoint replicationPoint() {
    return replication.point();
  }

  /**
   * Listens, loads the data set and begins to serve.
   *
   * @return completes when the data set is there, or with the reason why it is not
   * @throws IOException when an address cannot be listened on
   */
  public CompletableFuture<Void> start() throws IOException {
    CompletableFuture<Void> loaded = new CompletableFuture<>();
    onLoop(() -> {
      listeners.open();
      transport.atEndOfTurn(appendOnlyFile::endOfTurn);
      memory.started();
      cron.start(settings.hz.value());
      housekeeping.start();
      transport.loop().every(clients::everySecond, 1000);
      transport.loop().every(() -> migrationTargets.closeIdle(clock.wallMillis()), 1000);
      boolean isMaster = settings.replicaof.value() == null;
      dataSet.loadAtStart(
          isMaster,
          replication,
          appendOnlyFile,
          failure -> {
            if (failure == null) {
              stats.reset(); // commands of the append-only file are nobody's
              table.resetStatistics();
              latency.reset();
              replication.start();
              rejoin.start();
              loaded.complete(null);
            } else {
              loaded.completeExceptionally(failure);
            }
          });
    });
    return loaded;
  }

  /** The TCP port that it listens on, 0 for none. */
  public int port() {
    return listeners.port();
  }

  /** Completes with the exit status when the server was shut down by a command or by a signal. */
  public CompletableFuture<Integer> ended() {
    return ended;
  }

  /** Shuts down as a signal asks for it; {@link #ended} completes if that succeeds. */
  public void shutDown(String signal) {
    shutdown.asked();
    transport
        .loop()
        .execute(() -> {
          Set<ShutdownFlag> flags =
              (signal.equals("SIGINT") ? settings.shutdownOnSigint : settings.shutdownOnSigterm)
                  .value();
          ServerCommands.SaveWish wish =
              flags.contains(ShutdownFlag.SAVE)
                  ? ServerCommands.SaveWish.SAVE
                  : flags.contains(ShutdownFlag.NOSAVE)
                      ? ServerCommands.SaveWish.NOSAVE
                      : ServerCommands.SaveWish.CONFIGURED;
          shutdown.signalled(
              wish, flags.contains(ShutdownFlag.NOW), flags.contains(ShutdownFlag.FORCE));
        });
  }

  /** Whether a shutdown that a signal asked for is still to come; from any thread. */
  public boolean isShuttingDown() {
    return shutdown.isAsked();
  }

  /** The process ends at once: removes files that are being written; from any thread. */
  public void abandon() {
    snapshots.abandon();
  }

  /** Ends at once, without saving; all connections are closed and all memory is given back. */
  @Override
  public void close() {
    try {
      onLoop(() -> {
        cron.stop();
        housekeeping.stop();
        replication.close();
        listeners.close();
        snapshots.close();
        appendOnlyFile.close();
        migrationTargets.close();
      });
    } catch (IOException e) {
      log.warning("While closing: %s", e.getMessage());
    }
    transport.close();
    eviction.close();
    values.close();
    scripting.close();
    keyspace.close();
    slabs.close();
    ended.complete(0);
  }

  private interface Step {
    void run() throws IOException;
  }

  private void onLoop(Step step) throws IOException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    transport
        .loop()
        .execute(() -> {
          try {
            step.run();
            done.complete(null);
          } catch (IOException | RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    try {
      done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
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
      return replication.backlogBytes();
    }

    @Override
    public long replicationBufferBytes() {
      return replication.bufferBytes();
    }

    @Override
    public long replicasBytes() {
      return replication.replicasBytes();
    }

    @Override
    public long appendBytes() {
      return appendOnlyFile.bufferBytes();
    }

    @Override
    public long unlimitedBytes() {
      return replication.bytesBeyondBacklog();
    }

    @Override
    public long clientsBytes() {
      return clients.memoryBytes(ClientType.NORMAL)
          + clients.memoryBytes(ClientType.PUBSUB)
          + clients.memoryBytes(ClientType.MASTER);
    }
  }

  /** The loop as snapshots use it. */
  private record Turns(Loop loop, ServerStats stats) implements LoopTurns {
    @Override
    public void execute(Runnable task) {
      loop.execute(task);
    }

    @Override
    public void nextTurn(Runnable task) {
      loop.schedule(task, 0);
    }

    @Override
    public long commands() {
      return stats.commands();
    }
  }
}
