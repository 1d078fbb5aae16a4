package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that close the connection after their last request and read no reply, so that their
 * kernel resets it. What the server has received is executed, as by Redis.
 */
@ParameterizedClass
@ValueSource(ints = {1, 4})
final class GonePeerTest {
  private static final int ROUNDS = 30;
  private static final Duration POLL = Duration.ofMillis(5);
  private static final int INCREMENTS = 500;
  private static final String INCREMENT = "INCR count\r\n";

  /** More than a client's share of a turn, in which its peer learns of replies. */
  private static final String DELAY = "DEBUG SLEEP 0.002\r\nPING\r\n".repeat(5);

  @Parameter private int threads;
  private RedisServer server;
  private RespClient control;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("io-threads " + threads, "io-threads-always-active yes");
    control = RespClient.connect("127.0.0.1", server.port());
  }

  @AfterEach
  void end() throws IOException {
    control.close();
    server.close();
  }

  private void sendAndClose(String requests) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.getOutputStream().write(requests.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void awaitEnd() {
    await().until(() -> control.call("INFO", "clients").text().contains("connected_clients:1\r\n"));
  }

  private String count() throws IOException {
    return control.call("GET", "count").text();
  }

  @Test
  void executesAPipeline() throws IOException {
    for (int round = 1; round <= ROUNDS; round++) {
      sendAndClose(DELAY + INCREMENT.repeat(INCREMENTS));
      awaitEnd();
      assertThat(count()).isEqualTo(Integer.toString(round * INCREMENTS));
    }
  }

  @Test
  void executesATransaction() throws IOException {
    for (int round = 1; round <= ROUNDS; round++) {
      sendAndClose(DELAY + "MULTI\r\n" + INCREMENT.repeat(INCREMENTS) + "EXEC\r\n");
      awaitEnd();
      assertThat(count()).isEqualTo(Integer.toString(round * INCREMENTS));
    }
  }

  /** The reset itself may be read while requests wait for their turn. */
  @Test
  void executesSlowRequestsAfterAReset() throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoLinger(true, 0);
      socket
          .getOutputStream()
          .write(
              ("DEBUG SLEEP 0.001\r\n" + INCREMENT).repeat(100).getBytes(StandardCharsets.UTF_8));
      await().until(() -> control.call("EXISTS", "count").text().equals("1"));
    }
    awaitEnd();
    assertThat(count()).isEqualTo("100");
  }

  /** Redis drops what follows a blocking command, and so does a pause. */
  @Test
  void dropsWhatABlockedClientHasSent() throws IOException {
    sendAndClose(DELAY + INCREMENT + "BLPOP list 0\r\n" + INCREMENT.repeat(INCREMENTS));
    awaitEnd();
    assertThat(count()).isEqualTo("1");
    assertThat(control.call("INFO", "clients").text()).contains("blocked_clients:0\r\n");
  }

  @Test
  void endsAtAQuitOrAnErrorOfTheProtocol() throws IOException {
    for (String last : new String[] {"QUIT\r\n", "*1\r\n$x\r\n"}) {
      control.call("SET", "count", "0");
      sendAndClose(DELAY + INCREMENT.repeat(INCREMENTS) + last + INCREMENT);
      awaitEnd();
      assertThat(count()).isEqualTo(Integer.toString(INCREMENTS));
    }
  }

  /** Replies that nobody reads take no memory. */
  @Test
  void discardsReplies() throws IOException {
    control.call("SET", "large", "x".repeat(1 << 20));
    sendAndClose(DELAY + "GET large\r\n".repeat(1000) + INCREMENT);
    awaitEnd();
    assertThat(count()).isEqualTo("1");
  }
}
