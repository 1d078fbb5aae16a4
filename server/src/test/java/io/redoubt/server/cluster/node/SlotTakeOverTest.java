package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.establish;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.info;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static io.redoubt.server.cluster.node.TestNodes.replicate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the take-over of migrated slots with a crash or a cut connection at each step. A crash is
 * simulated by another server on a copy of the directory of a server that syncs each write.
 */
class SlotTakeOverTest {
  /** The slot of keys with the tag a. */
  private static final String SLOT = "15495";

  @AutoClose
  private final TestNodes nodes =
      new TestNodes("appendonly yes", "appendfsync always", "cluster-node-timeout 2000");

  @TempDir private Path directory;

  private RespClient node() throws Exception {
    Path its = Files.createDirectory(directory.resolve("node" + nodes.count()));
    return nodes.join("dir " + its);
  }

  /** Starts a server on the files that a crash of a node would leave now. */
  private RespClient afterCrash(int node, String name) throws Exception {
    Path from = directory.resolve("node" + node);
    Path to = directory.resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      // The state's temporary file may vanish: it is renamed to one that is copied, too.
      for (Path each : files.filter(file -> !file.toString().endsWith(".tmp")).toList()) {
        Path copy = to.resolve(from.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(each, copy);
        }
      }
    }
    return nodes.start("dir " + to);
  }

  /**
   * Gives the slots up to 4999 to the first master, those from 10000 on to the second, and the rest
   * to the last one.
   */
  private void share(RespClient... masters) throws Exception {
    for (RespClient each : masters) {
      awaitKnown(each, masters.length);
    }
    ok(masters[0].call("CLUSTER", "ADDSLOTSRANGE", "0", "4999"));
    ok(masters[1].call("CLUSTER", "ADDSLOTSRANGE", "10000", "16383"));
    ok(masters[masters.length - 1].call("CLUSTER", "ADDSLOTSRANGE", "5000", "9999"));
    for (RespClient each : masters) {
      awaitServing(each);
    }
  }

  /** Establishes a migration to the target in the role of its source, and sends some keys. */
  private RespClient stage(RespClient target, RespClient source) throws Exception {
    RespClient link = nodes.connect(0);
    establish(link, source, SLOT);
    ok(link.call("SET", "{a}1", "1"));
    ok(link.call("SET", "{a}2", "2", "PX", "1000000"));
    assertThat(number(link, "SADD", "{a}3", "x", "y")).isEqualTo(2);
    assertThat(number(target, "DBSIZE")).isZero();
    return link;
  }

  private static void hasNothing(RespClient node) throws Exception {
    assertThat(number(node, "DBSIZE")).isZero();
    assertThat(number(node, "CLUSTER", "COUNTKEYSINSLOT", SLOT)).isZero();
    assertThat(node.call("CLUSTER", "NODES").text()).doesNotContain("[");
  }

  @Test
  void dropsStagedKeysAfterACrash() throws Exception {
    RespClient target = node();
    RespClient source = node();
    share(target, source);
    RespClient link = stage(target, source);
    hasNothing(afterCrash(0, "staged"));
    target.call("BGREWRITEAOF");
    await()
        .atMost(LIMIT)
        .until(
            () -> target.call("INFO", "persistence").text().contains("aof_rewrite_in_progress:0"));
    ok(link.call("SET", "{a}4", "4"));
    hasNothing(afterCrash(0, "rewritten"));
    long epoch = number(link, "CLUSTER", "SYNCSLOTS", "FINISH") + 5;
    RespClient finished = afterCrash(0, "finished");
    hasNothing(finished);
    ok(link.call("CLUSTER", "SYNCSLOTS", "CLAIM", "" + epoch));
    RespClient claimed = afterCrash(0, "claimed");
    assertThat(number(claimed, "DBSIZE")).isEqualTo(4);
    assertThat(info(claimed)).contains("cluster_my_epoch:" + epoch);
    assertThat(claimed.call("CLUSTER", "NODES").text()).contains("0-").contains(" " + SLOT);
    assertThat(number(target, "PTTL", "{a}2")).isPositive();
    assertThat(target.call("SMEMBERS", "{a}3").elements()).hasSize(2);
    await()
        .atMost(LIMIT)
        .until(() -> source.call("GET", "{a}1").toString().contains("MOVED " + SLOT));
  }

  @Test
  void dropsFinishedKeysWithoutAClaim() throws Exception {
    RespClient target = node();
    RespClient source = node();
    share(target, source);
    RespClient link = stage(target, source);
    long epoch = number(link, "CLUSTER", "SYNCSLOTS", "FINISH");
    assertThat(link.call("CLUSTER", "SYNCSLOTS", "CLAIM", "" + epoch).toString())
        .contains("may be in use");
    await().atMost(LIMIT).until(() -> number(target, "DBSIZE") == 0);
    RespClient again = stage(target, source);
    number(again, "CLUSTER", "SYNCSLOTS", "FINISH");
    again.close();
    await().atMost(LIMIT).until(() -> number(target, "DBSIZE") == 0);
    assertThat(target.call("CLUSTER", "GETSLOTMIGRATIONS").elements().getFirst().toString())
        .contains("failed");
  }

  @Test
  void passesStagedKeysOnToReplicas() throws Exception {
    RespClient target = node();
    RespClient source = node();
    share(target, source);
    RespClient early = node();
    replicate(early, target);
    RespClient link = stage(target, source);
    assertThat(number(link, "WAIT", "1", "60000")).isEqualTo(1);
    assertThat(number(early, "DBSIZE")).isZero();
    RespClient late = node(); // gets the staged keys by a full sync
    replicate(late, target);
    ok(link.call("SET", "{a}4", "4"));
    long epoch = number(link, "CLUSTER", "SYNCSLOTS", "FINISH") + 5;
    ok(link.call("CLUSTER", "SYNCSLOTS", "CLAIM", "" + epoch));
    ok(target.call("SET", "{a}5", "5"));
    assertThat(number(target, "WAIT", "2", "60000")).isEqualTo(2);
    for (RespClient each : List.of(target, early, late)) {
      assertThat(number(each, "DBSIZE")).isEqualTo(5);
    }
    ok(late.call("READONLY"));
    await().atMost(LIMIT).until(() -> late.call("GET", "{a}4").toString().contains("Bulk"));
    assertThat(late.call("GET", "{a}1").text()).isEqualTo("1");
  }

  @Test
  void dropsKeysWithoutAClaimAtAPromotion() throws Exception {
    RespClient target = node();
    RespClient source = node();
    share(target, source);
    RespClient replica = node();
    replicate(replica, target);
    RespClient link = stage(target, source);
    number(link, "CLUSTER", "SYNCSLOTS", "FINISH");
    assertThat(number(link, "WAIT", "1", "60000")).isEqualTo(1);
    assertThat(number(replica, "DBSIZE")).isEqualTo(3);
    nodes.end(0);
    ok(replica.call("CLUSTER", "FAILOVER", "TAKEOVER"));
    await().atMost(LIMIT).until(() -> number(replica, "DBSIZE") == 0);
  }

  /**
   * A proxy in front of a target that cuts the connection at the order to claim the slots: before
   * the order, or at its reply, which proves its execution.
   */
  private final class Cut implements AutoCloseable {
    private final ServerSocket listener =
        new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    private final int to;
    private final boolean passesOn;
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile boolean claimed;
    private volatile boolean refuses;

    Cut(int to, boolean passesOn) throws IOException {
      this.to = to;
      this.passesOn = passesOn;
      nodes.closeAtEnd(this);
      Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
      try {
        while (true) {
          Socket from = listener.accept();
          if (refuses) {
            from.close();
            refusals.incrementAndGet();
            continue;
          }
          Socket target = new Socket("127.0.0.1", to);
          Thread.ofVirtual().start(() -> copy(from, target, true));
          Thread.ofVirtual().start(() -> copy(target, from, false));
        }
      } catch (IOException closed) {
        // the end
      }
    }

    private void copy(Socket from, Socket to, boolean requests) {
      byte[] bytes = new byte[64 << 10];
      try (from;
          to) {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int length = in.read(bytes); length > 0; length = in.read(bytes)) {
          if (requests
              && new String(bytes, 0, length, StandardCharsets.ISO_8859_1).contains("CLAIM")) {
            claimed = true;
          }
          if (claimed && !done.get() && !(requests && passesOn)) {
            refuses = !passesOn;
            done.set(true);
            return;
          }
          out.write(bytes, 0, length);
          out.flush();
        }
      } catch (IOException closed) {
        // the end
      } finally {
        // The source may learn of the claim over the bus and close the connection before the reply.
        done.compareAndSet(false, claimed && passesOn);
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  private static String state(RespClient client) throws Exception {
    return client.call("CLUSTER", "GETSLOTMIGRATIONS").elements().getFirst().toString();
  }

  private void cut(RespClient target, RespClient source, Cut proxy) throws Exception {
    ok(target.call("CONFIG", "SET", "cluster-announce-port", "" + proxy.listener.getLocalPort()));
    String shown = "127.0.0.1:" + proxy.listener.getLocalPort() + "@";
    await().atMost(LIMIT).until(() -> source.call("CLUSTER", "NODES").text().contains(shown));
    ok(source.call("SET", "{a}1", "1"));
    ok(source.call("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", SLOT, SLOT, "NODE", id(target)));
    await().atMost(LIMIT).until(proxy.done::get);
  }

  @Test
  void goesOnAtTheSourceIfTheClaimWasNotReceived() throws Exception {
    RespClient target = node();
    RespClient source = node();
    share(target, source);
    Cut proxy = new Cut(nodes.port(0), false);
    cut(target, source, proxy);
    int refused = proxy.refusals.get();
    await()
        .atMost(LIMIT)
        .until(() -> proxy.refusals.get() > refused + 1 || state(source).contains("failed"));
    assertThat(state(source)).contains("failover-granted");
    proxy.refuses = false;
    await().atMost(LIMIT).until(() -> state(source).contains("failed"));
    ok(source.call("SET", "{a}1", "2"));
    await().atMost(LIMIT).until(() -> number(target, "DBSIZE") == 0);
  }

  @Test
  void succeedsIfOnlyTheReplyWasLost() throws Exception {
    RespClient target = node();
    RespClient source = node();
    share(target, source);
    cut(target, source, new Cut(nodes.port(0), true));
    await().atMost(LIMIT).until(() -> state(source).contains("success"));
    assertThat(target.call("GET", "{a}1").text()).isEqualTo("1");
    assertThat(source.call("GET", "{a}1").toString()).contains("MOVED");
  }

  @Test
  void outbidsATargetThatFailsAtTheClaim() throws Exception {
    RespClient target = node();
    RespClient source = node();
    RespClient third = node();
    share(target, source, third);
    Cut proxy = new Cut(nodes.port(0), false);
    cut(target, source, proxy);
    nodes.end(0);
    String epochs = info(source);
    ok(source.call("CONFIG", "SET", "cluster-require-full-coverage", "no"));
    ok(third.call("CONFIG", "SET", "cluster-require-full-coverage", "no"));
    await().atMost(LIMIT).until(() -> state(source).contains("failed"));
    assertThat(epoch(info(source))).isGreaterThan(epoch(epochs));
    ok(source.call("SET", "{a}1", "2"));
  }

  private static int epoch(String info) {
    return Integer.parseInt(info.replaceAll("(?s).*cluster_my_epoch:(\\d+).*", "$1"));
  }
}
