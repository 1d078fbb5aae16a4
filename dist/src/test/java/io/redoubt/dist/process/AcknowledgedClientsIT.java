package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisSentinelClient;

/**
 * Client libraries count in a group with {@code write-acks 1} while its servers fail. Each library
 * continues without help, and its counter includes every acknowledged increment. {@code
 * -Dredoubt.faults=10} causes more faults than a build does.
 *
 * <p>Libraries that repeat a request without a reply are configured not to: an increment would
 * count twice.
 */
@Timeout(600)
final class AcknowledgedClientsIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final int DOWN_AFTER_MILLIS = 1_000;
  private static final int ACKS_TIMEOUT_MILLIS = 300;
  private static final int FAULTS = Integer.getInteger("redoubt.faults", Fault.values().length);

  /** The counter of each library. */
  private static final List<String> KEYS =
      List.of("jedis", "lettuce", "redisson", "redis-py", "ioredis");

  private enum Fault {
    /** The master is stopped until another one is elected, and then continues. */
    STOP,
    /** The replicas are stopped for longer than {@code write-acks-timeout}. */
    NO_ACKNOWLEDGEMENTS,
    /** The master is killed, and restarted when another one is elected. */
    KILL
  }

  /** Increments a counter through a library. */
  @FunctionalInterface
  private interface Increment {
    void run();
  }

  /** The increments of a library. */
  private record Counts(long acknowledged, long unknown) {}

  @TempDir private Path folder;

  @Test
  void countersHaveAllAcknowledgedIncrements() throws Exception {
    for (Library library : List.of(Library.REDIS_PY, Library.NODE)) {
      ClientPrograms.requireInstalled(library);
    }
    Path end = folder.resolve("end");
    Map<String, Future<Counts>> running = new LinkedHashMap<>();
    RedisClient lettuce = null;
    RedissonClient redisson = null;
    try (Topology group =
            Topologies.create(
                folder,
                DOWN_AFTER_MILLIS,
                "write-acks 1",
                "write-acks-timeout " + ACKS_TIMEOUT_MILLIS);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      group.start();
      AckGroups.awaitFormed(group, LIMIT);
      lettuce = lettuce(group);
      redisson = redisson(group);
      RedissonClient client = redisson;
      try (RedisSentinelClient jedis = jedis(group);
          StatefulRedisConnection<String, String> connection = lettuce.connect()) {
        running.put("jedis", threads.submit(() -> count(() -> jedis.incr("jedis"), end)));
        running.put(
            "lettuce", threads.submit(() -> count(() -> connection.sync().incr("lettuce"), end)));
        running.put(
            "redisson",
            threads.submit(
                () -> count(() -> client.getAtomicLong("redisson").incrementAndGet(), end)));
        running.put("redis-py", threads.submit(() -> count(Library.REDIS_PY, group, end)));
        running.put("ioredis", threads.submit(() -> count(Library.NODE, group, end)));
        awaitProgress(group.server(group.awaitStable(LIMIT)));
        for (int i = 0; i < FAULTS; i++) {
          cause(Fault.values()[i % Fault.values().length], group);
          awaitProgress(group.server(group.awaitStable(LIMIT)));
        }
        Files.createFile(end);
        NodeProcess master = group.server(group.awaitStable(LIMIT));
        for (var each : running.entrySet()) {
          verify(each.getKey(), each.getValue().get(60, TimeUnit.SECONDS), master);
        }
      } finally {
        if (!Files.exists(end)) {
          Files.createFile(end);
        }
      }
    } finally {
      if (redisson != null) {
        redisson.shutdown();
      }
      if (lettuce != null) {
        lettuce.shutdown(Duration.ZERO, Duration.ofSeconds(2));
      }
    }
  }

  private static void verify(String key, Counts counts, NodeProcess master) throws IOException {
    long value = master.ask("GET", key).number();
    System.out.printf(
        "AcknowledgedClientsIT: %s acknowledged %d, unknown %d, counter %d%n",
        key, counts.acknowledged(), counts.unknown(), value);
    assertThat(value)
        .as(key)
        .isBetween(counts.acknowledged(), counts.acknowledged() + counts.unknown());
  }

  private static void cause(Fault fault, Topology group) throws Exception {
    int old = group.awaitStable(LIMIT);
    AckGroups.awaitFormed(group, LIMIT);
    NodeProcess master = group.server(old);
    switch (fault) {
      case STOP -> {
        master.signal("STOP");
        awaitSwitch(group, old);
        master.signal("CONT");
      }
      case KILL -> {
        master.kill();
        awaitSwitch(group, old);
        group.restart(group.servers().indexOf(master));
      }
      case NO_ACKNOWLEDGEMENTS -> {
        List<NodeProcess> replicas =
            group.servers().stream().filter(server -> server.port() != old).toList();
        for (NodeProcess replica : replicas) {
          replica.signal("STOP");
        }
        await()
            .atMost(LIMIT)
            .until(() -> Long.parseLong(master.info("replication").get("write_acks_timeouts")) > 0);
        for (NodeProcess replica : replicas) {
          replica.signal("CONT");
        }
      }
    }
  }

  private static void awaitSwitch(Topology group, int old) {
    await()
        .atMost(LIMIT)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> !group.namedMasters().contains(old));
  }

  /** Waits until each library has made progress. */
  private static void awaitProgress(NodeProcess master) throws IOException {
    for (String key : KEYS) {
      long before = counter(master, key);
      await().atMost(LIMIT).alias(key).until(() -> counter(master, key) > before + 1);
    }
  }

  private static long counter(NodeProcess master, String key) throws IOException {
    Reply reply = master.ask("GET", key);
    return reply.isNull() ? 0 : reply.number();
  }

  private static Counts count(Increment increment, Path end) throws InterruptedException {
    long acknowledged = 0;
    long unknown = 0;
    while (!Files.exists(end)) {
      boolean done = false;
      try {
        increment.run();
        done = true;
        acknowledged++;
      } catch (RuntimeException e) {
        unknown++;
      }
      Thread.sleep(done ? 5 : 20); // as an application does between requests
    }
    return new Counts(acknowledged, unknown);
  }

  private Counts count(Library library, Topology group, Path end) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(Topology.MASTER_NAME, end.toString()));
    group.sentinels().forEach(it -> arguments.add(it.port() + ""));
    Distribution.Result result =
        ClientPrograms.run(library, folder, "counting", arguments.toArray(String[]::new));
    assertThat(result.status()).as(result.output()).isZero();
    String[] words = result.output().strip().split(" ", -1);
    return new Counts(Long.parseLong(words[0]), Long.parseLong(words[1]));
  }

  private static RedisSentinelClient jedis(Topology group) {
    Set<HostAndPort> sentinels = new HashSet<>();
    group.sentinels().forEach(it -> sentinels.add(new HostAndPort("127.0.0.1", it.port())));
    return RedisSentinelClient.builder()
        .masterName(Topology.MASTER_NAME)
        .sentinels(sentinels)
        .clientConfig(
            DefaultJedisClientConfig.builder().timeoutMillis((int) TIMEOUT.toMillis()).build())
        .build();
  }

  private static RedisClient lettuce(Topology group) {
    RedisURI.Builder uri =
        RedisURI.Builder.sentinel(
            "127.0.0.1", group.sentinels().getFirst().port(), Topology.MASTER_NAME);
    group.sentinels().stream().skip(1).forEach(it -> uri.withSentinel("127.0.0.1", it.port()));
    RedisClient client = RedisClient.create(uri.withTimeout(TIMEOUT).build());
    client.setOptions(ClientOptions.builder().replayFilter(command -> true).build());
    return client;
  }

  private static RedissonClient redisson(Topology group) {
    Config config = new Config();
    var servers = config.useSentinelServers().setMasterName(Topology.MASTER_NAME);
    group
        .sentinels()
        .forEach(sentinel -> servers.addSentinelAddress("redis://127.0.0.1:" + sentinel.port()));
    servers.setScanInterval(500).setTimeout((int) TIMEOUT.toMillis()).setRetryAttempts(0);
    return Redisson.create(config);
  }
}
