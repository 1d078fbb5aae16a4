package io.redoubt.embedded;

import io.redoubt.protocol.resp.Reply;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A running server or sentinel. All methods may be called by any thread. */
interface Node extends AutoCloseable {
  /** Executes a command and returns its reply, which may be an error. */
  Reply execute(String... words);

  /** Holds the event loop still until {@link #resume}. */
  void pause();

  /** Resumes the event loop. */
  void resume();

  /** Returns true between {@link #pause} and {@link #resume}. */
  boolean isPaused();

  /** Returns false once it was closed or has ended by itself, as after SHUTDOWN. */
  boolean isRunning();

  /** Does what is due, after the clock was moved; completes once that has been done. */
  CompletableFuture<Void> clockMoved();

  /** Returns the latest lines of the log, the oldest first. */
  List<String> log();

  @Override
  void close();
}
