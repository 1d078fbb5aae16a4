package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.redoubt.embedded.EmbeddedCluster;
import io.redoubt.embedded.GroupMember;
import io.redoubt.junit.RedoubtServers;
import java.net.URI;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import redis.clients.jedis.HostAndPort;

/** Cluster clients, one of which continues after a master was killed. */
@RedoubtServers(masters = 3, replicas = 1)
class ClusterTest {
  private static final int KEYS = 100;

  @Test
  void jedis(EmbeddedCluster cluster) {
    var nodes =
        cluster.addresses().stream()
            .map(address -> new HostAndPort(address.getHostString(), address.getPort()))
            .collect(Collectors.toSet());
    try (var client = redis.clients.jedis.RedisClusterClient.builder().nodes(nodes).build()) {
      for (int i = 0; i < KEYS; i++) {
        assertEquals(1, client.incr("key:" + i), "the previous test's key");
      }
      cluster.moveSlots(0, 100, cluster.master(16_383));
      for (int i = 0; i < KEYS; i++) {
        assertEquals(2, client.incr("key:" + i));
      }
    }
  }

  @Test
  void redisson(EmbeddedCluster cluster) {
    Config config = new Config();
    var servers = config.useClusterServers();
    cluster.uris().forEach(uri -> servers.addNodeAddress(uri.toString()));
    RedissonClient client = Redisson.create(config);
    try {
      for (int i = 0; i < KEYS; i++) {
        assertEquals(1, client.getAtomicLong("key:" + i).incrementAndGet());
      }
    } finally {
      client.shutdown();
    }
  }

  @Test
  void lettuceGoesOnAfterAMasterWasKilled(EmbeddedCluster cluster, URI uri) {
    RedisClusterClient client = RedisClusterClient.create(RedisClusterURIUtil.toRedisURIs(uri));
    client.setOptions(
        ClusterClientOptions.builder()
            .topologyRefreshOptions(
                ClusterTopologyRefreshOptions.builder()
                    .enablePeriodicRefresh(Duration.ofMillis(200))
                    .build())
            .build());
    try (var connection = client.connect()) {
      for (int i = 0; i < KEYS; i++) {
        assertEquals("OK", connection.sync().set("key:" + i, Integer.toString(i)));
      }
      cluster.awaitInStep();
      GroupMember old = cluster.master("key:1");
      old.kill();
      cluster.awaitNewMaster(old);
      // Lettuce holds a command for a killed master until it learns of the replacement.
      client.refreshPartitions();
      for (int i = 0; i < KEYS; i++) {
        assertEquals(Integer.toString(i), connection.sync().get("key:" + i));
      }
    } finally {
      client.shutdown();
    }
  }
}
