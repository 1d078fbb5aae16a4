package io.redoubt.server.assembly;

import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.session.AwaitedReplies;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.server.aof.ReplicationPosition;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.execution.monitoring.Rates;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.KeyspaceListener;
import io.redoubt.server.lifecycle.ActiveDefrag;
import io.redoubt.server.lifecycle.Cron;
import io.redoubt.server.lifecycle.ExpiryCycle;
import io.redoubt.server.lifecycle.Housekeeping;
import io.redoubt.server.lifecycle.MemoryReturn;
import io.redoubt.server.lifecycle.PeriodicWork;
import io.redoubt.server.lifecycle.Shutdown;
import io.redoubt.server.loading.LostDataSetException;
import io.redoubt.server.replication.state.SyncCounts;
import io.redoubt.server.settings.ServerDirectives;
import java.util.function.IntConsumer;

/**
 * The parts of a data server, in four assemblies and the periodic work that spans them. Each is
 * built from those before it, on one loop that owns the data and the connections.
 *
 * <p>A part gets its dependencies through its constructor only. Where an earlier part depends on a
 * later one, it gets a narrow interface that {@link Later} implements.
 */
final class ServerParts {
  final ServerDirectives settings;
  final Environment environment;
  final Clock clock;
  final Log log;
  final ProcessUsage processUsage;
  final DataAssembly data;
  final ClientAssembly clients;
  final PersistenceAssembly persistence;
  final ReplicationAssembly replication;
  final Rates rates;
  final Cron cron;
  final PeriodicWork periodic;
  final ActiveDefrag defrag;
  final EndOfService endOfService;
  final Shutdown shutdown;

  /** True once the server is open. */
  private boolean isOpen;

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
    log = environment.log();
    processUsage = new ProcessUsage(clock::monotonicNanos);
    Later later = new Later();
    data = new DataAssembly(settings, environment, machine, new KeyChanges());
    clients = new ClientAssembly(settings, environment, machine, freePort, data, later);
    persistence =
        new PersistenceAssembly(settings, environment, machine, data, clients, later::position);
    replication =
        new ReplicationAssembly(settings, environment, machine, data, clients, persistence);
    SyncCounts syncs = replication.core.counts();
    rates =
        new Rates(
            data.stats,
            clients.transport.stats(),
            new Rates.Traffic(
                () -> clients.registry.inputBytes() + syncs.receivedBytes.getAsLong(),
                () -> clients.registry.outputBytes() + syncs.sentBytes.getAsLong(),
                syncs.receivedBytes,
                syncs.sentBytes));
    cron = new Cron(clients.loop(), clock, data.keyspace, data.stats);
    ExpiryCycle expiry = new ExpiryCycle(data.keyspace, later, data.stats, data.latency, clock);
    Housekeeping housekeeping =
        new Housekeeping(
            clients.loop(),
            clock,
            data.keyspace,
            expiry,
            clients.eviction,
            clients.dispatcher,
            data.stats,
            settings.memory.activeExpireEffort::value);
    periodic = new PeriodicWork(cron, housekeeping, expiry);
    defrag =
        new ActiveDefrag(
            clients.loop(),
            clock,
            clients.memory,
            data.keyspace,
            settings.memory,
            data.latency,
            () -> persistence.dataSet.progress().isLoading() || cron.isPaused());
    endOfService =
        new EndOfService(
            clients.listeners, clients.transport, clients.registry, periodic, replication, ended);
    shutdown =
        new Shutdown(
            settings,
            data.state,
            environment,
            clients.connected,
            persistence.snapshots,
            replication.core,
            persistence.appendOnlyFile,
            endOfService);
    subscribe();
    schedule();
  }

  private void subscribe() {
    new AppliedSettings(settings, clients.limits, data.keyspace, data.events, data.slowLog, log)
        .follow(clients.listeners, clients.tls, cron, clients.transport);
    log.setRole('M');
  }

  /** Commits appended effects at the end of each turn from now on. */
  void onOpened() {
    isOpen = true;
  }

  private void schedule() {
    cron.add(shutdown::takeSignal);
    cron.add(() -> rates.sample(clock.monotonicNanos()));
    cron.add(clients.memory::peakBytes);
    cron.add(data.slabs::checkShortage);
    cron.add(new MemoryReturn(data.slabs, clock)::tick);
    cron.add(defrag::tick);
    cron.add(clients.scripting::freeIdleMemory);
    cron.add(() -> data.values.streams().idempotency().expireSome(clock.wallMillis()));
    cron.add(() -> clients.heap.relieve(clients.registry::closeLargestOnHeap));
    cron.add(persistence::cron);
    cron.add(clients.trackedKeys::keepLimit); // CONFIG SET may have lowered it
  }

  /** Ends the server after a reload has left the data set incomplete. */
  void onDataSetLost(LostDataSetException lost) {
    log.warning("Fatal error loading the DB: %s. Exiting.", SystemErrors.forLog(lost));
    fail();
  }

  /** Ends service because the data set can't be served. */
  void fail() {
    shutdown.onServeFailure();
    endOfService.fail();
  }

  /** The later parts, as the earlier ones see them. */
  private final class Later implements ClientAssembly.LaterParts {
    ReplicationPosition position() {
      return replication.core.position();
    }

    @Override
    public long mark() {
      return persistence.appendOnlyFile.replyGate().mark();
    }

    @Override
    public long passed() {
      return persistence.appendOnlyFile.replyGate().passed();
    }

    @Override
    public void await(AwaitedReplies replies) {
      replication.core.await(replies);
    }

    @Override
    public long patienceNanos(int found) {
      return isOpen ? persistence.appendOnlyFile.endOfTurn().patienceNanos(found) : NO_LOOK;
    }

    @Override
    public void run() {
      if (isOpen) {
        persistence.appendOnlyFile.endOfTurn().run();
        replication.onTurnEnd();
      }
    }

    /** While clients are paused the data set must not change: due keys are hidden, not removed. */
    @Override
    public void onPausesChange() {
      replication.core.onPausesChange();
      if (!replication.isReplica()) {
        data.keyspace.setExpiredKeys(clients.isPaused() ? ExpiredKeys.HIDE : ExpiredKeys.DELETE);
      }
    }

    @Override
    public void recordChange(long count) {
      persistence.snapshots.addChanges(count);
    }

    @Override
    public void unitEnded() {
      persistence.unitEnded();
    }

    @Override
    public boolean isReplica() {
      return replication.isReplica();
    }

    @Override
    public boolean isHandingOver() {
      return replication.core.isHandingOver();
    }

    @Override
    public String masterHost() {
      return replication.core.view().masterHost();
    }

    @Override
    public int masterPort() {
      return replication.core.view().masterPort();
    }

    @Override
    public int replicas() {
      return replication.core.replicaCount();
    }

    @Override
    public Cluster cluster() {
      return replication.cluster();
    }

    @Override
    public boolean isFrozen() {
      return clients.isPaused() || persistence.dataSet.progress().isLoading();
    }

    @Override
    public void evictFurther() {
      periodic.housekeeping().evictFurther();
    }

    @Override
    public long bytes() {
      return data.buffers.usedBytes();
    }

    @Override
    public long idleBytes() {
      return clients.transport.idleBytes();
    }

    @Override
    public long backlogBytes() {
      return replication.core.memory().backlogBytes();
    }

    @Override
    public long replicationBufferBytes() {
      return replication.core.memory().bufferBytes();
    }

    @Override
    public long replicasBytes() {
      return replication.core.memory().replicasBytes();
    }

    @Override
    public long appendBytes() {
      return persistence.appendOnlyFile.bufferBytes();
    }

    @Override
    public long clusterLinkBytes() {
      return replication.clusterLinkBytes();
    }

    @Override
    public long unlimitedBytes() {
      return replication.core.memory().bytesBeyondBacklog();
    }

    @Override
    public long clientsBytes() {
      return clients.registry.memoryBytesExcept(ClientType.REPLICA);
    }
  }

  /** Passes the changes of keys that no command makes explicitly to their effects. */
  private final class KeyChanges implements KeyspaceListener {
    @Override
    public void onExpired(Database database, long entry) {
      clients.effects.onExpired(database, entry);
    }

    @Override
    public void onElementExpired(Database database, long entry, long element, int elementLength) {
      clients.effects.onElementExpired(database, entry, element, elementLength);
    }

    @Override
    public void onElementsExpired(Database database, long entry, boolean all) {
      clients.effects.onElementsExpired(database, entry, all);
    }

    @Override
    public void onAdded(Database database, long entry) {
      clients.effects.onAdded(database, entry);
    }
  }
}
