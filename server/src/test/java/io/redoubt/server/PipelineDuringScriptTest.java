package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A pipeline that fills the batch in which another client's script runs for long: the rest of the
 * pipeline is still to be decoded while requests of other clients are refused.
 */
final class PipelineDuringScriptTest {
  private static final int ROUNDS = 15;
  private static final int REQUESTS = 200;
  private static final String PING = "*1\r\n$4\r\nPING\r\n";

  @Test
  void answersEachRequestOnce() throws Exception {
    try (var server = TestServers.start("busy-reply-threshold 20", "enable-debug-command yes");
        RespClient sleeper = RespClient.connect("127.0.0.1", server.port());
        RespClient scripter = RespClient.connect("127.0.0.1", server.port());
        RespClient pipeline = RespClient.connect("127.0.0.1", server.port())) {
      scripter.call("PING");
      pipeline.call("PING");
      for (int round = 0; round < ROUNDS; round++) { // refusals must be fast, or they use up a turn
        sleeper.send("DEBUG", "SLEEP", "0.2");
        scripter.send("EVAL", "for i = 1, 5e7 do end return 1", "0");
        pipeline.sendRaw(PING.repeat(REQUESTS));
        scripter.receive();
        sleeper.receive();
        pipeline.send("ECHO", "end");

        assertThat(repliesUntilEnd(pipeline)).hasSize(REQUESTS);
      }
    }
  }

  private static List<String> repliesUntilEnd(RespClient client) throws IOException {
    List<String> replies = new ArrayList<>();
    String text = client.receive().text();
    while (!text.equals("end")) {
      replies.add(text);
      text = client.receive().text();
    }
    return replies;
  }
}
