package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests writes after a failed save, with a cron too late to help. */
final class FailedSaveTest {
  @TempDir private Path directory;

  @Test
  void refusesWritesExactlyWhileSavingIsConfiguredAndFails() throws Exception {
    try (RedisServer server = TestServers.start("dir " + directory, "save 3600 1000000");
        Dialogue redis = new Dialogue(server.port())) {
      Path inTheWay = Files.createDirectories(directory.resolve("dump.rdb/in the way"));
      redis.says("DEBUG PAUSE-CRON 1", "OK");
      redis.says("SET key value", "OK");
      redis.says("BGSAVE", "Background saving started");
      await().until(() -> redis.text("INFO persistence").contains("rdb_last_bgsave_status:err"));
      isRefused(redis);
      redis.says("CONFIG SET stop-writes-on-bgsave-error no", "OK");
      redis.says("SET key value", "OK");
      redis.says("CONFIG SET stop-writes-on-bgsave-error yes", "OK");
      isRefused(redis);
      redis.says("CONFIG SET save \"\"", "OK");
      redis.says("SET key value", "OK");
      redis.says("CONFIG SET save \"3600 1000000\"", "OK");
      isRefused(redis);
      Files.delete(inTheWay);
      Files.delete(directory.resolve("dump.rdb"));
      redis.says("SAVE", "OK");
      redis.says("SET key value", "OK");
    }
  }

  private static void isRefused(Dialogue redis) {
    assertThat(redis.ask("SET key value")).startsWith("(error) MISCONF ");
    assertThat(redis.ask("PING")).startsWith("(error) MISCONF ");
  }
}
