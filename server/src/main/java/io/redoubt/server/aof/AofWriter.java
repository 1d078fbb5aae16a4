package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.persistence.aof.append.AofAppender.Policy;
import io.redoubt.protocol.net.EndOfTurn;
import io.redoubt.protocol.process.BlockingSleep;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.session.OutputGate;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.snapshot.context.LoopTurns;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes and syncs the effects of commands: before replies are sent, at the end of a turn or once a
 * second, depending on the policy. It reports which bytes are durable, and retries what failed.
 * Which file receives the bytes, and when there is one, is decided by {@link AppendOnlyFile}.
 * Confined to the event loop.
 */
final class AofWriter {
  private static final long FORCE_NANOS = 1_000_000_000L;

  private final Clock clock;
  private final Snapshots snapshots;
  private final LoopTurns turns;
  private final Latency latency;
  private final Supplier<ReplicationPosition> position;
  private final BooleanSupplier on;
  private final Runnable beforeFlush;
  private final AofAppender appender;
  private final MissingEffects missing;
  private final AppendStream stream;
  private final DurableOutput output;
  private final GroupCommit commits;
  private final DiskTrouble trouble;
  private final List<Runnable> progressListeners = new ArrayList<>();
  private final AtomicBoolean progressTold = new AtomicBoolean();
  private boolean closed;
  private long forcedNanos;
  private long flushSleepMillis;

  /**
   * Creates a writer without a file.
   *
   * @param snapshots a snapshot in progress may delay syncs
   * @param gate refuses writes while the disk fails and delays them while it lags
   * @param position not called before all parts of the server are wired
   * @param on true while effects are appended
   * @param beforeFlush called before bytes are written, may change the file
   */
  AofWriter(
      Environment environment,
      ServerDirectives settings,
      Snapshots snapshots,
      Latency latency,
      WriteGate gate,
      Supplier<ReplicationPosition> position,
      BooleanSupplier on,
      Runnable beforeFlush) {
    this.clock = environment.clock();
    this.snapshots = snapshots;
    SnapshotContext context = snapshots.context();
    this.turns = context.turns();
    this.latency = latency;
    this.position = position;
    this.on = on;
    this.beforeFlush = beforeFlush;
    this.appender =
        new AofAppender(
            context.threads(),
            AppendOnlyFile.THREAD,
            this::onAppenderProgress,
            clock::monotonicNanos);
    this.missing = new MissingEffects(environment.log());
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
    this.trouble = new DiskTrouble(gate, environment.log(), appender, output);
  }

  AofAppender appender() {
    return appender;
  }

  /** Returns the gate that holds replies until the writes they depend on are durable. */
  OutputGate replyGate() {
    return output;
  }

  /** Returns the receiver of effects. */
  AppendStream stream() {
    return stream;
  }

  /** Returns the task to run at the end of each turn of the event loop. */
  EndOfTurn endOfTurn() {
    return commits;
  }

  // The file.

  /** Starts a new file, whose first effect selects its database. */
  void newFile() {
    stream.newFile();
  }

  /** Writes the last bytes of the current file, of which the last effect is complete. */
  void endFile() {
    stream.closeTorn();
    flush();
  }

  /** Closes the file after writing and syncing as far as possible. */
  void closeFile() {
    appender.closeFile();
  }

  /** Discards the history of offsets after the file was closed. */
  void reset() {
    output.reset();
  }

  /** Waits a second from now until the next periodic sync. */
  void postponeForce() {
    forcedNanos = clock.monotonicNanos();
  }

  void setPolicy(Policy policy) {
    appender.setPolicy(policy);
  }

  /** Sets whether replies wait until their effects are durable. */
  void setStrict(boolean strict) {
    output.setStrict(strict);
    onDurableProgress();
  }

  /** Called when a rewrite takes its snapshot: earlier effects will not be missing any more. */
  void onRewriteStarted() {
    missing.onRewriteStart();
  }

  /** Called when the base of a rewrite is in place. */
  void onRewritten() {
    if (on.getAsBoolean()) {
      missing.onRewritten();
    }
    appender.supersede();
    onDurableProgress();
  }

  /** Returns true if only a rewrite makes the files complete again. */
  boolean needsRewrite() {
    return appender.isDistrusted() || missing.exist();
  }

  // Writing.

  /**
   * Writes appended bytes before replies are sent. With {@code appendfsync always} this is left to
   * the end of the turn, where one sync covers all commits of the turn.
   */
  private void flushForReplies() {
    if (!output.isStrict() || !turns.isInTurn()) {
      flush();
    }
  }

  /** Writes appended bytes, or hands them to the appender's thread if that is busy or must sync. */
  void flush() {
    if (prepareFlush()) {
      write();
      if (trouble.isNew(appender.failure())) {
        onDurableProgress();
      }
    }
  }

  /** The operations of the group commit at the end of a turn. */
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
      progressTold.set(true); // saves the thread a wake-up of the loop
      boolean handedOver = appender.forceWithin(mostNanos);
      onDurableProgress(); // unconditionally: the thread may have finished earlier work
      return handedOver;
    }
  }

  private boolean prepareFlush() {
    if (!on.getAsBoolean() || closed) {
      return false;
    }
    appendPosition();
    if (output.isStrict()) {
      output.note();
    }
    beforeFlush.run();
    if (flushSleepMillis > 0 && appender.hasUnflushed()) {
      BlockingSleep.ofMillis(flushSleepMillis);
    }
    return true;
  }

  private void write() {
    if (!latency.isOn() || output.isStrict()) {
      appender.flush(clock.monotonicNanos()); // with appendfsync always the thread writes
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

  private void appendPosition() {
    if (missing.exist()) {
      return; // the files represent no position in the replication stream
    }
    if (!stream.tellsOffset(position.get().offset())) {
      ReplicationPoint now = position.get().place();
      if (now != null) {
        stream.appendPosition(now);
      }
    }
  }

  /** Writes and syncs everything; returns the failure that prevents it, or null. */
  @Nullable IOException writeAndForce() {
    return appender.writeAndForce();
  }

  /** Records the replication position, then writes and syncs everything, at a shutdown. */
  @Nullable IOException finish() {
    appendPosition();
    return appender.writeAndForce();
  }

  /** Pauses writes if too many bytes are unsynced. Called at the end of each unit of execution. */
  void unitEnded() {
    trouble.onAppended();
  }

  private void onAppenderProgress() {
    if (!progressTold.getAndSet(true)) {
      turns.execute(this::onDurableProgress);
    }
  }

  /** Updates all that depends on the durable offset or on a failure of the disk. */
  void onDurableProgress() {
    progressTold.set(false);
    long forceNanos = appender.takeLongestForceNanos();
    if (output.isStrict()) {
      latency.took(LatencyEvent.AOF_FSYNC_ALWAYS, forceNanos);
    }
    trouble.onProgress(on.getAsBoolean() ? appender.failure() : null);
    output.update();
    commits.release();
    for (int i = 0; i < progressListeners.size(); i++) {
      progressListeners.get(i).run();
    }
  }

  /**
   * Starts due syncs and retries. Called ten times a second while effects are appended.
   *
   * @param forcing false to leave syncs to the operating system
   */
  void cron(boolean forcing) {
    if (trouble.isFailing() && !appender.isDistrusted()) {
      appender.retry();
    }
    appender.setForcing(forcing);
    flush();
    force();
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

  // Queries.

  /** Adds a listener to be called when more bytes have become durable or a write has failed. */
  void onProgress(Runnable listener) {
    progressListeners.add(listener);
  }

  /** Returns true if the bytes up to an offset are durable. */
  boolean isDurable(long offset) {
    return appender.durable() >= offset;
  }

  long durableStreamOffset() {
    output.update();
    return output.durableStreamOffset();
  }

  /** Returns the replication offset up to which the stream may be sent to replicas. */
  long shownStreamOffset() {
    return output.shownStreamOffset();
  }

  long heldBytes() {
    return appender.heldBytes();
  }

  /** Returns true if the last write succeeded. */
  boolean isWriting() {
    return !trouble.isFailing();
  }

  /** Delays each write, for tests (DEBUG AOF-FLUSH-SLEEP). */
  void setFlushSleepMillis(long millis) {
    flushSleepMillis = millis;
  }

  /** Stops the appender's thread. Later effects of the current turn are discarded. */
  void close() {
    closed = true;
    appender.close();
  }
}
