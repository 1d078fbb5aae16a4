package io.redoubt.server.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients of a small cluster: redirections, slots on their way, channels and roles. */
class ClusterClientsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The slots of {@code a}, and of {@code x}, which belongs to the other half. */
  private static final int SLOT_OF_A = 15495;

  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();
  private final List<RedisServer> servers = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private RespClient client(int node) throws Exception {
    RespClient client = RespClient.connect("127.0.0.1", ports.get(node));
    open.add(client);
    return client;
  }

  private RespClient node(String... lines) throws Exception {
    List<Integer> free = FreePorts.several(2);
    List<String> all = new ArrayList<>(List.of(lines));
    all.addAll(
        List.of(
            "port " + free.get(0),
            "cluster-port " + free.get(1),
            "cluster-enabled yes",
            "cluster-node-timeout 15000",
            "repl-ping-replica-period 1"));
    RedisServer server =
        TestServers.startAtItsPort(Log.silent(Clock.system()), all.toArray(String[]::new));
    servers.add(server);
    open.add(server);
    ports.add(free.get(0));
    RespClient client = client(ports.size() - 1);
    if (ports.size() > 1) {
      String first = client(0).call("CONFIG", "GET", "cluster-port").elements().get(1).text();
      ok(client.call("CLUSTER", "MEET", "127.0.0.1", "" + ports.getFirst(), first));
    }
    return client;
  }

  private static void ok(Reply reply) {
    assertThat(reply).isEqualTo(new Reply.Simple("OK"));
  }

  private static void serves(RespClient client) {
    await().atMost(PATIENCE).until(() -> info(client).contains("cluster_state:ok"));
  }

  private static String info(RespClient client) throws Exception {
    return client.call("CLUSTER", "INFO").text();
  }

  private static String id(RespClient client) throws Exception {
    return client.call("CLUSTER", "MYID").text();
  }

  private static String error(Reply reply) {
    return reply instanceof Reply.Error error ? error.message() : reply.toString();
  }

  /** Returns two masters, of which the second has the slots from 10000 on. */
  private List<RespClient> pair() throws Exception {
    RespClient first = node();
    RespClient second = node();
    await().atMost(PATIENCE).until(() -> info(first).contains("known_nodes:2"));
    ok(first.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(second.call("CLUSTER", "ADDSLOTSRANGE", "10000", "16383"));
    serves(first);
    serves(second);
    return List.of(first, second);
  }

  private void replicates(RespClient replica, RespClient master) throws Exception {
    String masterId = id(master);
    await()
        .atMost(PATIENCE)
        .until(() -> replica.call("CLUSTER", "REPLICATE", masterId).text().equals("OK"));
    await()
        .atMost(PATIENCE)
        .until(() ->
            replica.call("INFO", "replication").text().contains("master_link_status:up")
                && master.call("CLUSTER", "NODES").text().contains(" slave " + masterId));
  }

  private String movedToSecond(int slot) {
    return "MOVED " + slot + " 127.0.0.1:" + ports.get(1);
  }

  @Test
  void redirectsCommandsAndTransactions() throws Exception {
    List<RespClient> pair = pair();
    RespClient first = pair.get(0);
    String moved = movedToSecond(SLOT_OF_A);
    assertThat(error(first.call("SET", "a", "1"))).isEqualTo(moved);
    ok(pair.get(1).call("SET", "a", "1"));
    assertThat(error(first.call("EVAL", "return 1", "1", "a"))).isEqualTo(moved);
    assertThat(error(first.call("EVAL", "return redis.call('get', 'a')", "0")))
        .contains("non local key");
    ok(first.call("MULTI"));
    assertThat(error(first.call("SET", "a", "1"))).isEqualTo(moved);
    assertThat(error(first.call("EXEC"))).startsWith("EXECABORT");
  }

  @Test
  void redirectsExecWhenTheSlotHasMoved() throws Exception {
    List<RespClient> pair = pair();
    RespClient second = pair.get(1);
    RespClient other = client(1);
    ok(second.call("MULTI"));
    assertThat(second.call("SET", "a", "1").text()).isEqualTo("QUEUED");
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "IMPORTING", id(other)));
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    ok(other.call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    assertThat(error(second.call("EXEC")))
        .isEqualTo("MOVED " + SLOT_OF_A + " 127.0.0.1:" + ports.get(0));
    assertThat(error(second.call("EXEC"))).isEqualTo("ERR EXEC without MULTI");
  }

  @Test
  void movesASlotKeyByKey() throws Exception {
    List<RespClient> pair = pair();
    RespClient target = pair.get(0);
    RespClient source = pair.get(1);
    ok(source.call("SET", "{a}1", "1"));
    ok(source.call("SET", "{a}2", "2"));
    String slot = "" + SLOT_OF_A;
    ok(target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", id(source)));
    ok(source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", id(target)));
    assertThat(source.call("CLUSTER", "COUNTKEYSINSLOT", slot).number()).isEqualTo(2);
    assertThat(source.call("CLUSTER", "GETKEYSINSLOT", slot, "1").elements()).hasSize(1);
    ok(source.call("MIGRATE", "127.0.0.1", "" + ports.get(0), "{a}1", "0", "1000"));
    assertThat(error(source.call("GET", "{a}1")))
        .isEqualTo("ASK " + slot + " 127.0.0.1:" + ports.get(0));
    assertThat(error(source.call("MGET", "{a}1", "{a}2"))).startsWith("TRYAGAIN");
    assertThat(source.call("GET", "{a}2").text()).isEqualTo("2");
    assertThat(error(target.call("GET", "{a}1"))).isEqualTo(movedToSecond(SLOT_OF_A));
    ok(target.call("ASKING"));
    assertThat(target.call("GET", "{a}1").text()).isEqualTo("1");
    assertThat(error(target.call("GET", "{a}1"))).startsWith("MOVED");
    ok(target.call("ASKING"));
    assertThat(error(target.call("MGET", "{a}1", "{a}2"))).startsWith("TRYAGAIN");
    assertThat(error(target.call("GET", "{a}1"))).startsWith("MOVED");
    ok(target.call("ASKING"));
    ok(target.call("MULTI"));
    assertThat(target.call("GET", "{a}1").text()).isEqualTo("QUEUED");
    assertThat(target.call("EXEC").elements()).hasSize(1);
    assertThat(error(target.call("GET", "{a}1"))).startsWith("MOVED");
    assertThat(error(source.call("CLUSTER", "SETSLOT", slot, "NODE", id(target))))
        .contains("still hold keys");
    ok(source.call("MIGRATE", "127.0.0.1", "" + ports.get(0), "{a}2", "0", "1000"));
    ok(target.call("CLUSTER", "SETSLOT", slot, "NODE", id(target)));
    ok(source.call("CLUSTER", "SETSLOT", slot, "NODE", id(target)));
    assertThat(target.call("MGET", "{a}1", "{a}2").elements()).hasSize(2);
    assertThat(error(source.call("GET", "{a}1"))).startsWith("MOVED");
  }

  @Test
  void redirectsClientsThatWait() throws Exception {
    List<RespClient> pair = pair();
    RespClient waiting = client(1);
    waiting.send("BLPOP", "a", "0");
    await()
        .atMost(PATIENCE)
        .until(() -> pair.get(1).call("INFO", "clients").text().contains("blocked_clients:1"));
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "IMPORTING", id(pair.get(1))));
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    ok(pair.get(1).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    assertThat(error(waiting.receive()))
        .isEqualTo("MOVED " + SLOT_OF_A + " 127.0.0.1:" + ports.get(0));
    assertThat(waiting.call("PING").text()).isEqualTo("PONG");
  }

  @Test
  void dropsTheKeysOfSlotsThatAreLost() throws Exception {
    List<RespClient> pair = pair();
    ok(pair.get(1).call("SET", "a", "1"));
    // The first node takes the slot under a greater epoch, as after a partition.
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    pair.get(0).call("CLUSTER", "BUMPEPOCH");
    await().atMost(PATIENCE).until(() -> pair.get(1).call("DBSIZE").number() == 0);
  }

  @Test
  void servesReplicasAndHandsOver() throws Exception {
    RespClient first = node();
    RespClient second = node();
    RespClient third = node();
    RespClient replica = node();
    await().atMost(PATIENCE).until(() -> info(replica).contains("known_nodes:4"));
    await().atMost(PATIENCE).until(() -> info(first).contains("known_nodes:4"));
    ok(first.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(second.call("CLUSTER", "ADDSLOTSRANGE", "10000", "12000"));
    ok(third.call("CLUSTER", "ADDSLOTSRANGE", "12001", "16383"));
    replicates(replica, third);
    serves(third);
    serves(replica);
    ok(third.call("SET", "a", "1"));
    String moved = "MOVED " + SLOT_OF_A + " 127.0.0.1:" + ports.get(2);
    assertThat(error(replica.call("GET", "a"))).isEqualTo(moved);
    ok(replica.call("READONLY"));
    await().atMost(PATIENCE).until(() -> replica.call("GET", "a").text().equals("1"));
    assertThat(error(replica.call("SET", "a", "2"))).isEqualTo(moved);
    ok(replica.call("READWRITE"));
    assertThat(error(replica.call("GET", "a"))).isEqualTo(moved);

    RespClient subscriber = client(3);
    subscriber.call("SSUBSCRIBE", "a");
    RespClient everywhere = client(0);
    everywhere.call("SUBSCRIBE", "news");
    await().atMost(PATIENCE).until(() -> third.call("CLUSTER", "LINKS").elements().size() >= 6);
    assertThat(third.call("SPUBLISH", "a", "hello").number()).isZero();
    assertThat(subscriber.receive().elements().get(2).text()).isEqualTo("hello");
    third.call("PUBLISH", "news", "hello");
    assertThat(everywhere.receive().elements().get(2).text()).isEqualTo("hello");

    ok(replica.call("CLUSTER", "FAILOVER"));
    await()
        .atMost(PATIENCE)
        .until(() ->
            replica.call("ROLE").elements().getFirst().text().equals("master")
                && third.call("ROLE").elements().getFirst().text().equals("slave"));
    serves(replica);
    assertThat(replica.call("GET", "a").text()).isEqualTo("1");
    ok(replica.call("SET", "a", "3"));
    await()
        .atMost(PATIENCE)
        .until(() -> third.call("INFO", "replication").text().contains("master_link_status:up"));
    assertThat(error(third.call("GET", "a")))
        .isEqualTo("MOVED " + SLOT_OF_A + " 127.0.0.1:" + ports.get(3));
  }

  /** Each WAIT for more replicas than there are asks for acknowledgements, through the stream. */
  @Test
  void handsOverWhileClientsWaitForReplicas() throws Exception {
    RespClient master = node();
    RespClient replica = node();
    await().atMost(PATIENCE).until(() -> info(replica).contains("known_nodes:2"));
    await().atMost(PATIENCE).until(() -> info(master).contains("known_nodes:2"));
    ok(master.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    replicates(replica, master);
    serves(master);
    serves(replica);
    RespClient waiting = client(0);
    ok(waiting.call("SET", "a", "1"));
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Reply> end =
          thread.submit(() -> {
            Reply reply = waiting.call("WAIT", "2", "1");
            while (!(reply instanceof Reply.Error)) {
              reply = waiting.call("WAIT", "2", "1");
            }
            return reply;
          });
      ok(replica.call("CLUSTER", "FAILOVER"));
      await()
          .during(Duration.ofMillis(100))
          .atMost(PATIENCE)
          .until(() -> replica.call("ROLE").elements().getFirst().text().equals("master"));
      assertThat(end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(Reply.Error.class);
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void allocatesNothingForOrdinaryCommands() throws Exception {
    RespClient client = node();
    ok(client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    serves(client);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long loop = servers.getFirst().loop().thread().threadId();
    List<String[]> requests = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      requests.add(new String[] {"SET", "key:" + i, "value"});
      requests.add(new String[] {"GET", "key:" + i});
    }
    double least = Double.MAX_VALUE;
    for (int i = 0; i < 80; i++) {
      long before = threads.getThreadAllocatedBytes(loop);
      client.pipeline(requests);
      least =
          Math.min(
              least, (threads.getThreadAllocatedBytes(loop) - before) / (double) requests.size());
    }
    assertThat(least).isLessThan(4);
  }
}
