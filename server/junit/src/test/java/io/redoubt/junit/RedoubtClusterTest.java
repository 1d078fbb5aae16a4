package io.redoubt.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.embedded.EmbeddedCluster;
import io.redoubt.embedded.GroupMember;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

@RedoubtServers(masters = 3, replicas = 1, config = "maxmemory 50mb")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(60)
final class RedoubtClusterTest {
  @Test
  @Order(1)
  void damagesIt(EmbeddedCluster cluster, URI uri) {
    assertThat(uri).isEqualTo(cluster.uri());
    for (int i = 0; i < 100; i++) {
      String key = "key:" + i;
      assertThat(cluster.master(key).execute("SET", key, "1").text()).isEqualTo("OK");
    }
    cluster.awaitInStep();
    cluster.delay(cluster.nodes().get(0), cluster.nodes().get(1), Duration.ofMillis(5));
    GroupMember old = cluster.master("key:1");
    old.kill();
    assertThat(cluster.awaitNewMaster(old).execute("GET", "key:1").text()).isEqualTo("1");
    cluster.nodes().stream().filter(node -> node != old).findFirst().orElseThrow().pause();
  }

  @Test
  @Order(2)
  void findsItRepairedAndEmpty(EmbeddedCluster cluster, InetSocketAddress address) {
    assertThat(cluster.addresses()).hasSize(6).contains(address);
    assertThat(cluster.masters()).hasSize(3);
    for (GroupMember node : cluster.nodes()) {
      assertThat(node.execute("DBSIZE").number()).isZero();
      assertThat(node.execute("CLUSTER", "INFO").text()).contains("cluster_state:ok");
      assertThat(node.execute("CONFIG", "GET", "maxmemory").elements().get(1).text())
          .isEqualTo("52428800");
    }
  }
}
