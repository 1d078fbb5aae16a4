package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that end their output and still read, as {@code nc} does. */
final class InputEndTest {
  private static final int VALUE_BYTES = 1 << 20;
  private static final int LARGE_REPLIES = 64;

  /** The time for 64 MB in code that is not compiled yet, on a machine with other work. */
  private static final Duration ENCRYPTION = Duration.ofMinutes(1);

  private RedisServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start();
  }

  @AfterEach
  void end() {
    server.close();
  }

  private RespClient client() throws IOException {
    return RespClient.connect("127.0.0.1", server.port());
  }

  private static List<Reply> all(RespClient client) throws IOException {
    List<Reply> replies = new ArrayList<>();
    try {
      while (true) {
        replies.add(client.receive());
      }
    } catch (EOFException closed) {
      return replies;
    }
  }

  /**
   * Waits until a server has run a number of calls of a command, and for one more turn, in which it
   * reads the end of another client's input.
   */
  static void awaitCallsAndEnd(RespClient control, String command, int calls) throws IOException {
    String stats = "cmdstat_" + command + ":calls=" + calls + ",";
    await()
        .atMost(ENCRYPTION)
        .until(() -> control.call("INFO", "commandstats").text().contains(stats));
    assertThat(control.call("PING").text()).isEqualTo("PONG");
  }

  @Test
  void answersAShortPipeline() throws IOException {
    try (RespClient client = client()) {
      client.sendRaw("PING\r\nPING\r\n");
      client.endOutput();
      assertThat(all(client)).hasSize(2);
    }
  }

  /** One client's requests take at most a share of a turn; the rest waits for the next turn. */
  @Test
  void answersRequestsKeptForLaterTurns() throws IOException {
    try (RespClient client = client()) {
      client.sendRaw("DEBUG SLEEP 0.001\r\n".repeat(200) + "PING\r\n" + "PI");
      client.endOutput();
      assertThat(all(client)).hasSize(201);
    }
  }

  @Test
  void sendsOutputThatDidNotFitTheSocketBuffer() throws Exception {
    try (RespClient client = client();
        RespClient control = client()) {
      client.call("SET", "k", "x".repeat(VALUE_BYTES));
      client.sendRaw("GET k\r\n".repeat(LARGE_REPLIES));
      client.endOutput();
      awaitCallsAndEnd(control, "get", LARGE_REPLIES);
      assertThat(all(client).size()).isEqualTo(LARGE_REPLIES);
    }
  }

  /** The socket fills only after the client's end was read, so its channel must wait once more. */
  @Test
  void sendsOutputThatLaterRequestsMake() throws Exception {
    try (RespClient client = client();
        RespClient control = client()) {
      client.call("SET", "k", "x".repeat(VALUE_BYTES));
      client.sendRaw("DEBUG SLEEP 0.001\r\n".repeat(100) + "GET k\r\n".repeat(LARGE_REPLIES));
      client.endOutput();
      awaitCallsAndEnd(control, "get", LARGE_REPLIES);
      assertThat(all(client).size()).isEqualTo(100 + LARGE_REPLIES);
    }
  }

  @Test
  void answersATransactionAndItsLastRequest() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(RequestEncoder.encode("MULTI"));
    for (int i = 0; i < 100; i++) {
      bytes.writeBytes(RequestEncoder.encode("DEBUG", "SLEEP", "0.001"));
    }
    bytes.writeBytes(RequestEncoder.encode("EXEC"));
    bytes.writeBytes(RequestEncoder.encode("QUIT"));
    try (RespClient client = client()) {
      client.sendRaw(bytes.toByteArray());
      client.endOutput();
      assertThat(all(client)).hasSize(103);
    }
  }

  /** As in Redis: a client that has ended its output may not read the reply. */
  @Test
  void closesABlockedClientAtOnce() throws IOException {
    try (RespClient client = client();
        RespClient control = client()) {
      client.sendRaw("PING\r\nBLPOP list 0\r\nPING\r\n");
      client.endOutput();
      assertThat(all(client)).hasSize(1);
      await()
          .until(() -> control.call("INFO", "clients").text().contains("connected_clients:1\r\n"));
      assertThat(control.call("RPUSH", "list", "x")).isEqualTo(new Reply.Integer(1));
      assertThat(control.call("LLEN", "list")).isEqualTo(new Reply.Integer(1));
    }
  }
}
