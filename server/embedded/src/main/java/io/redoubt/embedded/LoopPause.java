package io.redoubt.embedded;

import io.redoubt.protocol.net.Loop;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stops an event loop like SIGSTOP stops a process: connections stay open, the kernel accepts new
 * ones, and none is answered. Thread-safe.
 */
final class LoopPause {
  private final Loop loop;
  private final AtomicReference<@Nullable CountDownLatch> held = new AtomicReference<>();

  LoopPause(Loop loop) {
    this.loop = loop;
  }

  /** Stops the loop and returns once it has stopped. Has no effect if it is stopped already. */
  void pause() {
    CountDownLatch mine = new CountDownLatch(1);
    if (!held.compareAndSet(null, mine)) {
      return;
    }
    CountDownLatch still = new CountDownLatch(1);
    loop.execute(() -> {
      still.countDown();
      await(mine);
    });
    await(still);
  }

  /** Returns true between {@link #pause} and {@link #resume}. */
  boolean isPaused() {
    return held.get() != null;
  }

  /** Resumes the loop. */
  void resume() {
    CountDownLatch mine = held.getAndSet(null);
    if (mine != null) {
      mine.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
