package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

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
    transport = Transport.open("test-loop", memory, SystemSockets.choose(nio));
    assertThat(transport.name()).isEqualTo(nio ? "nio" : "epoll");
  }

  @AfterEach
  void closeAndFindAllMemoryFreed() {
    transport.close();
    assertThat(memory.bytes).hasValue(0);
  }
}
