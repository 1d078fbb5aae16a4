package io.redoubt.server.lifecycle;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.WholeFile;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Threads;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lines of a small text in UTF-8, saved by other threads whenever they change. The newest lines
 * win, in whatever order those threads run, and a power failure leaves the old lines or the new
 * ones. A write that failed is repeated by {@link #retry}. Confined to the event loop.
 */
final class SavedLines {
  private static final long RETRY_MILLIS = 1000;

  private final Disk disk;
  private final Threads threads;
  private final Clock clock;
  private final Log log;
  private final String threadName;
  private final String content;
  private final ReentrantLock writing = new ReentrantLock();
  private final List<Thread> writers = new ArrayList<>();
  private volatile List<String> newest = List.of();
  private volatile boolean failed;
  private long lastStartMillis;

  /**
   * Creates an object that has saved nothing.
   *
   * @param content what the lines are, for the log
   */
  SavedLines(Disk disk, Threads threads, Clock clock, Log log, String threadName, String content) {
    this.disk = disk;
    this.threads = threads;
    this.clock = clock;
    this.log = log;
    this.threadName = threadName;
    this.content = content;
  }

  /**
   * Returns the lines of a file; none if it does not exist.
   *
   * @throws IOException if it can't be read
   */
  List<String> read(Path file) throws IOException {
    if (!disk.exists(file)) {
      return List.of();
    }
    try {
      return List.of(new String(WholeFile.read(disk, file), UTF_8).split("\n", -1));
    } catch (IOException e) {
      FileSystemException named =
          new FileSystemException(file.toString(), null, SystemErrors.text(e));
      named.initCause(e);
      throw named;
    }
  }

  /** Starts to replace the file. The first of consecutive failures is logged. */
  void save(Path file, List<String> lines) {
    newest = List.copyOf(lines);
    start(file);
  }

  /** Repeats the last write if it has failed, at most once a second. */
  void retry(Path file) {
    if (failed && clock.monotonicMillis() - lastStartMillis >= RETRY_MILLIS && !isWriting()) {
      start(file);
    }
  }

  private boolean isWriting() {
    return writers.stream().anyMatch(each -> each.getState() != Thread.State.TERMINATED);
  }

  private void start(Path file) {
    lastStartMillis = clock.monotonicMillis();
    Thread writer = threads.unstarted(threadName, () -> write(file));
    writers.removeIf(each -> each.getState() == Thread.State.TERMINATED);
    writers.add(writer);
    writer.start();
  }

  private void write(Path file) {
    writing.lock();
    try {
      String text = String.join("\n", newest) + "\n";
      WholeFile.replace(disk, file, text.getBytes(UTF_8));
      if (failed) {
        failed = false;
        log.notice("Saved %s to %s after an earlier failure.", content, file);
      }
    } catch (IOException e) {
      if (!failed) {
        failed = true;
        log.warning("Can't save %s to %s: %s", content, file, SystemErrors.text(e));
      }
    } finally {
      writing.unlock();
    }
  }

  /** Waits for the writes in progress. */
  void close() {
    try {
      for (Thread writer : writers) {
        writer.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
