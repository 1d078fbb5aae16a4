package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Values of every type and encoding are equal here and in a real Redis, by the digest that both
 * compute, and can be moved from one to the other.
 */
final class ValueExchangeTest {

  private static final int[] SIZES = {1, 20, 130, 600, 2000};

  @TempDir private Path directory;
  private final Random random = Seed.random("ValueExchangeTest");
  private RealRedis redis;
  private RedisServer server;
  private RespClient ours;
  private RespClient real;
  private final List<AutoCloseable> closing = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    RealRedis.assumeInstalled();
    redis = RealRedis.start(directory);
    closing.add(redis);
    server = TestServers.start("dir " + directory);
    closing.add(server);
    ours = RespClient.connect("127.0.0.1", server.port());
    closing.add(ours);
    real = RespClient.connect("127.0.0.1", redis.port());
    closing.add(real);
    for (byte[][] command : commands()) {
      Reply expected = real.call(command);
      assertThat(expected.isError()).as(new String(command[0], ISO_8859_1)).isFalse();
      assertThat(ours.call(command)).isEqualTo(expected);
    }
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable opened : closing.reversed()) {
      opened.close();
    }
  }

  private String text() {
    byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 100 : 12)];
    random.nextBytes(bytes);
    return switch (random.nextInt(4)) {
      case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
      case 1 -> "ab".repeat(random.nextInt(30));
      default -> new String(bytes, ISO_8859_1);
    };
  }

  private static byte[][] command(List<String> words) {
    return words.stream().map(word -> word.getBytes(ISO_8859_1)).toArray(byte[][]::new);
  }

  private static byte[][] command(String... words) {
    return command(List.of(words));
  }

  private List<byte[][]> commands() {
    List<byte[][]> commands = new ArrayList<>();
    for (int size : SIZES) {
      for (boolean numbers : new boolean[] {true, false}) {
        String name = ":" + size + ":" + numbers;
        List<String> hash = new ArrayList<>(List.of("HSET", "hash" + name));
        List<String> list = new ArrayList<>(List.of("RPUSH", "list" + name));
        List<String> set = new ArrayList<>(List.of("SADD", "set" + name));
        List<String> sorted = new ArrayList<>(List.of("ZADD", "sorted" + name));
        for (int i = 0; i < size; i++) {
          String element = numbers ? Long.toString(random.nextLong() >> (i % 60)) : text();
          hash.addAll(List.of(element, text()));
          list.add(element);
          set.add(element);
          sorted.addAll(List.of(score(), element));
        }
        for (List<String> words : List.of(hash, list, set, sorted)) {
          commands.add(command(words));
        }
      }
    }
    for (int i = 1; i <= 300; i++) {
      commands.add(command("XADD", "stream", i + "-" + random.nextInt(3), "f", text()));
      commands.add(command("XADD", "mixed", i + "-1", "f" + i % 3, text(), text(), text()));
    }
    for (int i = 1; i <= 300; i += 3) {
      commands.add(command("XDEL", "mixed", i + "-1"));
    }
    commands.add(command("XTRIM", "stream", "MINID", "100"));
    commands.add(command("XGROUP", "CREATE", "stream", "group", "0"));
    commands.add(command("XGROUP", "CREATE", "stream", "last", "$"));
    commands.add(
        command("XREADGROUP", "GROUP", "group", "me", "COUNT", "9", "STREAMS", "stream", ">"));
    commands.add(command("PEXPIREAT", "hash:20:true", "4000000000000"));
    commands.add(command("SET", "string", "ab".repeat(1000)));
    commands.add(command("SET", "number", "4711"));
    return commands;
  }

  private String score() {
    return switch (random.nextInt(4)) {
      case 0 -> "inf";
      case 1 -> Integer.toString(random.nextInt(5));
      default -> Double.toString(random.nextGaussian() * Math.pow(10, random.nextInt(-50, 50)));
    };
  }

  private static String digest(RespClient client) throws IOException {
    return client.call("DEBUG", "DIGEST").text();
  }

  private static byte[] bytes(Reply reply) {
    return ((Reply.Bulk) reply).bytes();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(ISO_8859_1);
  }

  @Test
  void digestsMatchRedisAndSurviveAReload() throws IOException {
    String digest = digest(real);
    assertThat(digest(ours)).isEqualTo(digest);
    assertThat(ours.call("DEBUG", "RELOAD").text()).isEqualTo("OK");
    assertThat(digest(ours)).isEqualTo(digest);
  }

  @Test
  void exchangesPayloadsInBothDirections() throws IOException {
    for (Reply key : real.call("KEYS", "*").elements()) {
      byte[] name = bytes(key);
      real.call(ascii("PERSIST"), name);
      ours.call(ascii("PERSIST"), name);
      for (RespClient from : List.of(ours, real)) {
        RespClient to = from == ours ? real : ours;
        byte[] payload = bytes(from.call(ascii("DUMP"), name));
        assertThat(to.call(ascii("RESTORE"), ascii("copy"), ascii("0"), payload).text())
            .isEqualTo("OK");
        assertThat(to.call("DEBUG", "DIGEST-VALUE", "copy"))
            .isEqualTo(to.call(ascii("DEBUG"), ascii("DIGEST-VALUE"), name));
        to.call("DEL", "copy");
      }
    }
  }

  @Test
  void migratesKeysToRedis() throws IOException {
    String digest = digest(real);
    real.call("FLUSHALL");
    String port = Integer.toString(redis.port());
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "string", "0", "5000").text())
        .isEqualTo("OK");
    assertThat(ours.call("EXISTS", "string").number()).isZero();
    List<byte[]> words = new ArrayList<>();
    for (String word : new String[] {"MIGRATE", "127.0.0.1", port, "", "0", "5000", "KEYS"}) {
      words.add(ascii(word));
    }
    ours.call("KEYS", "*").elements().forEach(key -> words.add(bytes(key)));
    words.add(ascii("nothing"));
    assertThat(ours.call(words.toArray(byte[][]::new)).text()).isEqualTo("OK");
    assertThat(ours.call("DBSIZE").number()).isZero();
    assertThat(digest(real)).isEqualTo(digest);
  }

  @Test
  void keepsKeysThatCannotBeMigrated() throws IOException {
    String port = Integer.toString(redis.port());
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "nothing", "0", "5000").text())
        .isEqualTo("NOKEY");
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "string", "0", "5000").text())
        .isEqualTo(
            "ERR Target instance replied with error: BUSYKEY Target key name already exists.");
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "string", "99", "5000").text())
        .isEqualTo("ERR Target instance replied with error: ERR DB index is out of range");
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "k", "0", "5", "KEYS", "k").text())
        .isEqualTo(
            "ERR When using MIGRATE KEYS option, the key argument must be set to the empty"
                + " string");
    assertThat(ours.call("MIGRATE", "127.0.0.1", "1", "string", "0", "5000").text())
        .isEqualTo("IOERR error or timeout connecting to the client");
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "string", "0", "5", "AND").text())
        .isEqualTo("ERR syntax error");
    String before = digest(real);
    assertThat(
            ours.call("MIGRATE", "127.0.0.1", port, "string", "0", "5000", "COPY", "REPLACE")
                .text())
        .isEqualTo("OK");
    assertThat(digest(real)).isEqualTo(before).isEqualTo(digest(ours));
  }

  @Test
  void keepsAHashWithFieldExpiriesThatTheTargetCannotRead() throws IOException {
    String port = Integer.toString(redis.port());
    real.call("FLUSHALL");
    ours.call("HSET", "expiring", "f", "v", "g", "w");
    ours.call("HPEXPIREAT", "expiring", "33177117420000", "FIELDS", "1", "f");
    String before = digest(ours);
    String refusal =
        "ERR Target instance replied with error: ERR DUMP payload version or checksum are wrong";
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "expiring", "0", "5000").text())
        .isEqualTo(refusal);
    assertThat(digest(ours)).isEqualTo(before);
    assertThat(real.call("DBSIZE").number()).isZero();
    assertThat(
            ours.call("MIGRATE", "127.0.0.1", port, "", "0", "5000", "KEYS", "string", "expiring")
                .text())
        .isEqualTo(refusal);
    assertThat(ours.call("EXISTS", "string", "expiring").number()).isEqualTo(1);
    assertThat(real.call("KEYS", "*").elements()).hasSize(1);
    assertThat(ours.call("HPEXPIRETIME", "expiring", "FIELDS", "1", "f").elements().getFirst())
        .isEqualTo(new Reply.Integer(33_177_117_420_000L));
    ours.call("HPERSIST", "expiring", "FIELDS", "1", "f");
    assertThat(ours.call("MIGRATE", "127.0.0.1", port, "expiring", "0", "5000").text())
        .isEqualTo("OK");
    assertThat(real.call("HGET", "expiring", "f").text()).isEqualTo("v");
  }
}
