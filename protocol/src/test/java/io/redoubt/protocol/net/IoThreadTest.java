package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A transport with one I/O thread, without any timer that would look at the rings. */
@Timeout(60)
@ParameterizedClass
@ValueSource(booleans = {false, true})
final class IoThreadTest extends TransportFixture {
  private static final int TIMEOUT_MILLIS = 10_000;

  /** Threads that are not needed end, and as many new ones start when they are. */
  @Test
  void endsThreadsThatAreNotNeeded() throws Exception {
    assumeThat(IoThreadCount.value()).as("no threads at first").isEqualTo(1);
    for (int i = 0; i < 10; i++) {
      Set<Thread> before = Thread.getAllStackTraces().keySet();
      transport.setIoThreads(2, true, refused -> {});
      List<Thread> started =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> !before.contains(thread) && thread.getName().contains(" io-"))
              .toList();
      assertThat(started).hasSizeGreaterThanOrEqualTo(2);
      transport.setIoThreads(0, true, refused -> {});
      for (Thread thread : started) {
        thread.join(TIMEOUT_MILLIS);
        assertThat(thread.isAlive()).isFalse();
      }
    }
  }

  /** The thread reports written output before it waits for its sockets. */
  @Test
  void reportsWrittenOutputThoughNothingElseHappens() throws Exception {
    transport.setIoThreads(1, true, refused -> {});
    Listener listener =
        transport.listen(
            new InetSocketAddress("127.0.0.1", 0),
            9,
            connection ->
                connection.setHandler(
                    new EchoHandler() {
                      @Override
                      public void onReadDone(Connection read) {
                        read.closeAfterFlush();
                      }
                    }));
    for (int i = 0; i < 200; i++) {
      try (Socket socket = new Socket("127.0.0.1", listener.port())) {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.getOutputStream().write(i);
        assertThat(socket.getInputStream().readAllBytes()).containsExactly(i);
      }
    }
  }
}
