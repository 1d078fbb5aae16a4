package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests TLS connections between transports and Java's own sockets. */
@Timeout(60)
@ParameterizedClass
@EnumSource(names = {"JDK", "OPENSSL"})
class TlsTest extends TlsFixture {
  private Listener listen(Tls.ClientCertificates clients, Connection.Handler handler)
      throws IOException {
    Tls tls = Tls.server(ours, authority(ours), terms(), new Tls.Service(clients));
    return transport.listen(
        new InetSocketAddress("127.0.0.1", 0), 9, tls, c -> c.setHandler(handler));
  }

  /** Sends more than all buffers hold, so that both ends exert back-pressure. */
  @Test
  void transfersLargeData() throws Exception {
    EchoHandler echo = new EchoHandler();
    Listener listener = listen(Tls.ClientCertificates.REQUIRED, echo);
    byte[] sent = new byte[6 << 20];
    Seed.random("TlsTest").nextBytes(sent);
    try (Socket socket = client(ours).sockets().createSocket("127.0.0.1", listener.port())) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  socket.getOutputStream().write(sent);
                } catch (IOException e) {
                  // The reader detects missing bytes.
                }
              });
      byte[] received = socket.getInputStream().readNBytes(sent.length);
      assertThat(received).hasSize(sent.length);
      assertThat(Arrays.mismatch(received, sent)).isEqualTo(-1);
      writer.join();
      assertThat(echo.opened.join().isTls()).isTrue();
    }
    assertThat(echo.closed.join()).isNull();
  }

  /** No byte is lost, doubled or reordered while connections move between loops. */
  @Test
  void movesConnectionsWithTheirRecords() throws Exception {
    Random random = Seed.random("TlsTest");
    Tls tls =
        Tls.server(
            ours, authority(ours), terms(), new Tls.Service(Tls.ClientCertificates.REQUIRED));
    Listener listener =
        transport.listen(
            new InetSocketAddress("127.0.0.1", 0),
            9,
            tls,
            connection -> connection.setHandler(new EchoHandler()));
    Tls client = client(ours);
    EchoTraffic traffic =
        new EchoTraffic(() -> client.sockets().createSocket("127.0.0.1", listener.port()));
    traffic.during(
        4,
        random,
        () -> {
          while (moves() < 100 || traffic.received() < 100_000) {
            transport.setIoThreads(random.nextInt(3), true, refused -> {});
            for (int j = random.nextInt(50); j > 0; j--) {
              moves();
            }
          }
        });
  }

  private long moves() {
    CompletableFuture<Long> moves = new CompletableFuture<>();
    transport.loop().execute(() -> moves.complete(transport.moveStats().connections()));
    return moves.join();
  }

  @Test
  void connects() throws Exception {
    EchoHandler echo = new EchoHandler();
    Listener listener = listen(Tls.ClientCertificates.REQUIRED, echo);
    CompletableFuture<String> answer = new CompletableFuture<>();
    EchoHandler asking =
        new EchoHandler() {
          @Override
          public void onOpen(Connection connection) {
            super.onOpen(connection);
            Chunk chunk = connection.newChunk(5);
            MemorySegment.copy(
                "hello".getBytes(UTF_8),
                0,
                chunk.memory(),
                ValueLayout.JAVA_BYTE,
                chunk.start(),
                5);
            connection.send(chunk, chunk.start() + 5);
            connection.flush();
          }

          @Override
          public void onBytes(Connection connection, MemorySegment memory, long from, long to) {
            byte[] bytes = memory.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
            answer.complete(new String(bytes, UTF_8));
            connection.close();
          }
        };
    transport.connect(
        new InetSocketAddress("127.0.0.1", listener.port()), null, 5000, client(ours), asking);
    assertThat(answer.join()).isEqualTo("hello");
    assertThat(asking.closed.join()).isNull();
  }

  /** A client that collects small packets waits for this before its first request. */
  @Test
  void acknowledgesTheHandshakeBeforeTheKernelWould() throws Exception {
    assumeTrue(Epoll.isAvailable());
    assumeTrue(IoThreadCount.value() == 1, "asks the socket on the loop");
    boolean sooner = false;
    for (int attempt = 0; attempt < 5 && !sooner; attempt++) {
      sooner = isHandshakeAcknowledgedSoon();
    }
    assertThat(sooner).isTrue();
  }

  /** Returns true if the wait for an acknowledgement is shorter than the kernel's delay. */
  private boolean isHandshakeAcknowledgedSoon() throws Exception {
    CompletableFuture<Boolean> soon = new CompletableFuture<>();
    EchoHandler asking = new EchoHandler();
    Listener listener =
        listen(
            Tls.ClientCertificates.REQUIRED,
            new EchoHandler() {
              @Override
              public void onOpen(Connection connection) {
                long start = System.nanoTime();
                EpollSocketChannel client = (EpollSocketChannel) asking.opened.join().channel();
                long delayMicros = ((EpollSocketChannel) connection.channel()).tcpInfo().ato();
                while (client.tcpInfo().unacked() > 0) {
                  Thread.onSpinWait();
                }
                soon.complete((System.nanoTime() - start) / 1000 < delayMicros / 2);
                super.onOpen(connection);
              }
            });
    transport.connect(
        new InetSocketAddress("127.0.0.1", listener.port()), null, 5000, client(ours), asking);
    return soon.join();
  }

  @Test
  void rehearsesAConnection() throws Exception {
    for (Tls.ClientCertificates clients : Tls.ClientCertificates.values()) {
      Tls tls = Tls.server(ours, authority(ours), terms(), new Tls.Service(clients));
      assertThat(tls.rehearse()).isEqualTo(clients != Tls.ClientCertificates.REQUIRED);
    }
  }

  @Test
  void connectsABlockingLink() throws Exception {
    Listener listener = listen(Tls.ClientCertificates.REQUIRED, new EchoHandler());
    byte[] sent = new byte[100_000];
    Seed.random("TlsTest").nextBytes(sent);
    try (BlockingLink link =
            BlockingLink.connect("127.0.0.1", listener.port(), client(ours), 5000);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, sent);
      for (int round = 0; round < 20; round++) {
        link.write(memory, 0, sent.length, 5000);
        byte[] received = new byte[sent.length];
        byte[] part = new byte[1 + round * 1000];
        for (int count = 0; count < sent.length; ) {
          int bytes = link.read(part, 5000);
          System.arraycopy(part, 0, received, count, bytes);
          count += bytes;
        }
        assertThat(Arrays.mismatch(received, sent)).isEqualTo(-1);
      }
      assertThatThrownBy(() -> link.read(new byte[1], 1))
          .isInstanceOf(SocketTimeoutException.class);
    }
    assertThatThrownBy(
            () -> {
              try (BlockingLink refused =
                  BlockingLink.connect("127.0.0.1", listener.port(), client(stranger), 5000)) {
                refused.read(new byte[1], 5000);
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void refusesClientsWithoutAValidCertificate() throws Exception {
    Listener listener = listen(Tls.ClientCertificates.REQUIRED, new EchoHandler());
    for (Tls wrong : List.of(client(stranger), Tls.client(null, authority(ours), terms()))) {
      try (Socket socket = wrong.sockets().createSocket("127.0.0.1", listener.port())) {
        assertThatThrownBy(
                () -> {
                  socket.getOutputStream().write(1);
                  assertThat(socket.getInputStream().read()).isEqualTo(-1);
                  throw new IOException("at its end");
                })
            .isInstanceOf(IOException.class);
      }
    }
    EchoHandler echo = new EchoHandler();
    Listener lenient = listen(Tls.ClientCertificates.UNWANTED, echo);
    try (Socket socket =
        Tls.client(null, authority(ours), terms())
            .sockets()
            .createSocket("127.0.0.1", lenient.port())) {
      socket.getOutputStream().write(1);
      assertThat(socket.getInputStream().read()).isEqualTo(1);
    }
  }

  @Test
  void refusesUntrustedServers() throws Exception {
    Listener listener = listen(Tls.ClientCertificates.UNWANTED, new EchoHandler());
    EchoHandler suspicious = new EchoHandler();
    transport.connect(
        new InetSocketAddress("127.0.0.1", listener.port()),
        null,
        5000,
        Tls.client(null, authority(stranger), terms()),
        suspicious);
    assertThat(suspicious.closed.join()).isInstanceOf(IOException.class);
    assertThat(suspicious.opened).isNotDone();
  }

  /** Open connections continue, as after CONFIG SET in Redis. */
  @Test
  void becomesAnotherConfigurationForNewConnections() throws Exception {
    Tls.Service service = new Tls.Service(Tls.ClientCertificates.UNWANTED);
    Tls server = Tls.server(ours, authority(ours), terms(), service);
    int port = listen(server);
    try (SSLSocket open = (SSLSocket) client(ours).sockets().createSocket("127.0.0.1", port)) {
      open.startHandshake();
      server.become(Tls.server(stranger, authority(ours), terms(), service));
      open.getOutputStream().write(7);
      assertThat(open.getInputStream().read()).isEqualTo(7);
    }
    assertThatThrownBy(() -> session(client(ours), port, "TLSv1.3"))
        .isInstanceOf(IOException.class);
    Tls other = Tls.client(null, authority(stranger), terms());
    assertThat(session(other, port, "TLSv1.3").isValid()).isTrue();
  }

  /** Servers that share an address select by the host name. */
  @Test
  void namesTheServerToIt() throws Exception {
    CompletableFuture<SSLSession> accepted = new CompletableFuture<>();
    try (ServerSocket server = serverSocket()) {
      Thread.ofVirtual()
          .start(() -> {
            try (SSLSocket socket = (SSLSocket) server.accept()) {
              socket.startHandshake();
              accepted.complete(socket.getSession());
            } catch (IOException e) {
              accepted.completeExceptionally(e);
            }
          });
      byte[] loopback = {127, 0, 0, 1};
      transport.connect(
          new InetSocketAddress(
              InetAddress.getByAddress("master.example.org", loopback), server.getLocalPort()),
          null,
          5000,
          client(ours),
          new EchoHandler());
      assertThat(((ExtendedSSLSession) accepted.join()).getRequestedServerNames())
          .containsExactly(new SNIHostName("master.example.org"));
    }
  }

  private static ServerSocket serverSocket() throws Exception {
    char[] password = "secret".toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KeyStore.getInstance(folder.resolve("ours.p12").toFile(), password), password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context.getServerSocketFactory().createServerSocket(0);
  }
}
