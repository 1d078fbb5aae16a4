package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CONFIG SET of TLS directives. */
final class TlsChangesTest {
  private static final int TIMEOUT_MILLIS = 10_000;

  @TempDir private Path folder;
  private RedisServer server;
  private Tls.Identity identity;
  private int port;

  @BeforeEach
  void start() throws Exception {
    identity = SelfSigned.make(folder, "server");
    port = FreePorts.one();
    server =
        TestServers.start(
            "tls-port " + port,
            "tls-auth-clients no",
            "tls-cert-file " + identity.certificate(),
            "tls-key-file " + identity.key());
  }

  @AfterEach
  void end() {
    server.close();
  }

  private String ping(String protocol) throws IOException {
    Tls tls =
        Tls.client(
            null,
            new Tls.Authorities(identity.certificate(), null),
            new Tls.Terms(List.of(protocol), "", List.of()));
    try (RespClient client = RespClient.connect("127.0.0.1", port, TIMEOUT_MILLIS, tls.sockets())) {
      return client.call("PING").text();
    }
  }

  @Test
  void keepsListeningAfterATypo() throws Exception {
    try (var redis = new Dialogue(server.port())) {
      for (String typo : new String[] {"tls-ciphers HIHG", "tls-ciphersuites TLS_AES"}) {
        assertThat(redis.ask("CONFIG SET " + typo))
            .contains("Unable to update TLS configuration. Check server logs.");
        redis.says("CONFIG GET tls-ciphers", "1) \"tls-ciphers\"\n2) \"\"");
        assertThat(ping("TLSv1.2")).isEqualTo("PONG");
        assertThat(ping("TLSv1.3")).isEqualTo("PONG");
      }
    }
  }
}
