package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CLUSTER FLUSHSLOT and CLUSTER REPLICATE NO ONE, with a master and its replica. */
final class DetachAndFlushTest {
  private static final int SLOT_OF_A = 15_495;
  private static final int KEYS = 700;

  private final TestNodes nodes = new TestNodes("cluster-databases 2");
  private RespClient master;
  private RespClient replica;

  @BeforeEach
  void start() throws Exception {
    master = nodes.join();
    replica = nodes.join();
    ok(ask(master, "CLUSTER ADDSLOTSRANGE 0 16383"));
    TestNodes.awaitServing(master);
    TestNodes.awaitKnown(replica, 2);
    TestNodes.replicate(replica, master);
    for (int i = 0; i < KEYS; i++) {
      ok(ask(master, "SET {a}" + i + " v"));
    }
    ok(ask(master, "SET b v"));
    ok(ask(master, "SELECT 1"));
    ok(ask(master, "SET {a}other v"));
    ok(ask(master, "SELECT 0"));
  }

  @AfterEach
  void stop() {
    nodes.close();
  }

  private static Reply ask(RespClient client, String line) throws Exception {
    return client.call(line.split(" "));
  }

  private static long size(RespClient client) throws Exception {
    return number(client, "DBSIZE");
  }

  @Test
  void removesTheKeysOfASlotFromAllDatabasesAndReplicas() throws Exception {
    ok(ask(master, "CONFIG SET notify-keyspace-events Kg"));
    RespClient watching = nodes.connect(0);
    ok(ask(watching, "WATCH {a}5"));
    ok(ask(watching, "MULTI"));
    ask(watching, "PING");
    RespClient subscriber = nodes.connect(0);
    ask(subscriber, "SUBSCRIBE __keyspace@0__:{a}5");
    ok(ask(master, "CLUSTER FLUSHSLOT " + SLOT_OF_A + " ASYNC"));
    assertThat(size(master)).isEqualTo(1);
    ok(ask(master, "SELECT 1"));
    assertThat(size(master)).isZero();
    ok(ask(master, "SELECT 0"));
    assertThat(number(master, "CLUSTER", "COUNTKEYSINSLOT", "" + SLOT_OF_A)).isZero();
    assertThat(subscriber.receive().elements().getLast().text()).isEqualTo("del");
    assertThat(ask(watching, "EXEC")).isNotInstanceOf(Reply.Error.class);
    await().atMost(TestNodes.LIMIT).until(() -> size(replica) == 1);
    String stats = ask(replica, "INFO commandstats").text();
    assertThat(stats).contains("cmdstat_unlink:calls=" + (KEYS + 1) + ",");
    assertThat(stats).doesNotContain("flushslot");

    ok(ask(master, "SET {a}1 v"));
    ok(ask(master, "CLUSTER FLUSHSLOT " + SLOT_OF_A + " SYNC"));
    assertThat(size(master)).isEqualTo(1);
    await().atMost(TestNodes.LIMIT).until(() -> size(replica) == 1);
    assertThat(ask(replica, "INFO commandstats").text()).contains("cmdstat_del:calls=1,");
    ok(ask(master, "CLUSTER FLUSHSLOT " + SLOT_OF_A));
    ok(ask(master, "MULTI"));
    ask(master, "CLUSTER FLUSHSLOT 3300");
    assertThat(ask(master, "EXEC").elements()).containsExactly(new Reply.Simple("OK"));
    assertThat(size(master)).isZero();
    await().atMost(TestNodes.LIMIT).until(() -> size(replica) == 0);
  }

  @Test
  void refusesOtherFlushes() throws Exception {
    for (String slot : List.of("16384", "-1", "x")) {
      assertThat(error(ask(master, "CLUSTER FLUSHSLOT " + slot)))
          .isEqualTo("ERR Invalid or out of range slot");
    }
    for (String rest : List.of("1 NOW", "1 SYNC ASYNC")) {
      assertThat(error(ask(master, "CLUSTER FLUSHSLOT " + rest))).isEqualTo("ERR syntax error");
    }
    assertThat(error(ask(replica, "CLUSTER FLUSHSLOT 1")))
        .isEqualTo("READONLY You can't write against a read only replica.");
    ok(ask(master, "ACL SETUSER half on nopass +@all ~* resetdbs db=0"));
    ok(ask(master, "AUTH half x"));
    assertThat(error(ask(master, "CLUSTER FLUSHSLOT 1"))).startsWith("NOPERM");
  }

  @Test
  void aReplicaBecomesAnEmptyMaster() throws Exception {
    await().atMost(TestNodes.LIMIT).until(() -> size(replica) == KEYS + 1);
    assertThat(error(ask(replica, "CLUSTER REPLICATE NO TWO"))).isEqualTo("ERR syntax error");
    assertThat(error(ask(replica, "CLUSTER REPLICATE NO ONE NOW"))).startsWith("ERR");
    final String shard = ask(replica, "CLUSTER MYSHARDID").text();
    ok(ask(replica, "CLUSTER REPLICATE no one"));
    assertThat(size(replica)).isZero();
    assertThat(ask(replica, "ROLE").elements().getFirst().text()).isEqualTo("master");
    assertThat(ask(replica, "CLUSTER MYSHARDID").text()).isNotEqualTo(shard);
    assertThat(error(ask(replica, "GET {a}1"))).startsWith("MOVED " + SLOT_OF_A + " ");
    String id = TestNodes.id(replica);
    await()
        .atMost(TestNodes.LIMIT)
        .until(() ->
            ask(master, "CLUSTER NODES")
                .text()
                .lines()
                .anyMatch(line -> line.startsWith(id) && line.contains(" master - ")));
    ok(ask(replica, "CLUSTER REPLICATE NO ONE"));
    ok(ask(master, "CLUSTER REPLICATE NO ONE"));
    assertThat(size(master)).isEqualTo(KEYS + 1);
    TestNodes.replicate(replica, master);
    await().atMost(TestNodes.LIMIT).until(() -> size(replica) == KEYS + 1);
    assertThat(ask(replica, "CLUSTER MYSHARDID").text()).isEqualTo(shard);
  }
}
