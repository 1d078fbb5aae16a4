package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** I/O threads that join a busy loop, and leave it when it has little to do. */
@Timeout(60)
final class JoiningTest {
  private static final int CLIENTS = 6;

  /** As many questions take over half a second, several periods of the demand for threads. */
  private static final int SEVERAL_PERIODS = 30;

  private final CountingMemory memory = new CountingMemory();

  /** Asks the loop a little later: to ask without a rest is load, too. */
  private static long later(Transport transport, LongSupplier question) {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    transport.loop().schedule(() -> answer.complete(question.getAsLong()), 20);
    return answer.join();
  }

  private static long serving(Transport transport) {
    return later(transport, transport::servingIoThreads);
  }

  private static long threads(Transport transport) {
    return later(transport, () -> transport.ioThreadStats().size());
  }

  /** Keeps the loop busy while it echoes. */
  private static final class SlowEcho extends EchoHandler {
    @Override
    public void onReadDone(Connection connection) {
      long end = System.nanoTime() + 100_000;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      super.onReadDone(connection);
    }
  }

  private static Listener listen(Transport transport) throws IOException {
    return transport.listen(
        new InetSocketAddress("127.0.0.1", 0),
        50,
        connection -> connection.setHandler(new SlowEcho()));
  }

  private static EchoTraffic trafficTo(Listener listener) {
    return new EchoTraffic(() -> new Socket("127.0.0.1", listener.port()));
  }

  @Test
  void aThreadStartsJoinsLeavesAndEnds() throws Exception {
    List<Socket> quiet = new ArrayList<>();
    try (Transport transport = Transport.open("test-loop", memory, new IdleMachine())) {
      transport.setIoThreads(1, false, refused -> {});
      Listener listener = listen(transport);
      for (int i = 0; i < 3; i++) {
        quiet.add(new Socket("127.0.0.1", listener.port()));
      }
      assertThat(threads(transport)).isZero();
      trafficTo(listener)
          .during(
              CLIENTS,
              Seed.random("JoiningTest"),
              () -> {
                while (serving(transport) == 0 || later(transport, transport::ioThreadReads) == 0) {
                  Thread.onSpinWait();
                }
              });
      while (serving(transport) > 0 || threads(transport) > 0) {
        Thread.onSpinWait();
      }
      for (Socket socket : quiet) {
        socket.getOutputStream().write(7);
        assertThat(socket.getInputStream().read()).isEqualTo(7);
        socket.close();
      }
    }
    assertThat(memory.bytes).hasValue(0);
  }

  /** Clients are served as before if there is no memory for a thread. */
  @Test
  void aThreadThatFindsNoMemoryIsReportedOnce() throws Exception {
    AtomicInteger refusals = new AtomicInteger();
    try (Transport transport = Transport.open("test-loop", memory, new IdleMachine())) {
      transport.setIoThreads(2, false, refused -> refusals.incrementAndGet());
      Listener listener = listen(transport);
      memory.refusedBytes = ReadBlock.BYTES;
      EchoTraffic traffic = trafficTo(listener);
      traffic.during(
          CLIENTS,
          Seed.random("JoiningTest"),
          () -> {
            while (refusals.get() == 0) {
              Thread.onSpinWait();
            }
            for (int i = 0; i < SEVERAL_PERIODS; i++) {
              assertThat(threads(transport)).isZero();
            }
            long before = traffic.received();
            while (traffic.received() == before) {
              Thread.onSpinWait();
            }
          });
      assertThat(refusals).hasValue(1);
      memory.refusedBytes = Long.MAX_VALUE;
      transport.setIoThreads(2, true, refused -> {});
      assertThat(threads(transport)).isEqualTo(2);
    }
    assertThat(memory.bytes).hasValue(0);
  }
}
