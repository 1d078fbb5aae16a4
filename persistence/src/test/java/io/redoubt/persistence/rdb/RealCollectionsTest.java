package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that collections of a real Redis return to it unchanged through reader and writer. */
class RealCollectionsTest {

  private static final int NEWEST_OF_REDIS_7_0 = 10;

  @TempDir Path directory;

  @BeforeAll
  static void requireRedis() {
    RealRedis.assumeInstalled();
  }

  private static void fill(RealRedis redis, RandomGenerator random) {
    int[] sizes = {1, 5, 100, 400, 3000};
    for (int size : sizes) {
      for (boolean numbers : new boolean[] {false, true}) {
        String name = size + (numbers ? " numbers" : " texts");
        List<String> hash = new ArrayList<>(List.of("HSET", "hash " + name));
        List<String> list = new ArrayList<>(List.of("RPUSH", "list " + name));
        List<String> set = new ArrayList<>(List.of("SADD", "set " + name));
        List<String> sorted = new ArrayList<>(List.of("ZADD", "sorted " + name));
        for (int i = 0; i < size; i++) {
          String element =
              numbers
                  ? Long.toString(random.nextLong() >> random.nextInt(64))
                  : "text " + i + Rdbs.noise(random, random.nextInt(70));
          hash.addAll(List.of(element, "ab".repeat(random.nextInt(40))));
          list.add(element);
          set.add(element);
          String score =
              i % 3 == 0 ? Integer.toString(i / 5) : Double.toString(random.nextGaussian());
          sorted.addAll(List.of(i == 7 ? "-inf" : score, element));
        }
        for (List<String> command : List.of(hash, list, set, sorted)) {
          redis.command(command.toArray(String[]::new));
        }
      }
    }
    redis.command("RPUSH", "list of long", "x".repeat(100_000), "y", Rdbs.noise(random, 9000));
    redis.command("PEXPIREAT", "list of long", "4000000000000");
    streams(redis, random);
  }

  private static void streams(RealRedis redis, RandomGenerator random) {
    for (int i = 1; i <= 1000; i++) {
      redis.command("XADD", "stream", i + "-" + random.nextInt(5), "field", "value " + i);
      redis.command("XADD", "mixed", i + "-1", "field " + i % 3, "v", "more", "x".repeat(i % 50));
    }
    for (int i = 1; i < 1000; i += 3) {
      redis.command("XDEL", "mixed", i + "-1");
    }
    redis.command("XTRIM", "stream", "MINID", "200");
    redis.command("XGROUP", "CREATE", "stream", "group", "0");
    redis.command("XGROUP", "CREATE", "stream", "idle", "$");
    redis.command("XGROUP", "CREATECONSUMER", "stream", "group", "nobody");
    redis.command("XADD", "emptied", "7-7", "a", "b");
    redis.command("XDEL", "emptied", "7-7");
    // only the first line of these array replies is read
    redis.command("XREADGROUP", "GROUP", "group", "one", "COUNT", "10", "STREAMS", "stream", ">");
    redis.command("XREADGROUP", "GROUP", "group", "two", "COUNT", "3", "STREAMS", "stream", ">");
  }

  @Test
  void returnsCollectionsUnchanged() throws Exception {
    RandomGenerator random = Seed.random("RealCollectionsTest");
    String digest;
    try (RealRedis redis = RealRedis.start(directory, "--databases", "64")) {
      fill(redis, random);
      digest = redis.command("DEBUG", "DIGEST");
      assertThat(redis.command("SAVE")).isEqualTo("OK");
    }
    Path path = directory.resolve("dump.rdb");
    byte[] file = Files.readAllBytes(path);
    RdbContents contents = Rdbs.read(file, 10_000, random, 1 << 16);
    assertThat(contents.keys).hasSize(44);
    for (int version = RdbFormat.WRITTEN_VERSION; version <= NEWEST_OF_REDIS_7_0; version++) {
      for (boolean compress : new boolean[] {true, false}) {
        byte[] ours = RdbCollectionsTest.rewritten(file, version, compress);
        assertThat(Rdbs.read(ours).keys).isEqualTo(contents.keys);
        Files.write(path, ours);
        try (RealRedis redis = RealRedis.start(directory, "--databases", "64")) {
          assertThat(redis.command("DEBUG", "DIGEST")).isEqualTo(digest);
        }
      }
    }
  }
}
