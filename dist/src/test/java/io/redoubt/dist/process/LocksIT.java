package io.redoubt.dist.process;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.RedissonRedLock;
import org.redisson.api.RLock;
import org.redisson.api.RMapCache;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RReadWriteLock;
import org.redisson.api.RSemaphore;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.integration.redis.util.RedisLockRegistry;

/** The Lua-based locks of Redisson and Spring, used as applications use them. */
final class LocksIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final List<RedissonClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    clients.forEach(RedissonClient::shutdown);
  }

  private RedissonClient client(Config config) {
    RedissonClient client = Redisson.create(config);
    clients.add(client);
    return client;
  }

  private RedissonClient client(NodeProcess server) {
    Config config = new Config();
    config
        .useSingleServer()
        .setAddress("redis://127.0.0.1:" + server.port())
        .setConnectionMinimumIdleSize(2);
    return client(config);
  }

  /** Returns true if another thread fails to acquire the lock; threads own locks. */
  private static boolean triesInVain(Lock lock) {
    return CompletableFuture.supplyAsync(() -> !lock.tryLock()).join();
  }

  @Test
  void supportsRedissonLocks() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT);
    RedissonClient one = client(server);
    RedissonClient other = client(server);

    RLock lock = one.getLock("lock");
    lock.lock();
    lock.lock(); // reentrant
    assertThat(other.getLock("lock").tryLock()).isFalse();
    lock.unlock();
    assertThat(other.getLock("lock").tryLock()).isFalse();
    CompletableFuture<Boolean> waiting =
        CompletableFuture.supplyAsync(() -> {
          other.getLock("lock").lock();
          return true;
        });
    lock.unlock();
    assertThat(waiting.get(30, SECONDS)).isTrue(); // notified by pub/sub

    RLock fair = one.getFairLock("fair");
    fair.lock();
    assertThat(triesInVain(other.getFairLock("fair"))).isTrue();
    CompletableFuture<Boolean> next =
        CompletableFuture.supplyAsync(() -> {
          RLock mine = other.getFairLock("fair");
          mine.lock();
          mine.unlock();
          return true;
        });
    fair.unlock();
    assertThat(next.get(30, SECONDS)).isTrue();

    RReadWriteLock both = one.getReadWriteLock("both");
    both.readLock().lock();
    assertThat(other.getReadWriteLock("both").readLock().tryLock()).isTrue();
    assertThat(triesInVain(other.getReadWriteLock("both").writeLock())).isTrue();
    other.getReadWriteLock("both").readLock().unlock();
    both.readLock().unlock();
    assertThat(other.getReadWriteLock("both").writeLock().tryLock()).isTrue();
    assertThat(triesInVain(both.readLock())).isTrue();

    RLock leased = one.getLock("leased");
    leased.lock(200, MILLISECONDS);
    assertThat(other.getLock("leased").tryLock(30, SECONDS)).isTrue();
  }

  @Test
  void supportsOtherRedissonScripts() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT);
    RedissonClient one = client(server);
    RedissonClient other = client(server);

    RSemaphore semaphore = one.getSemaphore("semaphore");
    assertThat(semaphore.trySetPermits(2)).isTrue();
    assertThat(semaphore.tryAcquire(2)).isTrue();
    assertThat(other.getSemaphore("semaphore").tryAcquire()).isFalse();
    semaphore.release();
    assertThat(other.getSemaphore("semaphore").tryAcquire()).isTrue();

    RMapCache<String, String> cache = one.getMapCache("cache");
    cache.put("short", "lived", 100, MILLISECONDS);
    cache.put("long", "lived", 1000, SECONDS);
    assertThat(cache.putIfAbsent("long", "other")).isEqualTo("lived");
    await().atMost(LIMIT).until(() -> cache.get("short") == null);
    assertThat(other.<String, String>getMapCache("cache").readAllMap())
        .containsOnlyKeys("long")
        .containsValue("lived");

    RRateLimiter limiter = one.getRateLimiter("limiter");
    assertThat(limiter.trySetRate(RateType.OVERALL, 3, Duration.ofHours(1))).isTrue();
    assertThat(limiter.tryAcquire(2)).isTrue();
    assertThat(other.getRateLimiter("limiter").tryAcquire(2)).isFalse();
    assertThat(other.getRateLimiter("limiter").tryAcquire(1)).isTrue();
  }

  @Test
  @SuppressWarnings("deprecation") // Redisson advises against the algorithm, but it is still in use
  void supportsRedlockOverThreeMasters() throws Exception {
    List<NodeProcess> masters = new ArrayList<>();
    List<RLock> ones = new ArrayList<>();
    List<RLock> others = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      NodeProcess master = nodes.server(Kind.REDOUBT);
      masters.add(master);
      ones.add(client(master).getLock("red"));
      others.add(client(master).getLock("red"));
    }
    RLock one = new RedissonRedLock(ones.toArray(RLock[]::new));
    RLock other = new RedissonRedLock(others.toArray(RLock[]::new));
    assertThat(one.tryLock(1, 30, SECONDS)).isTrue();
    assertThat(other.tryLock()).isFalse();
    masters.getLast().kill(); // two of three are sufficient
    assertThat(other.tryLock()).isFalse();
    one.unlock();
    assertThat(other.tryLock(30, 30, SECONDS)).isTrue();
  }

  @Test
  void aLockIsHeldThroughAFailover() throws Exception {
    NodeProcess master = nodes.server(Kind.REDOUBT);
    NodeProcess replica = nodes.server(Kind.REDOUBT, "--replicaof", "127.0.0.1 " + master.port());
    replica.awaitInfo("master_link_status", "up", LIMIT);
    int sentinelPort = FreePorts.one();
    Path folder = nodes.folder("sentinel");
    Path file =
        Files.writeString(
            folder.resolve("sentinel.conf"),
            """
            port %d
            bind 127.0.0.1
            sentinel monitor mymaster 127.0.0.1 %d 1
            sentinel down-after-milliseconds mymaster 1000
            sentinel failover-timeout mymaster 10000
            """
                .formatted(sentinelPort, master.port()));
    NodeProcess sentinel =
        nodes.launch(Kind.REDOUBT.sentinel(), folder, sentinelPort, file.toString());
    sentinel.awaitPong(LIMIT);
    await()
        .atMost(LIMIT)
        .until(() -> sentinel.ask("SENTINEL", "REPLICAS", "mymaster").elements().size() == 1);

    RedissonClient one = client(ofSentinel(sentinelPort));
    RedissonClient other = client(ofSentinel(sentinelPort));
    RLock lock = one.getLock("held");
    lock.lock();
    RLock others = other.getLock("held");
    assertThat(triesInVain(others)).isTrue();

    master.kill();
    replica.awaitInfo("role", "master", LIMIT);
    await().atMost(LIMIT).ignoreExceptions().until(() -> triesInVain(others));
    await().atMost(LIMIT).ignoreExceptions().until(lock::isLocked);
    assertThat(lock.isHeldByCurrentThread()).isTrue();
    lock.unlock();
    assertThat(others.tryLock(30, SECONDS)).isTrue();
  }

  private static Config ofSentinel(int port) {
    Config config = new Config();
    config
        .useSentinelServers()
        .setMasterName("mymaster")
        .setCheckSentinelsList(false)
        .setScanInterval(500)
        .addSentinelAddress("redis://127.0.0.1:" + port)
        .setMasterConnectionMinimumIdleSize(2)
        .setSlaveConnectionMinimumIdleSize(2);
    return config;
  }

  @Test
  void supportsSpringsLockRegistry() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT);
    LettuceConnectionFactory connections = new LettuceConnectionFactory("127.0.0.1", server.port());
    connections.afterPropertiesSet();
    connections.start();
    RedisLockRegistry one = new RedisLockRegistry(connections, "registry");
    RedisLockRegistry other = new RedisLockRegistry(connections, "registry");
    other.setRedisLockType(RedisLockRegistry.RedisLockType.PUB_SUB_LOCK);
    try {
      Lock lock = one.obtain("key");
      lock.lock();
      assertThat(other.obtain("key").tryLock()).isFalse();
      lock.unlock();
      Lock others = other.obtain("key");
      assertThat(others.tryLock(30, SECONDS)).isTrue();
      assertThat(one.obtain("key").tryLock()).isFalse();
      others.unlock();
      assertThat(server.ask("EXISTS", "registry:key").number()).isZero();
    } finally {
      one.destroy();
      other.destroy();
      connections.destroy();
    }
  }

  @Test
  void supportsAKeyReleasedByAScript() throws Exception {
    String release =
        "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else"
            + " return 0 end";
    NodeProcess server = nodes.server(Kind.REDOUBT);
    try (RespClient one = server.connect();
        RespClient other = server.connect()) {
      assertThat(one.call("SET", "lock", "one", "NX", "PX", "30000"))
          .isEqualTo(new Reply.Simple("OK"));
      assertThat(other.call("SET", "lock", "other", "NX", "PX", "30000"))
          .isEqualTo(new Reply.Null());
      assertThat(other.call("EVAL", release, "1", "lock", "other").number()).isZero();
      assertThat(one.call("EVAL", release, "1", "lock", "one").number()).isEqualTo(1);
      assertThat(other.call("SET", "lock", "other", "NX", "PX", "100"))
          .isEqualTo(new Reply.Simple("OK"));
      await()
          .atMost(LIMIT)
          .until(() ->
              one.call("SET", "lock", "one", "NX", "PX", "30000").equals(new Reply.Simple("OK")));
    }
  }
}
