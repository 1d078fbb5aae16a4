package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** I/O threads that join a busy loop, and leave it when it has little to do. */
@Timeout(60)
final class JoiningTest {
  private static final int CLIENTS = 6;

  private final CountingMemory memory = new CountingMemory();

  /** Returns the number of serving threads a little later: to ask without a rest is load, too. */
  private static int serving(Transport transport) {
    CompletableFuture<Integer> serving = new CompletableFuture<>();
    transport.loop().schedule(() -> serving.complete(transport.servingIoThreads()), 20);
    return serving.join();
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

  @Test
  void aThreadJoinsAndLeaves() throws Exception {
    List<Socket> quiet = new ArrayList<>();
    try (Transport transport = Transport.open("test-loop", memory, new IdleMachine())) {
      transport.setIoThreads(1, false);
      Listener listener =
          transport.listen(
              new InetSocketAddress("127.0.0.1", 0),
              50,
              connection -> connection.setHandler(new SlowEcho()));
      for (int i = 0; i < 3; i++) {
        quiet.add(new Socket("127.0.0.1", listener.port()));
      }
      EchoTraffic traffic = new EchoTraffic(() -> new Socket("127.0.0.1", listener.port()));
      traffic.during(
          CLIENTS,
          Seed.random("JoiningTest"),
          () -> {
            while (serving(transport) == 0 || transport.ioThreadStats().getFirst().reads() == 0) {
              Thread.onSpinWait();
            }
          });
      while (serving(transport) > 0) {
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
}
