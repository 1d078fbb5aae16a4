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

/**
 * Client-side caching by Lettuce. Jedis offers it only to servers that call themselves Redis 7.4 or
 * later.
 */
final class ClientCachingIT {
  private static final int KEYS = 1_000;

  @RegisterExtension private final Nodes nodes = new Nodes();

  @Test
  void forgetsWhatOthersChange() throws Exception {
    Node server = nodes.server(Kind.REDOUBT, "--tracking-table-max-keys", KEYS + "");
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
