package io.redoubt.server.aof;

import io.redoubt.persistence.aof.AofDirectory;
import io.redoubt.persistence.aof.append.Preparation;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.server.snapshot.context.LoopTurns;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The incremental file started by a rewrite. It is created on the event loop, but the appender's
 * thread adds it to the manifest, because that takes several fsyncs.
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
   * @param onLoop runs on the event loop after success or failure
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
  public void onOver(@Nullable IOException why) {
    problem = why;
    turns.execute(onLoop); // precedes any task that the end of the rewrite queues
    over.countDown();
  }

  /**
   * Waits until the manifest lists the file, or throws the failure. May be called on any thread.
   */
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

  /** Closes and removes the file after a failure. */
  void drop() throws IOException {
    file.close();
    directory.dropIncremental();
  }
}
