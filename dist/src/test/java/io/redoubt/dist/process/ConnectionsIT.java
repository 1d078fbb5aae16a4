package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many clients, and clients that send malformed input, leave no state in the server. */
final class ConnectionsIT {
  private static final int CONNECTIONS = 10_000;
  private static final int MALFORMED = 1_000;

  /** Allowance for counters of new commands and errors. */
  private static final long ALLOWANCE_BYTES = 100_000;

  /**
   * An open connection takes about 2 kB; a leak of a tenth of the connections would exceed this.
   */
  private static final long HEAP_ALLOWANCE_BYTES = 1_500_000;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final Random random = Seed.random("ConnectionsIT");

  @Test
  void tenThousandConnectionsComeAndGo() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT, "--maxclients", "20000");
    use(node, 100);
    awaitOnlyUs(node);
    long before = usedMemory(node);
    long heapBefore = liveHeap(node);
    int atOnce = Math.min(CONNECTIONS, openFilesHere() - 500);
    for (int done = 0; done < CONNECTIONS; done += atOnce) {
      use(node, Math.min(atOnce, CONNECTIONS - done));
    }
    awaitOnlyUs(node);
    assertThat(Long.parseLong(node.info("stats").get("total_connections_received")))
        .isGreaterThan(CONNECTIONS);
    assertReturnsTo(node, before);
    assertHeapReturnsTo(node, heapBefore);
    assertNothingEscaped(node);
  }

  private static void use(NodeProcess node, int count) throws IOException {
    List<RespClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        clients.add(node.connect());
      }
      for (RespClient client : clients) {
        client.send("PING");
        client.send("SET", "shared", "value");
      }
      for (RespClient client : clients) {
        assertThat(client.receive()).isEqualTo(new Reply.Simple("PONG"));
        assertThat(client.receive()).isEqualTo(new Reply.Simple("OK"));
      }
      assertThat(connectedClients(node)).isEqualTo(count + 1);
    } finally {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void moreThanMaxclientsAreTurnedAway() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT, "--maxclients", "10");
    List<RespClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 10; i++) {
        clients.add(node.connect());
        assertThat(clients.getLast().call("PING")).isEqualTo(new Reply.Simple("PONG"));
      }
      try (RespClient oneMore = node.connect()) {
        assertThat(oneMore.receive())
            .isEqualTo(new Reply.Error("ERR max number of clients reached"));
        assertThat(oneMore.isAtEnd()).isTrue();
      }
      clients.removeFirst().close();
      await()
          .atMost(Distribution.LIMIT)
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> node.ask("PING").equals(new Reply.Simple("PONG")));
    } finally {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void malformedRequestsDoNoHarm() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT);
    Random warmUp = Seed.from(1);
    for (int i = 0; i < 50; i++) {
      abuse(node, malformed(warmUp));
    }
    awaitOnlyUs(node);
    keepOneKey(node);
    long before = usedMemory(node);
    long heapBefore = liveHeap(node);
    for (int i = 0; i < MALFORMED; i++) {
      abuse(node, malformed(random));
    }
    awaitOnlyUs(node);
    assertThat(node.isAlive()).isTrue();
    assertThat(node.ask("GET", "kept").text()).isEqualTo("value");
    keepOneKey(node);
    assertReturnsTo(node, before);
    assertHeapReturnsTo(node, heapBefore);
    assertNothingEscaped(node);
  }

  /** Writes a known key, because some of the random bytes form requests that write other keys. */
  private static void keepOneKey(NodeProcess node) throws IOException {
    assertThat(node.ask("FLUSHALL")).isEqualTo(new Reply.Simple("OK"));
    assertThat(node.ask("SET", "kept", "value")).isEqualTo(new Reply.Simple("OK"));
  }

  /** Sends bytes and disconnects: at once, after the last reply, or with the output half closed. */
  private void abuse(NodeProcess node, byte[] bytes) throws IOException {
    try (RespClient client = node.connect()) {
      client.setTimeout(20);
      client.sendRaw(bytes);
      if (random.nextInt(3) > 0) {
        client.endOutput();
        while (true) {
          client.receive();
        }
      }
    } catch (IOException e) {
      // Closed by the server, or silent: both are valid reactions to such bytes.
      assertThat(node.isAlive()).isTrue();
    }
  }

  private static byte[] malformed(Random random) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int parts = 1 + random.nextInt(4);
    for (int i = 0; i < parts; i++) {
      bytes.writeBytes(part(random));
    }
    byte[] whole = bytes.toByteArray();
    if (random.nextInt(4) == 0) {
      whole[random.nextInt(whole.length)] = (byte) random.nextInt(256);
    }
    return whole;
  }

  private static byte[] part(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> noise(random, 1 + random.nextInt(300));
      case 1 -> ascii("*" + random.nextLong() + "\r\n");
      case 2 -> ascii("*2147483647\r\n$3\r\nGET\r\n");
      case 3 -> ascii("*1\r\n$" + random.nextLong() + "\r\n");
      case 4 -> ascii("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n");
      case 5 -> ascii("*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$100000\r\nonly a few bytes");
      case 6 -> ascii("*2\r\n$4\r\nECHO\r\n$-1\r\n");
      case 7 -> ascii("GET \"unbalanced\r\n");
      case 8 -> ascii("*1\r\n:4\r\nPING\r\n");
      case 9 -> ascii("x".repeat(70_000));
      case 10 ->
          ascii("*3\r\n$3\r\nSET\r\n$6\r\nfuzzed\r\n$2\r\nvv\r\nSET in line\r\nGET nothing\r\n");
      default -> ascii("*-1\r\n*0\r\n\r\n\r\n$5\r\nhello\r\n");
    };
  }

  private static byte[] noise(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Waits until the connection of this test is the only one left. */
  private static void awaitOnlyUs(NodeProcess node) {
    await().atMost(Distribution.LIMIT).until(() -> connectedClients(node) == 1);
  }

  private static long connectedClients(NodeProcess node) throws IOException {
    return Long.parseLong(node.info("clients").get("connected_clients"));
  }

  private static long usedMemory(NodeProcess node) throws IOException {
    return Long.parseLong(node.info("memory").get("used_memory"));
  }

  /** Returns the bytes of live objects on the Java heap after a collection. */
  private static long liveHeap(NodeProcess node) throws Exception {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Result collected = Distribution.run(Map.of(), jcmd.toString(), node.pid() + "", "GC.run");
    assertThat(collected.status()).as(collected.output()).isZero();
    return Long.parseLong(node.info("memory").get("used_memory_heap"));
  }

  /** A single reading includes concurrent allocations; only a leak persists. */
  private static void assertHeapReturnsTo(NodeProcess node, long before) {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> assertThat(liveHeap(node)).isLessThan(before + HEAP_ALLOWANCE_BYTES));
  }

  private static void assertReturnsTo(NodeProcess node, long before) {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(
            () -> assertThat(usedMemory(node)).isBetween(before / 2, before + ALLOWANCE_BYTES));
  }

  private static void assertNothingEscaped(NodeProcess node) throws Exception {
    Map<String, String> stats = node.info("stats");
    assertThat(stats).containsEntry("unexpected_error_replies", "0");
    assertThat(Files.readString(node.log()))
        .doesNotContainPattern("Exception|Error:|\\bat (io|java)\\.");
    assertThat(Nodes.end(node, "TERM")).isZero();
  }

  /** Returns this JVM's soft limit of open files. */
  private static int openFilesHere() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/limits")).stream()
        .filter(line -> line.startsWith("Max open files"))
        .map(line -> line.replaceFirst("^Max open files +", "").split(" +", -1)[0])
        .mapToInt(limit -> limit.equals("unlimited") ? Integer.MAX_VALUE : Integer.parseInt(limit))
        .findFirst()
        .orElseThrow();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
