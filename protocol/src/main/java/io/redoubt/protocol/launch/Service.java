package io.redoubt.protocol.launch;

import java.util.concurrent.CompletableFuture;

/** A running service, once it listens. */
public interface Service {
  /** Returns a future that completes when everything is served, or with the reason of failure. */
  CompletableFuture<Void> ready();

  /** Returns a future that completes with the program's exit status. */
  CompletableFuture<Integer> ended();

  /** Requests a shutdown, as {@code signal} (SIGTERM or SIGINT) does. Thread-safe. */
  void shutDown(String signal);

  /** Returns true while a shutdown requested by a signal is in progress. Thread-safe. */
  boolean isShuttingDown();

  /** Removes temporary files before the process halts. Thread-safe. */
  void abandon();
}
