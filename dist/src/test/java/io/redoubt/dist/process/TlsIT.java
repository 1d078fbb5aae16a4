package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group of Redoubt and Redis processes that accept only TLS. */
final class TlsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private final List<NodeProcess> nodes = new ArrayList<>();
  private Tls.Identity identity;
  private Tls client;

  @BeforeEach
  void makeCertificate() throws Exception {
    identity = SelfSigned.make(folder, "node");
    client =
        Tls.client(identity, new Tls.Authorities(identity.certificate(), null), Tls.Terms.DEFAULT);
  }

  @AfterEach
  void stop() {
    nodes.reversed().forEach(NodeProcess::close);
  }

  private int start(Path launcher, String... lines) throws Exception {
    int port = FreePorts.one();
    Path own = Files.createDirectories(folder.resolve(Integer.toString(port)));
    Path file = own.resolve("conf");
    String text =
        """
        port 0
        tls-port %d
        bind 127.0.0.1
        dir "%s"
        tls-replication yes
        tls-cert-file "%s"
        tls-key-file "%s"
        tls-ca-cert-file "%s"
        """
            .formatted(port, own, identity.certificate(), identity.key(), identity.certificate());
    Files.writeString(file, text + String.join("\n", lines) + "\n");
    nodes.add(
        Distribution.launch(
            launcher, List.of(file.toString()), Map.of(), port, own.resolve("output")));
    await().atMost(LIMIT).ignoreExceptions().until(() -> ask(port, "PING").text().equals("PONG"));
    return port;
  }

  private Reply ask(int port, String... words) throws IOException {
    try (RespClient connection = RespClient.connect("127.0.0.1", port, 2_000, client.sockets())) {
      return connection.call(words);
    }
  }

  @Test
  void keysMoveBetweenServers() throws Exception {
    int here = start(Kind.REDOUBT.server(), "tls-cluster yes");
    int real = start(Kind.REAL.server(), "tls-cluster yes");
    String value = "x".repeat(300_000);
    ask(here, "SET", "key", value);
    assertThat(ask(here, "MIGRATE", "127.0.0.1", port(real), "key", "0", "5000").text())
        .isEqualTo("OK");
    assertThat(ask(here, "EXISTS", "key").number()).isZero();
    assertThat(ask(real, "GET", "key").text()).isEqualTo(value);
    assertThat(ask(real, "MIGRATE", "127.0.0.1", port(here), "key", "0", "5000").text())
        .isEqualTo("OK");
    assertThat(ask(here, "GET", "key").text()).isEqualTo(value);
    ask(here, "CONFIG", "SET", "tls-cluster", "no");
    int other = start(Kind.REDOUBT.server());
    assertThat(ask(here, "MIGRATE", "127.0.0.1", port(other), "key", "0", "1000").isError())
        .isTrue();
  }

  private static String port(int port) {
    return Integer.toString(port);
  }

  /** As with OpenSSL, except that they have to be selected: Java holds them for too weak. */
  @Test
  void rsaKeyExchangeIsUsedIfItIsSelected() throws Exception {
    for (String file : List.of("rsa.crt", "rsa.pkcs1")) {
      try (InputStream pem = TlsIT.class.getResourceAsStream("/io/redoubt/protocol/pem/" + file)) {
        Files.copy(pem, folder.resolve(file));
      }
    }
    identity = new Tls.Identity(folder.resolve("rsa.crt"), folder.resolve("rsa.pkcs1"), "");
    client =
        Tls.client(identity, new Tls.Authorities(identity.certificate(), null), Tls.Terms.DEFAULT);
    int usual = start(Kind.REDOUBT.server(), "tls-auth-clients no", "tls-protocols TLSv1.2");
    int real = start(Kind.REAL.server(), "tls-auth-clients no", "tls-protocols TLSv1.2");
    for (Kind kind : Kind.values()) {
      assertThat(pingWithRsaKeyExchange(kind, usual).output()).doesNotContain("PONG");
      assertThat(pingWithRsaKeyExchange(kind, real).output()).isEqualTo("PONG\n");
    }
    for (String ciphers : List.of("DEFAULT", "AES128-SHA256")) {
      // A client with default ciphers would not connect after the second of them.
      Distribution.Result set =
          cli(Kind.REAL, usual, "AES128-SHA256:ECDHE", "CONFIG", "SET", "tls-ciphers", ciphers);
      assertThat(set.output()).isEqualTo("OK\n");
      for (Kind kind : Kind.values()) {
        assertThat(pingWithRsaKeyExchange(kind, usual).output()).isEqualTo("PONG\n");
      }
    }
  }

  @Test
  void javasImplementationRefusesARenegotiation() throws Exception {
    int port =
        start(
            Kind.REDOUBT.server(),
            "tls-provider jdk",
            "tls-auth-clients no",
            "tls-protocols TLSv1.2");
    try (SSLSocket socket = (SSLSocket) client.sockets().createSocket("127.0.0.1", port)) {
      socket.setSoTimeout((int) LIMIT.toMillis());
      socket.startHandshake();
      assertThat(firstByteOfPing(socket)).isEqualTo('+');
      socket.getInputStream().skipNBytes("PONG\r\n".length());
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                firstByteOfPing(socket);
              })
          .isInstanceOf(SSLException.class);
    }
    assertThat(ask(port, "PING").text()).isEqualTo("PONG");
  }

  private static int firstByteOfPing(SSLSocket socket) throws IOException {
    socket.getOutputStream().write("PING\r\n".getBytes(US_ASCII));
    return socket.getInputStream().read();
  }

  private Distribution.Result pingWithRsaKeyExchange(Kind kind, int port) throws Exception {
    return cli(kind, port, "AES128-SHA256", "PING");
  }

  private Distribution.Result cli(Kind kind, int port, String ciphers, String... words)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(kind.cli().toString());
    command.addAll(List.of("-p", port(port), "--tls", "--tls-ciphers", ciphers));
    command.addAll(List.of("--cacert", identity.certificate().toString()));
    command.addAll(List.of(words));
    return Distribution.run(Map.of(), command.toArray(String[]::new));
  }

  @Test
  void mastersReplicasAndSentinelsMeet() throws Exception {
    int master = start(Kind.REDOUBT.server());
    int replica = start(Kind.REDOUBT.server(), "replicaof 127.0.0.1 " + master);
    int realReplica = start(Kind.REAL.server(), "replicaof 127.0.0.1 " + master);
    assertThat(ask(master, "SET", "key", "value").text()).isEqualTo("OK");
    for (int each : new int[] {replica, realReplica}) {
      await()
          .atMost(LIMIT)
          .ignoreException(IllegalStateException.class) // neither nil nor an error has text
          .until(() -> ask(each, "GET", "key").text().equals("value"));
    }
    String monitor = "sentinel monitor mymaster 127.0.0.1 " + master + " 2";
    int sentinel = start(Kind.REDOUBT.sentinel(), monitor);
    int realSentinel = start(Kind.REAL.sentinel(), monitor);
    for (int each : new int[] {sentinel, realSentinel}) {
      await()
          .atMost(LIMIT)
          .until(() ->
              ask(each, "SENTINEL", "SENTINELS", "mymaster").elements().size() == 1
                  && ask(each, "SENTINEL", "REPLICAS", "mymaster").elements().size() == 2);
    }
    await()
        .atMost(LIMIT)
        .until(() -> ask(sentinel, "SENTINEL", "CKQUORUM", "mymaster").text().startsWith("OK 2"));
  }
}
