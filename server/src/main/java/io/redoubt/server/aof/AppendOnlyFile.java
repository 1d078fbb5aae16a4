package io.redoubt.server.aof;

import io.redoubt.persistence.aof.AofException;
import io.redoubt.persistence.aof.ManifestException;
import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.persistence.aof.append.AofAppender.Policy;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.net.EndOfTurn;
import io.redoubt.protocol.process.BlockingSleep;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.loading.LoadMemoryException;
import io.redoubt.server.loading.LostDataSetException;
import io.redoubt.server.settings.PersistenceDirectives.Appendfsync;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.snapshot.context.LoopTurns;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The append-only file of a server. Confined to the event loop.
 *
 * <p>States: off; waiting for the first rewrite after it was turned on at run time, with writes
 * going to a temporary file until that is complete; on.
 *
 * <p><b>Disk failures.</b> Writes are refused with MISCONF and reads are served ({@link
 * DiskTrouble}). The failed write is retried ten times a second; once it succeeds, writes are
 * accepted again. After a failed fsync the file is replaced by a rewrite, since the system may have
 * dropped its bytes.
 */
public final class AppendOnlyFile implements AutoCloseable {
  /** The name of the thread that writes and syncs. */
  public static final String THREAD = "redoubt-append";

  private enum State {
    OFF,
    WAITING,
    ON
  }

  private static final long FORCE_NANOS = 1_000_000_000L;

  private final ServerDirectives settings;
  private final Clock clock;
  private final Log log;
  private final Snapshots snapshots;
  private final LoopTurns turns;
  private final AofLoader loader;
  private final Propagation propagation;
  private final Latency latency;
  private final WriteGate gate;
  private final Supplier<ReplicationPosition> position;
  private final AppendFiles files;
  private final AofAppender appender;
  private final IncrementalFiles incrementals;
  private final MissingEffects missing;
  private final AppendStream stream;
  private final DurableOutput output;
  private final GroupCommit commits;
  private final DiskTrouble trouble;
  private final Rewrites rewrites;
  private final List<Runnable> progressListeners = new ArrayList<>();
  private final AtomicBoolean progressTold = new AtomicBoolean();
  private @Nullable ReplicationPoint loadedPlace;
  private State state = State.OFF;
  private boolean closed;
  private long forcedNanos;
  private boolean suspended;
  private long flushSleepMillis;

  /**
   * Creates a file that is off; {@link #begin} turns it on if it is configured.
   *
   * @param snapshots write the bases of rewrites
   * @param gate refuses and delays writes while the disk fails or falls behind
   * @param position asked only after the parts of the server are put together
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
    this.turns = snapshots.context().turns();
    this.loader = loader;
    this.propagation = propagation;
    this.latency = latency;
    this.gate = gate;
    this.position = position;
    this.files = new AppendFiles(snapshots.context().disk(), settings, log);
    this.appender =
        new AofAppender(
            snapshots.context().threads(), THREAD, this::progressedOnThread, clock::monotonicNanos);
    this.incrementals = new IncrementalFiles(files, appender, turns, clock, log);
    this.missing = new MissingEffects(log);
    this.stream =
        new AppendStream(
            appender,
            clock::wallMillis,
            settings.persistence.aofTimestampEnabled::value,
            missing::add);
    this.output = new DurableOutput(appender, this::flushForReplies, () -> position.get().offset());
    this.commits =
        new GroupCommit(
            appender,
            output,
            gate.heldOutput(),
            clock,
            () -> TimeUnit.MICROSECONDS.toNanos(settings.tuning.aofLoopWaitMicros.value()),
            new Commits());
    this.trouble = new DiskTrouble(gate, log, appender, output);
    this.rewrites =
        new Rewrites(environment, settings, snapshots, latency, files, new RewriteEnds());
    settings.persistence.appendonly.onChange((Boolean on) -> switchTo(on));
    settings.persistence.appendfsync.onChange(this::takePolicy);
    settings.persistence.aofCommitJournal.onChange(this::takePolicy);
    settings.persistence.aofDisableAutoGc.onChange(rewrites::removeHistory);
    gate.heldOutput().gate(output);
  }

  // Loading.

  /** Reads which files there are; a server that cannot must not start. */
  public void open() throws IOException, ManifestException {
    files.current().open();
    if (settings.persistence.appendonly.value()) {
      files.current().migrateOldFile();
    }
  }

  /** Returns true if the data set is to be loaded from the files. */
  public boolean hasData() {
    return settings.persistence.appendonly.value() && !files.current().manifest().isEmpty();
  }

  /** Receives the outcome of a load. */
  public interface Ending {
    /** Called at the end of the load; {@code failure} is null if the data set is complete. */
    void loaded(@Nullable Exception failure);
  }

  /** Loads in turns of the event loop. */
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
        ending.loaded(replay.explained(failure));
      });
    } catch (IOException e) {
      ending.loaded(AofReplay.unreadable(e));
    } catch (OutOfMemoryError full) {
      ending.loaded(new LoadMemoryException(full));
    }
  }

  /** Returns the position in the replication stream of the loaded files, or null. */
  public @Nullable ReplicationPoint loadedPlace() {
    return loadedPlace;
  }

  /**
   * Loads the files while all clients wait (DEBUG LOADAOF).
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
      appender.writeAndForce();
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

  /** Begins to append, at the end of a start: if it is configured. */
  public void begin() throws IOException {
    if (!settings.persistence.appendonly.value()) {
      return;
    }
    if (files.current().manifest().isEmpty()) {
      rewrites.writeFirstBase();
    }
    incrementals.openLast();
    rewrites.measure();
    turnedOn();
  }

  private void turnedOn() {
    if (state == State.OFF) {
      stream.newFile();
      propagation.add(stream);
    }
    state = State.ON;
    forcedNanos = clock.monotonicNanos();
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

  /** Turns it on at run time, which begins with a rewrite. */
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
        snapshots.abortBase(); // it lacks the writes from now on
      }
      rewrites.schedule();
    } else if (!rewrites.start(Rewrites.Kind.FIRST)) {
      rewrites.giveUp(); // the caller retries
      state = State.OFF;
      return false;
    }
    return true;
  }

  /** Turns it off; the files stay. */
  private void turnOff() {
    if (state == State.OFF) {
      return;
    }
    settleNext();
    rewrites.giveUp();
    propagation.remove(stream);
    if (state == State.ON) {
      appender.writeAndForce();
    }
    boolean waited = state == State.WAITING;
    state = State.OFF;
    appender.closeFile();
    appender.policy(Policy.NO);
    incrementals.journal(false);
    output.strict(false);
    progressed();
    output.reset();
    if (waited) {
      incrementals.dropTemporary();
    }
  }

  /** Suspends the file while a master's data set replaces this one. */
  public void dataSetGoes() {
    suspended |= state != State.OFF;
    turnOff();
  }

  /** Turns a suspended file on again once the new data set is complete. */
  private void resume() {
    if (suspended && !loader.isLoading() && gate.isDataWhole() && !rewrites.isPutOff()) {
      suspended = false;
      if (state == State.OFF && settings.persistence.appendonly.value() && !turnOn()) {
        suspended = true; // until it succeeds
      }
    }
  }

  private void takePolicy() {
    boolean strict =
        settings.persistence.appendfsync.value() == Appendfsync.ALWAYS && state == State.ON;
    appender.policy(
        switch (settings.persistence.appendfsync.value()) {
          case ALWAYS -> strict ? Policy.ALWAYS : Policy.EVERYSEC;
          case EVERYSEC -> Policy.EVERYSEC;
          case NO -> Policy.NO;
        });
    incrementals.journal(strict && settings.persistence.aofCommitJournal.value());
    output.strict(strict);
    progressed();
  }

  // Writing.

  /**
   * Writes appended bytes before replies are sent. Syncs that the replies wait for start at the end
   * of the turn, for all commits of the turn together.
   */
  private void flushForReplies() {
    if (!output.isStrict() || !turns.isInTurn()) {
      flush();
    }
  }

  /** Returns the task for the end of a turn of the loop, after all its requests. */
  public EndOfTurn endOfTurn() {
    return commits;
  }

  /** Writes appended bytes, or hands them to the appender's thread. */
  private void flush() {
    if (prepareFlush()) {
      write();
      if (trouble.isNew(appender.failure())) {
        progressed();
      }
    }
  }

  /** The committer at the end of a turn. */
  private final class Commits implements GroupCommit.Committer {
    @Override
    public boolean isBusy() {
      return appender.isBusy() || progressTold.get();
    }

    @Override
    public void handOver() {
      flush();
    }

    @Override
    public boolean commit(long mostNanos) {
      if (!prepareFlush()) {
        return false;
      }
      progressTold.set(true); // so that the thread need not wake the loop
      boolean handedOver = appender.forceWithin(mostNanos);
      progressed(); // even if nothing was handed over: the thread may have finished other work
      return handedOver;
    }
  }

  private boolean prepareFlush() {
    if (state == State.OFF || closed) {
      return false;
    }
    tellPlace();
    if (output.isStrict()) {
      output.note();
    }
    if (incrementals.isLate()) {
      settleNext();
    }
    if (flushSleepMillis > 0 && appender.hasUnflushed()) {
      BlockingSleep.ofMillis(flushSleepMillis);
    }
    return true;
  }

  private void write() {
    if (!latency.isOn() || output.isStrict()) {
      appender.flush(clock.monotonicNanos()); // if strict, the thread writes
      return;
    }
    LatencyEvent meanwhile =
        appender.isBusy()
            ? LatencyEvent.AOF_WRITE_PENDING_FSYNC
            : snapshots.isRunning()
                ? LatencyEvent.AOF_WRITE_ACTIVE_CHILD
                : LatencyEvent.AOF_WRITE_ALONE;
    long start = clock.monotonicNanos();
    appender.flush(start);
    long nanos = clock.monotonicNanos() - start;
    latency.took(LatencyEvent.AOF_WRITE, nanos);
    latency.took(meanwhile, nanos);
  }

  private void tellPlace() {
    if (missing.exist()) {
      return; // the files stand for no place in the stream
    }
    if (!stream.tellsOffset(position.get().offset())) {
      ReplicationPoint now = position.get().place();
      if (now != null) {
        stream.tellPlace(now);
      }
    }
  }

  /** Limits unsynced bytes; called at the end of each unit of execution. */
  public void unitEnded() {
    trouble.appended();
  }

  private void progressedOnThread() {
    if (!progressTold.getAndSet(true)) {
      turns.execute(this::progressed);
    }
  }

  private void progressed() {
    progressTold.set(false);
    long forceNanos = appender.takeLongestForceNanos();
    if (output.isStrict()) {
      latency.took(LatencyEvent.AOF_FSYNC_ALWAYS, forceNanos);
    }
    IOException failure = state == State.OFF ? null : appender.failure();
    trouble.progressed(failure);
    output.update();
    commits.letGo();
    for (int i = 0; i < progressListeners.size(); i++) {
      progressListeners.get(i).run();
    }
  }

  /** Syncs, retries and rewrites as due; called ten times a second. */
  public void cron() {
    resume();
    if (state == State.OFF) {
      rewrites.cron(false);
      return;
    }
    if (trouble.isFailing() && !appender.isDistrusted()) {
      appender.retry();
    }
    appender.forcing(
        !(settings.persistence.noAppendfsyncOnRewrite.value() && snapshots.isRunning()));
    flush();
    force();
    if (appender.isDistrusted() || missing.exist()) {
      rewrites.schedule();
    }
    rewrites.cron(state == State.ON);
  }

  private void force() {
    long now = clock.monotonicNanos();
    if (appender.policy() != Policy.NO && now - forcedNanos >= FORCE_NANOS) {
      forcedNanos = now;
      if (appender.passed() == appender.appended()) {
        output.note();
      }
      appender.force();
    }
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

  /** Directs new writes to the incremental file of a started rewrite once it is known. */
  private void settleNext() {
    if (incrementals.settle(rewrites::noIncremental)) {
      flush();
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

  /** The owner that rewrites notify of their start and finish. */
  private final class RewriteEnds implements Rewrites.Owner {
    @Override
    public boolean begin() {
      return startRewrite();
    }

    @Override
    public @Nullable NextIncremental openIncremental(Rewrites.Kind kind) throws IOException {
      missing.rewriteStarts();
      switch (kind) {
        case FOLLOWED -> {
          stream.closeTorn();
          flush();
          NextIncremental next = incrementals.begin(AppendOnlyFile.this::settleNext);
          stream.newFile();
          return next;
        }
        case FIRST -> {
          incrementals.beginTemporary();
          stream.newFile();
          propagation.add(stream);
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
    public void succeeded(Rewrites.Kind kind) {
      if (kind == Rewrites.Kind.FIRST && state == State.WAITING) {
        state = State.ON;
        forcedNanos = clock.monotonicNanos();
        takePolicy();
      }
      if (state != State.OFF) {
        missing.rewritten();
      }
      appender.supersede();
      progressed();
    }

    @Override
    public void failed(Rewrites.Kind kind) {
      if (kind == Rewrites.Kind.FIRST && state == State.WAITING) {
        propagation.remove(stream);
        appender.closeFile();
        incrementals.dropTemporary();
        rewrites.schedule();
      }
    }
  }

  // What others ask.

  /** Returns true if appending is on, or about to be. */
  public boolean isEnabled() {
    return state != State.OFF;
  }

  /** Returns true while the file is rewritten. */
  public boolean isRewriting() {
    return rewrites.isRunning();
  }

  /** Adds what runs when more is on the disk. */
  public void onProgress(Runnable listener) {
    progressListeners.add(listener);
  }

  /** Returns the offset after the last appended bytes, for which WAITAOF waits. */
  public long appendedOffset() {
    return appender.appended();
  }

  /** Returns true if everything up to an offset of {@link #appendedOffset} is on the disk. */
  public boolean isDurable(long offset) {
    return state == State.ON && appender.durable() >= offset;
  }

  /** Returns the replication offset that is durable on the disk, -1 when nothing is appended. */
  public long durableStreamOffset() {
    output.update();
    return state == State.ON ? output.durableStreamOffset() : -1;
  }

  /** Returns the offset up to which the replication stream may be sent. */
  public long shownStreamOffset() {
    return output.shownStreamOffset();
  }

  /** Returns the memory of the buffers, 0 while the file is off. */
  public long bufferBytes() {
    return state == State.OFF ? 0 : appender.heldBytes();
  }

  /** Returns the fields of INFO. */
  public AofInfo info() {
    return new AofInfo(this, rewrites, appender);
  }

  /** Resets the statistics (CONFIG RESETSTAT). */
  public void resetStatistics() {
    rewrites.resetStatistics();
    appender.resetDelayed();
  }

  /** Delays each write, for tests (DEBUG AOF-FLUSH-SLEEP). */
  public void flushSleep(long millis) {
    flushSleepMillis = millis;
  }

  /** Returns true if the last write succeeded. */
  boolean isWriting() {
    return !trouble.isFailing();
  }

  // The end.

  /** Returns true if the first rewrite is under way, without which nothing can be loaded. */
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
      tellPlace();
      log.notice("Calling fsync() on the AOF file.");
      IOException failure = appender.writeAndForce();
      if (failure != null) {
        log.warning("Fail to fsync the AOF file: %s.", SystemErrors.text(failure));
      }
      files.keepTail(position.get().point());
      progressed();
    }
    return true;
  }

  /** Deletes the commit journal after {@link #finish}, when the server certainly ends. */
  public void dropJournal() {
    incrementals.journal(false);
  }

  /** Ends the thread; what the turn of the loop still brings is not written. */
  @Override
  public void close() {
    closed = true;
    appender.close();
  }
}
