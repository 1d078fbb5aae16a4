package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Kills a server during writes and rewrites: with {@code appendfsync always} every acknowledged
 * write is present afterwards. Runs against a real Redis, too.
 */
final class AppendOnlyKillIT {
  private static final int ROUNDS = 5;
  private static final int WRITERS = 8;
  private static final int KEYS_A_WRITER = 100;
  private static final int WRITES_A_ROUND = 2000;
  private static final int REWRITES_A_ROUND = 3;

  @RegisterExtension private final Nodes nodes = new Nodes();

  /** The last acknowledged value of each key. */
  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();

  /** Writes increasing values to the writer's own keys until the server is gone. */
  private void write(NodeProcess node, int writer, long first) {
    try (RespClient client = node.connect()) {
      for (long value = first; ; value++) {
        String key = "writer" + writer + ":" + value % KEYS_A_WRITER;
        if (!client.call("SET", key, Long.toString(value)).equals(new Reply.Simple("OK"))) {
          return;
        }
        acknowledged.put(key, value);
      }
    } catch (IOException gone) {
      return; // expected: the server was killed
    }
  }

  /**
   * Returns the keys whose value is older than the acknowledged one. A newer value is fine: its
   * reply was lost at the kill.
   */
  private Map<String, String> lost(NodeProcess node) throws IOException {
    Map<String, String> lost = new HashMap<>();
    try (RespClient client = node.connect()) {
      for (Map.Entry<String, Long> entry : acknowledged.entrySet()) {
        Reply reply = client.call("GET", entry.getKey());
        if (reply.isNull() || Long.parseLong(reply.text()) < entry.getValue()) {
          lost.put(entry.getKey(), entry.getValue() + " became " + reply);
        }
      }
    }
    return lost;
  }

  private long writesOf(NodeProcess node) throws IOException {
    return Long.parseLong(node.info("stats").getOrDefault("total_commands_processed", "0"));
  }

  private void killAmidstWrites(NodeProcess node, int round) throws Exception {
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int writer = i;
      long first = round * 1_000_000_000L;
      writers.add(Thread.ofPlatform().start(() -> write(node, writer, first)));
    }
    for (int rewrite = 1; rewrite <= REWRITES_A_ROUND; rewrite++) {
      while (writesOf(node) < (long) rewrite * WRITES_A_ROUND / REWRITES_A_ROUND) {
        Thread.onSpinWait();
      }
      node.ask("BGREWRITEAOF");
    }
    node.kill();
    for (Thread writer : writers) {
      writer.join();
    }
  }

  @Test
  void nothingAcknowledgedIsLost() throws Exception {
    NodeProcess node =
        nodes.server(
            Kind.REDOUBT,
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--auto-aof-rewrite-min-size",
            "100kb");
    for (int round = 0; round < ROUNDS; round++) {
      killAmidstWrites(node, round);
      assertThat(acknowledged).hasSizeGreaterThan(WRITERS);
      node = nodes.restart(node);
      assertThat(lost(node)).as("round %d", round).isEmpty();
    }
    node.kill();
    int port = FreePorts.one();
    NodeProcess real =
        nodes.launch(
            Kind.REAL.server(),
            nodes.folder("real"),
            port,
            "--port",
            Integer.toString(port),
            "--dir",
            nodes.folder(node).toString(),
            "--appendonly",
            "yes");
    real.awaitPong(Distribution.LIMIT);
    assertThat(lost(real)).as("in a real Redis").isEmpty();
  }
}
