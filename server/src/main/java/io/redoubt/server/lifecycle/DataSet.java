package io.redoubt.server.lifecycle;

import io.redoubt.persistence.aof.ManifestException;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.launch.Launch;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.execution.KeyObservers;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.loading.LoadMemoryException;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.loading.LostDataSetException;
import io.redoubt.server.loading.RdbFileLoad;
import io.redoubt.server.memory.Region;
import io.redoubt.server.replication.RestoredHistory;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.state.SpareDataSet;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.snapshot.context.FunctionLibraries;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.value.Values;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The data set: loaded at startup, reloaded by DEBUG RELOAD, replaced by a full sync. Until it is
 * {@linkplain #becomeWhole() whole} the server refuses commands with LOADING.
 */
public final class DataSet implements ReplicatedDataSet {
  /** Receives the outcome of the load at startup. */
  public interface Ending {
    /** Called at the end of the load, with null or the failure. */
    void onLoaded(@Nullable Exception failure);
  }

  private final Keyspace keyspace;
  private final KeyObservers observers;
  private final SnapshotContext context;
  private final Snapshots snapshots;
  private final LoadProgress progress;
  private final LoadView view;
  private final Clock clock;
  private final Log log;
  private final ServerState state;
  private boolean whole;

  /** Creates a data set that is not loaded yet. */
  public DataSet(
      Keyspace keyspace,
      KeyObservers observers,
      SnapshotContext context,
      Snapshots snapshots,
      ServerState state,
      Clock clock,
      Log log) {
    this.keyspace = keyspace;
    this.observers = observers;
    this.context = context;
    this.snapshots = snapshots;
    this.clock = clock;
    this.log = log;
    this.state = state;
    state.set(Refusal.LOADING, true);
    progress = new LoadProgress(new Loads());
    view = new LoadView(progress, clock, log);
  }

  /** Refuses commands during loads, and shows them to the operator. */
  private final class Loads implements LoadProgress.Listener {
    @Override
    public void onLoading(boolean loading) {
      state.set(Refusal.LOADING, loading || !whole);
      view.begin();
      if (!loading && whole) {
        log.status(Launch.READY);
      }
    }

    @Override
    public void onProgress() {
      view.reportIfDue();
    }
  }

  @Override
  public Keyspace keyspace() {
    return keyspace;
  }

  @Override
  public Snapshots snapshots() {
    return snapshots;
  }

  @Override
  public SnapshotContext context() {
    return context;
  }

  @Override
  public LoadProgress progress() {
    return progress;
  }

  /** Opens the data set to commands, after everything has been loaded at startup. */
  public void becomeWhole() {
    whole = true;
    state.set(Refusal.LOADING, progress.isLoading());
  }

  /**
   * Loads the files in turns of the event loop, so that PING and INFO are served during the load.
   */
  public void loadAtStart(
      boolean isMaster, RestoredHistory history, AppendOnlyFile appendOnlyFile, Ending ending) {
    try {
      appendOnlyFile.open();
    } catch (IOException | ManifestException e) {
      ending.onLoaded(e);
      return;
    }
    Ending loaded = failure -> ending.onLoaded(failure == null ? begin(appendOnlyFile) : failure);
    if (appendOnlyFile.hasData()) {
      appendOnlyFile.load(failure -> {
        snapshots.clearChanges();
        ReplicationPoint point = appendOnlyFile.loadedPlace();
        if (failure == null && point != null) {
          history.restore(point);
        }
        loaded.onLoaded(failure);
      });
    } else {
      loadDump(isMaster, history, loaded);
    }
  }

  private static @Nullable Exception begin(AppendOnlyFile appendOnlyFile) {
    try {
      appendOnlyFile.begin();
      return null;
    } catch (IOException e) {
      return e;
    } catch (OutOfMemoryError full) {
      return new LoadMemoryException(full);
    }
  }

  private void loadDump(boolean isMaster, RestoredHistory history, Ending ending) {
    if (!snapshots.hasFile()) {
      ending.onLoaded(null);
      return;
    }
    long started = clock.monotonicNanos();
    try {
      RdbFileLoad load =
          new RdbFileLoad(
              context,
              snapshots.file(),
              rule(isMaster, false),
              progress,
              (point, database, key, length) -> {
                if (point != null) {
                  history.restore(point);
                  history.onExpiredAtStart(database, Region.MEMORY, key, length);
                }
              });
      load.runInTurns(failure -> {
        ReplicationPoint point = load.replication();
        if (failure == null) {
          snapshots.clearChanges();
          log.notice("DB loaded from disk: %.3f seconds", (clock.monotonicNanos() - started) / 1e9);
          if (point != null) {
            history.restore(point);
          }
        }
        ending.onLoaded(failure);
      });
    } catch (IOException e) {
      ending.onLoaded(e);
    } catch (OutOfMemoryError full) {
      ending.onLoaded(new LoadMemoryException(full));
    }
  }

  private LoadRule rule(boolean skipsExpired, boolean replaces) {
    return new LoadRule(skipsExpired, replaces, context.settings().checksum());
  }

  /**
   * Saves and reloads the data set and blocks the event loop meanwhile (DEBUG RELOAD).
   *
   * @throws IOException if the data can't be saved or loaded; nothing has changed
   * @throws LostDataSetException if the data set is incomplete
   */
  public void reload(boolean save, boolean flush, boolean merge, boolean isMaster)
      throws IOException, LostDataSetException {
    if (save && snapshots.save().isError()) {
      throw new IOException("Error trying to save the DB");
    }
    RdbFileLoad load = new RdbFileLoad(context, snapshots.file(), rule(isMaster, merge), progress);
    try (load) {
      if (flush) {
        clear();
      }
      load.run();
    } catch (IOException | RdbException | RuntimeException e) {
      if (flush || load.keysLoaded() > 0) {
        throw new LostDataSetException(e);
      }
      throw new IOException(SystemErrors.text(e), e);
    }
    log.warning("DB reloaded by DEBUG RELOAD");
  }

  @Override
  public SpareDataSet spare() {
    return new Spare();
  }

  private void everythingChanges() {
    observers.onFlushed();
    for (int i = 0; i < keyspace.count(); i++) {
      observers.beforeClear(keyspace.database(i));
    }
  }

  /** Removes all keys and functions, and notifies WATCH and client-side caches. */
  @Override
  public void clear() {
    everythingChanges();
    keyspace.clear();
    context.functions().clear();
  }

  /** A second data set that a full sync loads while the current one is still served. */
  private final class Spare implements SpareDataSet, FunctionLibraries {
    private final Keyspace keys = keyspace.spare();
    private final Values values = new Values(keys, context.values().limits());
    private final List<ByteString> libraries = new ArrayList<>();

    @Override
    public SnapshotContext context() {
      return context.filling(values, this);
    }

    @Override
    public void takeOver() {
      everythingChanges();
      context.values().takeOver(values);
      keyspace.takeOver(keys);
      values.close();
      context.functions().clear();
      for (ByteString library : libraries) {
        String problem = context.functions().load(library, false);
        if (!problem.isEmpty()) {
          log.warning("Skipping a function library of the master: %s", problem);
        }
      }
      everythingChanges(); // wakes clients blocked on keys of the new data set
    }

    @Override
    public void discard() {
      context.values().takeOver(values); // which frees them
      keyspace.discard(keys);
      values.close();
    }

    @Override
    public List<ByteString> texts() {
      return libraries;
    }

    @Override
    public String load(ByteString text, boolean replaces) {
      libraries.add(text);
      return "";
    }

    @Override
    public void clear() {
      libraries.clear();
    }
  }
}
