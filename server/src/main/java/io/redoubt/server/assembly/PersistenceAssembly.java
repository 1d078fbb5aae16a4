package io.redoubt.server.assembly;

import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.aof.AofLoader;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.aof.ReplicationPosition;
import io.redoubt.server.aof.WriteGate;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.lifecycle.BoundThreads;
import io.redoubt.server.lifecycle.DataSet;
import io.redoubt.server.lifecycle.SavedFunctions;
import io.redoubt.server.settings.PersistenceDirectives;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.snapshot.context.LoopTurns;
import io.redoubt.server.snapshot.context.SnapshotContents;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.util.function.Supplier;

/**
 * The files of a server: snapshots, the append-only file, and loading from both. Built on the data
 * and on the execution of commands, by which the append-only file is replayed.
 */
final class PersistenceAssembly {
  final SnapshotContext snapshotContext;
  final Snapshots snapshots;
  final DataSet dataSet;
  final AppendOnlyFile appendOnlyFile;

  private final ServerState state;
  private final Pauses pauses;

  /**
   * Creates the files' writers and readers; nothing is read or written yet.
   *
   * @param position the data set's position in the replication history; not asked for before
   *     replication is built
   */
  PersistenceAssembly(
      ServerDirectives settings,
      Environment environment,
      Machine machine,
      DataAssembly data,
      ClientAssembly clients,
      Supplier<ReplicationPosition> position) {
    Clock clock = environment.clock();
    Log log = environment.log();
    state = data.state;
    pauses = clients.registry.pauses();
    snapshotContext =
        new SnapshotContext(
            new SnapshotContents(
                data.values,
                new SavedFunctions(clients.scripting::functions),
                () -> position.get().point()),
            machine.disk(),
            new BoundThreads(machine.threads(), settings, log),
            new ConfiguredSnapshots(settings),
            new Turns(clients.transport, data.stats),
            clock,
            log);
    snapshots =
        new Snapshots(
            snapshotContext,
            pauses::releaseWrites,
            nanos -> data.latency.took(LatencyEvent.RDB_UNLINK_TEMP_FILE, nanos));
    dataSet =
        new DataSet(
            data.keyspace, clients.observers, snapshotContext, snapshots, state, clock, log);
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
                data.propagation,
                clients.connected,
                clients.dispatcher),
            data.propagation,
            data.latency,
            new WriteGate(state, clients.registry),
            position);
    appendOnlyFile.followSettings();
    refuseWritesAfterFailedSaves(settings.persistence);
  }

  private void refuseWritesAfterFailedSaves(PersistenceDirectives settings) {
    state.condition(Refusal.SNAPSHOT_FAILED, snapshots::writesRefused);
    snapshots.onOver(this::onSnapshotsChange);
    settings.save.onChange(this::onSnapshotsChange);
    settings.stopWritesOnBgsaveError.onChange(this::onSnapshotsChange);
  }

  /**
   * Enters the state after a failed save. Commands test the condition, too, so it is left at once.
   */
  private void onSnapshotsChange() {
    state.set(Refusal.SNAPSHOT_FAILED, snapshots.writesRefused());
  }

  /** Does the periodic work. */
  void cron() {
    if (state.isDataWhole()) {
      snapshots.cron(); // otherwise an incomplete data set would replace the file
    }
    appendOnlyFile.cron();
    onSnapshotsChange();
  }

  /** Holds writes back while their pre-images accumulate faster than they are saved. */
  void unitEnded() {
    if (snapshots.writesMustWait()) {
      snapshots.sinkReady(); // replicas that are slow take the snapshot into files then
    }
    if (snapshots.writesMustWait()) {
      pauses.holdWrites();
    }
    appendOnlyFile.onUnitEnd();
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
