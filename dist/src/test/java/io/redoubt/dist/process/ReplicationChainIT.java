package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A master, its replica and the replica of that, Redoubt and real Redis in turn: the three agree
 * key by key after a full sync, after a stream of writes, and after the middle one was killed and
 * started again.
 */
final class ReplicationChainIT {
  private static final Path REDOUBT = Distribution.HOME.resolve("bin/redis-server");
  private static final Path REAL = Path.of("/usr/bin/redis-server");
  private static final int[] DATABASES = {0, 1, 9};
  private static final int WRITES = 2_000;
  private static final int LARGE_BYTES = 70_000;
  private static final long FAR_MILLIS = 3_600_000;

  @TempDir private Path folder;

  private final Random random = Seed.random("ReplicationChainIT");
  private final List<Node> chain = new ArrayList<>();

  @AfterEach
  void leaveNoProcess() {
    chain.forEach(Node::close);
  }

  @ParameterizedTest
  @CsvSource({"redoubt,redoubt,redoubt", "redoubt,real,redoubt", "real,redoubt,real"})
  void agreeKeyByKey(String first, String middle, String last) throws Exception {
    List<String> kinds = List.of(first, middle, last);
    assumeTrue(
        !kinds.contains("real") || Files.isExecutable(REAL), "redis-server is not installed");
    chain.add(start(kinds.get(0), 0));
    write();
    for (int i = 1; i < 3; i++) {
      chain.add(start(kinds.get(i), i));
    }
    agree();

    write();
    agree();

    chain.get(1).kill();
    write();
    chain.set(1, start(kinds.get(1), 1));
    agree();
    write();
    agree();
  }

  private Node start(String kind, int i) throws Exception {
    Path home = Files.createDirectories(folder.resolve(kind + i));
    List<String> arguments =
        new ArrayList<>(List.of("--save", "", "--repl-diskless-sync-delay", "0"));
    if (i > 0) {
      arguments.addAll(List.of("--replicaof", "127.0.0.1 " + chain.get(i - 1).port()));
    }
    int port = i < chain.size() ? chain.get(i).port() : FreePorts.one();
    return Distribution.start(
        kind.equals("real") ? REAL : REDOUBT,
        home,
        Map.of(),
        port,
        arguments.toArray(String[]::new));
  }

  /**
   * Random changes on the master: keys and values of any bytes, large ones, expiry, several
   * databases.
   */
  private void write() throws IOException {
    try (RespClient client = chain.getFirst().connect()) {
      for (int database : DATABASES) {
        expectNoError(client.call("SELECT", database + ""));
        for (int i = 0; i < WRITES; i++) {
          expectNoError(client.call(change()));
        }
        for (int i = 0; i < 5; i++) {
          expectNoError(client.call(ascii("SET"), ascii("large:" + i), bytes(LARGE_BYTES)));
        }
      }
    }
  }

  private byte[][] change() {
    byte[] key = key();
    return switch (random.nextInt(10)) {
      case 0 -> new byte[][] {ascii("DEL"), key};
      case 1 -> new byte[][] {ascii("APPEND"), key, bytes(random.nextInt(100))};
      case 2 -> new byte[][] {ascii("PEXPIRE"), key, ascii(expiry())};
      case 3 -> new byte[][] {ascii("PERSIST"), key};
      case 4 ->
          new byte[][] {
            ascii("SET"), key, bytes(random.nextInt(200)), ascii("PX"), ascii(expiry())
          };
      case 5 -> new byte[][] {ascii("SET"), key, ascii(random.nextLong() + "")};
      case 6 ->
          new byte[][] {
            ascii("INCRBY"), ascii("counter:" + random.nextInt(20)), ascii(random.nextInt() + "")
          };
      case 7 -> new byte[][] {ascii("SETRANGE"), key, ascii(random.nextInt(50) + ""), bytes(20)};
      default -> new byte[][] {ascii("SET"), key, bytes(random.nextInt(200))};
    };
  }

  /** Few enough keys that most are written several times; some of bytes that are no text. */
  private byte[] key() {
    int number = random.nextInt(700);
    byte[] key = new byte[1 + number % 40];
    new Random(number).nextBytes(key);
    return key;
  }

  private String expiry() {
    return Long.toString(FAR_MILLIS + random.nextInt(1_000_000));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Waits until the offsets are one, and compares all databases. */
  private void agree() throws IOException {
    for (Node replica : chain.subList(1, 3)) {
      await()
          .atMost(Distribution.LIMIT)
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> {
            Map<String, String> master = chain.getFirst().info("replication");
            assertThat(replica.info("replication"))
                .containsEntry("role", "slave")
                .containsEntry("master_link_status", "up")
                .containsEntry("master_replid", master.get("master_replid"))
                .containsEntry("slave_repl_offset", master.get("master_repl_offset"));
          });
    }
    for (int database : DATABASES) {
      Map<String, String> expected = content(chain.get(0), database);
      assertThat(expected).hasSizeGreaterThan(100);
      assertThat(content(chain.get(1), database)).isEqualTo(expected);
      assertThat(content(chain.get(2), database)).isEqualTo(expected);
    }
  }

  /** Each key's value and the time at which it expires; what is long stands there as its hash. */
  private static Map<String, String> content(Node node, int database) throws IOException {
    Map<String, String> content = new TreeMap<>();
    try (RespClient client = node.connect()) {
      expectNoError(client.call("SELECT", database + ""));
      for (Reply key : client.call("KEYS", "*").elements()) {
        byte[] name = ((Reply.Bulk) key).bytes();
        byte[] value = ((Reply.Bulk) client.call(ascii("GET"), name)).bytes();
        String expiry = client.call(ascii("PEXPIRETIME"), name).text();
        HexFormat hex = HexFormat.of();
        content.put(
            hex.formatHex(name),
            (value.length > 300
                    ? new String(value, StandardCharsets.ISO_8859_1).hashCode()
                    : hex.formatHex(value))
                + " "
                + expiry);
      }
    }
    return content;
  }

  private static void expectNoError(Reply reply) {
    if (reply.isError()
        && !reply.text().contains("not an integer")
        && !reply.text().contains("overflow")) {
      throw new AssertionError(reply.text());
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
