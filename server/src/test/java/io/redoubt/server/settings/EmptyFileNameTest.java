package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks an empty {@code dbfilename}, with which redis-server 7.0.15 starts but can't save. */
final class EmptyFileNameTest {
  @TempDir private Path folder;

  @Test
  void aServerWithoutSnapshotFileStartsAndCannotSave() throws Exception {
    try (RedisServer server = TestServers.start("dir " + folder, "dbfilename \"\"");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      assertThat(client.call("DBSIZE")).isEqualTo(new Reply.Integer(0));
      assertThat(client.call("SET", "k", "1").text()).isEqualTo("OK");
      assertThat(client.call("SAVE").isError()).isTrue();
      assertThat(client.call("GET", "k").text()).isEqualTo("1");
    }
    try (var files = Files.list(folder)) {
      assertThat(files).as("temporary files").isEmpty();
    }
  }
}
