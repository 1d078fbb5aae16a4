package io.redoubt.server.aof;

import io.redoubt.persistence.aof.AofException;
import io.redoubt.persistence.aof.ManifestException;
import io.redoubt.persistence.aof.append.AofAppender.Policy;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.net.EndOfTurn;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.session.OutputGate;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.loading.LoadMemoryException;
import io.redoubt.server.loading.LostDataSetException;
import io.redoubt.server.settings.PersistenceDirectives.Appendfsync;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The append-only file of a server. Confined to the event loop.
 *
 * <p>States: off; waiting, after it was turned on at run time, for the first rewrite, while writes
 * go to a temporary file; on.
 *
 * <p><b>Disk failures.</b> While the disk fails, writes are refused with MISCONF and reads are
 * served ({@link DiskTrouble}). A failed write is retried ten times a second until it succeeds.
 * After a failed fsync a rewrite replaces the file, since the kernel may have dropped the dirty
 * pages.
 */
public final class AppendOnlyFile implements AutoCloseable {
  /** The name of the thread that writes and syncs. */
  public static final String THREAD = "redoubt-append";

  private enum State {
    OFF,
    WAITING,
    ON
  }

  private final ServerDirectives settings;
  private final Clock clock;
  private final Log log;
  private final Snapshots snapshots;
  private final AofLoader loader;
  private final Propagation propagation;
  private final WriteGate gate;
  private final Supplier<ReplicationPosition> position;
  private final AppendFiles files;
  private final AofWriter writer;
  private final IncrementalFiles incrementals;
  private final Rewrites rewrites;
  private @Nullable ReplicationPoint loadedPlace;
  private State state = State.OFF;
  private boolean suspended;

  /**
   * Creates a file that is off; {@link #begin} turns it on if configured.
   *
   * @param snapshots write the bases of rewrites
   * @param gate refuses writes while the disk fails and delays them while it lags
   * @param position not called before all parts of the server are wired
   */
  public AppendOnlyFile(
      Environment environment,
      ServerDirectives settings,
      Snapshots snapshots,
      AofLoader loader,
      Propagation propagation,
      Latency latency,
      WriteGate gate,
      Supplier<ReplicationPosition> position) {
    this.settings = settings;
    this.clock = environment.clock();
    this.log = environment.log();
    this.snapshots = snapshots;
    SnapshotContext context = snapshots.context();
    this.loader = loader;
    this.propagation = propagation;
    this.gate = gate;
    this.position = position;
    this.files = new AppendFiles(context.disk(), settings, log);
    this.writer =
        new AofWriter(
            environment,
            settings,
            snapshots,
            latency,
            gate,
            position,
            this::isEnabled,
            this::settleLate);
    this.incrementals = new IncrementalFiles(files, writer.appender(), context.turns(), clock, log);
    this.rewrites =
        new Rewrites(environment, settings, snapshots, latency, files, new RewriteEnds());
  }

  /** Follows changes of the configuration. */
  public void followSettings() {
    settings.persistence.appendonly.onChange((Boolean on) -> switchTo(on));
    settings.persistence.appendfsync.onChange(this::takePolicy);
    settings.persistence.aofCommitJournal.onChange(this::takePolicy);
    settings.persistence.aofDisableAutoGc.onChange(rewrites::removeHistory);
  }

  /** Returns the gate that holds replies until the writes they depend on are durable. */
  public OutputGate replyGate() {
    return writer.replyGate();
  }

  // Loading.

  /**
   * Reads the manifest and migrates a single file of Redis 6. If this fails the server must not
   * start.
   */
  public void open() throws IOException, ManifestException {
    files.current().open();
    if (settings.persistence.appendonly.value()) {
      files.current().migrateOldFile();
    }
  }

  /** Returns true if the data set must be loaded from the append-only files. */
  public boolean hasData() {
    return settings.persistence.appendonly.value() && !files.current().manifest().isEmpty();
  }

  /** Receives the outcome of a load. */
  public interface Ending {
    /** Called at the end of the load; {@code failure} is null if the data set is complete. */
    void onLoaded(@Nullable Exception failure);
  }

  /** Loads the files in turns of the event loop. */
  public void load(Ending ending) {
    long started = clock.monotonicNanos();
    try {
      AofReplay replay = loader.open(files);
      replay.runInTurns(failure -> {
        if (failure == null) {
          loadedPlace = files.withTail(replay.place());
          log.notice(
              "DB loaded from append only file: %.3f seconds",
              (clock.monotonicNanos() - started) / 1e9);
        }
        ending.onLoaded(replay.explained(failure));
      });
    } catch (IOException e) {
      ending.onLoaded(AofReplay.unreadable(e));
    } catch (OutOfMemoryError full) {
      ending.onLoaded(new LoadMemoryException(full));
    }
  }

  /** Returns the replication position of the loaded files, or null. */
  public @Nullable ReplicationPoint loadedPlace() {
    return loadedPlace;
  }

  /**
   * Loads the files and blocks the event loop meanwhile (DEBUG LOADAOF).
   *
   * @param clear called to empty the keyspace once the files are open
   * @throws IOException if a file can't be opened; nothing has changed
   * @throws ManifestException if the manifest is damaged; nothing has changed
   * @throws LostDataSetException if the data set is incomplete
   */
  public void reload(Runnable clear) throws IOException, ManifestException, LostDataSetException {
    settleNext();
    rewrites.giveUp();
    if (state == State.OFF) {
      files.current().open();
    } else {
      writer.writeAndForce();
    }
    AofReplay replay = loader.open(files);
    try (replay) {
      clear.run();
      replay.run();
    } catch (IOException | AofException | RdbException | RuntimeException e) {
      throw new LostDataSetException(e);
    }
    log.notice("Append Only File loaded by DEBUG LOADAOF");
  }

  // On and off.

  /** Starts to append at the end of startup, if configured. */
  public void begin() throws IOException {
    if (!settings.persistence.appendonly.value()) {
      return;
    }
    if (files.current().manifest().isEmpty()) {
      rewrites.writeFirstBase();
    }
    incrementals.openLast();
    rewrites.measure();
    onTurnedOn();
  }

  private void onTurnedOn() {
    if (state == State.OFF) {
      writer.newFile();
      propagation.add(writer.stream());
    }
    state = State.ON;
    writer.postponeForce();
    takePolicy();
  }

  private void switchTo(boolean on) throws RefusedValue {
    suspended = false;
    if (!on) {
      turnOff();
    } else if (state == State.OFF && !turnOn()) {
      throw new RefusedValue("Unable to turn on AOF. Check server logs.");
    }
  }

  /** Turns the file on at run time, which starts a rewrite. */
  private boolean turnOn() {
    if (files.hasMoved()) {
      files.move();
      try {
        files.current().open();
      } catch (IOException | ManifestException e) {
        log.warning("Can't open the append only directory: %s", SystemErrors.text(e));
        return false;
      }
    }
    state = State.WAITING;
    if (snapshots.isRunning()) {
      log.warning(
          "AOF was enabled but there is already another background operation. An AOF background was"
              + " scheduled to start when possible.");
      if (rewrites.isRunning()) {
        snapshots.abortBase(); // its incremental file would lack the writes from here on
      }
      rewrites.schedule();
    } else if (!rewrites.start(Rewrites.Kind.FIRST)) {
      rewrites.giveUp(); // the caller retries
      state = State.OFF;
      return false;
    }
    return true;
  }

  /** Turns the file off and leaves the files in place. */
  private void turnOff() {
    if (state == State.OFF) {
      return;
    }
    settleNext();
    rewrites.giveUp();
    propagation.remove(writer.stream());
    if (state == State.ON) {
      writer.writeAndForce();
    }
    boolean waited = state == State.WAITING;
    state = State.OFF;
    writer.closeFile();
    writer.setPolicy(Policy.NO);
    incrementals.setJournal(false);
    writer.setStrict(false);
    writer.reset();
    if (waited) {
      incrementals.dropTemporary();
    }
  }

  /** Suspends the file while a full sync replaces the data set. */
  public void dataSetGoes() {
    suspended |= state != State.OFF;
    turnOff();
  }

  /** Turns a suspended file on again once the new data set is complete. */
  private void resume() {
    if (suspended && !loader.isLoading() && gate.isDataWhole() && !rewrites.isPutOff()) {
      suspended = false;
      if (state == State.OFF && settings.persistence.appendonly.value() && !turnOn()) {
        suspended = true; // the next cron retries
      }
    }
  }

  private void takePolicy() {
    boolean strict =
        settings.persistence.appendfsync.value() == Appendfsync.ALWAYS && state == State.ON;
    writer.setPolicy(
        switch (settings.persistence.appendfsync.value()) {
          case ALWAYS -> strict ? Policy.ALWAYS : Policy.EVERYSEC;
          case EVERYSEC -> Policy.EVERYSEC;
          case NO -> Policy.NO;
        });
    incrementals.setJournal(strict && settings.persistence.aofCommitJournal.value());
    writer.setStrict(strict);
  }

  // Writing.

  /** Returns the task to run at the end of each turn of the event loop. */
  public EndOfTurn endOfTurn() {
    return writer.endOfTurn();
  }

  /** Pauses writes if too many bytes are unsynced. Called at the end of each unit of execution. */
  public void onUnitEnd() {
    writer.unitEnded();
  }

  /** Starts due syncs, retries and rewrites. Called ten times a second. */
  public void cron() {
    resume();
    if (state == State.OFF) {
      rewrites.cron(false);
      return;
    }
    writer.cron(!(settings.persistence.noAppendfsyncOnRewrite.value() && snapshots.isRunning()));
    if (writer.needsRewrite()) {
      rewrites.schedule();
    }
    rewrites.cron(state == State.ON);
  }

  // Rewriting.

  /** Starts or schedules a rewrite (BGREWRITEAOF). */
  public RewriteOutcome rewrite(boolean later) {
    if (rewrites.isRunning()) {
      return RewriteOutcome.IN_PROGRESS;
    }
    if (later || snapshots.isRunning()) {
      rewrites.schedule();
      return RewriteOutcome.SCHEDULED;
    }
    return startRewrite() ? RewriteOutcome.STARTED : RewriteOutcome.FAILED;
  }

  /** Switches to the incremental file of a started rewrite once the manifest lists it. */
  private void settleNext() {
    if (incrementals.settle(rewrites::noIncremental)) {
      writer.flush();
    }
  }

  /** Does not let the bytes of a started rewrite wait any longer for its manifest. */
  private void settleLate() {
    if (incrementals.isLate()) {
      settleNext();
    }
  }

  private boolean startRewrite() {
    return rewrites.start(
        switch (state) {
          case ON -> Rewrites.Kind.FOLLOWED;
          case WAITING -> Rewrites.Kind.FIRST;
          case OFF -> Rewrites.Kind.ALONE;
        });
  }

  /** The callbacks of rewrites. */
  private final class RewriteEnds implements Rewrites.Owner {
    @Override
    public boolean begin() {
      return startRewrite();
    }

    @Override
    public @Nullable NextIncremental openIncremental(Rewrites.Kind kind) throws IOException {
      writer.onRewriteStarted();
      switch (kind) {
        case FOLLOWED -> {
          writer.endFile();
          NextIncremental next = incrementals.begin(AppendOnlyFile.this::settleNext);
          writer.newFile();
          return next;
        }
        case FIRST -> {
          incrementals.beginTemporary();
          writer.newFile();
          propagation.add(writer.stream());
          takePolicy();
        }
        case ALONE -> files.current().createDirectory();
      }
      return null;
    }

    @Override
    public long incrementalBytes() {
      return state == State.OFF ? 0 : incrementals.bytes();
    }

    @Override
    public void onSuccess(Rewrites.Kind kind) {
      if (kind == Rewrites.Kind.FIRST && state == State.WAITING) {
        state = State.ON;
        writer.postponeForce();
        takePolicy();
      }
      writer.onRewritten();
    }

    @Override
    public void onFailure(Rewrites.Kind kind) {
      if (kind == Rewrites.Kind.FIRST && state == State.WAITING) {
        propagation.remove(writer.stream());
        writer.closeFile();
        incrementals.dropTemporary();
        rewrites.schedule();
      }
    }
  }

  // Queries.

  /** Returns true if appending is on or waits for its first rewrite. */
  public boolean isEnabled() {
    return state != State.OFF;
  }

  /** Returns true while a rewrite is in progress. */
  public boolean isRewriting() {
    return rewrites.isRunning();
  }

  /** Adds a listener to be called when more bytes have become durable or a write has failed. */
  public void onProgress(Runnable listener) {
    writer.onProgress(listener);
  }

  /** Returns true if the file is durable up to an offset of its bytes. */
  public boolean isDurable(long offset) {
    return state == State.ON && writer.isDurable(offset);
  }

  /** Returns the durable replication offset, -1 unless appending is on. */
  public long durableStreamOffset() {
    long offset = writer.durableStreamOffset();
    return state == State.ON ? offset : -1;
  }

  /** Returns the replication offset up to which the stream may be sent to replicas. */
  public long shownStreamOffset() {
    return writer.shownStreamOffset();
  }

  /** Returns the bytes held by the buffers, 0 while the file is off. */
  public long bufferBytes() {
    return state == State.OFF ? 0 : writer.heldBytes();
  }

  public AofInfo info() {
    return new AofInfo(this, rewrites, writer.appender());
  }

  /** Resets the statistics (CONFIG RESETSTAT). */
  public void resetStatistics() {
    rewrites.resetStatistics();
    writer.appender().resetDelayed();
  }

  /** Delays each write, for tests (DEBUG AOF-FLUSH-SLEEP). */
  public void flushSleep(long millis) {
    writer.setFlushSleepMillis(millis);
  }

  /** Returns true if the last write succeeded. */
  boolean isWriting() {
    return writer.isWriting();
  }

  // The end.

  /**
   * Returns true during the first rewrite, before whose end the files can't restore the data set.
   */
  public boolean isWritingFirst() {
    return state == State.WAITING && rewrites.isRunning();
  }

  /**
   * Writes and syncs all appended bytes at a shutdown.
   *
   * @return false if the first rewrite is still in progress
   */
  public boolean finish(boolean force) {
    settleNext();
    if (isWritingFirst()) {
      if (!force) {
        log.warning("Writing initial AOF, can't exit.");
        return false;
      }
      log.warning("Writing initial AOF. Exit anyway.");
    }
    if (rewrites.isRunning()) {
      log.warning("There is a child rewriting the AOF. Killing it!");
      rewrites.giveUp();
    }
    if (state == State.ON) {
      log.notice("Calling fsync() on the AOF file.");
      IOException failure = writer.finish();
      if (failure != null) {
        log.warning("Fail to fsync the AOF file: %s.", SystemErrors.text(failure));
      }
      files.keepTail(position.get().point());
      writer.onDurableProgress();
    }
    return true;
  }

  /**
   * Deletes the commit journal. Called after {@link #finish}, when the shutdown can't be cancelled
   * any more.
   */
  public void dropJournal() {
    incrementals.setJournal(false);
  }

  /** Stops the appender's thread. Later effects of the current turn are discarded. */
  @Override
  public void close() {
    writer.close();
    incrementals.close();
  }
}
