package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is ordered to end before it has loaded all its data. */
class EndWhileLoadingTest {

  private static final int KEYS = 20;

  @TempDir Path directory;

  @Test
  void keepsTheFile() throws Exception {
    RedisServer full = TestServers.start("dir " + directory, "rdbcompression no");
    try (RespClient client = RespClient.connect("127.0.0.1", full.port())) {
      for (int i = 0; i < KEYS; i++) {
        client.call("SET", "key:" + i, "x".repeat(100_000));
      }
      assertThat(client.call("SAVE").text()).isEqualTo("OK");
    } finally {
      full.close();
    }
    byte[] file = Files.readAllBytes(directory.resolve("dump.rdb"));
    String[] slow = {"dir " + directory, "save 900 1", "key-load-delay 100000000"};
    RedisServer server = TestServers.make(Log.silent(Clock.system()), new OsDisk(), slow);
    CompletableFuture<Void> loaded = server.start();
    try {
      server.shutDown("SIGTERM");
      assertThat(server.ended().get(20, TimeUnit.SECONDS)).isZero();
      assertThat(loaded).isNotDone();
    } finally {
      server.close();
    }
    assertThat(Files.readAllBytes(directory.resolve("dump.rdb"))).isEqualTo(file);
  }
}
