package io.redoubt.server.cluster.bus;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.MessageEncoder;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.NodesFile;
import io.redoubt.server.cluster.slot.SlotSet;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests clusters that mix nodes of Redoubt and Redis, over real connections. */
@Execution(ExecutionMode.CONCURRENT)
class BusExchangeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String TIMEOUT_MILLIS = "2000";

  @TempDir private Path directory;
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private BusNode node(String name) throws Exception {
    Path folder = Files.createDirectories(directory.resolve(name));
    BusNode node = new BusNode(folder.resolve("nodes.conf"), Long.parseLong(TIMEOUT_MILLIS));
    open.add(node);
    return node;
  }

  /** A node of Redis and the port of its bus. */
  private record Real(RealRedis redis, int busPort, Path folder) {
    String text(String... words) {
      return String.valueOf(redis.command(words));
    }

    String id() {
      return text("CLUSTER", "MYID");
    }

    String log() throws Exception {
      return Files.readString(folder.resolve("redis-" + redis.port() + ".log"));
    }
  }

  private Real real(String name) throws Exception {
    Path folder = Files.createDirectories(directory.resolve(name));
    int busPort = FreePorts.one();
    RealRedis redis =
        RealRedis.start(
            folder,
            "--cluster-enabled",
            "yes",
            "--cluster-port",
            Integer.toString(busPort),
            "--cluster-node-timeout",
            TIMEOUT_MILLIS);
    open.add(redis);
    return new Real(redis, busPort, folder);
  }

  private static void meet(BusNode node, int port, int busPort) {
    assertThat(node.order(new Input.Meet("127.0.0.1", port, busPort)))
        .isEqualTo(new Output.Done("OK"));
  }

  private static void isOk(BusNode node, Input order) {
    assertThat(node.order(order)).isEqualTo(new Output.Done("OK"));
  }

  @Test
  void votesWithRealNodes() throws Exception {
    RealRedis.assumeInstalled();
    Real first = real("first");
    Real second = real("second");
    Real replica = real("replica");
    BusNode ours = node("ours");
    assertThat(first.text("CLUSTER", "ADDSLOTSRANGE", "0", "5000")).isEqualTo("OK");
    assertThat(second.text("CLUSTER", "ADDSLOTSRANGE", "5001", "10000")).isEqualTo("OK");
    isOk(ours, new Input.AddSlots(SlotSet.range(10001, 16383)));
    for (Real real : List.of(first, second, replica)) {
      meet(ours, real.redis().port(), real.busPort());
    }
    await()
        .atMost(PATIENCE)
        .until(() ->
            ours.isServing()
                && first.text("CLUSTER", "INFO").contains("cluster_state:ok")
                && replica.text("CLUSTER", "INFO").contains("cluster_known_nodes:4"));
    assertThat(replica.text("CLUSTER", "REPLICATE", first.id())).isEqualTo("OK");
    String replicaId = replica.id();
    String firstId = first.id();
    await()
        .atMost(PATIENCE)
        .until(() ->
            replica.text("INFO", "replication").contains("master_link_status:up")
                && ours.with(cluster -> {
                  Node seen = cluster.node(replicaId);
                  return seen != null
                      && seen.master() != null
                      && seen.master().id().equals(firstId);
                }));
    assertThat(line(second, ours.id())).contains(" master ").contains(" connected 10001-16383");

    first.redis().close();
    await()
        .atMost(PATIENCE)
        .until(() -> replica.text("CLUSTER", "NODES").contains("myself,master"));
    // Two of the three masters are a majority, and one of the two is this project's.
    await()
        .atMost(PATIENCE)
        .until(() ->
            ours.with(cluster -> {
              Node owner = cluster.owner(0);
              return owner != null && owner.id().equals(replicaId) && cluster.isServing();
            }));
    long vote = ours.with(cluster -> cluster.lastVoteEpoch());
    assertThat(vote).isPositive();
    assertThat(new NodesFile(new OsDisk(), ours.file(), false).read().orElseThrow().lastVoteEpoch())
        .isEqualTo(vote);
    assertThat(replica.log() + second.log())
        .doesNotContain("Unknown packet")
        .doesNotContain("unknown extension")
        .doesNotContain("Bad message");
  }

  /**
   * Two real masters elect a Redoubt replica; the old master follows it, and later replaces it
   * again.
   */
  @Test
  void isElectedByRealNodes() throws Exception {
    RealRedis.assumeInstalled();
    Real first = real("first");
    Real second = real("second");
    Real third = real("third");
    BusNode ours = node("ours");
    assertThat(first.text("CLUSTER", "ADDSLOTSRANGE", "0", "5000")).isEqualTo("OK");
    assertThat(second.text("CLUSTER", "ADDSLOTSRANGE", "5001", "10000")).isEqualTo("OK");
    assertThat(third.text("CLUSTER", "ADDSLOTSRANGE", "10001", "16383")).isEqualTo("OK");
    for (Real real : List.of(first, second, third)) {
      meet(ours, real.redis().port(), real.busPort());
    }
    await()
        .atMost(PATIENCE)
        .until(() ->
            ours.isServing()
                && first.text("CLUSTER", "INFO").contains("cluster_state:ok")
                && second.text("CLUSTER", "INFO").contains("cluster_known_nodes:4"));
    String firstId = first.id();
    isOk(ours, new Input.Replicate(firstId, false));
    await()
        .atMost(PATIENCE)
        .until(() ->
            line(second, ours.id()).contains(" slave " + firstId)
                && line(third, ours.id()).contains(" slave " + firstId));

    first.redis().close();
    await()
        .atMost(PATIENCE)
        .until(() ->
            line(second, ours.id()).contains(" master ")
                && line(second, ours.id()).endsWith(" connected 0-5000")
                && line(third, ours.id()).endsWith(" connected 0-5000"));

    Real again = real("first");
    assertThat(again.id()).isEqualTo(firstId);
    await()
        .atMost(PATIENCE)
        .until(() -> line(again, again.id()).contains("myself,slave " + ours.id()));
    assertThat(again.text("CLUSTER", "FAILOVER", "FORCE")).isEqualTo("OK");
    await()
        .atMost(PATIENCE)
        .until(() ->
            line(again, again.id()).contains("myself,master - ")
                && ours.with(cluster -> cluster.me().isReplica()));
  }

  /** Returns a node's line of CLUSTER NODES. */
  private static String line(Real real, String id) {
    return real.text("CLUSTER", "NODES")
        .lines()
        .filter(each -> each.startsWith(id))
        .findFirst()
        .orElse("");
  }

  @Test
  void deliversMessagesOfRealNodes() throws Exception {
    RealRedis.assumeInstalled();
    Real real = real("real");
    BusNode ours = node("ours");
    meet(ours, real.redis().port(), real.busPort());
    String realId = real.id();
    await().atMost(PATIENCE).until(() -> real.text("CLUSTER", "NODES").contains(ours.id()));
    await()
        .atMost(PATIENCE)
        .until(() ->
            ours.with(cluster -> {
              Node node = cluster.node(realId);
              return node != null && node.isConnected();
            }));
    await()
        .atMost(PATIENCE)
        .until(() -> {
          real.text("PUBLISH", "news", "hello");
          return ours.delivered().contains("news hello");
        });
  }

  @Test
  void meetsARealNodeAgainThatHasLostIt() throws Exception {
    RealRedis.assumeInstalled();
    Real real = real("real");
    BusNode ours = node("ours");
    meet(ours, real.redis().port(), real.busPort());
    String id = ours.id();
    await().atMost(PATIENCE).until(() -> real.text("CLUSTER", "NODES").contains(id));
    String realId = real.id();
    await()
        .atMost(PATIENCE)
        .until(() ->
            ours.with(cluster -> {
              Node node = cluster.node(realId);
              return node != null && !node.isInHandshake() && node.isConnected();
            }));
    assertThat(real.text("CLUSTER", "FORGET", id)).isEqualTo("OK");
    assertThat(real.text("CLUSTER", "NODES")).doesNotContain(id);
    await().atMost(PATIENCE).until(() -> real.text("CLUSTER", "NODES").contains(id));
  }

  /** A real Redis does not support light messages, and refuses their length. */
  @Test
  void sendsMessagesLightToThoseWhoUnderstand() throws Exception {
    RealRedis.assumeInstalled();
    Real real = real("real");
    BusNode ours = node("ours");
    BusNode other = node("other");
    meet(ours, real.redis().port(), real.busPort());
    meet(ours, other.port(), other.busPort());
    String otherId = other.id();
    String realId = real.id();
    await()
        .atMost(PATIENCE)
        .until(() -> ours.with(cluster -> understandsLight(cluster.node(otherId))));
    await()
        .atMost(PATIENCE)
        .until(() ->
            ours.with(cluster -> {
              Node node = cluster.node(realId);
              return node != null && node.isConnected() && !node.isInHandshake();
            }));
    assertThat(ours.<Boolean>with(cluster -> understandsLight(cluster.node(realId)))).isFalse();
    try (RespClient subscriber = RespClient.connect("127.0.0.1", real.redis().port())) {
      subscriber.call("SUBSCRIBE", "news");
      ours.publish("news", "hello");
      assertThat(subscriber.receive().elements().get(2).text()).isEqualTo("hello");
    }
    await().atMost(PATIENCE).until(() -> other.delivered().contains("news hello"));
    assertThat(real.log()).doesNotContain("Bad message length");
    other.close();
    await()
        .atMost(PATIENCE)
        .until(() -> ours.with(cluster -> !understandsLight(cluster.node(otherId))));
  }

  private static boolean understandsLight(@Nullable Node node) {
    return node != null && node.has(NodeFlag.LIGHT_PUBLISH);
  }

  @Test
  void refusesLightMessagesOfStrangers() throws Exception {
    BusNode node = node("a");
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.busPort()));
      socket.setSoTimeout(60_000);
      socket
          .getOutputStream()
          .write(
              MessageEncoder.encodeLight(
                  new Body.Publish(false, ByteString.of("news"), ByteString.of("hello"))));
      assertThat(socket.getInputStream().read()).isNegative();
    }
    assertThat(node.delivered()).isEmpty();
  }

  @Test
  void formsAClusterThatSurvivesRestarts() throws Exception {
    List<BusNode> nodes = List.of(node("a"), node("b"), node("c"));
    for (int i = 0; i < 3; i++) {
      isOk(nodes.get(i), new Input.SetConfigEpoch(i + 1L));
      isOk(nodes.get(i), new Input.AddSlots(SlotSet.range(16384 * i / 3, 16384 * (i + 1) / 3 - 1)));
      if (i > 0) {
        meet(nodes.get(i), nodes.getFirst().port(), nodes.getFirst().busPort());
      }
    }
    await().atMost(PATIENCE).until(() -> nodes.stream().allMatch(BusNode::isServing));
    String id = nodes.getFirst().id();
    nodes.getFirst().close();
    await().atMost(PATIENCE).until(() -> !nodes.get(1).isServing());
    BusNode again = node("a");
    assertThat(again.id()).isEqualTo(id);
    await()
        .atMost(PATIENCE)
        .until(() -> again.isServing() && nodes.get(1).isServing() && nodes.get(2).isServing());
    SlotSet slots = again.with(cluster -> cluster.me().slots().copy());
    assertThat(slots).isEqualTo(SlotSet.range(0, 5460));
  }

  @Test
  void closesConnectionsWithBadMessages() throws Exception {
    BusNode node = node("a");
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.busPort()));
      socket.setSoTimeout(60_000);
      OutputStream out = socket.getOutputStream();
      ByteArrayOutputStream bad = new ByteArrayOutputStream();
      bad.writeBytes("RCmb".getBytes(US_ASCII));
      bad.writeBytes(new byte[] {0, 0, 0, 9});
      out.write(bad.toByteArray());
      out.flush();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    await().atMost(PATIENCE).until(() -> node.connections() == 0);
  }
}
