package io.redoubt.server.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Tests a client blocked on very many keys at once. */
final class ManyKeysWaitTest {
  /** The number of keys, at which comparing each key with all earlier ones would take minutes. */
  private static final int KEYS = 400_000;

  @Test
  void doesNotStallOtherClients() throws Exception {
    String[] words = new String[KEYS + 3];
    Arrays.setAll(words, i -> i == 0 ? "BLPOP" : "k" + (i - 1) % (KEYS + 1));
    words[KEYS + 1] = "k0"; // a key named twice
    words[KEYS + 2] = "0";
    RedisServer server = TestServers.start();
    try (RespClient waiting = RespClient.connect("127.0.0.1", server.port());
        RespClient other = RespClient.connect("127.0.0.1", server.port())) {
      waiting.send(words);
      await().until(() -> other.call("INFO", "clients").text().contains("blocked_clients:1\r\n"));
      assertThat(other.call("RPUSH", "k" + (KEYS - 1), "x")).isEqualTo(new Reply.Integer(1));
      assertThat(waiting.receive()).isInstanceOf(Reply.Array.class);
      assertThat(other.call("INFO", "clients").text()).contains("blocked_clients:0\r\n");
    } finally {
      server.close();
    }
  }
}
