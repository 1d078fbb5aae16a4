package io.redoubt.protocol.launch;

import java.util.concurrent.CompletableFuture;

/** What a program serves, once it listens. */
public interface Service {
  /** Completes when everything is served, or with the reason why that cannot be. */
  CompletableFuture<Void> ready();

  /** Completes with the program's exit status when it is to end. */
  CompletableFuture<Integer> ended();

  /** Asks for the end, as {@code signal}, SIGTERM or SIGINT, does; from any thread. */
  void shutDown(String signal);

  /** Whether an end that a signal asked for is still to come; from any thread. */
  boolean isShuttingDown();

  /**
   * The process ends at once, amidst whatever it does: removes what would be left of it; from any
   * thread.
   */
  void abandon();
}
