package io.redoubt.server.aof;

import io.redoubt.persistence.aof.AofDirectory;
import io.redoubt.persistence.aof.AofDirectory.Following;
import io.redoubt.persistence.aof.AofFile;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.SnapshotTarget;
import io.redoubt.server.snapshot.Snapshots;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites the append-only file: a snapshot becomes the new base, and older files are removed. A
 * rewrite is started by a command, by the growth of the file, or because an earlier one was
 * postponed or failed.
 */
final class Rewrites {
  /** The destination of writes during a rewrite. */
  enum Kind {
    /** Writes continue in a new incremental file. */
    FOLLOWED,
    /** The first rewrite after appending was turned on: writes go to a temporary file. */
    FIRST,
    /** Appending is off. */
    ALONE
  }

  /** The callbacks to the owner of the append-only file. */
  interface Owner {
    /** Starts a rewrite of the kind that fits the current state. */
    boolean begin();

    /**
     * Opens the file for the effects that follow the snapshot, which starts next.
     *
     * @return the file if it is yet to be added to the manifest, else null
     */
    @Nullable NextIncremental openIncremental(Kind kind) throws IOException;

    long incrementalBytes();

    /** Called when the new base is in place. */
    void onSuccess(Kind kind);

    /** Called if the rewrite failed. The opened incremental file remains in use. */
    void onFailure(Kind kind);
  }

  /** The number of consecutive failures after which the next rewrite is delayed. */
  private static final int MAX_FAILURES = 3;

  private static final long FIRST_DELAY_MINUTES = 1;
  private static final long LONGEST_DELAY_MINUTES = 60;

  private final ServerDirectives settings;
  private final Snapshots snapshots;
  private final Clock clock;
  private final Log log;
  private final Latency latency;
  private final AppendFiles files;
  private final Owner owner;
  private final long pid;

  /** The duration of the last rename of a base; set on the writer thread. */
  private volatile long renameNanos;

  private boolean scheduled;
  private boolean running;
  private boolean givenUp;
  private Kind kind = Kind.ALONE;
  private long startedMillis;
  private long lastSeconds = -1;
  private boolean lastOk = true;
  private long started;
  private long failures;
  private long delayMinutes;
  private long notBeforeMillis;
  private long baseBytes;
  private long olderBytes; // of the incremental files before the open one
  private long sizeAfterRewrite;

  Rewrites(
      Environment environment,
      ServerDirectives settings,
      Snapshots snapshots,
      Latency latency,
      AppendFiles files,
      Owner owner) {
    this.settings = settings;
    this.snapshots = snapshots;
    this.clock = environment.clock();
    this.log = environment.log();
    this.latency = latency;
    this.pid = snapshots.context().pid();
    this.files = files;
    this.owner = owner;
  }

  boolean isRunning() {
    return running;
  }

  boolean isScheduled() {
    return scheduled;
  }

  void schedule() {
    scheduled = true;
  }

  /** Writes the first base at startup, before the server serves, if there are no files yet. */
  void writeFirstBase() throws IOException {
    AofDirectory directory = files.current();
    directory.createDirectory();
    snapshots.writeBaseNow(new Base(Following.NONE, false, null));
    AofFile base = directory.manifest().base();
    if (base != null) {
      log.notice("Creating AOF base file %s on server start", base.name());
    }
  }

  /** Measures the files after a start. */
  void measure() throws IOException {
    AofDirectory directory = files.current();
    baseBytes = directory.baseBytes();
    olderBytes = directory.sizeBytes() - baseBytes - owner.incrementalBytes();
    sizeAfterRewrite = baseBytes;
  }

  /** Starts a rewrite; returns false if it can't start, which counts as a failure. */
  boolean start(Kind newKind) {
    scheduled = false;
    started++;
    kind = newKind;
    startedMillis = clock.wallMillis();
    long before = owner.incrementalBytes();
    NextIncremental next;
    try {
      next = owner.openIncremental(newKind);
    } catch (IOException e) {
      log.warning("Can't rewrite append only file in background: %s", SystemErrors.text(e));
      countFailure();
      return false;
    }
    olderBytes += before;
    running = true;
    givenUp = false;
    Following following =
        switch (newKind) {
          case FOLLOWED -> Following.LAST;
          case FIRST -> Following.TEMPORARY;
          case ALONE -> Following.NONE;
        };
    Base base = new Base(following, !settings.persistence.aofDisableAutoGc.value(), next);
    if (!snapshots.writeBase(base, this::over)) {
      throw new IllegalStateException("a snapshot is running");
    }
    return running; // false if it ran out of memory at once
  }

  /** Aborts the rewrite in progress and cancels a scheduled one. */
  void giveUp() {
    scheduled = false;
    if (running) {
      log.notice("Killing AOF child: aborting the rewrite in progress");
      givenUp = true;
      snapshots.abortBase();
    }
  }

  /** Fails the rewrite, because no incremental file could be created for new writes. */
  void noIncremental(IOException why) {
    log.warning("Can't rewrite append only file in background: %s", SystemErrors.text(why));
    snapshots.abortBase();
  }

  private void over(@Nullable String failure) {
    running = false;
    lastSeconds = (clock.wallMillis() - startedMillis) / 1000;
    if (failure != null) {
      if (givenUp) {
        log.warning("Background AOF rewrite terminated by signal %s", "10");
      } else {
        log.warning("Background AOF rewrite terminated with error: %s", failure);
        countFailure();
        owner.onFailure(kind);
      }
      return;
    }
    log.notice("Background AOF rewrite terminated with success");
    latency.took(LatencyEvent.AOF_RENAME, renameNanos);
    lastOk = true;
    failures = 0;
    delayMinutes = 0;
    notBeforeMillis = 0;
    try {
      baseBytes = files.current().baseBytes();
    } catch (IOException e) {
      log.warning("Can't determine the size of the AOF base file: %s", SystemErrors.text(e));
    }
    olderBytes = 0;
    sizeAfterRewrite = baseBytes + owner.incrementalBytes();
    owner.onSuccess(kind);
    log.notice("Background AOF rewrite finished successfully");
  }

  private void countFailure() {
    lastOk = false;
    failures++;
    if (failures >= MAX_FAILURES) {
      delayMinutes =
          delayMinutes == 0
              ? FIRST_DELAY_MINUTES
              : Math.min(delayMinutes * 2, LONGEST_DELAY_MINUTES);
      notBeforeMillis = clock.wallMillis() + delayMinutes * 60_000;
      log.warning(
          "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in %d"
              + " minutes",
          delayMinutes);
    }
  }

  /** Returns true if repeated failures still delay the next rewrite. */
  boolean isPutOff() {
    return clock.wallMillis() < notBeforeMillis;
  }

  /**
   * Starts a rewrite if it is due.
   *
   * @param appending true if appending is on, so that the file can grow
   */
  void cron(boolean appending) {
    if (running || snapshots.isRunning() || isPutOff()) {
      return;
    }
    if (scheduled) {
      owner.begin();
    } else if (appending) {
      startIfGrown();
    }
  }

  private void startIfGrown() {
    int percent = settings.persistence.autoAofRewritePercentage.value();
    long size = sizeBytes();
    if (percent == 0 || size <= settings.persistence.autoAofRewriteMinSize.value()) {
      return;
    }
    long base = sizeAfterRewrite == 0 ? 1 : sizeAfterRewrite;
    long growth = size * 100 / base - 100;
    if (growth >= percent) {
      log.notice("Starting automatic rewriting of AOF on %d%% growth", growth);
      owner.begin();
    }
  }

  /** Removes history files unless {@code aof-disable-auto-gc} leaves that to the administrator. */
  void removeHistory() {
    if (running || settings.persistence.aofDisableAutoGc.value()) {
      return;
    }
    try {
      files.current().removeHistory();
    } catch (IOException e) {
      log.warning("Can't remove history files of the AOF: %s", SystemErrors.text(e));
    }
  }

  long sizeBytes() {
    return baseBytes + olderBytes + owner.incrementalBytes();
  }

  /** Returns the size after the last rewrite, in bytes. */
  long baseSizeBytes() {
    return sizeAfterRewrite;
  }

  long count() {
    return started;
  }

  long consecutiveFailures() {
    return failures;
  }

  boolean isLastOk() {
    return lastOk;
  }

  long lastSeconds() {
    return lastSeconds;
  }

  long currentSeconds() {
    return running ? (clock.wallMillis() - startedMillis) / 1000 : -1;
  }

  void resetStatistics() {
    started = 0;
  }

  /** The new base as the target of a snapshot. */
  private final class Base implements SnapshotTarget {
    private final AofDirectory directory = files.current();
    private final Path temporary = directory.temporaryBase(pid);
    private final boolean commands = !settings.persistence.aofUseRdbPreamble.value();
    private final long seconds =
        settings.persistence.aofTimestampEnabled.value() ? clock.wallMillis() / 1000 : -1;
    private final Following following;
    private final boolean removesHistory;
    private final @Nullable NextIncremental next;

    Base(Following following, boolean removesHistory, @Nullable NextIncremental next) {
      this.following = following;
      this.removesHistory = removesHistory;
      this.next = next;
    }

    @Override
    public Path temporary() {
      return temporary;
    }

    @Override
    public boolean isBase() {
      return true;
    }

    @Override
    public boolean holdsCommands() {
      return commands;
    }

    @Override
    public long timestampSeconds() {
      return seconds;
    }

    @Override
    public void publish() throws IOException {
      if (next != null) {
        next.await(); // the manifest with the new base must list the incremental file, too
      }
      long start = clock.monotonicNanos();
      directory.replaceBase(temporary, !commands, following);
      renameNanos = clock.monotonicNanos() - start;
      if (removesHistory) {
        try {
          directory.removeHistory();
        } catch (IOException e) {
          log.warning("Can't remove history files of the AOF: %s", SystemErrors.text(e));
        }
      }
    }
  }
}
