package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.CacheFrontend;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.csc.Cache;
import redis.clients.jedis.csc.DefaultCache;

/**
 * Client-side caching by Lettuce, Jedis and node-redis; {@link EverydayIT} covers caching by
 * redirection.
 */
final class ClientCachingIT {
  private static final int KEYS = 1_000;

  @RegisterExtension private final Nodes nodes = new Nodes();

  /**
   * A cache that accepts servers older than Redis 7.4, the version that Jedis demands by default.
   */
  private static final class CompatibleCache extends DefaultCache {
    CompatibleCache() {
      super(KEYS);
    }

    @Override
    public boolean compatibilityMode() {
      return true;
    }
  }

  @Test
  void jedis() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT);
    Cache cache = new CompatibleCache();
    try (redis.clients.jedis.RedisClient jedis =
        redis.clients.jedis.RedisClient.builder()
            .hostAndPort("127.0.0.1", server.port())
            .clientConfig(DefaultJedisClientConfig.builder().protocol(RedisProtocol.RESP3).build())
            .cache(cache)
            .build()) {
      for (int i = 0; i < KEYS; i++) {
        server.ask("HSET", "key-" + i, "field", "before");
        assertThat(jedis.hget("key-" + i, "field")).isEqualTo("before");
      }
      assertThat(cache.getSize()).isEqualTo(KEYS);
      assertThat(jedis.hget("key-1", "field")).isEqualTo("before");
      assertThat(cache.getStats().getHitCount()).isEqualTo(1);
      for (int i = 0; i < KEYS; i += 2) {
        server.ask("HSET", "key-" + i, "field", "after");
      }
      await()
          .atMost(Distribution.LIMIT)
          .until(() -> jedis.hget("key-" + (KEYS - 2), "field").equals("after"));
      assertThat(jedis.hget("key-0", "field")).isEqualTo("after");
      assertThat(cache.getStats().getInvalidationCount()).isEqualTo(KEYS / 2);
      server.ask("FLUSHALL");
      await().atMost(Distribution.LIMIT).until(() -> jedis.hget("key-1", "field") == null);
    }
  }

  @Test
  void nodeRedis() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT);
    ClientPrograms.passes(
        ClientPrograms.Library.NODE, nodes.folder("scripts"), "caching", server.port() + "");
  }

  @Test
  void lettuce() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT, "--tracking-table-max-keys", KEYS + "");
    Map<String, String> cached = new ConcurrentHashMap<>();
    RedisClient lettuce = RedisClient.create(RedisURI.create("127.0.0.1", server.port()));
    try (StatefulRedisConnection<String, String> connection = lettuce.connect()) {
      CacheFrontend<String, String> cache =
          ClientSideCaching.enable(
              CacheAccessor.forMap(cached), connection, TrackingArgs.Builder.enabled());
      for (int i = 0; i < KEYS; i++) {
        server.ask("SET", "key-" + i, "before");
        assertThat(cache.get("key-" + i)).isEqualTo("before");
      }
      assertThat(cached).hasSize(KEYS);
      for (int i = 0; i < KEYS; i += 2) {
        server.ask("SET", "key-" + i, "after");
      }
      await()
          .atMost(Distribution.LIMIT)
          .untilAsserted(() -> assertThat(cached.size()).isEqualTo(KEYS / 2));
      assertThat(cache.get("key-0")).isEqualTo("after");
      assertThat(cache.get("key-1")).isEqualTo("before");
      server.ask("DEL", "key-1");
      await().atMost(Distribution.LIMIT).until(() -> cache.get("key-1") == null);
    } finally {
      lettuce.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
  }
}
