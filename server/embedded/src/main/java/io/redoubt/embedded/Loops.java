package io.redoubt.embedded;

import io.redoubt.protocol.net.Loop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

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

  /**
   * Asks a running process for something that its loop completes.
   *
   * @return completes exceptionally if the process has ended
   */
  static <T> CompletableFuture<T> asked(boolean isEnded, Supplier<CompletableFuture<T>> question) {
    if (!isEnded) {
      try {
        return question.get();
      } catch (RejectedExecutionException ended) {
        // The loop has ended meanwhile.
      }
    }
    return CompletableFuture.failedFuture(new IllegalStateException("it has ended"));
  }
}
