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
 * The sequence of incremental files, the last of which receives the writes. A file started by a
 * rewrite is used only after it is durably in the manifest; until then appended bytes are held in
 * memory.
 */
final class IncrementalFiles {
  /** The time after which the event loop blocks until the next file is in the manifest. */
  private static final long LONGEST_HOLD_NANOS = 2_000_000_000L;

  private final AppendFiles files;
  private final AofAppender appender;
  private final LoopTurns turns;
  private final Clock clock;
  private final Log log;

  /** The file started by a rewrite and not yet switched to. */
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
   * Starts the file for the effects that follow the snapshot of a rewrite.
   *
   * @param onLoop called on the event loop when {@link #settle} can proceed
   */
  NextIncremental begin(Runnable onLoop) throws IOException {
    NextIncremental begun = new NextIncremental(files.current(), turns, onLoop);
    next = begun;
    nextSinceNanos = clock.monotonicNanos();
    appender.hold(begun);
    return begun;
  }

  /** Starts a temporary file, which enters the manifest at the end of the first rewrite. */
  void beginTemporary() throws IOException {
    DiskFile file = files.current().startTemporaryIncremental();
    appender.open(file, files.current().manifest().lastIncrementalSequence() + 1);
  }

  /** Appends to the last file of the manifest. */
  private void open(DiskFile file) throws IOException {
    appender.open(file, files.current().manifest().lastIncrementalSequence());
  }

  /** Sets whether commits use a journal; see {@code aof-commit-journal}. */
  void setJournal(boolean wanted) {
    if (!wanted) {
      appender.setJournal(null);
    } else if (!appender.hasJournal()) {
      appender.setJournal(files.current().createJournal());
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

  /** Returns true if appended bytes have been held for the next file for longer than the limit. */
  boolean isLate() {
    return next != null && clock.monotonicNanos() - nextSinceNanos > LONGEST_HOLD_NANOS;
  }

  /**
   * Waits until the file started by a rewrite is in the manifest and switches to it. Stays with the
   * current file after a failure.
   *
   * @param problems called with the failure
   * @return true if there was a started file
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

  /**
   * Closes the file started by a rewrite, if the appender has not switched to it. Called after the
   * appender was closed; the switch must not follow.
   */
  void close() {
    NextIncremental begun = next;
    next = null;
    if (begun != null) {
      try {
        begun.file().close();
      } catch (IOException e) {
        log.warning("Can't close the incr aof file of a rewrite: %s", SystemErrors.text(e));
      }
    }
  }

  /** Returns the bytes of the current file, including those that are not written yet. */
  long bytes() {
    return (next == null ? appender.fileBytes() : 0) + appender.bufferedBytes();
  }
}
