package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.memory.Region;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.exceptions.JedisException;

@Timeout(120)
final class EmbeddedClusterTest {
  private static final int KEYS = 2_000;
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @Test
  void startsWithAllSlotsServedAndReplicasInStep() {
    try (EmbeddedCluster cluster = Redoubt.cluster().masters(3).replicasPerMaster(1).start()) {
      assertThat(cluster.nodes()).hasSize(6);
      assertThat(cluster.masters()).isEqualTo(cluster.nodes().subList(0, 3));
      for (GroupMember node : cluster.nodes()) {
        assertThat(node.execute("CLUSTER", "INFO").text())
            .contains("cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:6")
            .contains("cluster_size:3");
      }
      assertThat(cluster.master(0)).isEqualTo(cluster.nodes().get(0));
      assertThat(cluster.master(16_383)).isEqualTo(cluster.nodes().get(2));
      assertThat(EmbeddedCluster.slot("{a}b")).isEqualTo(EmbeddedCluster.slot("a"));
      for (GroupMember master : cluster.masters()) {
        assertThat(cluster.replicasOf(master)).containsExactly(cluster.replicaOf(master));
      }
      GroupMember master = cluster.master("a");
      master.execute("SET", "a", "1");
      cluster.awaitInStep();
      assertThat(cluster.replicaOf(master).execute("DBSIZE").number()).isEqualTo(1);
      assertThat(cluster.uris()).hasSize(6).contains(master.uri());
      assertThat(cluster.uri().toString()).matches("redis://127\\.0\\.0\\.1:\\d+(,127[^,]*){5}");
    }
  }

  @Test
  void aClientUsesAllSlotsAndGoesOnAfterAMasterWasKilled() {
    try (EmbeddedCluster cluster = Redoubt.cluster().start();
        RedisClusterClient client = jedis(cluster)) {
      for (int i = 0; i < KEYS; i++) {
        client.set("key:" + i, Integer.toString(i));
      }
      for (GroupMember master : cluster.masters()) {
        assertThat(master.execute("DBSIZE").number()).isBetween(KEYS / 5L, KEYS / 2L);
      }
      cluster.awaitInStep();
      GroupMember old = cluster.master("key:7");
      GroupMember replica = cluster.replicaOf(old);
      old.kill();
      assertThat(cluster.awaitNewMaster(old)).isEqualTo(replica);
      cluster.awaitOk();
      assertThat(cluster.master("key:7")).isEqualTo(replica);
      await()
          .atMost(LIMIT)
          .ignoreExceptionsInstanceOf(JedisException.class)
          .until(() -> "OK".equals(client.set("key:7", "new")));
      for (int i = 0; i < KEYS; i++) {
        assertThat(client.get("key:" + i)).isEqualTo(i == 7 ? "new" : Integer.toString(i));
      }
      old.start();
      cluster.awaitOk();
      cluster.awaitInStep();
      assertThat(cluster.replicaOf(replica)).isEqualTo(old);
      assertThat(old.execute("DBSIZE").number())
          .isEqualTo(replica.execute("DBSIZE").number())
          .isPositive();
    }
  }

  @Test
  void handsOverByOrderAndMovesSlotsWithoutAnError() {
    try (EmbeddedCluster cluster = Redoubt.cluster().start();
        RedisClusterClient client = jedis(cluster)) {
      client.set("a", "1");
      GroupMember old = cluster.master("a");
      GroupMember replica = cluster.replicaOf(old);
      cluster.failover(replica);
      assertThat(cluster.master("a")).isEqualTo(replica);
      assertThat(cluster.replicasOf(replica)).containsExactly(old);
      assertThat(client.incr("a")).isEqualTo(2);
      assertThatThrownBy(() -> cluster.failover(replica))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("replica");

      int slot = EmbeddedCluster.slot("a");
      GroupMember target = cluster.master(slot > 8_000 ? 0 : 16_383);
      cluster.moveSlots(slot, slot, target);
      assertThat(cluster.master("a")).isEqualTo(target);
      assertThat(client.incr("a")).isEqualTo(3);
      assertThatThrownBy(() -> cluster.moveSlots(slot, slot, old))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(target.name());
    }
  }

  @Test
  void replacesAMasterOnTheSmallerSideOfAPartition() {
    try (EmbeddedCluster cluster = Redoubt.cluster().start()) {
      GroupMember old = cluster.master("a");
      cluster.isolate(old);
      GroupMember next = cluster.awaitNewMaster(old);
      assertThat(next.execute("SET", "a", "kept").text()).isEqualTo("OK");
      await()
          .atMost(LIMIT)
          .until(() -> old.execute("SET", "a", "lost").text().startsWith("CLUSTERDOWN"));
      cluster.heal(old);
      cluster.awaitOk();
      cluster.awaitInStep();
      assertThat(cluster.replicasOf(next)).contains(old);
    }
  }

  @Test
  void replacesAMasterThatIsPaused() {
    try (EmbeddedCluster cluster = Redoubt.cluster().password("a b").start()) {
      assertThat(cluster.uri().toString()).startsWith("redis://:a%20b@127");
      GroupMember old = cluster.master(0);
      old.pause();
      GroupMember next = cluster.awaitNewMaster(old);
      cluster.awaitOk();
      old.resume();
      cluster.awaitOk();
      assertThat(cluster.replicaOf(next)).isEqualTo(old);
    }
  }

  @Test
  void movesTheClockOfAllNodes() {
    try (EmbeddedCluster cluster = Redoubt.cluster().nodeTimeout(Duration.ofSeconds(45)).start()) {
      GroupMember master = cluster.master("session");
      GroupMember replica = cluster.replicaOf(master);
      master.execute("SET", "session", "1", "EX", "60");
      cluster.awaitInStep();
      cluster.advance(Duration.ofSeconds(60));
      assertThat(master.execute("EXISTS", "session").number()).isZero();
      assertThat(cluster.masters()).contains(master).hasSize(3); // no node was considered down
      cluster.awaitOk();
      master.kill();
      cluster.advance(Duration.ofSeconds(100)); // more than the real-time limit of waits
      assertThat(cluster.awaitNewMaster(master)).isEqualTo(replica);
    }
  }

  @Test
  void repairsWhatATestHasDamaged() {
    try (EmbeddedCluster cluster = Redoubt.cluster().start()) {
      GroupMember first = cluster.nodes().get(0);
      GroupMember second = cluster.nodes().get(1);
      cluster.delay(first, second, Duration.ofMillis(5));
      cluster.isolate(second);
      cluster.nodes().get(5).pause();
      first.kill();
      cluster.repair();
      assertThat(cluster.nodes()).allMatch(GroupMember::isServing);
      assertThat(first.execute("CLUSTER", "INFO").text()).contains("cluster_state:ok");
    }
  }

  @Test
  void waitsAreLimitedAndSayWhatIsWrong() {
    try (EmbeddedCluster cluster =
        Redoubt.cluster().masters(1).replicasPerMaster(0).timeout(Duration.ofMillis(100)).start()) {
      GroupMember only = cluster.nodes().getFirst();
      only.execute("CLUSTER", "DELSLOTS", "0");
      assertThatThrownBy(() -> cluster.master(0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not within 100 ms: slot 0 is served")
          .hasMessageContaining("node-1")
          .hasMessageContaining("16383 slots");
      assertThatThrownBy(cluster::awaitOk).hasMessageContaining("refuses commands");
      assertThatThrownBy(() -> cluster.replicaOf(only))
          .hasMessageContaining("node-1 has a replica");
      assertThatThrownBy(() -> cluster.master(16_384))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void refusesWhatTheClusterDecidesItself() {
    assertThatThrownBy(() -> Redoubt.cluster().with("cluster-config-file", "nodes.conf"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a cluster chooses cluster-config-file itself");
    assertThatThrownBy(() -> Redoubt.cluster().line("port 1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Redoubt.cluster().masters(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Redoubt.cluster().masters(101).start())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Redoubt.cluster().with("maxmemori", "1").start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxmemori");
  }

  @Test
  void leavesNothing() throws Exception {
    startAndClose();
    int threads = threads();
    long memory = Region.heldBytes();
    Set<Path> files = files();
    startAndClose();
    startAndClose();
    assertThat(threads()).isEqualTo(threads);
    assertThat(Region.heldBytes()).isEqualTo(memory);
    assertThat(files()).isEqualTo(files);
    assertThat(Path.of("nodes.conf")).doesNotExist();
  }

  private static void startAndClose() {
    try (EmbeddedCluster cluster = Redoubt.cluster().masters(3).replicasPerMaster(1).start()) {
      cluster.master("a").execute("SET", "a", "1");
      cluster.nodes().getFirst().pause();
      cluster.nodes().getLast().kill();
    }
  }

  private static int threads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().matches("(redis|redoubt|cluster)[- ].*"))
            .count();
  }

  /** Returns this process's entries in the system's temporary folder. */
  private static Set<Path> files() throws Exception {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(
              file -> file.getFileName().toString().startsWith(DataFolder.temporaryPrefix()))
          .collect(Collectors.toSet());
    }
  }

  private static RedisClusterClient jedis(EmbeddedCluster cluster) {
    return RedisClusterClient.builder()
        .nodes(
            cluster.addresses().stream()
                .map(EmbeddedClusterTest::hostAndPort)
                .collect(Collectors.toSet()))
        .clientConfig(DefaultJedisClientConfig.builder().timeoutMillis(1_000).build())
        .topologyRefreshPeriod(Duration.ofMillis(200))
        .build();
  }

  private static HostAndPort hostAndPort(InetSocketAddress address) {
    return new HostAndPort(address.getHostString(), address.getPort());
  }
}
