package io.redoubt.server;

import java.util.concurrent.CountDownLatch;

/**
 * Holds the event loop of a server still until it is closed: meanwhile the server answers nobody,
 * and all that is sent to it is read in one turn afterwards.
 */
public final class HeldLoop implements AutoCloseable {
  private final CountDownLatch end = new CountDownLatch(1);

  /** Returns once the loop is still. */
  public HeldLoop(RedisServer server) throws InterruptedException {
    CountDownLatch start = new CountDownLatch(1);
    server
        .loop()
        .execute(() -> {
          start.countDown();
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    start.await();
  }

  @Override
  public void close() {
    end.countDown();
  }
}
