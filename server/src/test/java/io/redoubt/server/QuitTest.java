package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.RespClient;
import org.junit.jupiter.api.Test;

/** The end of a connection as seen by a client that sends one more request. */
final class QuitTest {
  private static final int ROUNDS = 200;

  @Test
  void aRequestAfterTheReplyOfQuitFindsTheEndAndNoReset() throws Exception {
    try (RedisServer server = TestServers.start()) {
      for (int i = 0; i < ROUNDS; i++) {
        try (RespClient client = RespClient.connect("127.0.0.1", server.port())) {
          assertThat(client.call("QUIT").text()).isEqualTo("OK");
          client.send("PING");
          assertThat(client.isAtEnd()).isTrue();
        }
      }
    }
  }
}
