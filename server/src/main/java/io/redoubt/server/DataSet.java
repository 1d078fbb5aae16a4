package io.redoubt.server;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.execution.BlockedClients;
import io.redoubt.server.execution.Refusal;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.memory.Region;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.snapshot.LoadProgress;
import io.redoubt.server.snapshot.LoadRule;
import io.redoubt.server.snapshot.RdbFileLoad;
import io.redoubt.server.snapshot.ReplicationPoint;
import io.redoubt.server.snapshot.SnapshotContext;
import io.redoubt.server.snapshot.Snapshots;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The data set as a whole: loaded at the start, reloaded for a test, replaced by a master's. */
final class DataSet {
  /** Hears how loading at the start ended. */
  interface Ending {
    /** The data set is there, or {@code failure} tells why it is not. */
    void loaded(@Nullable Exception failure);
  }

  private final Keyspace keyspace;
  private final WatchedKeys watchedKeys;
  private final BlockedClients blockedClients;
  private final SnapshotContext context;
  private final Snapshots snapshots;
  private final LoadProgress progress = new LoadProgress();
  private final Clock clock;
  private final Log log;

  DataSet(
      Keyspace keyspace,
      WatchedKeys watchedKeys,
      BlockedClients blockedClients,
      SnapshotContext context,
      Snapshots snapshots,
      ServerState state,
      Clock clock,
      Log log) {
    this.keyspace = keyspace;
    this.watchedKeys = watchedKeys;
    this.blockedClients = blockedClients;
    this.context = context;
    this.snapshots = snapshots;
    this.clock = clock;
    this.log = log;
    progress.onChange(loading -> state.set(Refusal.LOADING, loading));
  }

  LoadProgress progress() {
    return progress;
  }

  /** Loads the file in turns of the loop, so that PING and INFO are answered meanwhile. */
  void loadAtStart(boolean isMaster, Replication replication, Ending ending) {
    if (!context.disk().exists(snapshots.file())) {
      ending.loaded(null);
      return;
    }
    long started = clock.monotonicNanos();
    try {
      RdbFileLoad load =
          new RdbFileLoad(context, snapshots.file(), rule(isMaster, false), progress);
      load.whenExpired((database, key, length) -> {
        ReplicationPoint point = load.replication();
        if (point != null) {
          replication.restore(point);
          replication.expiredAtStart(database, Region.MEMORY, key, length);
        }
      });
      load.runInTurns(failure -> {
        ReplicationPoint point = load.replication();
        if (failure == null) {
          snapshots.unchanged();
          log.notice("DB loaded from disk: %.3f seconds", (clock.monotonicNanos() - started) / 1e9);
          if (point != null) {
            replication.restore(point);
          }
        }
        ending.loaded(failure);
      });
    } catch (IOException e) {
      ending.loaded(e);
    }
  }

  private LoadRule rule(boolean skipsExpired, boolean replaces) {
    return new LoadRule(skipsExpired, replaces, context.settings().checksum());
  }

  /** Saves and loads again while everybody waits. */
  void reload(boolean save, boolean flush, boolean isMaster) throws IOException, RdbException {
    if (save && snapshots.save().isError()) {
      throw new IOException("Error trying to save the DB");
    }
    if (flush) {
      clear();
    }
    try (var load = new RdbFileLoad(context, snapshots.file(), rule(isMaster, !flush), progress)) {
      load.run();
    }
    log.warning("DB reloaded by DEBUG RELOAD");
  }

  /** Removes all keys, and lets those who watch them know. */
  void clear() {
    for (int i = 0; i < keyspace.count(); i++) {
      watchedKeys.touchAll(keyspace.database(i), null);
      blockedClients.markAll(keyspace.database(i));
    }
    keyspace.clear(true);
    context.functions().clear();
  }
}
