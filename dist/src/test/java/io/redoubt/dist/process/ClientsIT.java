package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.redoubt.dist.process.ClientPrograms.Library;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.exceptions.JedisException;

/** Client libraries that find the master through the sentinels follow it through every switch. */
final class ClientsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int DOWN_AFTER_MILLIS = 1_500;
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int SWITCHES = Integer.getInteger("redoubt.switches", 1);

  /** Writes through a library. */
  @FunctionalInterface
  private interface Write {
    void run(String key, String value);
  }

  @TempDir private Path folder;
  private Topology group;

  @BeforeEach
  void start() throws Exception {
    group = Topologies.create(folder, DOWN_AFTER_MILLIS);
    group.start();
    group.awaitStable(LIMIT);
  }

  @AfterEach
  void stop() {
    group.close();
  }

  @Test
  void followTheMaster() throws Exception {
    for (Library library : Library.values()) {
      ClientPrograms.requireInstalled(library);
    }
    RedisClient lettuce = lettuce();
    RedissonClient redisson = redisson();
    try (ExecutorService scripts = Executors.newVirtualThreadPerTaskExecutor();
        RedisSentinelClient jedis = jedis();
        StatefulRedisConnection<String, String> connection = lettuce.connect()) {
      countsThroughPlannedSwitches(jedis);
      Write byJedis = jedis::set;
      Write byLettuce = (key, value) -> connection.sync().set(key, value);
      Write byRedisson = (key, value) -> redisson.getBucket(key, StringCodec.INSTANCE).set(value);
      int old = group.awaitStable(LIMIT);
      eventually(byJedis, "jedis", "before");
      eventually(byLettuce, "lettuce", "before");
      eventually(byRedisson, "redisson", "before");
      List<Future<?>> following = new ArrayList<>();
      for (Library library : Library.values()) {
        following.add(scripts.submit(() -> follows(library)));
      }
      for (String key : new String[] {"redis-py", "redis-rb", "ioredis"}) {
        await().atMost(LIMIT).until(() -> !group.server(old).ask("GET", key).isNull());
      }
      group.server(old).kill();
      eventually(byJedis, "jedis", "after");
      eventually(byLettuce, "lettuce", "after");
      eventually(byRedisson, "redisson", "after");
      Set<Integer> named = group.namedMasters();
      assertThat(named).hasSize(1).doesNotContain(old);
      NodeProcess master = group.server(named.iterator().next());
      for (String key : new String[] {"jedis", "lettuce", "redisson"}) {
        assertThat(master.ask("GET", key).text()).as(key).isEqualTo("after");
      }
      for (Future<?> script : following) {
        script.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
    } finally {
      redisson.shutdown();
      lettuce.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
  }

  private Void follows(Library library) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(Topology.MASTER_NAME));
    group.sentinels().forEach(it -> arguments.add(it.port() + ""));
    ClientPrograms.passes(library, folder, "following", arguments.toArray(String[]::new));
    return null;
  }

  private RedisSentinelClient jedis() {
    Set<HostAndPort> sentinels = new HashSet<>();
    group.sentinels().forEach(it -> sentinels.add(new HostAndPort("127.0.0.1", it.port())));
    return RedisSentinelClient.builder()
        .masterName(Topology.MASTER_NAME)
        .sentinels(sentinels)
        .clientConfig(DefaultJedisClientConfig.builder().timeoutMillis(TIMEOUT_MILLIS).build())
        .build();
  }

  private RedisClient lettuce() {
    RedisURI.Builder uri =
        RedisURI.Builder.sentinel(
            "127.0.0.1", group.sentinels().getFirst().port(), Topology.MASTER_NAME);
    group.sentinels().stream().skip(1).forEach(it -> uri.withSentinel("127.0.0.1", it.port()));
    return RedisClient.create(uri.withTimeout(Duration.ofSeconds(2)).build());
  }

  private RedissonClient redisson() {
    Config config = new Config();
    var servers = config.useSentinelServers().setMasterName(Topology.MASTER_NAME);
    group
        .sentinels()
        .forEach(sentinel -> servers.addSentinelAddress("redis://127.0.0.1:" + sentinel.port()));
    servers.setScanInterval(500).setTimeout(2_000);
    return Redisson.create(config);
  }

  /** Retries a write until it succeeds, across changes of roles. */
  private static void eventually(Write write, String key, String value) {
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .until(() -> {
          write.run(key, value);
          return true;
        });
  }

  /**
   * Increments during planned switches; the counter must equal the number of acknowledged
   * increments.
   */
  private void countsThroughPlannedSwitches(RedisSentinelClient jedis) throws Exception {
    AtomicLong acknowledged = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .daemon()
            .name("increments")
            .start(() -> {
              while (!stop.get()) {
                try {
                  jedis.incr("counter");
                  acknowledged.incrementAndGet();
                } catch (JedisException e) {
                  // Refused by the old master, or disconnected before execution.
                }
              }
            });
    try {
      for (int i = 0; i < SWITCHES; i++) {
        int old = group.awaitStable(LIMIT);
        long before = acknowledged.get();
        await().atMost(LIMIT).until(() -> acknowledged.get() > before);
        NodeProcess sentinel = group.sentinels().get(i % Topology.SENTINELS);
        assertThat(sentinel.ask("SENTINEL", "FAILOVER", Topology.MASTER_NAME))
            .isEqualTo(new Reply.Simple("OK"));
        await().atMost(LIMIT).until(() -> !group.namedMasters().contains(old));
      }
    } finally {
      stop.set(true);
      writer.join();
    }
    int master = group.awaitStable(LIMIT);
    assertThat(group.server(master).ask("GET", "counter").text())
        .as(() -> "what is left of what was acknowledged:\n" + logs())
        .isEqualTo(Long.toString(acknowledged.get()));
  }

  private String logs() {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(it -> it.endsWith("sentinel.log")).toList()) {
        text.append(Files.readString(file));
      }
      return text.toString();
    } catch (IOException e) {
      return e.toString();
    }
  }
}
