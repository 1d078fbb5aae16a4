package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Socket;
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

  /** The thread reports written output before it waits for its sockets. */
  @Test
  void reportsWrittenOutputThoughNothingElseHappens() throws Exception {
    transport.setIoThreads(1);
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
