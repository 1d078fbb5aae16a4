package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
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
  private static final int SMALL_OUTPUTS = 50;
  private static final int SENDERS = 400;
  private static final int SENT_BYTES = 64 * 1024;
  private static final long BEHIND_BYTES = 4 << 20;
  private static final long HANDLING_NANOS = 10_000;

  /**
   * Copies of one read of each socket for each batch of the thread would take several times this.
   */
  private static final long MAX_GROWTH_BYTES = 1 << 20;

  /** Chunks for a peer that does not read: 16 MB. */
  private static final int MORE_THAN_SOCKETS_TAKE = 1024;

  private final CompletableFuture<Connection> accepted = new CompletableFuture<>();

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

  /** A thread that gets no processor for a moment must not make keys be evicted. */
  @Test
  void countsNoOutputOnItsWayToTheThreadAsUsedMemory() throws Exception {
    transport.setIoThreads(1, true, refused -> {});
    try (Socket socket = accept()) {
      Connection connection = accepted.get();
      long before = onLoop(this::usedBytes);
      CountDownLatch processor = new CountDownLatch(1);
      long meanwhile =
          onLoop(() -> {
            orderWait(connection, processor);
            for (int i = 0; i < SMALL_OUTPUTS; i++) {
              send(connection, 1);
            }
            assertThat(connection.queuedBytes()).isZero();
            return usedBytes();
          });
      processor.countDown();
      assertThat(meanwhile).isEqualTo(before);
      assertThat(socket.getInputStream().readNBytes(SMALL_OUTPUTS)).hasSize(SMALL_OUTPUTS);
    }
  }

  /** Small outputs take a chunk each; all of it belongs to the connection that does not read. */
  @Test
  void countsTheChunksOfAConnectionThatDoesNotRead() throws Exception {
    transport.setIoThreads(1, true, refused -> {});
    try (Socket socket = accept()) {
      Connection connection = accepted.get();
      long before = onLoop(this::usedBytes);
      long counted =
          onLoop(() -> {
            for (int i = 0; i < MORE_THAN_SOCKETS_TAKE; i++) {
              send(connection, ChunkPool.CHUNK_BYTES);
            }
            for (int i = 0; i < SMALL_OUTPUTS; i++) {
              send(connection, 1);
            }
            assertThat(connection.queuedMemoryBytes())
                .isGreaterThanOrEqualTo((long) SMALL_OUTPUTS * ChunkPool.CHUNK_BYTES);
            return usedBytes() - connection.queuedMemoryBytes();
          });
      assertThat(counted).isEqualTo(before);
      assertThat(socket.isClosed()).isFalse();
    }
  }

  /** Until the thread returns them, the chunks would cost keys if they counted. */
  @Test
  void countsNoOutputOfAClosedConnectionAsUsedMemory() throws Exception {
    transport.setIoThreads(1, true, refused -> {});
    try (Socket socket = accept()) {
      Connection connection = accepted.get();
      long before = onLoop(this::usedBytes);
      CountDownLatch processor = new CountDownLatch(1);
      long queued =
          onLoop(() -> {
            orderWait(connection, processor);
            for (int i = 0; i < SMALL_OUTPUTS; i++) {
              send(connection, ChunkPool.CHUNK_BYTES);
            }
            connection.close();
            return memory.bytes.get();
          });
      long afterwards = onLoop(this::usedBytes);
      processor.countDown();
      assertThat(queued).isGreaterThan(before);
      assertThat(afterwards).isEqualTo(before);
      assertThat(socket.isClosed()).isFalse();
    }
  }

  /** Input that the owner does not take soon enough must remain in the sockets. */
  @Test
  void copiesNoInputToTheHeapWhileTheOwnerIsBehind() throws Exception {
    transport.setIoThreads(1, true, refused -> {});
    AtomicLong received = new AtomicLong();
    Listener listener =
        transport.listen(
            new InetSocketAddress("127.0.0.1", 0),
            SENDERS,
            connection -> connection.setHandler(new SlowHandler(received)));
    List<SocketChannel> senders = new ArrayList<>();
    try {
      ByteBuffer input = ByteBuffer.allocateDirect(SENT_BYTES);
      for (int i = 0; i < SENDERS; i++) {
        SocketChannel sender =
            SocketChannel.open(new InetSocketAddress("127.0.0.1", listener.port()));
        senders.add(sender);
        sender.configureBlocking(false);
      }
      for (SocketChannel sender : senders) {
        assertThat(sender.write(input.clear().limit(1))).isEqualTo(1);
      }
      while (received.get() < SENDERS) {
        Thread.onSpinWait();
      }
      long before = onLoop(IoThreadTest::liveHeapBytes);
      send(senders, input, received, BEHIND_BYTES);
      long growth = onLoop(IoThreadTest::liveHeapBytes) - before;
      assertThat(growth).isLessThan(MAX_GROWTH_BYTES);
    } finally {
      for (SocketChannel sender : senders) {
        sender.close();
      }
    }
  }

  /** Sends through all sockets what they accept until so much was received. */
  private static void send(
      List<SocketChannel> senders, ByteBuffer input, AtomicLong received, long bytes)
      throws IOException {
    while (received.get() < bytes) {
      for (SocketChannel sender : senders) {
        sender.write(input.clear());
      }
    }
  }

  private static long liveHeapBytes() {
    System.gc();
    System.gc(); // frees what the cleaners of earlier tests referred to
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Takes some time for each read, so that the thread has always more input than is taken. */
  private static final class SlowHandler extends EchoHandler {
    private final AtomicLong received;

    SlowHandler(AtomicLong received) {
      this.received = received;
    }

    @Override
    public void onBytes(Connection connection, MemorySegment bytes, long from, long to) {
      received.addAndGet(to - from);
    }

    @Override
    public void onReadDone(Connection connection) {
      long end = System.nanoTime() + HANDLING_NANOS;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }

  private long usedBytes() {
    return memory.bytes.get() - transport.idleBytes();
  }

  /** Opens a connection that the thread serves, and has echoed a byte. */
  private Socket accept() throws Exception {
    Listener listener =
        transport.listen(
            new InetSocketAddress("127.0.0.1", 0),
            9,
            connection -> {
              connection.setHandler(new EchoHandler());
              accepted.complete(connection);
            });
    Socket socket = new Socket("127.0.0.1", listener.port());
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.getOutputStream().write(7);
    assertThat(socket.getInputStream().read()).isEqualTo(7);
    return socket;
  }

  /** Makes the thread of a connection wait. */
  private static void orderWait(Connection connection, CountDownLatch end) {
    IoThread thread = ((LentChannel) connection.channel()).thread();
    thread.order(() -> {
      try {
        end.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
    thread.announce();
  }

  private static void send(Connection connection, int bytes) {
    Chunk chunk = connection.newChunk(bytes);
    connection.send(chunk, chunk.start() + bytes);
    connection.flush();
  }
}
