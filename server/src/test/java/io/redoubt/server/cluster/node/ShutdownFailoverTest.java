package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static io.redoubt.server.cluster.node.TestNodes.replicate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SHUTDOWN FAILOVER: a master of a cluster hands its slots over before it ends. */
final class ShutdownFailoverTest {
  private static final String FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";

  /** No failover that the test does not order happens in time. */
  private final TestNodes nodes = new TestNodes("cluster-node-timeout 120000");

  private RespClient master;

  @TempDir private Path directory;

  @AfterEach
  void stop() {
    nodes.close();
  }

  /** Starts a master with all slots and replicas; returns the replicas. */
  private List<RespClient> startWithReplicas(int count, String... lines) throws Exception {
    master = nodes.join(lines);
    List<RespClient> replicas = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      replicas.add(nodes.join());
    }
    awaitKnown(master, count + 1);
    ok(master.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    for (RespClient replica : replicas) {
      awaitKnown(replica, count + 1);
      replicate(replica, master);
      awaitServing(replica);
    }
    awaitServing(master);
    return replicas;
  }

  private void awaitEnd() throws Exception {
    assertThat(nodes.server(0).ended().get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isZero();
  }

  private static String role(RespClient client) throws IOException {
    return client.call("ROLE").elements().getFirst().text();
  }

  private static void awaitMaster(RespClient replica) throws IOException {
    assertThat(role(replica)).isEqualTo("master");
    awaitServing(replica);
  }

  @Test
  void keepsAcknowledgedWritesAndRedirectsPausedClients() throws Exception {
    RespClient replica = startWithReplicas(1).getFirst();
    AtomicInteger acknowledged = new AtomicInteger();
    RespClient writer = nodes.connect(0);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Reply> end =
          thread.submit(() -> {
            while (true) {
              int next = acknowledged.get() + 1;
              Reply reply = writer.call("SET", "{a}" + next, "" + next);
              if (reply instanceof Reply.Error) {
                return reply;
              }
              acknowledged.set(next);
            }
          });
      await().atMost(LIMIT).until(() -> acknowledged.get() > 200);
      master.send("SHUTDOWN", "FAILOVER", "NOSAVE");
      assertThat(error(end.get(LIMIT.toSeconds(), TimeUnit.SECONDS)))
          .isEqualTo("MOVED 15495 127.0.0.1:" + nodes.port(1));
    } finally {
      thread.shutdownNow();
    }
    awaitEnd();
    awaitMaster(replica);
    for (int i = 1; i <= acknowledged.get(); i++) {
      assertThat(replica.call("GET", "{a}" + i).text()).isEqualTo("" + i);
    }
    ok(replica.call("SET", "a", "2"));
  }

  @Test
  void aSignalHandsOverAndTheNodeReturnsAsReplica() throws Exception {
    Path own = Files.createDirectory(directory.resolve("own"));
    RespClient replica =
        startWithReplicas(1, "dir " + own, "shutdown-on-sigterm failover save safe").getFirst();
    ok(master.call("SET", "a", "1"));
    String id = id(master);
    nodes.server(0).shutDown("SIGTERM");
    awaitEnd();
    awaitMaster(replica);
    assertThat(Files.readString(own.resolve("nodes.conf")))
        .containsPattern(id + " .* myself,slave " + id(replica));
    assertThat(own.resolve("dump.rdb")).exists();
  }

  @Test
  void passesOverAReplicaThatHangs() throws Exception {
    List<RespClient> replicas = startWithReplicas(2, "shutdown-timeout 0");
    replicas.get(0).send("DEBUG", "SLEEP", "4");
    ok(master.call("SET", "a", "1"));
    master.send("SHUTDOWN", "FAILOVER", "NOSAVE");
    awaitEnd();
    awaitMaster(replicas.get(1));
    assertThat(replicas.get(1).call("GET", "a").text()).isEqualTo("1");
    replicas.get(0).receive();
    await().atMost(LIMIT).until(() -> role(replicas.get(0)).equals("slave"));
  }

  @Test
  void passesOverAReplicaThatRefuses() throws Exception {
    List<RespClient> replicas = startWithReplicas(2);
    ok(replicas.get(0).call("ACL", "SETUSER", "default", "-cluster|failover"));
    ok(master.call("SET", "a", "1"));
    master.send("SHUTDOWN", "FAILOVER", "NOSAVE", "NOW");
    awaitEnd();
    awaitMaster(replicas.get(1));
    assertThat(replicas.get(1).call("GET", "a").text()).isEqualTo("1");
  }

  @Test
  void endsWithoutAReplicaUnlessThatIsUnsafe() throws Exception {
    RespClient replica = startWithReplicas(1).getFirst();
    ok(replica.call("ACL", "SETUSER", "default", "-cluster|failover"));
    assertThat(error(master.call("SHUTDOWN", "FAILOVER", "SAFE", "NOSAVE"))).isEqualTo(FAILED);
    ok(master.call("SET", "a", "1"));
    assertThat(error(master.call("SHUTDOWN", "ABORT"))).isEqualTo("ERR No shutdown in progress.");
    nodes.end(1);
    assertThat(error(master.call("SHUTDOWN", "FAILOVER", "SAFE", "NOSAVE"))).isEqualTo(FAILED);
    master.send("SHUTDOWN", "FAILOVER", "SAFE", "FORCE", "NOSAVE");
    awaitEnd();
  }

  @Test
  void theShutdownOfAReplicaHandsNothingOver() throws Exception {
    RespClient replica = startWithReplicas(1).getFirst();
    replica.send("SHUTDOWN", "FAILOVER", "SAFE", "NOSAVE");
    assertThat(nodes.server(1).ended().get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isZero();
    assertThat(role(master)).isEqualTo("master");
    ok(master.call("SET", "a", "1"));
  }

  /** Starts a shutdown that waits for a replica, which sleeps, and returns its connection. */
  private RespClient awaitSleeping(RespClient replica) throws Exception {
    replica.send("DEBUG", "SLEEP", "3");
    RespClient ending = nodes.connect(0);
    ending.send("SHUTDOWN", "FAILOVER", "NOSAVE");
    await()
        .atMost(LIMIT)
        .until(() ->
            master.call("INFO", "server").text().contains("shutdown_in_milliseconds:")
                && master.call("INFO", "clients").text().contains("blocked_clients:1"));
    return ending;
  }

  @Test
  void aHandoverCanBeAborted() throws Exception {
    RespClient replica = startWithReplicas(1).getFirst();
    RespClient ending = awaitSleeping(replica);
    RespClient paused = nodes.connect(0);
    paused.send("SET", "a", "1");
    await()
        .atMost(LIMIT)
        .until(() -> master.call("INFO", "clients").text().contains("blocked_clients:2"));
    ok(master.call("SHUTDOWN", "ABORT"));
    assertThat(error(ending.receive())).isEqualTo(FAILED);
    assertThat(error(paused.receive())).containsAnyOf("OK", "MOVED");
    replica.receive();
    assertThat(nodes.server(0).ended()).isNotDone();
  }

  @Test
  void endsAtOnceIfOrderedMeanwhile() throws Exception {
    RespClient replica = startWithReplicas(1).getFirst();
    RespClient unused = awaitSleeping(replica);
    master.send("SHUTDOWN", "NOW", "NOSAVE");
    awaitEnd();
    replica.receive();
  }

  @Test
  void aRealReplicaTakesOver() throws Exception {
    RealRedis.assumeInstalled();
    startWithReplicas(0);
    List<Integer> ports = FreePorts.several(2);
    try (RealRedis real =
        RealRedis.start(
            directory,
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            "120000",
            "--cluster-port",
            "" + ports.get(1))) {
      RespClient replica = RespClient.connect("127.0.0.1", real.port());
      String busPort = master.call("CONFIG", "GET", "cluster-port").elements().get(1).text();
      ok(replica.call("CLUSTER", "MEET", "127.0.0.1", "" + nodes.port(0), busPort));
      awaitKnown(replica, 2);
      awaitKnown(master, 2);
      replicate(replica, master);
      awaitServing(master);
      awaitServing(replica);
      for (int i = 0; i < 1000; i++) {
        ok(master.call("SET", "key:" + i, "" + i));
      }
      master.send("SHUTDOWN", "FAILOVER", "NOSAVE");
      awaitEnd();
      awaitMaster(replica);
      assertThat(replica.call("DBSIZE").number()).isEqualTo(1000);
    }
  }
}
