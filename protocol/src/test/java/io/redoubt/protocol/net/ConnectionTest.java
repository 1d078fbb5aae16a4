package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The input and output of connections. */
@ParameterizedClass(name = "nio {0}")
@ValueSource(booleans = {false, true})
@Timeout(60)
final class ConnectionTest extends TransportFixture {

  @Test
  void echoes() throws Exception {
    EchoHandler echo = new EchoHandler();
    Listener listener = listen(() -> echo);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      socket.getOutputStream().write("hello".getBytes(UTF_8));
      assertThat(socket.getInputStream().readNBytes(5)).isEqualTo("hello".getBytes(UTF_8));
      Connection connection = echo.opened.join();
      assertThat(onLoop(connection::remoteAddress)).isEqualTo("127.0.0.1:" + socket.getLocalPort());
      assertThat(onLoop(connection::localAddress)).isEqualTo("127.0.0.1:" + listener.port());
      assertThat(onLoop(connection::queuedBytes)).isZero();
      assertThat(onLoop(connection::isUnix)).isFalse();
      assertThat(onLoop(connection::isTls)).isFalse();
      assertThat(onLoop(connection::fd)).isGreaterThanOrEqualTo(nio ? -1 : 3);
      onLoop(() -> {
        connection.setKeepAlive(300);
        return 0;
      });
    }
    assertThat(echo.closed.join()).isNull();
  }

  /** The client sends everything before it reads, so that the server must exert back-pressure. */
  @Test
  void exertsBackPressure() throws Exception {
    EchoHandler echo = new EchoHandler();
    Listener listener = listen(() -> echo);
    byte[] sent = new byte[40 << 20];
    Seed.random("ConnectionTest").nextBytes(sent);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  OutputStream out = socket.getOutputStream();
                  out.write(sent);

                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      Connection connection = echo.opened.join();
      // The server has stopped reading once the client's writes block before it has read anything.
      while (onLoop(() -> echo.timesStopped) == 0) {
        Thread.onSpinWait();
      }
      assertThat(onLoop(connection::queuedBytes)).isGreaterThan(EchoHandler.MAX_QUEUED_BYTES);
      InputStream in = socket.getInputStream();
      byte[] received = in.readNBytes(sent.length - 1000);
      writer.join();
      assertThat(received).isEqualTo(Arrays.copyOf(sent, received.length));
    }
    echo.closed.join();
    assertThat(echo.timesWritable).isPositive();
    assertThat(echo.mostQueuedBytes)
        .isLessThanOrEqualTo(
            EchoHandler.MAX_QUEUED_BYTES + ReadBlock.BYTES * IoThreadCount.batchesInTransit());
  }

  /** A read is limited to a fair share; the limit is greater for an announced large argument. */
  @ParameterizedTest
  @CsvSource({"1, false", "20000, false", "1000000, false", "1, true"})
  void limitsReadsUnlessMoreIsExpected(int expected, boolean large) throws Exception {
    var most = new AtomicInteger();
    var echo =
        new EchoHandler() {
          @Override
          public void onOpen(Connection connection) {
            connection.expect(expected, large);
            super.onOpen(connection);
          }

          @Override
          public void onBytes(Connection connection, MemorySegment bytes, long from, long to) {
            most.accumulateAndGet((int) (to - from), Math::max);
            super.onBytes(connection, bytes, from, to);
          }
        };
    Listener listener = listen(() -> echo);
    byte[] sent = new byte[1 << 20];
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      Thread writer = Thread.ofVirtual().start(() -> write(socket, sent));
      assertThat(socket.getInputStream().readNBytes(sent.length)).hasSize(sent.length);
      writer.join();
    }
    assertThat(most.get())
        .isLessThanOrEqualTo(
            large ? ReadBlock.BYTES : Math.clamp(expected, 16 << 10, ReadBlock.BYTES));
  }

  @Test
  void readsAnExpectedArgumentWhereItsOwnerWants() throws Exception {
    assumeTrue(IoThreadCount.value() == 1, "I/O threads read into their batches");
    byte[] sent = new byte[60_000];
    Seed.random("ConnectionTest").nextBytes(sent);
    var owned = MemorySegment.ofArray(sent).asReadOnly();
    var memory = BufferMemory.offHeap().allocate(100 + sent.length);
    var received = new CompletableFuture<Long>();
    var most = new AtomicInteger();
    var handler =
        new EchoHandler() {
          private long end = memory.offset() + 100;

          @Override
          public void onOpen(Connection connection) {
            connection.reading(false);
            connection.expect(sent.length, false);
            super.onOpen(connection);
          }

          @Override
          public BufferMemory.Block argumentRoom(Connection connection) {
            return new BufferMemory.Block(memory.memory(), end, memory.end() - end);
          }

          @Override
          public void onBytes(Connection connection, MemorySegment bytes, long from, long to) {
            assertThat(bytes).isEqualTo(memory.memory());
            assertThat(from).isEqualTo(end);
            end = to;
            most.accumulateAndGet((int) (to - from), Math::max);
            connection.expect(memory.end() - end, false);
            if (end == memory.offset() + 100 + sent.length) {
              received.complete(end);
            }
          }
        };
    Listener listener = listen(() -> handler);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      Connection connection = handler.opened.join();
      socket.getOutputStream().write(sent);
      transport.loop().execute(() -> connection.reading(true));
      received.join();
    }
    // All was sent before reading started, and more than the usual share is permitted.
    assertThat(most.get()).isGreaterThan(16 << 10);
    assertThat(memory.memory().asSlice(memory.offset() + 100, sent.length).mismatch(owned))
        .isEqualTo(-1);
    assertThat(handler.closed.join()).isNull();
  }

  private static void write(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void repliesAfterTheClientClosedItsOutput() throws Exception {
    EchoHandler echo = new EchoHandler();
    Listener listener = listen(() -> echo);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      socket.getOutputStream().write("last words".getBytes(UTF_8));
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).isEqualTo("last words".getBytes(UTF_8));
    }
    assertThat(echo.closed.join()).isNull();
  }

  @Test
  void inputOfATurnStaysValidUntilAllIsRead() throws Exception {
    assumeTrue(IoThreadCount.value() == 1, "input of different threads may come in two turns");
    List<String> events = new ArrayList<>(); // accessed on the loop
    AtomicInteger accepted = new AtomicInteger();
    Supplier<EchoHandler> handlers =
        () -> {
          int number = accepted.getAndIncrement();
          return new EchoHandler() {
            private MemorySegment bytes = MemorySegment.NULL;

            @Override
            public void onBytes(Connection c, MemorySegment memory, long from, long to) {
              bytes = memory.asSlice(from, to - from);
              events.add("bytes of " + number);
              super.onBytes(c, memory, from, to);
            }

            @Override
            public void onReadDone(Connection connection) {
              byte[] still = bytes.toArray(ValueLayout.JAVA_BYTE);
              events.add("done " + number + ": " + new String(still, UTF_8));
              super.onReadDone(connection);
            }
          };
        };
    Listener listener = listen(handlers);
    try (Socket first = new Socket("127.0.0.1", listener.port());
        Socket second = new Socket("127.0.0.1", listener.port())) {
      for (Socket socket : List.of(first, second)) { // connections that have replied are polled
        socket.getOutputStream().write('x');
        assertThat(socket.getInputStream().read()).isEqualTo('x');
      }
      CountDownLatch sent = stopLoop(events::clear);
      first.getOutputStream().write("one".getBytes(UTF_8));
      second.getOutputStream().write("two".getBytes(UTF_8));
      sent.countDown();
      assertThat(first.getInputStream().readNBytes(3)).isEqualTo("one".getBytes(UTF_8));
      assertThat(second.getInputStream().readNBytes(3)).isEqualTo("two".getBytes(UTF_8));
    }
    List<String> seen = onLoop(() -> List.copyOf(events.subList(0, 4)));
    assertThat(seen.subList(0, 2)).containsExactlyInAnyOrder("bytes of 0", "bytes of 1");
    assertThat(seen.subList(2, 4)).containsExactlyInAnyOrder("done 0: one", "done 1: two");
  }

  /**
   * A request that arrives after the end of another connection must find that connection closed.
   */
  @Test
  void tellsTheEndOfAConnectionBeforeTheInputBehindIt() throws Exception {
    List<String> events = new ArrayList<>(); // accessed on the loop
    EchoHandler served =
        new EchoHandler() {
          @Override
          public void onReadDone(Connection connection) {
            events.add("request");
            super.onReadDone(connection);
          }
        };
    Listener listener = listen(() -> served);
    EchoHandler link =
        new EchoHandler() {
          @Override
          public void onClose(Connection connection, @Nullable Throwable cause) {
            events.add("end of the link");
            super.onClose(connection, cause);
          }
        };
    try (ServerSocket peer = new ServerSocket(0, 1, loopback(0).getAddress());
        Socket client = new Socket("127.0.0.1", listener.port())) {
      transport.connect(loopback(peer.getLocalPort()), null, 5000, link);
      Socket accepted = peer.accept();
      link.opened.join();
      client.getOutputStream().write('x'); // epoll lists it first if it just did
      assertThat(client.getInputStream().read()).isEqualTo('x');
      CountDownLatch sent = stopLoop(events::clear);
      accepted.close();
      client.getOutputStream().write('y');
      sent.countDown();
      assertThat(client.getInputStream().read()).isEqualTo('y');
      assertThat(link.closed.join()).isNull();
    }
    assertThat(onLoop(() -> List.copyOf(events.subList(0, 2))))
        .containsExactly("end of the link", "request");
  }

  /**
   * A connection that is opened while the events of a poll are handled has the descriptor of the
   * one that was closed just before, but not its events: here the end of that one.
   */
  @Test
  void aConnectionHearsNothingOfTheOneThatHadItsDescriptor() throws Exception {
    EchoHandler link = new EchoHandler();
    EchoHandler next = new EchoHandler();
    try (ServerSocket oldPeer = new ServerSocket(0, 1, loopback(0).getAddress());
        ServerSocket newPeer = new ServerSocket(0, 1, loopback(0).getAddress())) {
      EchoHandler served =
          new EchoHandler() {
            @Override
            public void onBytes(Connection connection, MemorySegment memory, long from, long to) {
              if (memory.get(ValueLayout.JAVA_BYTE, from) == 'y') {
                link.opened.join().close();
                transport.connect(loopback(newPeer.getLocalPort()), null, 5000, next);
              }
              super.onBytes(connection, memory, from, to);
            }
          };
      Listener listener = listen(() -> served);
      try (Socket client = new Socket("127.0.0.1", listener.port())) {
        client.getOutputStream().write('x'); // epoll lists it first if it just did
        assertThat(client.getInputStream().read()).isEqualTo('x');
        transport.connect(loopback(oldPeer.getLocalPort()), null, 5000, link);
        Socket end = oldPeer.accept();
        link.opened.join();
        // A full backlog: the new connection is established after the events of the poll.
        List<Socket> waiting =
            List.of(
                new Socket("127.0.0.1", newPeer.getLocalPort()),
                new Socket("127.0.0.1", newPeer.getLocalPort()));
        CountDownLatch sent = stopLoop(() -> {});
        client.getOutputStream().write('y');
        end.close();
        sent.countDown();
        for (Socket other : waiting) {
          newPeer.accept().close();
          other.close();
        }
        try (Socket accepted = newPeer.accept()) {
          accepted.setSoTimeout(30_000);
          accepted.getOutputStream().write("hello".getBytes(UTF_8));
          assertThat(accepted.getInputStream().readNBytes(5)).isEqualTo("hello".getBytes(UTF_8));
        }
      }
      assertThat(next.closed.join()).isNull();
    }
  }

  @Test
  void closesWhenEverythingIsWritten() throws Exception {
    int bytes = 10 << 20;
    EchoHandler flood =
        new EchoHandler() {
          @Override
          public void onOpen(Connection connection) {
            ConnectionOutput out = new ConnectionOutput(connection);
            new ReplyWriter(out).raw(new byte[bytes]);
            assertThat(out.pendingBytes()).isEqualTo(bytes);
            out.send();
            connection.closeAfterFlush();
          }
        };
    Listener listener = listen(() -> flood);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      assertThat(socket.getInputStream().readAllBytes()).hasSize(bytes);
    }
    assertThat(flood.closed.join()).isNull();
  }

  @Test
  void freesUnsentOutputOnClose() throws Exception {
    EchoHandler flood =
        new EchoHandler() {
          @Override
          public void onOpen(Connection connection) {
            ConnectionOutput out = new ConnectionOutput(connection);
            ReplyWriter writer = new ReplyWriter(out);
            writer.raw(new byte[20 << 20]);
            out.flush();
            assertThat(connection.queuedBytes()).isPositive();
            writer.deferArray();
            writer.raw(new byte[100_000]);
            out.discard();
            assertThat(out.hasUnsentBytes()).isFalse();
            connection.close();
            assertThat(connection.isOpen()).isFalse();
            Chunk chunk = connection.newChunk(100);
            connection.send(chunk, chunk.limit());
            connection.flush();
            assertThat(connection.queuedBytes()).isZero();
            connection.setKeepAlive(300);
            connection.noDelay(false);
          }
        };
    Listener listener = listen(() -> flood);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      flood.closed.join();
      assertThat(socket.isConnected()).isTrue();
    }
  }

  @Test
  void anExceptionInAHandlerClosesItsConnectionOnly() throws Exception {
    IllegalStateException thrown = new IllegalStateException("as the test wants it");
    EchoHandler throwing =
        new EchoHandler() {
          @Override
          public void onBytes(Connection c, MemorySegment memory, long from, long to) {
            throw thrown;
          }
        };
    AtomicInteger accepted = new AtomicInteger();
    Listener listener =
        listen(() -> accepted.getAndIncrement() == 0 ? throwing : new EchoHandler());
    try (Socket first = new Socket("127.0.0.1", listener.port());
        Socket second = new Socket("127.0.0.1", listener.port())) {
      first.getOutputStream().write(1);
      assertThat(throwing.closed.join()).isSameAs(thrown);
      second.getOutputStream().write(42);
      assertThat(second.getInputStream().read()).isEqualTo(42);
    }
  }

  @Test
  void fillsGapsInEarlierChunks() throws Exception {
    int elements = 5000;
    EchoHandler handler =
        new EchoHandler() {
          @Override
          public void onOpen(Connection connection) {
            ConnectionOutput out = new ConnectionOutput(connection);
            ReplyWriter writer = new ReplyWriter(out);
            writer.ok();
            long outer = writer.deferArray();
            long inner = writer.deferArray();
            for (int i = 0; i < elements; i++) {
              writer.bulk("element " + i);
            }
            writer.resolve(inner, elements);
            writer.integer(7);
            writer.resolve(outer, 2);
            writer.bulk(new byte[300_000]);
            long pending = out.pendingBytes();
            out.flush();
            assertThat(pending).isGreaterThan(elements * 10L + 300_000);
          }
        };
    Listener listener = listen(() -> handler);
    try (RespClient client = RespClient.connect("127.0.0.1", listener.port())) {
      assertThat(client.receive()).isEqualTo(new Reply.Simple("OK"));
      List<Reply> outer = client.receive().elements();
      assertThat(outer).hasSize(2);
      List<Reply> inner = outer.getFirst().elements();
      assertThat(inner).hasSize(elements);
      assertThat(inner.getLast().text()).isEqualTo("element " + (elements - 1));
      assertThat(client.receive()).isEqualTo(new Reply.Bulk(new byte[300_000]));
    }
  }
}
