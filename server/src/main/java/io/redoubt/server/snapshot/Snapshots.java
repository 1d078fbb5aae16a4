package io.redoubt.server.snapshot;

import io.redoubt.protocol.bytes.Decimals;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.snapshot.context.SavePoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server's snapshots: SAVE, BGSAVE, save points, snapshots for replicas, and their INFO fields.
 * At most one snapshot is in progress at a time. All methods are called on the loop.
 */
public final class Snapshots implements AutoCloseable {
  /** The delay before a save point is retried after a failure. */
  private static final long RETRY_MILLIS = 5_000;

  /** Receives the result of a snapshot that is written to a file. */
  public interface Ending {
    /** Reports that the file was saved (null) or could not be written. */
    void onEnd(@Nullable String failure);
  }

  private final SnapshotContext context;
  private final List<Runnable> overListeners = new ArrayList<>();

  /** The temporary files being written, for {@link #abandon}, which any thread may call. */
  private final Set<Path> temporaries = ConcurrentHashMap.newKeySet();

  private final BlockingSnapshot blocking;
  private final Runnable writesMayGoOn;
  private final LongConsumer removed;
  private Ending baseEnding = failure -> {};
  private Ending saveEnding = failure -> {};

  private @Nullable Snapshot running;
  private long startedMillis;
  private long changesAtStart;
  private boolean scheduled;

  private long changes;
  private long lastSaveMillis;
  private long lastSaveBytes;
  private long lastAttemptMillis;
  private boolean lastOk = true;
  private long lastSeconds = -1;
  private long saves;

  /**
   * Creates the snapshots of a data set that has not been saved yet.
   *
   * @param writesMayGoOn runs when paused writes may continue
   * @param removed receives the nanoseconds it took to delete the file of a failed snapshot
   */
  public Snapshots(SnapshotContext context, Runnable writesMayGoOn, LongConsumer removed) {
    CommandPathClasses.initialize();
    this.context = context;
    this.blocking = new BlockingSnapshot(context);
    this.writesMayGoOn = writesMayGoOn;
    this.removed = removed;
    this.lastSaveMillis = context.clock().wallMillis();
  }

  public SnapshotContext context() {
    return context;
  }

  /** Counts changes of the data set since the last save (INFO's rdb_changes_since_last_save). */
  public void addChanges(long count) {
    changes += count;
  }

  /** Resets the number of changes, because the data set was just loaded from a file. */
  public void clearChanges() {
    changes = 0;
    lastSaveMillis = context.clock().wallMillis();
  }

  /**
   * Returns the time of the last successful save or load, initially that of the start, in seconds
   * of Unix time (LASTSAVE).
   */
  public long lastSaveSeconds() {
    return lastSaveMillis / 1000;
  }

  /** Returns the size in bytes of the file last saved by this process; 0 if there is none. */
  public long lastSaveBytes() {
    return lastSaveBytes;
  }

  /** Returns true if a snapshot is in progress, to a file or to replicas. */
  public boolean isRunning() {
    return running != null;
  }

  /** Returns true if a snapshot to the file is in progress. */
  public boolean isSaving() {
    return running != null && running.isSave();
  }

  /** Returns true if a snapshot is being aborted, which fails for all that it serves. */
  public boolean isAborting() {
    return running != null && running.isAborted();
  }

  /**
   * Returns true if writes are refused with MISCONF: save points exist, the last background save
   * failed, and {@code stop-writes-on-bgsave-error} is on.
   */
  public boolean writesRefused() {
    return !lastOk
        && context.settings().stopWritesOnError()
        && !context.settings().savePoints().isEmpty();
  }

  /**
   * Returns true if write commands must wait, because pre-images arrive faster than the snapshot
   * processes them.
   */
  public boolean writesMustWait() {
    return running != null && running.writesMustWait();
  }

  /** Adds a callback for the end of each snapshot, after which the next one may start. */
  public void onOver(Runnable action) {
    overListeners.add(action);
  }

  /**
   * Starts a snapshot to the file (BGSAVE).
   *
   * @param later true within a transaction, to only schedule it for the next {@link #cron()}
   */
  public SaveOutcome saveInBackground(boolean later) {
    if (running != null && !running.isBase()) {
      return SaveOutcome.IN_PROGRESS;
    }
    if (running != null && !later) {
      return SaveOutcome.BLOCKED;
    }
    if (later) {
      scheduled = true;
      return SaveOutcome.SCHEDULED;
    }
    return startSave(List.of()) ? SaveOutcome.STARTED : SaveOutcome.FAILED;
  }

  /**
   * Aborts the snapshot in progress, to the file or to replicas, or else unschedules the next one
   * (BGSAVE CANCEL). The previous file remains; replicas ask for another snapshot.
   */
  public SaveOutcome cancel() {
    if (running != null && !running.isBase()) {
      context.log().notice("Background saving will be aborted due to user request");
      running.abort();
      return SaveOutcome.CANCELLED;
    }
    if (scheduled) {
      context.log().notice("Scheduled background saving will be cancelled due to user request");
      scheduled = false;
      return SaveOutcome.UNSCHEDULED;
    }
    return SaveOutcome.NONE;
  }

  /**
   * Starts a snapshot for replicas, which need the replication stream from this moment on.
   *
   * @param withFieldExpiry true to include the expiry times of hash fields
   * @return false if another snapshot is in progress; see {@link #onOver}
   */
  public boolean sendTo(List<SnapshotSink> sinks, boolean withFieldExpiry) {
    if (running != null) {
      return false;
    }
    start(null, sinks, withFieldExpiry);
    return true;
  }

  /**
   * Starts a snapshot to the file and reports its end.
   *
   * @param sinks receive the snapshot as it is written
   * @return false if another snapshot is in progress; see {@link #onOver}
   */
  public boolean saveFor(List<SnapshotSink> sinks, Ending ending) {
    if (running != null) {
      return false;
    }
    saveEnding = ending;
    startSave(sinks);
    return true;
  }

  /**
   * Starts a snapshot that becomes the base of an append-only file. Later effects must be appended
   * to a new file.
   *
   * @return false if another snapshot is in progress; see {@link #onOver}
   */
  public boolean writeBase(SnapshotTarget base, Ending ending) {
    if (running != null) {
      return false;
    }
    baseEnding = ending;
    start(base, List.of(), true);
    return true;
  }

  /** Writes the base of an append-only file before returning. */
  public void writeBaseNow(SnapshotTarget base) throws IOException {
    try {
      blocking.write(base);
    } catch (UncheckedIOException e) {
      throw new IOException(SystemErrors.text(e), e);
    } catch (OutOfMemoryError full) {
      throw new IOException(SaveFailure.line(full), full);
    }
  }

  /** Aborts a snapshot for an append-only file. */
  public void abortBase() {
    if (running != null && running.isBase()) {
      running.abort();
    }
  }

  /** Returns true if a snapshot for an append-only file is in progress. */
  public boolean isWritingBase() {
    return running != null && running.isBase();
  }

  private boolean startSave(List<SnapshotSink> sinks) {
    return start(new DumpTarget(context, "temp-bg-" + context.pid() + ".rdb"), sinks, true);
  }

  /**
   * Starts a snapshot; returns false if there is no memory for it, after the ending has been
   * called.
   */
  private boolean start(
      @Nullable SnapshotTarget target, List<SnapshotSink> sinks, boolean withFieldExpiry) {
    startedMillis = context.clock().wallMillis();
    changesAtStart = changes;
    if (target != null) {
      temporaries.add(target.temporary());
    }
    if (isSave(target)) {
      scheduled = false;
      lastAttemptMillis = startedMillis;
    }
    try {
      Snapshot started =
          new Snapshot(
              context, target, sinks, withFieldExpiry, () -> writesMayGoOn.run(), this::over);
      running = started;
      started.start();
    } catch (OutOfMemoryError full) {
      sinks.forEach(SnapshotSink::onFailure);
      onEnd(target, SaveFailure.line(full));
      return false;
    }
    context.log().notice("%s started by pid %d", name(target), context.pid());
    return true;
  }

  private static boolean isSave(@Nullable SnapshotTarget target) {
    return target != null && !target.isBase();
  }

  private static String name(@Nullable SnapshotTarget target) {
    if (target == null) {
      return "Background RDB transfer";
    }
    return target.isBase() ? "Background append only file rewriting" : "Background saving";
  }

  private void over(@Nullable String failure) {
    Snapshot ended = running;
    running = null;
    if (ended == null) {
      return;
    }
    removed.accept(ended.removalNanos());
    onEnd(ended.target(), failure);
  }

  private void onEnd(@Nullable SnapshotTarget target, @Nullable String failure) {
    temporaries.clear();
    boolean toFile = isSave(target);
    if (target != null && target.isBase()) {
      baseEnding.onEnd(failure);
    } else {
      reportEnd(toFile, failure);
    }
    if (toFile) {
      long now = context.clock().wallMillis();
      lastSeconds = (now - startedMillis) / 1000;
      lastOk = failure == null || (failure.equals(Snapshot.ABORTED) && lastOk);
      if (failure == null) {
        onSaved(changesAtStart, now);
      }
      Ending waiting = saveEnding;
      saveEnding = nothing -> {};
      waiting.onEnd(failure);
    }
    for (Runnable listener : List.copyOf(overListeners)) {
      listener.run();
    }
  }

  private void reportEnd(boolean save, @Nullable String failure) {
    String what = save ? "Background saving" : "Background RDB transfer";
    if (failure == null) {
      if (save) {
        context.log().notice("DB saved on disk");
      }
      context.log().notice("%s terminated with success", what);
    } else {
      context.log().warning("%s", failure);
      context.log().warning("%s error", save ? "Background saving" : "Background transfer");
    }
  }

  private void onSaved(long changesSaved, long now) {
    changes -= changesSaved;
    lastSaveMillis = now;
    lastSaveBytes = fileBytes();
    lastOk = true;
    saves++;
  }

  private long fileBytes() {
    try {
      return context.disk().size(file());
    } catch (IOException gone) { // removed by another process
      return 0;
    }
  }

  /** Called when a sink accepts bytes again. */
  public void sinkReady() {
    if (running != null) {
      running.pump();
    }
  }

  public void drop(SnapshotSink sink) {
    if (running != null) {
      running.drop(sink);
    }
  }

  /** Aborts a snapshot to the file and leaves the previous file in place. */
  public void abortSave() {
    if (running != null && running.isSave()) {
      context.log().warning("There is a background saving in progress. Stopping it!");
      running.abort();
    }
  }

  /** Writes the file before returning (SAVE). */
  public SaveOutcome save() {
    return isSaving() ? SaveOutcome.IN_PROGRESS : writeFile();
  }

  /** Deletes unfinished files before the process exits immediately. May be called on any thread. */
  public void abandon() {
    for (Path path : temporaries) {
      try {
        context.disk().delete(path);
      } catch (IOException e) {
        context.log().warning("Can't remove %s: %s", path, SystemErrors.text(e));
      }
    }
  }

  /** Saves at shutdown, aborting a background save. */
  public SaveOutcome shutdownSave() {
    abortSave();
    return writeFile();
  }

  private SaveOutcome writeFile() {
    SnapshotTarget target = new DumpTarget(context, "temp-" + context.pid() + ".rdb");
    temporaries.add(target.temporary());
    try {
      blocking.write(target);
    } catch (IOException | UncheckedIOException e) {
      context.log().warning("%s", SaveFailure.line(e));
      return SaveOutcome.FAILED; // writes need not be refused, because the caller gets the error
    } catch (OutOfMemoryError full) {
      context.log().warning("%s", SaveFailure.line(full));
      return SaveOutcome.FAILED;
    } finally {
      temporaries.remove(target.temporary());
    }
    context.log().notice("DB saved on disk");
    onSaved(changes, context.clock().wallMillis());
    return SaveOutcome.SAVED;
  }

  /**
   * Handles FLUSHALL: aborts a snapshot in progress and, if there are save points, saves the empty
   * data set at once, so that a restart does not restore the flushed data. Replicas that were
   * receiving the snapshot ask for another.
   */
  public void onFlushAll() {
    abortSave();
    if (running != null && !running.isBase()) {
      running.abort();
    }
    if (!context.settings().savePoints().isEmpty()) {
      writeFile();
    }
  }

  /** Starts a scheduled save, or one due by a save point. Called about ten times a second. */
  public void cron() {
    if (running != null) {
      running.pump();
      return;
    }
    if (scheduled) {
      startSave(List.of());
      return;
    }
    long now = context.clock().wallMillis();
    if (!lastOk && now - lastAttemptMillis <= RETRY_MILLIS) {
      return;
    }
    for (SavePoint point : context.settings().savePoints()) {
      if (changes >= point.changes() && now - lastSaveMillis > point.seconds() * 1000) {
        context
            .log()
            .notice("%d changes in %d seconds. Saving...", point.changes(), point.seconds());
        startSave(List.of());
        return;
      }
    }
  }

  /**
   * Declares the INFO fields about saving in the persistence section, in Redis' order.
   *
   * @param number receives the name and the value of a numeric field
   * @param text receives the name and the value of a text field
   */
  public void declareInfo(
      BiConsumer<String, LongSupplier> number, BiConsumer<String, Supplier<String>> text) {
    // 0: without a fork there is no copy-on-write
    number.accept("current_cow_peak", () -> 0);
    number.accept("current_cow_size", () -> 0);
    number.accept("current_cow_size_age", () -> 0);
    text.accept("current_fork_perc", this::walkedPercent);
    number.accept("current_save_keys_processed", () -> running == null ? 0 : running.keysWritten());
    number.accept("current_save_keys_total", () -> running == null ? 0 : running.keysAtStart());
    number.accept("rdb_changes_since_last_save", () -> changes);
    number.accept("rdb_bgsave_in_progress", () -> isRunning() && !isWritingBase() ? 1 : 0);
    number.accept("rdb_last_save_time", this::lastSaveSeconds);
    text.accept("rdb_last_bgsave_status", () -> lastOk ? "ok" : "err");
    number.accept("rdb_last_bgsave_time_sec", () -> lastSeconds);
    number.accept("rdb_current_bgsave_time_sec", this::currentSeconds);
    number.accept("rdb_saves", () -> saves);
    number.accept("rdb_last_cow_size", () -> 0);
  }

  private String walkedPercent() {
    Snapshot snapshot = running;
    double percent =
        snapshot == null || snapshot.keysAtStart() == 0
            ? 0
            : 100.0 * snapshot.keysWritten() / snapshot.keysAtStart();
    return Decimals.format(percent, 2);
  }

  private long currentSeconds() {
    return isSaving() ? (context.clock().wallMillis() - startedMillis) / 1000 : -1;
  }

  /** Aborts a snapshot in progress and deletes its temporary file, at shutdown. */
  @Override
  public void close() {
    if (running != null) {
      running.close();
      running = null;
    }
  }

  /** Returns the path of the file of SAVE and BGSAVE. */
  public Path file() {
    return context.settings().directory().resolve(context.settings().fileName());
  }

  /** Returns true if {@link #file()} exists; an empty {@code dbfilename} names no file. */
  public boolean hasFile() {
    return !context.settings().fileName().isEmpty() && context.disk().exists(file());
  }

  /** Resets the counters for CONFIG RESETSTAT. */
  public void resetStatistics() {
    saves = 0;
  }
}
