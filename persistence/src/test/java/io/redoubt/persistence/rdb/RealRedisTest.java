package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the exchange of files and payloads with a real Redis, in both directions. */
class RealRedisTest {

  private static final Charset LATIN = StandardCharsets.ISO_8859_1;

  @TempDir Path directory;

  @BeforeAll
  static void requireRedis() {
    RealRedis.assumeInstalled();
  }

  private static Map<String, RdbContents.Value> someKeys() {
    RandomGenerator random = Seed.random("RealRedisTest");
    Map<String, RdbContents.Value> keys = Rdbs.randomKeys(random, 300);
    keys.put("0/huge", new RdbContents.Value(Rdbs.noise(random, 70_000), RdbKey.NONE));
    keys.put("0/compressible", new RdbContents.Value("seventy ".repeat(9_000), RdbKey.NONE));
    keys.put("0/", new RdbContents.Value("", RdbKey.NONE));
    keys.put("7/" + "k".repeat(1000), new RdbContents.Value("long key", RdbKey.NONE));
    return keys;
  }

  private static String keyOf(String name) {
    return name.substring(name.indexOf('/') + 1);
  }

  @Test
  void writesAFileThatRedisLoads() throws Exception {
    Map<String, RdbContents.Value> keys = someKeys();
    for (boolean compress : new boolean[] {true, false}) {
      Files.write(directory.resolve("dump.rdb"), Rdbs.write(keys, compress));
      try (RealRedis redis = RealRedis.start(directory, "--databases", "64")) {
        Map<String, RdbContents.Value> loaded = new TreeMap<>();
        for (String name : keys.keySet()) {
          redis.command("SELECT", name.substring(0, name.indexOf('/')));
          String value = redis.command("GET", keyOf(name));
          String expiry = redis.command("PEXPIRETIME", keyOf(name));
          assertThat(value).as(name).isNotNull();
          assertThat(expiry).isNotNull();
          loaded.put(name, new RdbContents.Value(value, Long.parseLong(expiry)));
        }
        assertThat(loaded).isEqualTo(keys);
      }
    }
  }

  @Test
  void loadsTheFileAndPayloadsOfRedis() throws Exception {
    Map<String, RdbContents.Value> keys = someKeys();
    try (RealRedis redis = RealRedis.start(directory, "--databases", "64")) {
      for (String compression : new String[] {"yes", "no"}) {
        redis.command("FLUSHALL");
        redis.command("CONFIG", "SET", "rdbcompression", compression);
        for (Map.Entry<String, RdbContents.Value> entry : keys.entrySet()) {
          String name = entry.getKey();
          redis.command("SELECT", name.substring(0, name.indexOf('/')));
          redis.command("SET", keyOf(name), entry.getValue().bytes());
          if (entry.getValue().expireAtMillis() != RdbKey.NONE) {
            String expiry = Long.toString(entry.getValue().expireAtMillis());
            redis.command("PEXPIREAT", keyOf(name), expiry);
          }
        }
        assertThat(redis.command("SAVE")).isEqualTo("OK");
        RdbContents read = Rdbs.read(Files.readAllBytes(directory.resolve("dump.rdb")));
        assertThat(new TreeMap<>(read.keys)).isEqualTo(keys);
        assertThat(read.aux).containsKey("redis-ver").containsKey("used-mem");
      }
      for (Map.Entry<String, RdbContents.Value> entry : keys.entrySet()) {
        String name = entry.getKey();
        redis.command("SELECT", name.substring(0, name.indexOf('/')));
        String payload = redis.command("DUMP", keyOf(name));
        assertThat(payload).isNotNull();
        assertThat(DumpPayloadTest.valid(Rdbs.latin(payload))).isTrue();
        assertThat(DumpPayloadTest.restore(Rdbs.latin(payload)))
            .isEqualTo(entry.getValue().bytes());
        String ours = new String(DumpPayloadTest.dump(entry.getValue().bytes()), LATIN);
        assertThat(redis.command("RESTORE", "restored", "0", ours, "REPLACE")).isEqualTo("OK");
        assertThat(redis.command("GET", "restored")).isEqualTo(entry.getValue().bytes());
      }
    }
  }
}
