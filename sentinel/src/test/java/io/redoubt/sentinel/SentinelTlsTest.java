package io.redoubt.sentinel;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The certificates of a sentinel, which SENTINEL CONFIG SET replaces. */
@Timeout(60)
final class SentinelTlsTest {
  @TempDir private Path folder;

  private static String ping(int port, Tls.Identity trusted) throws IOException {
    Tls tls = Tls.client(null, new Tls.Authorities(trusted.certificate(), null), Tls.Terms.DEFAULT);
    try (RespClient client = RespClient.connect("127.0.0.1", port, 10_000, tls.sockets())) {
      return client.call("PING").text();
    }
  }

  @Test
  void loadsRenewedFiles() throws Exception {
    Tls.Identity identity = SelfSigned.make(folder, "sentinel");
    Tls.Identity renewed = SelfSigned.make(folder, "renewed");
    int port = FreePorts.one();
    int tlsPort = FreePorts.one();
    Path file =
        Files.writeString(
            folder.resolve("sentinel.conf"),
            """
            bind 127.0.0.1
            port %d
            tls-port %d
            tls-auth-clients no
            tls-cert-file %s
            tls-key-file %s
            """
                .formatted(port, tlsPort, identity.certificate(), identity.key()));
    try (SentinelServer server = TestSentinels.start(TestSentinels.load(file));
        RespClient control = RespClient.connect("127.0.0.1", port)) {
      assertThat(server).isNotNull();
      assertThat(ping(tlsPort, identity)).isEqualTo("PONG");
      String certificate = identity.certificate().toString();
      String[] set = {"SENTINEL", "CONFIG", "SET", "tls-cert-file", certificate};
      Files.copy(renewed.certificate(), identity.certificate(), REPLACE_EXISTING);
      assertThat(control.call(set).text())
          .isEqualTo(
              "ERR CONFIG SET failed (possibly related to argument 'tls-cert-file') - Unable to"
                  + " update TLS configuration. Check server logs.");
      Files.copy(renewed.key(), identity.key(), REPLACE_EXISTING);
      assertThat(control.call(set).text()).isEqualTo("OK");
      assertThat(ping(tlsPort, renewed)).isEqualTo("PONG");
      assertThat(
              control
                  .call("SENTINEL", "CONFIG", "GET", "tls-cert-file")
                  .elements()
                  .getLast()
                  .text())
          .isEqualTo(certificate);
      assertThat(Files.readString(file)).contains("tls-cert-file " + certificate + "\n");
    }
  }
}
