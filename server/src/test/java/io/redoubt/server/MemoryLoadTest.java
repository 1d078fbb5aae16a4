package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.Region;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts with files whose data exceeds the memory, simulated by a limit of the region. */
@Isolated // it limits the memory of the whole process
final class MemoryLoadTest {
  private static final String FILL =
      """
      for i = 1, 3000 do
        redis.call('SET', 'text:' .. i, string.rep('v', 2000))
      end
      for i = 1, 300 do
        for j = 1, 200 do
          redis.call('HSET', 'hash:' .. i, 'field:' .. j, 'value')
          redis.call('ZADD', 'zset:' .. i, j, 'member:' .. j)
          redis.call('RPUSH', 'list:' .. i, 'element:' .. j)
        end
      end
      for i = 1, 100000 do
        redis.call('SADD', 'large', 'member:' .. i)
      end
      """;

  private static final int ATTEMPTS = 12;
  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path folder;
  private final Random random = Seed.random("MemoryLoadTest");
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  @AfterEach
  void noLimit() {
    Region.limit(Long.MAX_VALUE);
  }

  private RedisServer server(String... lines) throws Exception {
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, output);
    String options = "dir " + folder + "\n" + String.join("\n", lines);
    return TestServers.make(log, new OsDisk(), options);
  }

  /** Fills a server, lets it write its files, and returns the digest of its data. */
  private String fill(String save, String... lines) throws Exception {
    try (RedisServer server = server(lines)) {
      server.start().get();
      try (RespClient client = RespClient.connect("127.0.0.1", server.port(), 60_000)) {
        client.call("EVAL", FILL, "0");
        assertThat(client.call(save).toString()).doesNotContain("Error");
        return client.call("DEBUG", "DIGEST").toString();
      }
    }
  }

  /** Returns the hashes of all files by path. */
  private Map<Path, Integer> files() throws Exception {
    Map<Path, Integer> contents = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        contents.put(file, Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return contents;
  }

  /** Starts repeatedly with too little memory, and finally with enough. */
  private void startsOnlyWithAll(String digest, String... lines) throws Exception {
    Map<Path, Integer> before = files();
    int refused = 0;
    for (int i = 0; i < ATTEMPTS; i++) {
      try (RedisServer server = server(lines)) {
        Region.limit(Region.heldBytes() + little());
        refused += isRefused(server, digest) ? 1 : 0;
      } finally {
        noLimit();
      }
      assertThat(files()).isEqualTo(before);
    }
    assertThat(refused).isPositive();
    assertThat(output.toString(StandardCharsets.UTF_8)).doesNotContain("\tat ");
    try (RedisServer server = server(lines)) {
      assertThat(isRefused(server, digest)).isFalse();
    }
  }

  /** Returns a random number of bytes of any order of magnitude, because a load may need few. */
  private int little() {
    return random.nextInt(1 << random.nextInt(10, 26));
  }

  private static boolean isRefused(RedisServer server, String digest) throws Exception {
    try {
      server.start().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      assertThat(e.getCause()).hasMessageStartingWith("Out of memory");
      return true;
    }
    Region.limit(Long.MAX_VALUE);
    try (RespClient client = RespClient.connect("127.0.0.1", server.port(), 60_000)) {
      assertThat(client.call("DEBUG", "DIGEST").toString()).isEqualTo(digest);
    }
    return false;
  }

  @Test
  void anRdbThatDoesNotFitIsNotServedInPart() throws Exception {
    startsOnlyWithAll(fill("SAVE"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void anAppendOnlyFileThatDoesNotFitIsNotServedInPart(String preamble) throws Exception {
    String[] lines = {"appendonly yes", "aof-use-rdb-preamble " + preamble};
    startsOnlyWithAll(fill("PING", lines), lines);
  }

  @Test
  void aReloadLoadsAllOrEndsTheServer() throws Exception {
    String digest = fill("SAVE");
    int ended = 0;
    for (int i = 0; i < ATTEMPTS; i++) {
      try (RedisServer server = server()) {
        server.start().get();
        ended += isEndedByReload(server, digest) ? 1 : 0;
      } finally {
        noLimit();
      }
    }
    assertThat(ended).isPositive();
    try (RedisServer server = server()) {
      assertThat(isRefused(server, digest)).isFalse();
    }
  }

  private boolean isEndedByReload(RedisServer server, String digest) throws Exception {
    try (RespClient client = RespClient.connect("127.0.0.1", server.port(), 60_000)) {
      client.call("FLUSHALL", "SYNC");
      client.call("MEMORY", "PURGE"); // otherwise the load finds most of the memory that it needs
      Region.limit(Region.heldBytes() + little());
      client.send("DEBUG", "RELOAD", "NOSAVE");
      try {
        assertThat(client.receive().text()).isEqualTo("OK");
      } catch (EOFException closed) {
        assertThat(server.ended().get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);
        return true;
      }
      noLimit();
      assertThat(client.call("DEBUG", "DIGEST").toString()).isEqualTo(digest);
      return false;
    }
  }
}
