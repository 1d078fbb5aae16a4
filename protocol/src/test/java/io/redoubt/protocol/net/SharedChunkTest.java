package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that several connections send at the same time, some of which do not read. */
@Timeout(120)
@ParameterizedClass
@ValueSource(booleans = {false, true})
final class SharedChunkTest extends TransportFixture {
  private static final int CLIENTS = 24;
  private static final int ROUNDS = 400;
  private static final int MOST_BYTES = 60_000;
  private static final int RECEIVE_BUFFER = 4096;
  private static final int TIMEOUT_MILLIS = 30_000;

  /** A connection of the transport, and what it was given to send. */
  private static final class Receiver {
    final Connection connection;
    final int port;
    final ByteArrayOutputStream expected = new ByteArrayOutputStream();

    Receiver(Connection connection) {
      this.connection = connection;
      port = Objects.requireNonNull(connection.remoteInetAddress()).getPort();
    }
  }

  @TempDir private Path folder;
  private final List<Receiver> receivers = new CopyOnWriteArrayList<>();
  private final CountDownLatch allOpen = new CountDownLatch(CLIENTS);

  /** Connects the clients; those without TLS have small buffers. */
  private List<Socket> connect(boolean encrypted) throws Exception {
    Tls tls = null;
    SocketFactory sockets = SocketFactory.getDefault();
    if (encrypted) {
      Tls.Identity ours = SelfSigned.make(folder, "ours");
      var authorities = new Tls.Authorities(ours.certificate(), null);
      var terms = new Tls.Terms(List.of(), "", List.of(), Tls.Provider.AUTO);
      var service = new Tls.Service(Tls.ClientCertificates.UNWANTED);
      tls = Tls.server(ours, authorities, terms, service);
      sockets = Tls.client(null, authorities, terms).sockets();
    }
    Listener listener =
        transport.listen(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            CLIENTS,
            tls,
            connection ->
                connection.setHandler(
                    new EchoHandler() {
                      @Override
                      public void onOpen(Connection open) {
                        receivers.add(new Receiver(open));
                        allOpen.countDown();
                      }
                    }));
    List<Socket> connected = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket;
      if (encrypted) {
        socket = sockets.createSocket("127.0.0.1", listener.port());
        ((SSLSocket) socket).startHandshake();
      } else {
        socket = sockets.createSocket();
        socket.setReceiveBufferSize(RECEIVE_BUFFER);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port()));
      }
      socket.setSoTimeout(TIMEOUT_MILLIS);
      connected.add(socket);
    }
    allOpen.await();
    return connected;
  }

  private Receiver receiver(int port) {
    return receivers.stream().filter(each -> each.port == port).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void reachesEachConnectionInOrder(boolean encrypted) throws Exception {
    Random random = Seed.random("SharedChunkTest");
    List<Socket> sockets = connect(encrypted);
    for (int i = 0; i < ROUNDS; i++) {
      long seed = random.nextLong();
      CountDownLatch done = new CountDownLatch(1);
      transport
          .loop()
          .execute(() -> {
            sendToMany(Seed.from(seed));
            done.countDown();
          });
      if (random.nextInt(8) == 0) {
        done.await();
      }
    }
    CountDownLatch ended = new CountDownLatch(1);
    transport
        .loop()
        .execute(() -> {
          receivers.forEach(each -> each.connection.closeAfterFlush());
          ended.countDown();
        });
    ended.await();
    long total = 0;
    for (Socket socket : sockets) {
      try (socket) {
        byte[] expected = receiver(socket.getLocalPort()).expected.toByteArray();
        assertThat(socket.getInputStream().readAllBytes()).isEqualTo(expected);
        total += expected.length;
      }
    }
    assertThat(total).isPositive();
  }

  /** Sends a chunk's bytes to some connections, and bytes of their own to others. */
  private void sendToMany(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(random.nextInt(4) == 0 ? MOST_BYTES : 200)];
    random.nextBytes(bytes);
    int from = random.nextInt(bytes.length);
    var shared = new SharedChunk(receivers.getFirst().connection.newChunk(bytes.length));
    MemorySegment.copy(
        bytes, 0, shared.memory(), ValueLayout.JAVA_BYTE, shared.start(), bytes.length);
    for (Receiver each : receivers) {
      if (random.nextInt(5) == 0) {
        sendOwn(each, random);
      }
      if (random.nextInt(4) > 0) {
        shared.retain();
        each.connection.sendShared(shared, shared.start() + from, bytes.length - from);
        each.expected.write(bytes, from, bytes.length - from);
      }
      if (random.nextInt(5) == 0) {
        sendOwn(each, random);
      }
      if (random.nextInt(10) > 0) {
        each.connection.flush();
      }
    }
    shared.release();
  }

  private static void sendOwn(Receiver to, Random random) {
    Chunk chunk = to.connection.newChunk(1);
    byte own = (byte) random.nextInt();
    chunk.memory().set(ValueLayout.JAVA_BYTE, chunk.start(), own);
    to.connection.send(chunk, chunk.start() + 1);
    to.expected.write(own);
  }

  /** Connections that close with shared bytes on their way release them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void releasesTheBytesOfClosedConnections(boolean encrypted) throws Exception {
    Random random = Seed.random("SharedChunkTest");
    List<Socket> sockets = connect(encrypted);
    for (int i = 0; i < ROUNDS; i++) {
      long seed = random.nextLong();
      transport.loop().execute(() -> sendToMany(Seed.from(seed)));
      if (random.nextInt(ROUNDS / CLIENTS) == 0 && !sockets.isEmpty()) {
        Socket socket = sockets.removeLast();
        int port = socket.getLocalPort();
        if (random.nextBoolean()) {
          socket.close();
        } else {
          transport.loop().execute(() -> receiver(port).connection.close());
        }
      }
    }
    for (Socket socket : sockets) {
      socket.close();
    }
    // The fixture expects all memory to be free after the transport has closed.
  }
}
