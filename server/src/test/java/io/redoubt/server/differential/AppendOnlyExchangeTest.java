package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real Redis loads the append-only files written here, and vice versa. */
final class AppendOnlyExchangeTest {
  private static final int WRITES = 3000;

  @TempDir private Path directory;
  private final Random random = Seed.random("AppendOnlyExchangeTest");

  private String key(String type) {
    return type + random.nextInt(6);
  }

  private String word() {
    return switch (random.nextInt(3)) {
      case 0 -> Integer.toString(random.nextInt(100_000) - 50_000);
      case 1 -> "\"\\x00\\xff" + "ab".repeat(random.nextInt(20)) + "\\r\\n\"";
      default -> "w" + random.nextInt(300);
    };
  }

  private String write(int number) {
    return switch (random.nextInt(21)) {
      case 0 -> "SET " + key("s") + " " + word();
      case 1 -> "APPEND " + key("s") + " " + word();
      case 2 -> "INCR n" + random.nextInt(3);
      case 3 -> "RPUSH " + key("l") + " " + word() + " " + word();
      case 4 -> "LPUSH " + key("l") + " " + word();
      case 5 -> "LPOP " + key("l");
      case 6 -> "SADD " + key("t") + " " + word() + " " + random.nextInt(100);
      case 7 -> "SPOP " + key("t");
      case 8 -> "HSET " + key("h") + " " + word() + " " + word();
      case 9 -> "HDEL " + key("h") + " " + word();
      case 10 -> "ZADD " + key("z") + " " + random.nextInt(50) / 4.0 + " " + word();
      case 11 -> "ZINCRBY " + key("z") + " -inf " + word();
      case 12 -> "XADD " + key("x") + " " + (number + 1) + "-* f " + word() + " g " + word();
      case 13 -> "XDEL " + key("x") + " " + random.nextInt(number + 1) + "-0";
      case 14 -> "XGROUP CREATE " + key("x") + " g" + random.nextInt(3) + " 0 MKSTREAM";
      case 15 ->
          "XREADGROUP GROUP g%d c%d COUNT 2 STREAMS %s >"
              .formatted(random.nextInt(3), random.nextInt(3), key("x"));
      case 16 -> "PEXPIRE " + key("s") + " " + (1_000_000 + random.nextInt(1_000_000));
      case 17 -> "SELECT " + random.nextInt(3);
      case 18 -> "DEL " + key("lthzx".substring(random.nextInt(5)).substring(0, 1));
      case 19 ->
          "EVAL \"redis.call('set', KEYS[1], ARGV[1]); redis.call('incr', 'n0')\" 1 "
              + key("s")
              + " "
              + word();
      default -> "SETEX " + key("s") + " 5000 " + word();
    };
  }

  /** Sends random writes of every kind; errors, such as a wrong type, are fine. */
  private void write(Dialogue server) {
    for (int i = 0; i < WRITES; i++) {
      server.ask(write(i));
      if (i == WRITES / 2) {
        server.ask("BGREWRITEAOF");
      }
    }
    server.ask("SELECT 0");
    await().until(() -> server.text("INFO persistence").contains("aof_rewrite_in_progress:0"));
  }

  private static void sameDigest(Dialogue one, Dialogue other) {
    assertThat(other.text("DEBUG DIGEST")).isEqualTo(one.text("DEBUG DIGEST"));
    assertThat(other.text("DEBUG DIGEST").matches("0+")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"yes", "no"})
  void writesFilesThatRedisLoads(String preamble) throws Exception {
    RealRedis.assumeInstalled();
    try (RedisServer server =
            TestServers.start(
                "dir " + directory, "appendonly yes", "aof-use-rdb-preamble " + preamble);
        Dialogue ours = new Dialogue(server.port())) {
      write(ours);
      try (RealRedis redis = RealRedis.start(directory, "--appendonly", "yes");
          Dialogue real = new Dialogue(redis.port())) {
        sameDigest(ours, real);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"yes", "no"})
  void loadsFilesOfRedis(String preamble) throws Exception {
    RealRedis.assumeInstalled();
    try (RealRedis redis =
            RealRedis.start(directory, "--appendonly", "yes", "--aof-use-rdb-preamble", preamble);
        Dialogue real = new Dialogue(redis.port())) {
      write(real);
      try (RedisServer server = TestServers.start("dir " + directory, "appendonly yes");
          Dialogue ours = new Dialogue(server.port())) {
        sameDigest(real, ours);
      }
    }
  }

  @Test
  void writesAndReadsTimestampsLikeRedis() throws Exception {
    RealRedis.assumeInstalled();
    try (RedisServer server =
            TestServers.start(
                "dir " + directory,
                "appendonly yes",
                "aof-timestamp-enabled yes",
                "aof-use-rdb-preamble no");
        Dialogue ours = new Dialogue(server.port())) {
      write(ours);
      try (RealRedis redis = RealRedis.start(directory, "--appendonly", "yes");
          Dialogue real = new Dialogue(redis.port())) {
        sameDigest(ours, real);
      }
    }
  }
}
