package io.redoubt.server.aof;

import io.redoubt.persistence.aof.AofDirectory;
import io.redoubt.persistence.aof.append.Preparation;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.server.snapshot.context.LoopTurns;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The incremental file that a rewrite starts: created on the event loop and added to the manifest
 * by the appender's thread, since that waits for the disk several times.
 */
final class NextIncremental implements Preparation {
  private final AofDirectory directory;
  private final DiskFile file;
  private final LoopTurns turns;
  private final Runnable onLoop;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile @Nullable IOException problem;

  /**
   * Creates the file.
   *
   * @param onLoop runs when it is known whether the file counts
   */
  NextIncremental(AofDirectory directory, LoopTurns turns, Runnable onLoop) throws IOException {
    this.directory = directory;
    this.turns = turns;
    this.onLoop = onLoop;
    file = directory.createIncremental();
  }

  @Override
  public void run() throws IOException {
    directory.enterIncremental();
  }

  @Override
  public void over(@Nullable IOException why) {
    problem = why;
    turns.execute(onLoop); // before anything that the end of the rewrite has executed
    over.countDown();
  }

  /** Waits until the file counts; a problem that keeps it from that is thrown. On any thread. */
  void await() throws IOException {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    IOException why = problem;
    if (why != null) {
      throw why;
    }
  }

  DiskFile file() {
    return file;
  }

  /** Removes the file, if it does not count after all. */
  void drop() throws IOException {
    file.close();
    directory.dropIncremental();
  }
}
