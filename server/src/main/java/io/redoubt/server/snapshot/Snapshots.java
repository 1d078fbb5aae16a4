package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.process.BlockingSleep;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Walk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server's snapshots: SAVE, BGSAVE, save points, snapshots for replicas, and what INFO tells of
 * them. At most one snapshot walks at a time. Everything is called on the loop.
 */
public final class Snapshots implements AutoCloseable {

  /** After a failure a save point waits this long before it tries again. */
  private static final long RETRY_MILLIS = 5_000;

  /** Hears how a snapshot that becomes a file ended. */
  public interface Ending {
    /** The file has its place (null), or it could not be written. */
    void ended(@Nullable String failure);
  }

  private final SnapshotContext context;
  private final List<Runnable> overListeners = new ArrayList<>();

  /** Files that are being written; for {@link #abandon}, which may come from any thread. */
  private final Set<Path> temporaries = ConcurrentHashMap.newKeySet();

  private Runnable writesMayGoOn = () -> {};
  private LongConsumer removed = nanos -> {};
  private Ending baseEnding = failure -> {};
  private Ending saveEnding = failure -> {};

  private @Nullable Snapshot running;
  private long startedMillis;
  private long changesAtStart;
  private boolean scheduled;

  private long changes;
  private long lastSaveMillis;
  private long lastAttemptMillis;
  private boolean lastOk = true;
  private long lastSeconds = -1;
  private long saves;
  private long owedMicros; // of rdb-key-save-delay

  /**
   * What commands come to run through while a snapshot is under way, with the classes that are
   * nested in it. Code that was compiled before a class of it was initialised has to be thrown away
   * when that happens: at the first snapshot, the code of all commands.
   */
  private static final List<Class<?>> ON_THE_WAY_OF_COMMANDS =
      List.of(
          Walk.class,
          Snapshot.class,
          Pace.class,
          EntryWriter.class,
          ValueExport.class,
          LargeValues.class,
          LargeTable.class,
          LargeSortedSet.class,
          LargeList.class,
          LargeStream.class,
          LargeGroup.class,
          LargeString.class,
          RecordOutput.class,
          ListNodeExport.class,
          RawQueue.class,
          Chunk.class,
          RdbKey.class,
          RdbType.class,
          RdbWriter.class);

  /** Nothing runs, nothing has been saved. */
  public Snapshots(SnapshotContext context) {
    for (Class<?> each : ON_THE_WAY_OF_COMMANDS) {
      for (Class<?> nested : each.getNestMembers()) {
        initialize(nested);
      }
    }
    this.context = context;
    this.lastSaveMillis = context.clock().wallMillis();
  }

  /** Returns what snapshots work with. */
  public SnapshotContext context() {
    return context;
  }

  private static void initialize(Class<?> each) {
    try {
      Class.forName(each.getName(), true, each.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e); // it has been found already
    }
  }

  /**
   * Counts changes of the data set since the last save: what INFO calls
   * rdb_changes_since_last_save.
   */
  public void changed(long count) {
    changes += count;
  }

  /** The number of changes since the last save. */
  public long changes() {
    return changes;
  }

  /** Begins counting changes anew: the data set is what a file holds (it has just been loaded). */
  public void unchanged() {
    changes = 0;
    lastSaveMillis = context.clock().wallMillis();
  }

  /**
   * The time of the last successful save in seconds of Unix time; of the start when there was none
   * (LASTSAVE).
   */
  public long lastSaveSeconds() {
    return lastSaveMillis / 1000;
  }

  /** Whether a snapshot is under way, to a file or to replicas. */
  public boolean isRunning() {
    return running != null;
  }

  /** Whether a snapshot to the file is under way. */
  public boolean isSaving() {
    return running != null && running.isSave();
  }

  /**
   * Whether writes are refused with MISCONF: saving is configured, failed last, and is not to fail
   * silently.
   */
  public boolean writesRefused() {
    return !lastOk
        && context.settings().stopWritesOnError()
        && !context.settings().savePoints().isEmpty();
  }

  /**
   * Whether commands that write are to wait, because the snapshot can't take pre-images so fast.
   */
  public boolean writesMustWait() {
    return running != null && running.writesMustWait();
  }

  /** Sets what runs when writes that had to wait may go on. */
  public void onWritesMayGoOn(Runnable action) {
    writesMayGoOn = action;
  }

  /** Sets who hears how many nanoseconds it took to remove what a snapshot left that failed. */
  public void onRemoved(LongConsumer listener) {
    removed = listener;
  }

  /** Adds what runs whenever a snapshot is over: the next may begin. */
  public void onOver(Runnable action) {
    overListeners.add(action);
  }

  /**
   * BGSAVE: starts a snapshot to the file.
   *
   * @param later only note the wish, for the next {@link #cron()}: within a transaction
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
    startSave();
    return SaveOutcome.STARTED;
  }

  /**
   * Starts a snapshot for replicas: from here on the write stream is to be kept for them.
   *
   * @param withFieldExpiry whether hashes are written with the expiries of their fields
   * @return false when another snapshot is under way; see {@link #onOver}
   */
  public boolean sendTo(List<SnapshotSink> sinks, boolean withFieldExpiry) {
    if (running != null) {
      return false;
    }
    start(null, sinks, withFieldExpiry);
    return true;
  }

  /**
   * Starts a snapshot that is written to the file, and told when it is there.
   *
   * @param sinks who takes it as it is made
   * @return false when another snapshot is under way; see {@link #onOver}
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
   * Starts a snapshot that becomes the base of an append-only file: from here on the stream of
   * commands is to be appended to a file of its own.
   *
   * @return false when another snapshot is under way; see {@link #onOver}
   */
  public boolean writeBase(SnapshotTarget base, Ending ending) {
    if (running != null) {
      return false;
    }
    baseEnding = ending;
    start(base, List.of(), true);
    return true;
  }

  /** Writes the base of an append-only file before it returns. */
  public void writeBaseNow(SnapshotTarget base) throws IOException {
    try (RdbFile file = new RdbFile(context, base)) {
      writeTo(file, base);
    } catch (UncheckedIOException e) {
      throw new IOException(SystemErrors.text(e), e);
    }
  }

  /** Gives up the snapshot for an append-only file that is under way. */
  public void abortBase() {
    if (running != null && running.isBase()) {
      running.abort();
    }
  }

  /** Whether a snapshot for an append-only file is under way. */
  public boolean isWritingBase() {
    return running != null && running.isBase();
  }

  private void startSave() {
    startSave(List.of());
  }

  private void startSave(List<SnapshotSink> sinks) {
    start(new DumpTarget(context, "temp-bg-" + context.pid() + ".rdb"), sinks, true);
  }

  private void start(
      @Nullable SnapshotTarget target, List<SnapshotSink> sinks, boolean withFieldExpiry) {
    startedMillis = context.clock().wallMillis();
    changesAtStart = changes;
    if (target != null) {
      temporaries.add(target.temporary());
    }
    Snapshot started =
        new Snapshot(
            context, target, sinks, withFieldExpiry, () -> writesMayGoOn.run(), this::over);
    running = started;
    if (started.isSave()) {
      scheduled = false;
      lastAttemptMillis = startedMillis;
    }
    context.log().notice("%s started by pid %d", name(started), context.pid());
  }

  private static String name(Snapshot snapshot) {
    if (snapshot.isBase()) {
      return "Background append only file rewriting";
    }
    return snapshot.isSave() ? "Background saving" : "Background RDB transfer";
  }

  private void over(@Nullable String failure) {
    Snapshot ended = running;
    running = null;
    if (ended == null) {
      return;
    }
    temporaries.clear();
    removed.accept(ended.removalNanos());
    boolean toFile = ended.isSave();
    if (ended.isBase()) {
      baseEnding.ended(failure);
    } else {
      tellEnd(toFile, failure);
    }
    if (toFile) {
      long now = context.clock().wallMillis();
      lastSeconds = (now - startedMillis) / 1000;
      lastOk = failure == null || (failure.equals(Snapshot.ABORTED) && lastOk);
      if (failure == null) {
        saved(changesAtStart, now);
      }
      Ending waiting = saveEnding;
      saveEnding = nothing -> {};
      waiting.ended(failure);
    }
    for (Runnable listener : List.copyOf(overListeners)) {
      listener.run();
    }
  }

  private void tellEnd(boolean save, @Nullable String failure) {
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

  private void saved(long changesSaved, long now) {
    changes -= changesSaved;
    lastSaveMillis = now;
    lastOk = true;
    saves++;
  }

  /** A sink takes bytes again. */
  public void sinkReady() {
    if (running != null) {
      running.pump();
    }
  }

  /** A sink has gone. */
  public void drop(SnapshotSink sink) {
    if (running != null) {
      running.drop(sink);
    }
  }

  /** Gives up a snapshot to the file that is under way; the file of before stays. */
  public void abortSave() {
    if (running != null && running.isSave()) {
      context.log().warning("There is a background saving in progress. Stopping it!");
      running.abort();
    }
  }

  /** SAVE: writes the file before it returns. */
  public SaveOutcome save() {
    return isSaving() ? SaveOutcome.IN_PROGRESS : writeFile();
  }

  /** The process ends at once: removes what is half written; from any thread. */
  public void abandon() {
    for (Path path : temporaries) {
      try {
        context.disk().delete(path);
      } catch (IOException e) {
        context.log().warning("Can't remove %s: %s", path, SystemErrors.text(e));
      }
    }
  }

  /**
   * Saves at the end of the server's life: a background save that is under way is given up for it.
   */
  public SaveOutcome shutdownSave() {
    abortSave();
    return writeFile();
  }

  private SaveOutcome writeFile() {
    SnapshotTarget target = new DumpTarget(context, "temp-" + context.pid() + ".rdb");
    temporaries.add(target.temporary());
    try (RdbFile file = new RdbFile(context, target)) {
      writeTo(file, target);
    } catch (IOException | UncheckedIOException e) {
      context.log().warning("%s", SaveFailure.line(e));
      return SaveOutcome.FAILED; // whoever waits for it hears so: no reason to refuse writes
    } finally {
      temporaries.remove(target.temporary());
    }
    context.log().notice("DB saved on disk");
    saved(changes, context.clock().wallMillis());
    return SaveOutcome.SAVED;
  }

  private void writeTo(RdbFile file, SnapshotTarget target) throws IOException {
    Keyspace keyspace = context.keyspace();
    BufferMemory buffers = BufferMemory.offHeap();
    SnapshotSettings settings = context.settings();
    try (Arena arena = Arena.ofConfined()) {
      FileOutput out =
          new FileOutput(
              file,
              arena.allocate(Chunk.SIZE_BYTES),
              settings.checksum() && !target.holdsCommands());
      FileFormat format =
          new FileFormat(out, target, settings.compress(), settings.version(), buffers);
      RdbVisitor writer = format.visitor();
      format.begin(context);
      FileHead.tell(writer, context, target);
      EntryWriter entries =
          new EntryWriter(
              writer, context, FileFormat.version(target, settings), new KeyspaceSizes(keyspace));
      for (int database = 0; database < keyspace.count(); database++) {
        int index = database;
        keyspace
            .database(index)
            .forEach(entry -> {
              entries.write(index, entry);
              delay(settings.keySaveDelayMicros());
            });
      }
      writer.end();
      format.close();
      out.flush();
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer refuses nothing
    }
    file.sync();
    file.publish();
  }

  /** Makes saving slow, to test what happens meanwhile. */
  private void delay(long micros) {
    owedMicros += Math.max(micros, 0);
    if (owedMicros >= 1000) {
      BlockingSleep.ofMillis(owedMicros / 1000);
      owedMicros %= 1000;
    }
  }

  /**
   * After FLUSHALL: a snapshot that is under way is of no more use, and where save points are set
   * the empty data set is saved at once, so that what was flushed does not come back with a
   * restart. Replicas that were being sent a snapshot ask for another.
   */
  public void flushedAll() {
    abortSave();
    if (running != null && !running.isBase()) {
      running.abort();
    }
    if (!context.settings().savePoints().isEmpty()) {
      writeFile();
    }
  }

  /**
   * Starts what is due: a save that was scheduled, or that a save point asks for. To be called
   * about ten times a second.
   */
  public void cron() {
    if (running != null) {
      running.pump();
      return;
    }
    if (scheduled) {
      startSave();
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
        startSave();
        return;
      }
    }
  }

  /**
   * Declares the fields of INFO's persistence section that are about saving, in Redis' order.
   *
   * @param number takes a name and where its value comes from
   * @param text the same for fields that are no numbers
   */
  public void declareInfo(
      BiConsumer<String, LongSupplier> number, BiConsumer<String, Supplier<String>> text) {
    // no process is forked, so nothing is ever copied on write
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
    return String.format(Locale.ROOT, "%.2f", percent);
  }

  private long currentSeconds() {
    return isSaving() ? (context.clock().wallMillis() - startedMillis) / 1000 : -1;
  }

  /** Ends a snapshot that is under way, with its thread and its temporary file: the server ends. */
  @Override
  public void close() {
    if (running != null) {
      running.close();
      running = null;
    }
  }

  /** The path of the file. */
  public Path file() {
    return context.settings().directory().resolve(context.settings().fileName());
  }

  /** Sets the counters of CONFIG RESETSTAT back. */
  public void resetStatistics() {
    saves = 0;
  }

  /** The sizes of the databases as they are. */
  private record KeyspaceSizes(Keyspace keyspace) implements EntryWriter.Sizes {
    @Override
    public long keys(int database) {
      return keyspace.database(database).size();
    }

    @Override
    public long expiring(int database) {
      return keyspace.database(database).expiries().size();
    }
  }

  /** Writes to a file on the calling thread. */
  private static final class FileOutput extends RdbOutput {
    private final RdbFile file;
    private final MemorySegment window;

    FileOutput(RdbFile file, MemorySegment window, boolean checksum) {
      super(checksum);
      this.file = file;
      this.window = window;
      window(window, 0, window.byteSize());
    }

    @Override
    protected void renew(long end, int atLeastBytes) {
      try {
        file.write(window, 0, end);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      window(window, 0, window.byteSize());
    }

    void flush() throws IOException {
      file.write(window, 0, position());
    }
  }
}
