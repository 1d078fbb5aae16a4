package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.junit.RedoubtTest;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.redisson.Redisson;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The four client libraries that most Java programs use. */
@RedoubtTest
class ClientsTest {
  @Test
  void jedis(URI uri) {
    try (var client = redis.clients.jedis.RedisClient.create(uri.toString())) {
      client.set("a", "1");
      assertEquals(2, client.incr("a"));
    }
  }

  @Test
  void lettuce(URI uri) {
    RedisClient client = RedisClient.create(uri.toString());
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      assertNull(connection.sync().get("a"), "the previous test's key");
      connection.sync().set("a", "1");
      assertEquals("1", connection.sync().get("a"));
    } finally {
      client.shutdown();
    }
  }

  /** Without a port: for clients on netty whose channel can be chosen. */
  @Test
  void lettuceWithinTheProcess(EmbeddedServer server) {
    try (RedisClient client = new InProcessClient(server);
        StatefulRedisConnection<String, String> connection = client.connect()) {
      connection.sync().set("a", "1");
      assertEquals(2, connection.sync().incr("a"));
      server.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      assertEquals(3, connection.sync().incr("a"), "it has connected again");
    }
  }

  @Test
  void redisson(URI uri) {
    Config config = new Config();
    config.useSingleServer().setAddress(uri.toString()).setConnectionMinimumIdleSize(1);
    RedissonClient client = Redisson.create(config);
    try {
      RLock lock = client.getLock("lock");
      lock.lock();
      assertTrue(lock.isHeldByCurrentThread());
      lock.unlock();
    } finally {
      client.shutdown();
    }
  }

  @Test
  void springData(InetSocketAddress address) {
    var connections = new LettuceConnectionFactory(address.getHostString(), address.getPort());
    connections.afterPropertiesSet();
    connections.start();
    try {
      var template = new StringRedisTemplate(connections);
      template.opsForHash().put("cart", "apples", "3");
      assertEquals("3", template.opsForHash().get("cart", "apples"));
    } finally {
      connections.destroy();
    }
  }

  @Test
  void expiryByTheMovedClock(EmbeddedServer server) {
    server.execute("SET", "session", "1", "EX", "3600");
    server.advance(Duration.ofHours(1));
    assertEquals("0", server.execute("EXISTS", "session").text());
  }
}
