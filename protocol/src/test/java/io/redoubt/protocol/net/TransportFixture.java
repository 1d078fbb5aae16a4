package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;

/** A transport of either kind for each test. It must free all its memory when it is closed. */
abstract class TransportFixture {

  static final int BACKLOG = 99;

  @Parameter boolean nio;

  final CountingMemory memory = new CountingMemory();
  Transport transport;

  @BeforeEach
  void open() {
    open(EndOfTurn.NOTHING);
    assertThat(transport.name()).isEqualTo(nio ? "nio" : "epoll");
  }

  /** Opens the transport with some work at the end of each turn. */
  final void open(EndOfTurn end) {
    transport = Transport.open("test-loop", memory, SystemSockets.choose(nio), () -> 0, end);
    IoThreadCount.apply(transport);
  }

  /** Replaces the transport by one with some work at the end of each turn. */
  final void reopen(EndOfTurn end) {
    transport.close();
    open(end);
  }

  /** Returns the result of a task on the loop. */
  final <T> T onLoop(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    transport
        .loop()
        .execute(() -> {
          try {
            result.complete(task.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result.join();
  }

  static InetSocketAddress loopback(int port) {
    return new InetSocketAddress("127.0.0.1", port);
  }

  /** Listens at any port; each accepted connection gets a handler. */
  final Listener listen(Supplier<? extends Connection.Handler> handlers) throws IOException {
    return transport.listen(loopback(0), BACKLOG, c -> c.setHandler(handlers.get()));
  }

  /**
   * Runs a task on the loop and stops the loop, so that all bytes the test sends arrive in one
   * turn.
   *
   * @return the latch that resumes the loop
   */
  final CountDownLatch stopLoop(Runnable task) {
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch sent = new CountDownLatch(1);
    transport
        .loop()
        .execute(() -> {
          task.run();
          stopped.countDown();
          await(sent);
        });
    await(stopped);
    return sent;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void closeAndFindAllMemoryFreed() {
    transport.close();
    assertThat(memory.bytes).hasValue(0);
  }
}
