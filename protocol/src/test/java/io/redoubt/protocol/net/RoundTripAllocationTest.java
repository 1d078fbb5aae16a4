package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Allocations of the loop's thread per request over a socket: read, decode, reply. */
@Tag("optimized")
class RoundTripAllocationTest {

  private static final int ROUNDS = 5_000;

  /** Replies OK to every request, like a server. */
  private static final class OkHandler implements Connection.Handler {

    private final RequestDecoder decoder = new RequestDecoder(new Limits(), BufferMemory.offHeap());
    private final Request request = new Request();
    private @Nullable ConnectionOutput out;
    private @Nullable ReplyWriter writer;

    @Override
    public void onOpen(Connection connection) {
      out = new ConnectionOutput(connection);
      writer = new ReplyWriter(out);
    }

    @Override
    public void onBytes(Connection connection, MemorySegment memory, long from, long to) {
      try {
        for (long at = from; at < to; ) {
          at = decoder.decode(memory, at, to, request);
          writer.ok();
        }
      } catch (ProtocolException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void onReadDone(Connection connection) {
      out.flush();
    }

    @Override
    public void onWritable(Connection connection) {}

    @Override
    public void onClose(Connection connection, @Nullable Throwable cause) {}
  }

  /** Epoll allocates nothing; NIO's selector allocates, with the measured amount as its budget. */
  @ParameterizedTest
  @CsvSource({"false, 8", "true, 512"})
  void aRoundTripKeepsItsBudget(boolean nio, long bytesEach) throws IOException {
    try (Transport transport =
        Transport.open("test-loop", BufferMemory.offHeap(), SystemSockets.choose(nio))) {
      Listener listener =
          transport.listen(
              new InetSocketAddress("127.0.0.1", 0), 10, c -> c.setHandler(new OkHandler()));
      byte[] sent = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n".repeat(4).getBytes(US_ASCII);
      try (Socket socket = new Socket("127.0.0.1", listener.port())) {
        socket.setTcpNoDelay(true);
        roundTrips(socket, sent);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = transport.loop().thread().threadId();
        long before = threads.getThreadAllocatedBytes(id);
        roundTrips(socket, sent);
        long allocated = threads.getThreadAllocatedBytes(id) - before;
        assertThat(allocated).isLessThan(ROUNDS * bytesEach);
      }
    }
  }

  private static void roundTrips(Socket socket, byte[] sent) throws IOException {
    byte[] expected = "+OK\r\n".repeat(4).getBytes(US_ASCII);
    for (int i = 0; i < ROUNDS; i++) {
      socket.getOutputStream().write(sent);
      assertThat(socket.getInputStream().readNBytes(expected.length)).isEqualTo(expected);
    }
  }
}
