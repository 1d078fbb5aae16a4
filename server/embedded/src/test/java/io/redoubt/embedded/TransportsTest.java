package io.redoubt.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.SystemSockets;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.RespClient;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS, Unix sockets, and the event loop of systems without epoll. */
@Timeout(60)
final class TransportsTest {
  @TempDir private Path folder;

  @Test
  void servesClientsWithTls() throws Exception {
    Tls.Identity identity = SelfSigned.make(folder, "server");
    try (EmbeddedServer server =
            Redoubt.server().tls(identity.certificate(), identity.key()).start();
        RespClient client =
            RespClient.connect(
                "127.0.0.1",
                server.tlsUri().getPort(),
                10_000,
                trusting(identity.certificate()).getSocketFactory())) {
      assertThat(server.tlsUri().getScheme()).isEqualTo("rediss");
      assertThat(server.tlsUri().getPort()).isNotEqualTo(server.port());
      assertThat(client.call("SET", "a", "1").text()).isEqualTo("OK");
      assertThat(server.execute("GET", "a").text()).isEqualTo("1");
    }
    try (EmbeddedServer plain = Redoubt.server().start()) {
      assertThatThrownBy(plain::tlsUri).isInstanceOf(IllegalStateException.class);
    }
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream in = new FileInputStream(certificate.toFile())) {
      trusted.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  @Test
  void servesClientsOfAUnixSocketThatIsGoneAfterwards() throws Exception {
    Path path = folder.resolve("redis.sock");
    try (EmbeddedServer server = Redoubt.server().with("unixsocket", path.toString()).start();
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      client.write(ByteBuffer.wrap("PING\r\n".getBytes(US_ASCII)));
      ByteBuffer reply = ByteBuffer.allocate(64);
      client.read(reply);
      assertThat(new String(reply.array(), 0, reply.position(), US_ASCII)).isEqualTo("+PONG\r\n");
      assertThat(server.execute("PING").text()).isEqualTo("PONG");
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void runsWithoutEpoll() throws Exception {
    System.setProperty(SystemSockets.FORCE_NIO, "true");
    try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(1).start();
        RespClient client = RespClient.connect("127.0.0.1", group.master().port())) {
      GroupMember old = group.master();
      assertThat(old.info("server")).contains("multiplexing_api:nio");
      client.call("SET", "a", "1");
      group.awaitInStep();
      old.kill();
      assertThat(group.awaitNewMaster(old).execute("GET", "a").text()).isEqualTo("1");
    } finally {
      System.clearProperty(SystemSockets.FORCE_NIO);
    }
  }
}
