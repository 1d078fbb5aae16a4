package io.redoubt.embedded;

import io.redoubt.protocol.net.Loop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** Waits for event loops. */
final class Loops {
  private Loops() {}

  /**
   * Completes when a loop has read all its current input: a task may run in the turn of its
   * submission, so a second task runs after the next poll.
   */
  static CompletableFuture<Void> passed(Loop loop) {
    return passed(loop, () -> {});
  }

  /** Completes when a loop has run a task and then read all its current input. */
  static CompletableFuture<Void> passed(Loop loop, Runnable task) {
    CompletableFuture<Void> passed = new CompletableFuture<>();
    try {
      loop.execute(() -> {
        task.run();
        loop.schedule(() -> passed.complete(null), 0);
      });
    } catch (RejectedExecutionException ended) {
      passed.complete(null);
    }
    return passed;
  }
}
