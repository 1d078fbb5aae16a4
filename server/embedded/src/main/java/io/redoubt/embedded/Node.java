package io.redoubt.embedded;

import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.resp.Reply;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A running server or sentinel. All methods may be called by any thread. */
interface Node extends AutoCloseable {
  /** Executes a command and returns its reply, which may be an error. */
  Reply execute(String... words);

  /**
   * Takes the metrics of this moment on the event loop. Completes exceptionally after the end, and
   * not before {@link #resume} if it is paused.
   */
  CompletableFuture<MetricsSnapshot> metrics();

  /** Stops the event loop until {@link #resume}. */
  void pause();

  /** Resumes the event loop. */
  void resume();

  /** Returns true between {@link #pause} and {@link #resume}. */
  boolean isPaused();

  /** Returns false after it was closed or has shut down, for instance by SHUTDOWN. */
  boolean isRunning();

  /** Runs the work that became due when the clock was moved; completes when it is done. */
  CompletableFuture<Void> clockMoved();

  /** Returns the latest lines of the log, the oldest first. */
  List<String> log();

  @Override
  void close();
}
