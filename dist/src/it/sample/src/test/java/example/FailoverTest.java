package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.GroupMember;
import io.redoubt.junit.RedoubtServers;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.exceptions.JedisException;

/** A client that continues after the master was killed. */
class FailoverTest {
  @Test
  @RedoubtServers(replicas = 2, sentinels = 3)
  void aClientGoesOn(EmbeddedGroup group) throws InterruptedException {
    Set<HostAndPort> sentinels =
        group.sentinels().stream()
            .map(s -> new HostAndPort("127.0.0.1", s.address().getPort()))
            .collect(Collectors.toSet());
    try (var client =
        RedisSentinelClient.builder().masterName("mymaster").sentinels(sentinels).build()) {
      client.set("before", "1");
      group.awaitInStep();
      GroupMember old = group.master();
      old.kill();
      group.awaitNewMaster(old);
      assertEquals("OK", retried(() -> client.set("after", "2")));
      assertEquals("1", retried(() -> client.get("before")));
    }
  }

  private static String retried(java.util.function.Supplier<String> call)
      throws InterruptedException {
    for (int attempt = 0; ; attempt++) {
      try {
        return call.get();
      } catch (JedisException e) {
        if (attempt == 100) {
          throw e;
        }
        Thread.sleep(50); // as an application does before it retries
      }
    }
  }
}
