package io.redoubt.server.command.key;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FLUSHALL with configured save points. */
final class FlushAllTest {
  @TempDir private Path directory;

  @Test
  void flushedKeysStayDeletedAfterARestart() throws Exception {
    try (RedisServer server = start();
        Dialogue redis = new Dialogue(server.port())) {
      redis.says("SET a 1", "OK");
      redis.says("SAVE", "OK");
      redis.says("FLUSHALL", "OK");
    }
    try (RedisServer server = start();
        Dialogue redis = new Dialogue(server.port())) {
      redis.says("DBSIZE", "(integer) 0");
    }
  }

  private RedisServer start() throws Exception {
    return TestServers.start("dir " + directory, "save 3600 1000000");
  }
}
