package io.redoubt.server.replies;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients over TLS, while it is reconfigured and after they have sent close_notify. Only TLS 1.3
 * permits them to read on then: in version 1.2 the receiver discards pending output and closes (RFC
 * 5246, 7.2.1).
 */
@ParameterizedClass
@ValueSource(strings = {"openssl", "jdk"})
final class TlsClientsTest {
  private static final int VALUE_BYTES = 1 << 20;
  private static final int LARGE_REPLIES = 64;
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int ROUNDS = 5;
  private static final Duration POLL = Duration.ofMillis(5);
  private static final int INCREMENTS = 1000;

  @Parameter private String provider;
  @TempDir private Path folder;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private RedisServer server;
  private Tls.Identity identity;
  private int port;

  @BeforeEach
  void start() throws Exception {
    identity = SelfSigned.make(folder, "server");
    port = FreePorts.one();
    server =
        TestServers.start(
            new Log(Clock.system(), ZoneOffset.UTC, 1, log),
            "tls-port " + port,
            "tls-provider " + provider,
            "tls-auth-clients no",
            "tls-cert-file " + identity.certificate(),
            "tls-key-file " + identity.key(),
            "tls-ca-cert-file " + identity.certificate());
  }

  @AfterEach
  void end() {
    server.close();
  }

  private RespClient client(String protocol) throws IOException {
    return RespClient.connect("127.0.0.1", port, TIMEOUT_MILLIS, sockets(protocol));
  }

  private SSLSocketFactory sockets(String protocol) throws IOException {
    return Tls.client(
            null,
            new Tls.Authorities(identity.certificate(), null),
            new Tls.Terms(List.of(protocol), "", List.of()))
        .sockets();
  }

  private String ping(String protocol) throws IOException {
    try (RespClient client = client(protocol)) {
      return client.call("PING").text();
    }
  }

  private String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  private static int count(RespClient client) throws IOException {
    int count = 0;
    try {
      while (true) {
        client.receive();
        count++;
      }
    } catch (EOFException closed) {
      return count;
    }
  }

  @Test
  void keepsListeningAfterATypo() throws Exception {
    try (var redis = new Dialogue(server.port())) {
      for (String typo : List.of("tls-ciphers HIHG", "tls-ciphersuites TLS_AES")) {
        assertThat(redis.ask("CONFIG SET " + typo))
            .contains("Unable to update TLS configuration. Check server logs.");
        redis.says("CONFIG GET tls-ciphers", "1) \"tls-ciphers\"\n2) \"\"");
        assertThat(ping("TLSv1.2")).isEqualTo("PONG");
        assertThat(ping("TLSv1.3")).isEqualTo("PONG");
      }
    }
  }

  /** Setting the same path again loads a renewed certificate. */
  @Test
  void loadsRenewedFilesOfTheSamePath() throws Exception {
    Tls.Identity renewed = SelfSigned.make(folder, "renewed");
    try (var redis = new Dialogue(server.port());
        RespClient open = client("TLSv1.3")) {
      Files.copy(renewed.certificate(), identity.certificate(), REPLACE_EXISTING);
      assertThat(redis.ask("CONFIG SET tls-cert-file " + identity.certificate()))
          .contains("argument 'tls-cert-file'", "Unable to update TLS configuration.");
      Files.copy(renewed.key(), identity.key(), REPLACE_EXISTING);
      redis.says("CONFIG SET tls-key-file " + identity.key(), "OK");
      assertThat(open.call("PING").text()).isEqualTo("PONG");
      assertThat(ping("TLSv1.3")).isEqualTo("PONG"); // trusts the renewed certificate only
      Files.writeString(identity.key(), "junk");
      assertThat(redis.ask("CONFIG SET tls-key-file " + identity.key()))
          .contains("Unable to update TLS configuration. Check server logs.");
      assertThat(ping("TLSv1.2")).isEqualTo("PONG");
    }
  }

  /** A certificate may be written before its key, and by a hurried operator wrongly. */
  @Test
  void loadsRenewedFilesByItself() throws Exception {
    Tls.Identity renewed = SelfSigned.make(folder, "renewed");
    try (var redis = new Dialogue(server.port())) {
      assertThat(redis.ask("INFO server")).contains("tls_provider:" + provider);
      redis.says("CONFIG SET tls-auto-reload-interval 1", "OK");
      Files.writeString(identity.key(), "junk");
      await().until(() -> log().contains("the earlier ones remain in use: Failed to load private"));
      assertThat(ping("TLSv1.3")).isEqualTo("PONG");
      Files.copy(renewed.certificate(), identity.certificate(), REPLACE_EXISTING);
      Files.copy(renewed.key(), identity.key(), REPLACE_EXISTING);
      await().until(() -> log().contains("have changed and were loaded"));
      assertThat(ping("TLSv1.2")).isEqualTo("PONG"); // trusts the renewed certificate only
    }
  }

  @Test
  void answersRequestsKeptForLaterTurns() throws IOException {
    try (RespClient client = client("TLSv1.3")) {
      client.sendRaw("DEBUG SLEEP 0.001\r\n".repeat(200) + "PING\r\n" + "PI");
      client.endOutput();
      assertThat(count(client)).isEqualTo(201);
    }
  }

  @Test
  void sendsOutputThatDidNotFitTheSocketBuffer() throws Exception {
    try (RespClient client = client("TLSv1.3");
        RespClient control = RespClient.connect("127.0.0.1", server.port())) {
      client.call("SET", "k", "x".repeat(VALUE_BYTES));
      client.sendRaw("GET k\r\n".repeat(LARGE_REPLIES));
      client.endOutput();
      InputEndTest.awaitCallsAndEnd(control, "get", LARGE_REPLIES);
      assertThat(count(client)).isEqualTo(LARGE_REPLIES);
    }
  }

  /** A client may close the TCP connection without close_notify, or before it has read. */
  @Test
  void executesWhatWasSentBeforeTheEnd() throws Exception {
    try (RespClient control = RespClient.connect("127.0.0.1", server.port())) {
      int expected = 0;
      for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
        SSLSocketFactory sockets = sockets(protocol);
        for (int round = 0; round < ROUNDS; round++) {
          for (boolean closes : List.of(false, true)) {
            expected += INCREMENTS;
            sendIncrements(sockets, closes);
            awaitClients(control, 1);
            assertThat(control.call("GET", "count").text())
                .as("round %s with %s, closing %s", round, protocol, closes)
                .isEqualTo(Integer.toString(expected));
          }
        }
      }
    }
  }

  /** Sends increments, and close_notify or the bare end of the TCP connection. */
  private void sendIncrements(SSLSocketFactory sockets, boolean closes) throws IOException {
    byte[] increments = "INCR count\r\n".repeat(INCREMENTS).getBytes(StandardCharsets.UTF_8);
    try (Socket plain = new Socket("127.0.0.1", port)) {
      plain.setSoTimeout(TIMEOUT_MILLIS);
      plain.setTcpNoDelay(true); // or each connection waits for a delayed acknowledgement
      Socket secured = sockets.createSocket(plain, "127.0.0.1", port, false);
      secured.getOutputStream().write(increments);
      if (closes) {
        secured.close();
      } else {
        plain.shutdownOutput();
      }
      plain.getInputStream().transferTo(OutputStream.nullOutputStream());
    }
  }

  @Test
  void closesClientsOfBothVersions() throws Exception {
    try (RespClient control = RespClient.connect("127.0.0.1", server.port())) {
      for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
        try (RespClient blocked = client(protocol)) {
          blocked.sendRaw("BLPOP list 0\r\n");
          awaitClients(control, 2);
        }
        awaitClients(control, 1);
      }
    }
  }

  /** Without close_notify a third party may have truncated the input. */
  @Test
  void closesAConnectionCutDuringTheHandshake() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.shutdownOutput();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  private static void awaitClients(RespClient control, int count) {
    await()
        .pollInterval(POLL)
        .until(() ->
            control.call("INFO", "clients").text().contains("connected_clients:" + count + "\r\n"));
  }
}
