package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;

/**
 * A transport and two identities for each test of TLS, with either provider. The transport must
 * free all its memory when it is closed.
 */
abstract class TlsFixture {
  @TempDir static Path folder;
  static Tls.Identity ours;
  static Tls.Identity stranger;

  @Parameter Tls.Provider provider;
  final CountingMemory memory = new CountingMemory();
  Transport transport;

  @BeforeAll
  static void makeCertificates() throws Exception {
    ours = SelfSigned.make(folder, "ours");
    stranger = SelfSigned.make(folder, "stranger");
  }

  @BeforeEach
  void open() {
    transport = Transport.open("test-loop", memory);
    IoThreadCount.apply(transport);
  }

  @AfterEach
  void closeAndFindAllMemoryFreed() {
    transport.close();
    assertThat(memory.bytes).hasValue(0);
  }

  /** Returns the default terms of the provider. */
  final Tls.Terms terms() {
    return new Tls.Terms(List.of(), "", List.of(), provider);
  }

  /** Trusts one identity. */
  static Tls.Authorities authority(Tls.Identity identity) {
    return new Tls.Authorities(identity.certificate(), null);
  }

  /** Creates the configuration of a client that trusts our identity. */
  final Tls client(Tls.Identity shown) throws IOException {
    return Tls.client(shown, authority(ours), terms());
  }

  /** Echoes at any port, and returns the port. */
  final int listen(Tls tls) throws IOException {
    return transport
        .listen(new InetSocketAddress("127.0.0.1", 0), 9, tls, c -> c.setHandler(new EchoHandler()))
        .port();
  }

  /** Connects, exchanges a byte and returns the session. */
  static SSLSession session(Tls client, int port, String protocol, String... suites)
      throws IOException {
    try (SSLSocket socket = (SSLSocket) client.sockets().createSocket("127.0.0.1", port)) {
      socket.setEnabledProtocols(new String[] {protocol});
      if (suites.length > 0) {
        socket.setEnabledCipherSuites(suites);
      }
      socket.getOutputStream().write(1);
      // TLS 1.3 sends its tickets after the handshake, before the first byte.
      assertThat(socket.getInputStream().read()).isEqualTo(1);
      return socket.getSession();
    }
  }
}
