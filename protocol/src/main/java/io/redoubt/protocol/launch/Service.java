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
}
