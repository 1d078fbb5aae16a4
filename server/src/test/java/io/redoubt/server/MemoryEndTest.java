package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.Region;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A server at the end of its memory, simulated by a limit of the region. */
@Isolated // it limits the memory of the whole process
final class MemoryEndTest {
  private static final long ROOM_BYTES = 40L << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(100);
  private static final String OOM = "OOM command not allowed: ";

  @TempDir private Path folder;
  private final Random random = Seed.random("MemoryEndTest");
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream ofReplica = new ByteArrayOutputStream();
  private RedisServer server;
  private RespClient client;
  private int outOfMemory;
  private int closed;

  @BeforeEach
  void start() throws Exception {
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, output);
    server = TestServers.make(log, new OsDisk(), "dir " + folder, "appendonly yes");
    server.start().get();
    client = connect();
    Region.limit(Region.heldBytes() + ROOM_BYTES);
  }

  private RespClient connect() throws IOException {
    return RespClient.connect("127.0.0.1", server.port(), 20_000);
  }

  @AfterEach
  void stop() throws IOException {
    Region.limit(Long.MAX_VALUE);
    client.close();
    server.close();
  }

  private String ask(String... words) throws IOException {
    Reply reply = client.call(words);
    return reply.toString();
  }

  private void fill(int valueBytes) throws IOException {
    String value = "v".repeat(valueBytes);
    for (int i = 0; i < 1_000_000; i++) {
      if (ask("SET", "filler:" + i, value).contains(OOM)) {
        return;
      }
    }
    throw new AssertionError("never full");
  }

  @Test
  void refusesWritesAndServesTheRest() throws Exception {
    fill(2000);
    assertThat(ask("SET", "a", "b"))
        .contains(OOM + "the memory limit of the server's control group is reached.");
    try (RespClient other = connect()) {
      assertThat(other.call("PING").toString()).contains("PONG");
      assertThat(other.call("CLIENT", "LIST").toString()).contains("addr=");
      assertThat(other.call("INFO", "memory").toString()).contains("used_memory");
      assertThat(other.call("CONFIG", "SET", "hz", "20").toString()).contains("OK");
      assertThat(other.call("CONFIG", "GET", "maxmemory").toString()).contains("maxmemory");
    }
    assertThat(ask("EVAL", "return redis.call('SET', 'a', 'b')", "0")).contains(OOM);
    assertThat(ask("DEL", "filler:1")).contains("1");
    assertThat(ask("UNLINK", "filler:2")).contains("1");
    assertThat(ask("PEXPIRE", "filler:3", "1")).contains("1");
    assertThat(ask("FLUSHALL")).contains("OK");
    assertThat(ask("SET", "a", "b")).contains("OK");
    assertThat(output.toString(StandardCharsets.UTF_8))
        .containsOnlyOnce("Out of memory: the memory limit")
        .contains("Memory is available again, writes are accepted.")
        .doesNotContain("\tat ");
  }

  @Test
  void keepsTheNumberOfIoThreadsIfMoreFindNoMemory() throws Exception {
    assertThat(ask("CONFIG", "SET", "io-threads-always-active", "yes")).contains("OK");
    String before = ask("CONFIG", "GET", "io-threads");
    assertThat(ask("CONFIG", "SET", "io-threads", "128"))
        .contains("CONFIG SET failed (possibly related to argument 'io-threads')")
        .contains("Unable to start I/O threads. Check server logs.");
    assertThat(ask("CONFIG", "GET", "io-threads")).isEqualTo(before);
    assertThat(output.toString(StandardCharsets.UTF_8)).contains("Can't start I/O threads: ");
    long held = Region.heldBytes();
    assertThat(ask("CONFIG", "SET", "io-threads", "128")).contains("CONFIG SET failed");
    assertThat(Region.heldBytes()).as("memory of the failed attempt is reused").isEqualTo(held);
    assertThat(ask("CONFIG", "SET", "io-threads", "3")).contains("OK");
    try (RespClient other = connect()) {
      assertThat(other.call("PING").toString()).contains("PONG");
      assertThat(other.call("INFO", "stats").toString())
          .contains("io_thread_2:")
          .doesNotContain("io_thread_3:");
    }
  }

  @Test
  void forgetsTrackedKeysRatherThanRefuseWrites() throws Exception {
    ask("CONFIG", "SET", "tracking-table-max-keys", "0");
    try (RespClient tracker = connect()) {
      tracker.call("HELLO", "3");
      tracker.call("CLIENT", "TRACKING", "ON");
      String name = "n".repeat(5000);
      int told = 0;
      for (int i = 0; i < 2 * ROOM_BYTES / name.length(); i++) {
        tracker.send("GET", name + i);
        while (tracker.receive() instanceof Reply.Push) {
          told++;
        }
      }
      assertThat(told).as("invalidations of keys that were never written").isPositive();
      int accepted = 0;
      for (int i = 0; accepted < 1000; i++) { // the table is freed in slices
        assertThat(i).as("writes").isLessThan(10_000);
        accepted += ask("SET", "a" + i, "v".repeat(2000)).contains("OK") ? 1 : 0;
      }
    }
  }

  @Test
  void reusesMemoryOfFreedKeys() throws Exception {
    fill(2000);
    for (int i = 0; i < 5000; i += 2) {
      ask("DEL", "filler:" + i);
    }
    assertThat(ask("SET", "a", "v".repeat(1900))).contains("OK");
  }

  @Test
  void appliesMaxmemoryFirst() throws Exception {
    ask("CONFIG", "SET", "maxmemory", "12mb");
    fillToMaxmemory();
    assertThat(ask("SET", "a", "b")).contains("used memory > 'maxmemory'");
    ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    assertThat(ask("SET", "a", "b")).contains("OK");
  }

  private void fillToMaxmemory() throws IOException {
    String value = "v".repeat(2000);
    for (int i = 0; i < 100_000 && !ask("SET", "filler:" + i, value).contains("OOM"); i++) {}
  }

  @Test
  void refusesLargeRequestsBeforeExecution() throws Exception {
    String[] words = new String[200_002];
    words[0] = "SADD";
    words[1] = "large";
    for (int i = 2; i < words.length; i++) {
      words[i] = "member:" + i;
    }
    ask(words);
    fill(2000);
    assertThat(ask("FLUSHALL")).contains("OK");
    Region.limit(Region.heldBytes() + (16L << 20));
    assertThat(ask(words)).contains(OOM);
    assertThat(ask("EXISTS", "large")).contains("0");
  }

  @Test
  void refusesALongStringBeforeExecution() throws Exception {
    ask("SET", "short", "v".repeat(5000));
    ask("SETRANGE", "long", "10000000", "x");
    Region.limit(Region.heldBytes() + (12L << 20));
    List<String[]> growing =
        List.of(
            new String[] {"SETRANGE", "new", "20000000", "x"},
            new String[] {"SETBIT", "new", "160000000", "1"},
            new String[] {"BITFIELD", "new", "SET", "u8", "160000000", "1"},
            new String[] {"SETRANGE", "short", "20000000", "x"},
            new String[] {"SETBIT", "short", "160000000", "1"},
            new String[] {"BITFIELD", "short", "SET", "u8", "160000000", "1"},
            new String[] {"APPEND", "long", "v".repeat(1 << 20)},
            new String[] {"BITOP", "NOT", "new", "long"});
    for (String[] words : growing) {
      assertThat(ask(words)).describedAs(words[0]).contains(OOM);
    }
    assertThat(ask("EXISTS", "new")).contains("0");
    assertThat(ask("STRLEN", "short")).contains("5000");
    assertThat(ask("STRLEN", "long")).contains("10000001");
    assertThat(output.toString(StandardCharsets.UTF_8)).doesNotContain("half-way");
  }

  /** Verifies that a command without memory for its reply changes nothing. */
  @Test
  void keepsDataOfAWriteThatFailsBeforeItsFirstChange() throws Exception {
    ask("SETRANGE", "long", "10000000", "x");
    Region.limit(Region.heldBytes());
    act("GETDEL", "long");
    Region.limit(Long.MAX_VALUE);
    reconnect();
    assertThat(ask("STRLEN", "long")).contains("10000001");
    assertThat(output.toString(StandardCharsets.UTF_8))
        .contains("Out of memory in command 'getdel'")
        .doesNotContain("half-way");
  }

  /** A command that fails halfway closes its client; its keys stay consistent. */
  @Test
  void keepsKeysConsistentAfterFailures() throws Exception {
    fill(500);
    for (int i = 0; i < 1500; i++) {
      act(command());
      if (i % 40 == 0) {
        forget();
      }
    }
    System.out.println("MemoryEndTest: " + outOfMemory + " refused, " + closed + " closed");
    assertThat(outOfMemory).isPositive();
    Region.limit(Long.MAX_VALUE);
    reconnect();
    String digest = ask("DEBUG", "DIGEST");
    assertThat(output.toString(StandardCharsets.UTF_8)).doesNotContain("\tat ");
    assertThat(ask("DEBUG", "RELOAD")).contains("OK");
    assertThat(ask("DEBUG", "DIGEST")).isEqualTo(digest);
    if (client.call("KEYS", "key:*") instanceof Reply.Array(List<Reply> names)) {
      for (Reply name : names) {
        String key = new String(((Reply.Bulk) name).bytes(), StandardCharsets.UTF_8);
        assertThat(ask("DUMP", key)).startsWith("Bulk");
        assertThat(ask("DEL", key)).contains("1");
      }
    }
  }

  @Test
  void fileAndReplicaAgreeAfterFailures() throws Exception {
    besideAReplica(other -> {
      Region.limit(Region.heldBytes() + ROOM_BYTES);
      fill(500);
      Region.limit(Region.heldBytes() + (10L << 20));
      for (int i = 0; i < 400; i++) {
        act(command());
        if (i % 10 == 0) {
          forget();
        }
      }
    });
  }

  @Test
  void fileAndReplicaAgreeAfterAWriteThatFailedHalfWay() throws Exception {
    besideAReplica(other -> {
      for (int i = 0; i < 50 && !failedHalfWay(); i++) {
        Region.limit(Long.MAX_VALUE);
        reconnect();
        ask("MULTI");
        for (int j = 0; j < 60; j++) {
          ask(manyMembers("half:" + i, j));
        }
        // The commands within a transaction are not refused individually.
        Region.limit(Region.heldBytes());
        act("EXEC");
      }
      assertThat(failedHalfWay()).isTrue();
    });
  }

  private boolean failedHalfWay() {
    return output.toString(StandardCharsets.UTF_8).contains("half-way");
  }

  private static String[] manyMembers(String key, int number) {
    String[] words = new String[4000];
    words[0] = "SADD";
    words[1] = key;
    for (int i = 2; i < words.length; i++) {
      words[i] = number + "-" + i;
    }
    return words;
  }

  private interface Act {
    void run(RespClient ofReplica) throws Exception;
  }

  /** Checks that the files and the replica catch up with everything that failed meanwhile. */
  private void besideAReplica(Act act) throws Exception {
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, ofReplica);
    RedisServer replica =
        TestServers.make(
            log,
            new OsDisk(),
            "dir " + Files.createDirectory(folder.resolve("replica")),
            "appendonly yes",
            "replicaof 127.0.0.1 " + server.port());
    replica.start().get();
    try (RespClient other = RespClient.connect("127.0.0.1", replica.port(), 20_000)) {
      await()
          .atMost(PATIENCE)
          .until(() -> other.call("INFO", "replication").toString().contains("link_status:up"));
      act.run(other);
      Region.limit(Long.MAX_VALUE);
      reconnect();
      String digest = ask("DEBUG", "DIGEST");
      await().atMost(PATIENCE).until(() -> other.call("DEBUG", "DIGEST").toString().equals(digest));
      await().atMost(PATIENCE).until(() -> !lacksWrites(output) && !lacksWrites(ofReplica));
      await()
          .atMost(PATIENCE)
          .until(() -> {
            String info = other.call("INFO", "persistence").toString();
            return info.contains("aof_rewrite_in_progress:0")
                && info.contains("aof_rewrite_scheduled:0")
                && info.contains("aof_enabled:1");
          });
      assertThat(ask("DEBUG", "LOADAOF")).contains("OK");
      assertThat(ask("DEBUG", "DIGEST")).isEqualTo(digest);
      assertThat(other.call("DEBUG", "LOADAOF").toString()).contains("OK");
      assertThat(other.call("DEBUG", "DIGEST").toString()).isEqualTo(digest);
      assertThat(output.toString(StandardCharsets.UTF_8) + ofReplica).doesNotContain("\tat ");
    } finally {
      replica.close();
    }
  }

  private static boolean lacksWrites(ByteArrayOutputStream log) {
    String text = log.toString(StandardCharsets.UTF_8);
    return text.lastIndexOf("the append only file lacks it")
        > text.lastIndexOf("The append only file is complete again.");
  }

  private void forget() throws IOException {
    int from = random.nextInt(40_000);
    List<String> words = new ArrayList<>(List.of("DEL"));
    for (int i = from; i < from + 300; i++) {
      words.add("filler:" + i);
    }
    if (random.nextInt(3) == 0) {
      words.add("key:" + random.nextInt(40));
    }
    act(words.toArray(String[]::new));
  }

  private void act(String... words) throws IOException {
    try {
      String reply = ask(words);
      if (reply.contains("OOM")) {
        outOfMemory++;
      }
    } catch (IOException e) {
      closed++;
      reconnect();
    }
  }

  /** Reconnects, because a command that ran out of memory may have closed the connection. */
  private void reconnect() throws IOException {
    client.close();
    client = connect();
  }

  private String key() {
    return "key:" + random.nextInt(40);
  }

  private String number(int bound) {
    return Integer.toString(random.nextInt(bound));
  }

  private String[] many(String command, String key, String... before) {
    List<String> words = new ArrayList<>(List.of(command, key));
    words.addAll(List.of(before));
    int count = 1 + random.nextInt(random.nextInt(8) == 0 ? 60_000 : 300);
    int spread = random.nextBoolean() ? 100 : 1_000_000;
    String tail = "x".repeat(random.nextInt(60));
    for (int i = 0; i < count; i++) {
      switch (command) {
        case "HSET", "XADD" -> words.add("f" + random.nextInt(spread));
        case "ZADD" -> words.add(Integer.toString(random.nextInt(spread)));
        default -> {}
      }
      words.add(random.nextInt(spread) + tail);
    }
    return words.toArray(String[]::new);
  }

  private String[] command() {
    String key = key();
    String other = key();
    return switch (random.nextInt(26)) {
      case 0, 1 -> many("RPUSH", key + "l");
      case 2, 3 -> many("SADD", key + "s");
      case 4, 5 -> many("ZADD", key + "z");
      case 6, 7 -> many("HSET", key + "h");
      case 8 -> many("XADD", key + "x", "*");
      case 9 -> new String[] {"SUNIONSTORE", key + "s", other + "s", key() + "s"};
      case 10 -> new String[] {"ZUNIONSTORE", key + "z", "2", other + "z", key() + "z"};
      case 11 -> new String[] {"SORT", other + "l", "ALPHA", "STORE", key + "l"};
      case 12 -> new String[] {"COPY", key + "h", other + "h", "REPLACE"};
      case 13 -> new String[] {"SETRANGE", key, number(6_000_000), "tail"};
      case 14 -> new String[] {"SETBIT", key, number(40_000_000), "1"};
      case 15 -> new String[] {"BITOP", "NOT", key, other};
      case 16 -> many("PFADD", key + "p");
      case 17 -> new String[] {"PFMERGE", key + "p", other + "p", key() + "p"};
      case 18 -> new String[] {"APPEND", key, "a".repeat(random.nextInt(200_000))};
      case 19 ->
          new String[] {
            "EVAL",
            "for i = 1, " + number(5000) + " do redis.call('RPUSH', KEYS[1], i .. ARGV[1]) end",
            "1",
            key + "l",
            "b".repeat(random.nextInt(1000))
          };
      case 20 -> new String[] {"ZRANGESTORE", key + "z", other + "z", "0", "-1"};
      case 21 -> new String[] {"SDIFFSTORE", key + "s", other + "s", key() + "s"};
      case 22 -> new String[] {"SET", key, "s".repeat(random.nextInt(3_000_000))};
      case 23 -> new String[] {"LINSERT", key + "l", "BEFORE", number(100), "i".repeat(5000)};
      case 24 -> new String[] {"SMEMBERS", key + "s"};
      default -> new String[] {"DEL", key + "lszhx".charAt(random.nextInt(5)), other};
    };
  }
}
