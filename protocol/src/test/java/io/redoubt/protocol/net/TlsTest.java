package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.pem.PemFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPrivateKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS connections between transports and Java's own sockets. */
@Timeout(60)
@ParameterizedClass
@EnumSource(names = {"JDK", "OPENSSL"})
class TlsTest {
  private static final String CHACHA = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
  private static final String GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";

  @TempDir private static Path folder;
  private static Tls.Identity ours;
  private static Tls.Identity stranger;

  @Parameter private Tls.Provider provider;
  private final CountingMemory memory = new CountingMemory();
  private Transport transport;

  @BeforeAll
  static void makeCertificates() throws Exception {
    ours = SelfSigned.make(folder, "ours");
    stranger = SelfSigned.make(folder, "stranger");
  }

  private Tls.Terms terms() {
    return terms(List.of(), "", List.of());
  }

  private Tls.Terms terms(List<String> protocols, String ciphers, List<String> suites) {
    return new Tls.Terms(protocols, ciphers, suites, provider);
  }

  private static Tls.Authorities authority(Tls.Identity identity) {
    return new Tls.Authorities(identity.certificate(), null);
  }

  private Tls client(Tls.Identity shown) throws IOException {
    return Tls.client(shown, authority(ours), terms());
  }

  private Listener listen(Tls.ClientCertificates clients, Connection.Handler handler)
      throws IOException {
    Tls tls = Tls.server(ours, authority(ours), terms(), new Tls.Service(clients));
    return transport.listen(
        new InetSocketAddress("127.0.0.1", 0), 9, tls, c -> c.setHandler(handler));
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

  @Test
  void reportsInvalidFiles() throws Exception {
    Path nonsense = Files.writeString(folder.resolve("nonsense"), "nonsense");
    Tls.Identity wrong = new Tls.Identity(nonsense, nonsense, "");
    assertThatThrownBy(() ->
            Tls.server(
                wrong, authority(ours), terms(), new Tls.Service(Tls.ClientCertificates.UNWANTED)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nonsense");
  }

  @Test
  void ignoresThePasswordOfAPlainKey() throws Exception {
    Tls.Identity withPassword = new Tls.Identity(ours.certificate(), ours.key(), "unused");
    Tls server =
        Tls.server(
            withPassword,
            authority(ours),
            terms(),
            new Tls.Service(Tls.ClientCertificates.REQUIRED));
    Listener listener =
        transport.listen(
            new InetSocketAddress("127.0.0.1", 0), 9, server, c -> c.setHandler(new EchoHandler()));
    assertThat(session(client(withPassword), listener.port(), "TLSv1.3").isValid()).isTrue();
  }

  private static Path resource(String name) throws Exception {
    return Path.of(TlsTest.class.getResource("/io/redoubt/protocol/pem/" + name).toURI());
  }

  private static Tls.Identity identity(String certificate, String key) throws Exception {
    return new Tls.Identity(resource(certificate), resource(key), "secret");
  }

  @ParameterizedTest
  @CsvSource({
    "rsa.crt,rsa.pkcs1",
    "rsa.crt,rsa.pkcs1-aes256",
    "rsa.both,rsa.both",
    "ec.crt,ec.sec1",
    "ed25519.crt,ed25519.pkcs8",
    "pss.crt,pss.pkcs8"
  })
  void usesAllKindsOfKeysOnBothSides(String certificate, String key) throws Exception {
    Tls.Identity identity = identity(certificate, key);
    boolean ofJavaAlone = key.endsWith(".pkcs8");
    if (ofJavaAlone && provider == Tls.Provider.OPENSSL) {
      assertThatThrownBy(() -> Tls.client(identity, authority(identity), terms()))
          .hasMessageStartingWith("tls-provider openssl is not possible here: BoringSSL does not");
      return;
    }
    Tls server =
        Tls.server(
            identity,
            authority(identity),
            terms(),
            new Tls.Service(Tls.ClientCertificates.REQUIRED));
    int port = listen(server);
    Tls client = Tls.client(identity, authority(identity), terms());
    SSLSession session = session(client, port, "TLSv1.3");
    assertThat(session.getLocalCertificates()).isEqualTo(session.getPeerCertificates());
  }

  /** Such keys, which OpenSSL writes with {@code -no_public}, are checked by a signature. */
  @Test
  void usesAnEllipticKeyWithoutItsPublicPoint() throws Exception {
    PemFile pem = PemFile.of(Files.readAllBytes(resource("ec.sec1")));
    ECPrivateKey whole = (ECPrivateKey) pem.privateKey("");
    byte[] bare =
        KeyFactory.getInstance("EC")
            .generatePrivate(new ECPrivateKeySpec(whole.getS(), whole.getParams()))
            .getEncoded();
    Path file = folder.resolve("bare.key");
    Files.writeString(
        file,
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(bare)
            + "\n-----END PRIVATE KEY-----\n");
    Tls.Identity identity = new Tls.Identity(resource("ec.crt"), file, "");
    Tls tls = Tls.client(identity, authority(identity), terms());
    assertThat(tls.engine("localhost", 1).getUseClientMode()).isTrue();
  }

  @Test
  void refusesAKeyOfAnotherCertificate() throws Exception {
    for (Tls.Identity wrong :
        List.of(
            identity("rsa.crt", "ec.sec1"),
            identity("ec.crt", "rsa.pkcs1"),
            identity("rsa.crt", "pss.pkcs8"),
            new Tls.Identity(ours.certificate(), stranger.key(), ""),
            new Tls.Identity(ours.certificate(), resource("ec.sec1"), ""))) {
      assertThatThrownBy(() -> client(wrong))
          .hasMessage(
              "Failed to load private key: "
                  + wrong.key()
                  + ": the key does not belong to the certificate");
    }
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

  private static SSLSession session(Tls client, int port, String protocol, String... suites)
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

  private int listen(Tls.Terms terms, Tls.Service service) throws IOException {
    return listen(Tls.server(ours, authority(ours), terms, service));
  }

  private int listen(Tls tls) throws IOException {
    return transport
        .listen(new InetSocketAddress("127.0.0.1", 0), 9, tls, c -> c.setHandler(new EchoHandler()))
        .port();
  }

  private static Tls.Service service(boolean ownOrder, Tls.Sessions sessions) {
    return new Tls.Service(Tls.ClientCertificates.UNWANTED, ownOrder, sessions);
  }

  @Test
  void limitsTheCiphersOfTls12() throws Exception {
    Tls.Terms terms = terms(List.of(), "ECDHE-ECDSA-CHACHA20-POLY1305", List.of());
    int port = listen(terms, service(false, Tls.Sessions.DEFAULT));
    Tls any = client(ours);
    assertThat(session(any, port, "TLSv1.2").getCipherSuite()).isEqualTo(CHACHA);
    assertThat(session(any, port, "TLSv1.3").getCipherSuite()).isEqualTo("TLS_AES_256_GCM_SHA384");
    assertThatThrownBy(() -> session(any, port, "TLSv1.2", GCM)).isInstanceOf(IOException.class);
  }

  @Test
  void keepsTheCiphersOfTls12WhenThoseOfTls13AreLimited() throws Exception {
    Tls.Terms terms =
        new Tls.Terms(List.of(), "", List.of("TLS_CHACHA20_POLY1305_SHA256"), Tls.Provider.JDK);
    int port = listen(terms, service(false, Tls.Sessions.DEFAULT));
    Tls any = client(ours);
    assertThat(session(any, port, "TLSv1.3").getCipherSuite())
        .isEqualTo("TLS_CHACHA20_POLY1305_SHA256");
    assertThat(session(any, port, "TLSv1.2").getCipherSuite()).startsWith("TLS_ECDHE_ECDSA_");
  }

  @Test
  void takesJavaWhereBoringSslCannot() throws Exception {
    Tls.Identity edwards = identity("ed25519.crt", "ed25519.pkcs8");
    List<String> suites = List.of("TLS_AES_128_GCM_SHA256");
    assertThat(
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "", List.of())).provider())
        .isEqualTo(Tls.Provider.OPENSSL);
    for (Tls client :
        List.of(
            Tls.client(edwards, authority(ours), Tls.Terms.DEFAULT),
            Tls.client(ours, authority(edwards), Tls.Terms.DEFAULT),
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "DHE", List.of())),
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "HIGH:!aNULL", List.of())),
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "", suites)))) {
      assertThat(client.provider()).isEqualTo(Tls.Provider.JDK);
    }
    Tls.Terms strict = new Tls.Terms(List.of(), "", suites, Tls.Provider.OPENSSL);
    assertThatThrownBy(() -> Tls.client(ours, authority(ours), strict))
        .hasMessage(
            "tls-provider openssl is not possible here: BoringSSL does not let the suites of"
                + " TLS 1.3 be chosen (tls-ciphersuites)");
  }

  /** Sockets are used where a thread may wait, as for what other servers say before a start. */
  @Test
  void givesSocketsTheTermsOfTheirConfiguration() throws Exception {
    int any = listen(terms(), service(false, Tls.Sessions.DEFAULT));
    int newest =
        listen(terms(List.of("TLSv1.3"), "", List.of()), service(false, Tls.Sessions.DEFAULT));
    Tls.Terms terms = terms(List.of("TLSv1.2"), "CHACHA20", List.of());
    Tls client = Tls.client(null, authority(ours), terms);
    try (SSLSocket socket = (SSLSocket) client.sockets().createSocket("127.0.0.1", any)) {
      assertThat(socket.getSession().getCipherSuite()).isEqualTo(CHACHA);
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
    }
    try (SSLSocket socket = (SSLSocket) client.sockets().createSocket("127.0.0.1", newest)) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
    }
  }

  @Test
  void refusesListsThatNameNoCipher() {
    assertThatThrownBy(() ->
            listen(terms(List.of(), "RC4-MD5", List.of()), service(false, Tls.Sessions.DEFAULT)))
        .hasMessage("Failed to configure ciphers: none is meant by RC4-MD5");
    assertThatThrownBy(() ->
            listen(terms(List.of(), "", List.of("TLS_X")), service(false, Tls.Sessions.DEFAULT)))
        .hasMessage("Failed to configure ciphersuites: none of [TLS_X]");
  }

  @Test
  void prefersTheOrderOfClientOrServer() throws Exception {
    Tls.Terms servers = terms(List.of("TLSv1.2"), "AESGCM:CHACHA20", List.of());
    Tls client = client(ours);
    int asClientsWant = listen(servers, service(false, Tls.Sessions.DEFAULT));
    int asServerWants = listen(servers, service(true, Tls.Sessions.DEFAULT));
    assertThat(session(client, asClientsWant, "TLSv1.2", CHACHA, GCM).getCipherSuite())
        .isEqualTo(CHACHA);
    assertThat(session(client, asServerWants, "TLSv1.2", CHACHA, GCM).getCipherSuite())
        .isEqualTo(GCM);
  }

  @Test
  void resumesSessionsUnlessForbidden() throws Exception {
    for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
      assertThat(resumes(protocol, Tls.Sessions.DEFAULT)).as(protocol).isTrue();
      assertThat(resumes(protocol, new Tls.Sessions(true, 1, Integer.MAX_VALUE))).isTrue();
      assertThat(resumes(protocol, new Tls.Sessions(false, 100, 300))).as(protocol).isFalse();
      assertThat(resumes(protocol, new Tls.Sessions(true, 100, 0))).as(protocol).isFalse();
    }
  }

  /** Returns true if the session of a second connection has the creation time of the first. */
  private boolean resumes(String protocol, Tls.Sessions sessions) throws Exception {
    int port = listen(terms(), service(false, sessions));
    Tls client = client(ours);
    long created = session(client, port, protocol).getCreationTime();
    while (System.currentTimeMillis() == created) {
      Thread.onSpinWait(); // otherwise a new session could have the same creation time
    }
    return session(client, port, protocol).getCreationTime() == created;
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
