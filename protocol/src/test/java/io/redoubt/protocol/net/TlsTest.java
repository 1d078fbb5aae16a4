package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS connections between transports and Java's own sockets. */
@Timeout(60)
class TlsTest {
  private static final Tls.Terms DEFAULT_PROTOCOLS = new Tls.Terms(List.of(), List.of());

  @TempDir private static Path folder;
  private static Tls.Identity ours;
  private static Tls.Identity stranger;

  private final CountingMemory memory = new CountingMemory();
  private Transport transport;

  @BeforeAll
  static void makeCertificates() throws Exception {
    ours = SelfSigned.make(folder, "ours");
    stranger = SelfSigned.make(folder, "stranger");
  }

  private static Tls.Authorities authority(Tls.Identity identity) {
    return new Tls.Authorities(identity.certificate(), null);
  }

  private static Tls client(Tls.Identity shown) throws IOException {
    return Tls.client(shown, authority(ours), DEFAULT_PROTOCOLS);
  }

  private Listener listen(Tls.ClientCertificates clients, Connection.Handler handler)
      throws IOException {
    Tls tls = Tls.server(ours, authority(ours), DEFAULT_PROTOCOLS, clients);
    return transport.listen(new InetSocketAddress("127.0.0.1", 0), 9, tls, c -> c.handler(handler));
  }

  @BeforeEach
  void open() {
    transport = Transport.open("test-loop", memory);
  }

  @AfterEach
  void closeAndFindAllMemoryFreed() {
    transport.close();
    assertThat(memory.bytes).hasValue(0);
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
                  // The reader notices missing bytes.
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
    for (Tls wrong :
        List.of(client(stranger), Tls.client(null, authority(ours), DEFAULT_PROTOCOLS))) {
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
        Tls.client(null, authority(ours), DEFAULT_PROTOCOLS)
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
        Tls.client(null, authority(stranger), DEFAULT_PROTOCOLS),
        suspicious);
    assertThat(suspicious.closed.join()).isInstanceOf(IOException.class);
    assertThat(suspicious.opened).isNotDone();
  }

  @Test
  void reportsInvalidFiles() throws Exception {
    Path nonsense = Files.writeString(folder.resolve("nonsense"), "nonsense");
    Tls.Identity wrong = new Tls.Identity(nonsense, nonsense, "");
    assertThatThrownBy(() ->
            Tls.server(wrong, authority(ours), DEFAULT_PROTOCOLS, Tls.ClientCertificates.UNWANTED))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nonsense");
  }
}
