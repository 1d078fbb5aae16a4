package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;

/** A transport of either kind for each test. It must free all its memory when it is closed. */
abstract class TransportFixture {

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

  @AfterEach
  void closeAndFindAllMemoryFreed() {
    transport.close();
    assertThat(memory.bytes).hasValue(0);
  }
}
