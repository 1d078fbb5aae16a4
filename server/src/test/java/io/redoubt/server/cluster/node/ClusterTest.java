package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitLinkToMaster;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests clusters that Redis' own redis-cli creates and changes. */
@Execution(ExecutionMode.CONCURRENT)
class ClusterTest {
  private static final String TIMEOUT_MILLIS = "2000";

  @TempDir private Path directory;
  private final List<Member> members = new ArrayList<>();

  /** The certificate of all nodes and of redis-cli if the cluster uses TLS, otherwise null. */
  private Tls.@Nullable Identity identity;

  /**
   * A node of Redoubt or of Redis.
   *
   * @param port the port for clients without TLS
   * @param cliPort the port for redis-cli, with TLS if the cluster uses it
   */
  private record Member(int port, int cliPort, AutoCloseable server, RespClient client) {
    String text(String... words) throws Exception {
      byte[][] bytes = new byte[words.length][];
      for (int i = 0; i < words.length; i++) {
        bytes[i] = words[i].getBytes(ISO_8859_1);
      }
      return switch (client.call(bytes)) {
        case Reply.Bulk bulk -> new String(bulk.bytes(), ISO_8859_1);
        case Reply.Simple simple -> simple.value();
        case Reply.Error error -> error.message();
        case Reply.Integer integer -> Long.toString(integer.value());
        case Reply other -> other.toString();
      };
    }

    void kill() throws Exception {
      client.close();
      server.close();
    }
  }

  @AfterEach
  void close() throws Exception {
    for (Member each : members) {
      each.kill();
    }
  }

  private Member ours(String... lines) throws Exception {
    List<Integer> ports = FreePorts.several(2);
    List<String> all = new ArrayList<>(List.of(lines));
    all.add("cluster-node-timeout " + TIMEOUT_MILLIS);
    int cliPort = identity == null ? ports.get(0) : FreePorts.one();
    tlsSettings(cliPort).forEach((name, value) -> all.add(name + " " + value));
    RedisServer server = TestNodes.start(ports.get(0), ports.get(1), all.toArray(String[]::new));
    return added(ports.get(0), cliPort, server);
  }

  private Map<String, String> tlsSettings(int port) {
    return identity == null
        ? Map.of()
        : Map.of(
            "tls-port", Integer.toString(port),
            "tls-cluster", "yes",
            "tls-replication", "yes",
            "tls-cert-file", identity.certificate().toString(),
            "tls-key-file", identity.key().toString(),
            "tls-ca-cert-file", identity.certificate().toString());
  }

  private Member real() throws Exception {
    Path folder = Files.createDirectories(directory.resolve("real" + members.size()));
    List<String> options =
        new ArrayList<>(
            List.of(
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                Integer.toString(FreePorts.one()),
                "--cluster-node-timeout",
                TIMEOUT_MILLIS));
    int tlsPort = FreePorts.one();
    tlsSettings(tlsPort).forEach((name, value) -> options.addAll(List.of("--" + name, value)));
    RealRedis redis = RealRedis.start(folder, options.toArray(String[]::new));
    return added(redis.port(), identity == null ? redis.port() : tlsPort, redis);
  }

  private Member added(int port, int cliPort, AutoCloseable server) throws IOException {
    Member member = new Member(port, cliPort, server, RespClient.connect("127.0.0.1", port));
    members.add(member);
    return member;
  }

  /** Runs redis-cli --cluster and returns its output. */
  private String cli(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(RealRedis.program("redis-cli").toString());
    if (identity != null) {
      String certificate = identity.certificate().toString();
      String key = identity.key().toString();
      command.addAll(
          List.of("--tls", "--cacert", certificate, "--cert", certificate, "--key", key));
    }
    command.add("--cluster");
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }

  private void create(int replicas) throws Exception {
    List<String> words = new ArrayList<>(List.of("create"));
    members.forEach(each -> words.add("127.0.0.1:" + each.cliPort()));
    words.addAll(List.of("--cluster-replicas", Integer.toString(replicas), "--cluster-yes"));
    assertThat(cli(words.toArray(String[]::new))).contains("[OK] All 16384 slots covered.");
    members.forEach(each -> awaitServing(each.client()));
    for (Member each : members) {
      if (!each.text("ROLE").contains("master")) {
        awaitLinkToMaster(each.client());
      }
    }
  }

  private String check() throws Exception {
    return cli("check", "127.0.0.1:" + members.getLast().cliPort());
  }

  private static String myself(Member member) throws Exception {
    return member
        .text("CLUSTER", "NODES")
        .lines()
        .filter(line -> line.contains("myself"))
        .findFirst()
        .orElseThrow();
  }

  /** Writes keys with acknowledgement of a replica until stopped. */
  private static final class Writer implements AutoCloseable {
    private final ClusterClient client;
    private final Thread thread;
    private volatile boolean stop;
    private volatile Throwable failure;
    private volatile int written;

    Writer(List<Member> members) {
      Random random = Seed.random("ClusterTest");
      client = new ClusterClient(members.stream().map(Member::port).toList(), 30_000, random);
      thread = Thread.ofPlatform().start(this::write);
    }

    private void write() {
      try {
        for (int i = 0; !stop; i++) {
          Reply reply = client.call("SET", "key:" + i, "value:" + i);
          if (!(reply instanceof Reply.Simple)) {
            throw new AssertionError(reply.toString());
          }
          written = i + 1;
        }
      } catch (Throwable e) {
        failure = e;
      }
    }

    /** Waits until it has written the given number of keys, or fails. */
    void awaitWritten(int keys) {
      await().atMost(LIMIT).until(() -> written >= keys || failure != null);
    }

    void finish() throws Exception {
      stop = true;
      thread.join();
      assertThat(failure).isNull();
      assertThat(written).isPositive();
    }

    /** Returns the number of keys that are missing. */
    int missing() throws Exception {
      int missing = 0;
      for (int i = 0; i < written; i++) {
        Reply reply = client.call("GET", "key:" + i);
        missing +=
            reply instanceof Reply.Bulk bulk
                    && new String(bulk.bytes(), ISO_8859_1).equals("value:" + i)
                ? 0
                : 1;
      }
      return missing;
    }

    @Override
    public void close() throws IOException {
      stop = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      client.close();
    }
  }

  private void failsOver(List<Member> survivors, Member victim) throws Exception {
    String victimId = victim.text("CLUSTER", "MYID");
    Member replica =
        survivors.stream().filter(each -> line(each).contains(victimId)).findFirst().orElseThrow();
    members.remove(victim);
    victim.kill();
    await().atMost(LIMIT).until(() -> myself(replica).contains("myself,master"));
    survivors.forEach(each -> awaitServing(each.client()));
  }

  private static String line(Member member) {
    try {
      return myself(member);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void reshards(Member from, Member to, int slots) throws Exception {
    String output =
        cli(
            "reshard",
            "127.0.0.1:" + to.cliPort(),
            "--cluster-from",
            from.text("CLUSTER", "MYID"),
            "--cluster-to",
            to.text("CLUSTER", "MYID"),
            "--cluster-slots",
            Integer.toString(slots),
            "--cluster-yes");
    assertThat(output).doesNotContain("[ERR]");
    await().atMost(LIMIT).untilAsserted(() -> assertThat(check()).doesNotContain("[ERR]"));
  }

  @Test
  void survivesReshardingAndTheLossOfAMaster() throws Exception {
    RealRedis.assumeInstalled("redis-cli");
    for (int i = 0; i < 6; i++) {
      ours();
    }
    create(1);
    assertThat(check()).contains("1 additional replica(s)");
    assertThat(members.getFirst().text("INFO", "clients"))
        .containsPattern("cluster_connections:[1-9]");
    List<Member> masters =
        members.stream().filter(each -> line(each).contains("myself,master")).toList();
    try (Writer writer = new Writer(members)) {
      reshards(masters.get(0), masters.get(1), 60);
      writer.finish();
      assertThat(writer.missing()).isZero();
    }
    List<Member> survivors = new ArrayList<>(members);
    survivors.remove(masters.get(2));
    failsOver(survivors, masters.get(2));
    try (Writer writer = new Writer(survivors)) {
      writer.awaitWritten(1000);
      writer.finish();
      assertThat(writer.missing()).isZero();
    }
    assertThat(check()).contains("[OK] All 16384 slots covered.");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void worksWithRealNodes(boolean tls) throws Exception {
    if (tls) {
      identity = SelfSigned.make(directory, "node");
    }
    RealRedis.assumeInstalled("redis-server", "redis-cli");
    for (int i = 0; i < 3; i++) {
      ours();
      real();
    }
    create(1);
    List<Member> masters =
        members.stream().filter(each -> line(each).contains("myself,master")).toList();
    try (Writer writer = new Writer(members)) {
      reshards(masters.get(0), masters.get(1), 40);
      reshards(masters.get(1), masters.get(0), 60);
      writer.finish();
      assertThat(writer.missing()).isZero();
    }
    List<Member> survivors = new ArrayList<>(members);
    survivors.remove(masters.get(1));
    failsOver(survivors, masters.get(1));
    assertThat(check()).contains("[OK] All 16384 slots covered.");
  }

  /**
   * A shard of one implementation, whose replica needs the votes of masters of the other one only.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void failsOverByVotesOfTheOtherKind(boolean ourShard) throws Exception {
    RealRedis.assumeInstalled("redis-server", "redis-cli");
    Member master = ourShard ? ours() : real();
    for (int i = 0; i < 2; i++) {
      Member unused = ourShard ? real() : ours();
    }
    create(0);
    Member replica = ourShard ? ours() : real();
    String output =
        cli(
            "add-node",
            "127.0.0.1:" + replica.cliPort(),
            "127.0.0.1:" + master.cliPort(),
            "--cluster-slave",
            "--cluster-master-id",
            master.text("CLUSTER", "MYID"));
    assertThat(output).contains("[OK] New node added correctly.");
    awaitLinkToMaster(replica.client());
    List<Member> survivors = new ArrayList<>(members);
    survivors.remove(master);
    try (Writer writer = new Writer(members)) {
      writer.awaitWritten(500);
      writer.finish();
      await().atMost(LIMIT).until(() -> replica.text("DBSIZE").equals(master.text("DBSIZE")));
      failsOver(survivors, master);
      assertThat(writer.missing()).isZero();
    }
    assertThat(check()).contains("[OK] All 16384 slots covered.");
  }
}
