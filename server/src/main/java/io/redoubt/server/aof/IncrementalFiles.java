package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.snapshot.context.LoopTurns;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The files that writes are appended to, one after the other. The one that a rewrite begins counts
 * only after a moment; until then what is appended is kept.
 */
final class IncrementalFiles {
  /** Longer than this the loop does not go on without knowing where to write. */
  private static final long LONGEST_HOLD_NANOS = 2_000_000_000L;

  private final AppendFiles files;
  private final AofAppender appender;
  private final LoopTurns turns;
  private final Clock clock;
  private final Log log;

  /** The file that a rewrite has begun and that does not count yet. */
  private @Nullable NextIncremental next;

  private long nextSinceNanos;

  IncrementalFiles(AppendFiles files, AofAppender appender, LoopTurns turns, Clock clock, Log log) {
    this.files = files;
    this.appender = appender;
    this.turns = turns;
    this.clock = clock;
    this.log = log;
  }

  /** Opens the last file at startup, to append to it. */
  void openLast() throws IOException {
    open(files.current().openLast());
  }

  /**
   * Begins the one for what comes after the data set that a rewrite writes.
   *
   * @param onLoop runs when {@link #settle} has something to do
   */
  NextIncremental begin(Runnable onLoop) throws IOException {
    NextIncremental begun = new NextIncremental(files.current(), turns, onLoop);
    next = begun;
    nextSinceNanos = clock.monotonicNanos();
    appender.hold(begun);
    return begun;
  }

  /** Begins the one that counts when the first rewrite has been done. */
  void beginTemporary() throws IOException {
    DiskFile file = files.current().startTemporaryIncremental();
    appender.open(file, files.current().manifest().lastIncrementalSequence() + 1);
  }

  /** Opens the last one of the manifest. */
  private void open(DiskFile file) throws IOException {
    appender.open(file, files.current().manifest().lastIncrementalSequence());
  }

  /** Sets whether commits use a journal beside the files. */
  void journal(boolean wanted) {
    if (!wanted) {
      appender.journal(null);
    } else if (!appender.hasJournal()) {
      appender.journal(files.current().createJournal());
    }
  }

  /** Removes the incremental file of an abandoned rewrite. */
  void dropTemporary() {
    try {
      files.current().dropTemporaryIncremental();
    } catch (IOException e) {
      log.warning("Can't remove the temp incr aof file: %s", SystemErrors.text(e));
    }
  }

  /** Returns true if output has been held for the next file longer than the limit. */
  boolean isLate() {
    return next != null && clock.monotonicNanos() - nextSinceNanos > LONGEST_HOLD_NANOS;
  }

  /**
   * Goes on into the one that a rewrite has begun, after waiting until it counts; or with the one
   * before, if there was a problem.
   *
   * @param problems is told of it
   * @return whether there was one that had been begun
   */
  boolean settle(Consumer<IOException> problems) {
    NextIncremental begun = next;
    if (begun == null) {
      return false;
    }
    next = null;
    try {
      begun.await();
      open(begun.file());
    } catch (IOException e) {
      appender.release();
      try {
        begun.drop();
      } catch (IOException stays) {
        e.addSuppressed(stays);
      }
      problems.accept(e);
    }
    return true;
  }

  /** Returns the bytes of the current file, including those that are not written yet. */
  long bytes() {
    return (next == null ? appender.fileBytes() : 0) + appender.bufferedBytes();
  }
}
