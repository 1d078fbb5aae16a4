package io.redoubt.server;

import java.util.concurrent.CountDownLatch;

/**
 * Stops the event loop of a server until it is closed. Meanwhile the server answers no client;
 * afterwards it reads everything sent meanwhile in one turn.
 */
public final class HeldLoop implements AutoCloseable {
  private final CountDownLatch end = new CountDownLatch(1);

  /** Returns once the loop has stopped. */
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
