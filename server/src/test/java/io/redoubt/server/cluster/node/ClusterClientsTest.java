package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitLinkToMaster;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static io.redoubt.server.cluster.node.TestNodes.replicate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Tests clients of a small cluster: redirections, migrating slots, channels and roles. */
class ClusterClientsTest {
  /** The slot of {@code a}. The key {@code x} belongs to the other half. */
  private static final int SLOT_OF_A = 15495;

  @AutoClose private final TestNodes nodes = new TestNodes("cluster-node-timeout 15000");

  /** Returns two masters; the second one owns the slots from 10000 on. */
  private List<RespClient> pair() throws Exception {
    RespClient first = nodes.join();
    RespClient second = nodes.join();
    awaitKnown(first, 2);
    ok(first.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(second.call("CLUSTER", "ADDSLOTSRANGE", "10000", "16383"));
    awaitServing(first);
    awaitServing(second);
    return List.of(first, second);
  }

  private String movedToSecond(int slot) {
    return "MOVED " + slot + " 127.0.0.1:" + nodes.port(1);
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
    RespClient other = nodes.connect(1);
    ok(second.call("MULTI"));
    assertThat(second.call("SET", "a", "1").text()).isEqualTo("QUEUED");
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "IMPORTING", id(other)));
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    ok(other.call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    assertThat(error(second.call("EXEC")))
        .isEqualTo("MOVED " + SLOT_OF_A + " 127.0.0.1:" + nodes.port(0));
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
    ok(source.call("MIGRATE", "127.0.0.1", "" + nodes.port(0), "{a}1", "0", "1000"));
    assertThat(error(source.call("GET", "{a}1")))
        .isEqualTo("ASK " + slot + " 127.0.0.1:" + nodes.port(0));
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
    ok(source.call("MIGRATE", "127.0.0.1", "" + nodes.port(0), "{a}2", "0", "1000"));
    ok(target.call("CLUSTER", "SETSLOT", slot, "NODE", id(target)));
    ok(source.call("CLUSTER", "SETSLOT", slot, "NODE", id(target)));
    assertThat(target.call("MGET", "{a}1", "{a}2").elements()).hasSize(2);
    assertThat(error(source.call("GET", "{a}1"))).startsWith("MOVED");
  }

  @Test
  void redirectsClientsThatWait() throws Exception {
    List<RespClient> pair = pair();
    RespClient waiting = nodes.connect(1);
    waiting.send("BLPOP", "a", "0");
    await()
        .atMost(LIMIT)
        .until(() -> pair.get(1).call("INFO", "clients").text().contains("blocked_clients:1"));
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "IMPORTING", id(pair.get(1))));
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    ok(pair.get(1).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    assertThat(error(waiting.receive()))
        .isEqualTo("MOVED " + SLOT_OF_A + " 127.0.0.1:" + nodes.port(0));
    assertThat(waiting.call("PING").text()).isEqualTo("PONG");
  }

  @Test
  void dropsTheKeysOfSlotsThatAreLost() throws Exception {
    List<RespClient> pair = pair();
    ok(pair.get(1).call("SET", "a", "1"));
    // The first node takes the slot under a greater epoch, as after a partition.
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    pair.get(0).call("CLUSTER", "BUMPEPOCH");
    await().atMost(LIMIT).until(() -> pair.get(1).call("DBSIZE").number() == 0);
  }

  @Test
  void hidesAReplicaThatLoads() throws Exception {
    RespClient master = nodes.join();
    RespClient replica = nodes.join();
    awaitKnown(master, 2);
    awaitKnown(replica, 2);
    ok(master.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    ok(master.call("CONFIG", "SET", "repl-backlog-size", "16kb", "repl-diskless-sync-delay", "0"));
    replicate(replica, master);
    awaitServing(master);
    await().atMost(LIMIT).until(() -> nodesServingSlots(master) == 2);
    for (int i = 0; i < 100; i++) {
      ok(master.call("SET", "key:" + i, "1"));
    }
    ok(
        replica.call(
            "CONFIG",
            "SET",
            "key-load-delay",
            "30000",
            "loading-process-events-interval-bytes",
            "1024"));
    ok(master.call("MULTI"));
    master.call("CLIENT", "KILL", "TYPE", "replica");
    master.call("SET", "large", "x".repeat(100_000));
    master.call("EXEC");
    await().atMost(LIMIT).until(() -> nodesServingSlots(master) == 1);
    ok(replica.call("CONFIG", "SET", "key-load-delay", "0"));
    await().atMost(LIMIT).until(() -> nodesServingSlots(master) == 2);
  }

  private static int nodesServingSlots(RespClient client) throws IOException {
    return client.call("CLUSTER", "SLOTS").elements().getFirst().elements().size() - 2;
  }

  @Test
  void tellsSubscribersOfAChannelThatMovesAway() throws Exception {
    List<RespClient> pair = pair();
    RespClient subscriber = nodes.connect(1);
    subscriber.call("SSUBSCRIBE", "a");
    ok(pair.get(0).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "IMPORTING", id(pair.get(1))));
    ok(pair.get(1).call("CLUSTER", "SETSLOT", "" + SLOT_OF_A, "NODE", id(pair.get(0))));
    List<Reply> news = subscriber.receive().elements();
    assertThat(news.get(0).text()).isEqualTo("sunsubscribe");
    assertThat(news.get(1).text()).isEqualTo("a");
    assertThat(news.get(2).number()).isZero();
  }

  @Test
  void servesReplicasAndHandsOver() throws Exception {
    RespClient first = nodes.join();
    RespClient second = nodes.join();
    RespClient third = nodes.join();
    RespClient replica = nodes.join();
    awaitKnown(replica, 4);
    awaitKnown(first, 4);
    ok(first.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(second.call("CLUSTER", "ADDSLOTSRANGE", "10000", "12000"));
    ok(third.call("CLUSTER", "ADDSLOTSRANGE", "12001", "16383"));
    replicate(replica, third);
    awaitServing(third);
    awaitServing(replica);
    ok(third.call("SET", "a", "1"));
    String moved = "MOVED " + SLOT_OF_A + " 127.0.0.1:" + nodes.port(2);
    assertThat(error(replica.call("GET", "a"))).isEqualTo(moved);
    ok(replica.call("READONLY"));
    await().atMost(LIMIT).until(() -> replica.call("GET", "a").text().equals("1"));
    assertThat(error(replica.call("SET", "a", "2"))).isEqualTo(moved);
    ok(replica.call("READWRITE"));
    assertThat(error(replica.call("GET", "a"))).isEqualTo(moved);

    RespClient subscriber = nodes.connect(3);
    subscriber.call("SSUBSCRIBE", "a");
    RespClient everywhere = nodes.connect(0);
    everywhere.call("SUBSCRIBE", "news");
    await().atMost(LIMIT).until(() -> third.call("CLUSTER", "LINKS").elements().size() >= 6);
    assertThat(third.call("SPUBLISH", "a", "hello").number()).isZero();
    assertThat(subscriber.receive().elements().get(2).text()).isEqualTo("hello");
    third.call("PUBLISH", "news", "hello");
    assertThat(everywhere.receive().elements().get(2).text()).isEqualTo("hello");

    ok(replica.call("CLUSTER", "FAILOVER"));
    await()
        .atMost(LIMIT)
        .until(() ->
            replica.call("ROLE").elements().getFirst().text().equals("master")
                && third.call("ROLE").elements().getFirst().text().equals("slave"));
    awaitServing(replica);
    assertThat(replica.call("GET", "a").text()).isEqualTo("1");
    ok(replica.call("SET", "a", "3"));
    awaitLinkToMaster(third);
    assertThat(error(third.call("GET", "a")))
        .isEqualTo("MOVED " + SLOT_OF_A + " 127.0.0.1:" + nodes.port(3));
  }

  /** Each WAIT for more replicas than exist requests acknowledgements through the stream. */
  @Test
  void handsOverWhileClientsWaitForReplicas() throws Exception {
    RespClient master = nodes.join();
    RespClient replica = nodes.join();
    awaitKnown(replica, 2);
    awaitKnown(master, 2);
    ok(master.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    replicate(replica, master);
    awaitServing(master);
    awaitServing(replica);
    RespClient waiting = nodes.connect(0);
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
          .atMost(LIMIT)
          .until(() -> replica.call("ROLE").elements().getFirst().text().equals("master"));
      assertThat(end.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(Reply.Error.class);
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void allocatesNothingForOrdinaryCommands() throws Exception {
    RespClient client = nodes.join();
    ok(client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    awaitServing(client);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long loop = nodes.server(0).loop().thread().threadId();
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
