package io.redoubt.server.lifecycle;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.WholeFile;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lines of a small text in UTF-8, saved by other threads whenever they change. The newest lines
 * win, in whatever order those threads run, and a power failure leaves the old lines or the new
 * ones. Confined to the event loop.
 */
final class SavedLines {
  private final Disk disk;
  private final Threads threads;
  private final Log log;
  private final String threadName;
  private final String content;
  private final ReentrantLock writing = new ReentrantLock();
  private final List<Thread> writers = new ArrayList<>();
  private volatile List<String> newest = List.of();

  /**
   * Creates an object that has saved nothing.
   *
   * @param content what the lines are, for the log
   */
  SavedLines(Disk disk, Threads threads, Log log, String threadName, String content) {
    this.disk = disk;
    this.threads = threads;
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
    return disk.exists(file)
        ? List.of(new String(WholeFile.read(disk, file), UTF_8).split("\n", -1))
        : List.of();
  }

  /** Starts to replace the file. A failure is logged. */
  void save(Path file, List<String> lines) {
    newest = List.copyOf(lines);
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
    } catch (IOException e) {
      log.warning("Can't save %s to %s: %s", content, file, e);
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
