package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.redoubt.dist.process.ClientPrograms.Library;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;

/**
 * Client libraries count in a cluster of six nodes while slots move, a replica takes over on
 * command, and a master is killed. Each library continues without help, and each counter includes
 * every increment that a replica has acknowledged ({@code WAIT 1}).
 *
 * <p>Libraries that repeat a request without a reply are configured not to, where possible: an
 * increment would count twice.
 */
@Timeout(600)
final class ClusterClientsIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int NODES = 6;
  private static final int NODE_TIMEOUT_MILLIS = 3_000;

  /** The number of slots that are moved, from slot 0. */
  private static final int MOVED = 100;

  /** The number of a library's keys in moved slots; other keys are the first unused names. */
  private static final int KEYS_MOVED = 2;

  private static final int KEYS_OTHER = 6;
  private static final List<String> LIBRARIES =
      List.of("jedis", "lettuce", "redisson", "redis-py", "ioredis");

  /** The clients that repeat requests regardless of settings: their counters may be higher. */
  private static final Set<String> RESENDING = Set.of("redis-py");

  /** Increments a key; returns false if no replica has acknowledged it. */
  @FunctionalInterface
  private interface Increment {
    boolean run(String key);
  }

  /** The increments of a key. */
  private record Counts(long acknowledged, long unknown) {
    Counts plus(boolean done) {
      return done ? new Counts(acknowledged + 1, unknown) : new Counts(acknowledged, unknown + 1);
    }
  }

  @RegisterExtension private final Nodes nodes = new Nodes();
  @TempDir private Path folder;
  private final List<NodeProcess> members = new ArrayList<>();
  private final Map<String, List<String>> keys = new LinkedHashMap<>();

  @Test
  void countersHaveAllAcknowledgedIncrements() throws Exception {
    for (Library library : List.of(Library.REDIS_PY, Library.NODE)) {
      ClientPrograms.requireInstalled(library);
    }
    create();
    for (String library : LIBRARIES) {
      keys.put(library, keys(library));
    }
    Path end = folder.resolve("end");
    Map<String, Future<Map<String, Counts>>> running = new LinkedHashMap<>();
    RedisClusterClient lettuce = lettuce();
    RedissonClient redisson = redisson();
    try (ExecutorService threads = Executors.newCachedThreadPool();
        var jedis = jedis();
        var connection = lettuce.connect()) {
      try {
        count("jedis", key -> increment(jedis, key), threads, end, running);
        count("lettuce", key -> increment(connection, key), threads, end, running);
        count("redisson", key -> increment(redisson, key), threads, end, running);
        running.put("redis-py", threads.submit(() -> count(Library.REDIS_PY, "redis-py", end)));
        running.put("ioredis", threads.submit(() -> count(Library.NODE, "ioredis", end)));
        awaitProgress(running);
        reshard();
        awaitProgress(running);
        handOver(owner(0));
        awaitProgress(running);
        kill(owner(0));
        awaitProgress(running);
      } finally {
        Files.createFile(end);
      }
      for (var each : running.entrySet()) {
        verify(each.getKey(), each.getValue().get(60, TimeUnit.SECONDS));
      }
    } finally {
      redisson.shutdown();
      lettuce.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
  }

  private void verify(String library, Map<String, Counts> counts) throws IOException {
    Counts sum = new Counts(0, 0);
    long values = 0;
    assertThat(counts.keySet()).containsExactlyInAnyOrderElementsOf(keys.get(library));
    for (var each : counts.entrySet()) {
      Counts of = each.getValue();
      long value = value(each.getKey());
      assertThat(value)
          .as(each.getKey())
          .isBetween(
              of.acknowledged(),
              RESENDING.contains(library) ? Long.MAX_VALUE : of.acknowledged() + of.unknown());
      sum = new Counts(sum.acknowledged() + of.acknowledged(), sum.unknown() + of.unknown());
      values += value;
    }
    System.out.printf(
        "ClusterClientsIT: %s acknowledged %d, unknown %d, counters %d%n",
        library, sum.acknowledged(), sum.unknown(), values);
  }

  private void create() throws Exception {
    for (int i = 0; i < NODES; i++) {
      NodeProcess node =
          nodes.server(
              Kind.REDOUBT,
              "--cluster-enabled",
              "yes",
              "--cluster-port",
              FreePorts.one() + "",
              "--cluster-node-timeout",
              NODE_TIMEOUT_MILLIS + "");
      members.add(node);
    }
    String unused = ClusterNodes.create(Kind.REAL.cli(), members, 1);
    for (NodeProcess node : members) {
      awaitFact(() -> info(node).contains("cluster_state:ok"));
      awaitFact(() -> isMaster(node) || "up".equals(replication(node, "master_link_status")));
    }
  }

  private void reshard() throws Exception {
    NodeProcess from = owner(0);
    NodeProcess to =
        members.stream().filter(it -> isMaster(it) && it != from).findFirst().orElseThrow();
    String unused =
        ClusterNodes.cli(
            Kind.REAL.cli(),
            List.of(
                "reshard",
                ClusterNodes.address(from),
                "--cluster-from",
                id(from),
                "--cluster-to",
                id(to),
                "--cluster-slots",
                MOVED + "",
                "--cluster-yes"));
    awaitFact(() -> owner(0) == to && owner(MOVED - 1) == to);
  }

  /** Makes a replica replace its living master. */
  private void handOver(NodeProcess master) throws Exception {
    NodeProcess replica = replicaOf(master);
    assertThat(replica.ask("CLUSTER", "FAILOVER").text()).isEqualTo("OK");
    awaitFact(() -> isMaster(replica) && !isMaster(master));
    awaitFact(() -> "up".equals(replication(master, "master_link_status")));
  }

  private void kill(NodeProcess master) throws Exception {
    NodeProcess replica = replicaOf(master);
    master.kill();
    awaitFact(() -> isMaster(replica));
    NodeProcess again = nodes.restart(master);
    members.set(members.indexOf(master), again);
    awaitFact(() -> "up".equals(replication(again, "master_link_status")));
  }

  private NodeProcess replicaOf(NodeProcess master) throws IOException {
    for (NodeProcess node : members) {
      if ((master.port() + "").equals(replication(node, "master_port"))) {
        return node;
      }
    }
    throw new AssertionError("no replica of " + master.port());
  }

  private NodeProcess owner(int slot) throws IOException {
    for (Reply range : members.getFirst().ask("CLUSTER", "SLOTS").elements()) {
      List<Reply> parts = List.copyOf(range.elements());
      if (parts.get(0).number() <= slot && slot <= parts.get(1).number()) {
        long port = List.copyOf(parts.get(2).elements()).get(1).number();
        return members.stream().filter(it -> it.port() == port).findFirst().orElseThrow();
      }
    }
    throw new IOException("nobody serves slot " + slot);
  }

  private static String id(NodeProcess node) throws IOException {
    return node.ask("CLUSTER", "MYID").text();
  }

  private static String info(NodeProcess node) throws IOException {
    return node.ask("CLUSTER", "INFO").text();
  }

  private static boolean isMaster(NodeProcess node) {
    try {
      return "master".equals(replication(node, "role"));
    } catch (IOException e) {
      return false;
    }
  }

  private static String replication(NodeProcess node, String field) throws IOException {
    return node.info("replication").getOrDefault(field, "");
  }

  private static void awaitFact(Callable<Boolean> fact) {
    await().atMost(LIMIT).ignoreExceptionsInstanceOf(IOException.class).until(fact);
  }

  /** Returns the keys of a library; some are in the moved slots. */
  private List<String> keys(String library) throws IOException {
    List<String> moved = new ArrayList<>();
    List<String> others = new ArrayList<>();
    try (RespClient client = members.getFirst().connect()) {
      for (int i = 0; moved.size() < KEYS_MOVED; i++) {
        String key = library + ":" + i;
        if (client.call("CLUSTER", "KEYSLOT", key).number() < MOVED) {
          moved.add(key);
        } else if (others.size() < KEYS_OTHER) {
          others.add(key);
        }
      }
    }
    moved.addAll(others);
    return moved;
  }

  /** Waits until each library has made progress under each of its keys. */
  private void awaitProgress(Map<String, Future<Map<String, Counts>>> running) throws Exception {
    Map<String, Long> before = new HashMap<>();
    for (List<String> each : keys.values()) {
      for (String key : each) {
        awaitFact(() -> {
          before.put(key, value(key));
          return true;
        });
      }
    }
    for (var each : before.entrySet()) {
      String key = each.getKey();
      Future<Map<String, Counts>> counting = running.get(key.substring(0, key.indexOf(':')));
      await()
          .atMost(LIMIT)
          .alias(key)
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> counting.isDone() || value(key) > each.getValue() + 1);
      if (counting.isDone()) {
        throw new AssertionError(key + " ended early: " + counting.get());
      }
    }
  }

  private long value(String key) throws IOException {
    int slot = (int) members.getFirst().ask("CLUSTER", "KEYSLOT", key).number();
    Reply reply = owner(slot).ask("GET", key);
    if (reply instanceof Reply.Error error) {
      throw new IOException(error.message());
    }
    return reply.isNull() ? 0 : reply.number();
  }

  private void count(
      String library,
      Increment increment,
      ExecutorService threads,
      Path end,
      Map<String, Future<Map<String, Counts>>> running) {
    running.put(library, threads.submit(() -> count(increment, keys.get(library), end)));
  }

  private static Map<String, Counts> count(Increment increment, List<String> keys, Path end)
      throws InterruptedException {
    Map<String, Counts> counts = new HashMap<>();
    keys.forEach(key -> counts.put(key, new Counts(0, 0)));
    for (int turn = 0; !Files.exists(end); turn++) {
      String key = keys.get(turn % keys.size());
      boolean done = false;
      try {
        done = increment.run(key);
      } catch (RuntimeException e) {
        // The node is gone.
      }
      boolean acknowledged = done;
      counts.compute(key, (name, before) -> before.plus(acknowledged));
      Thread.sleep(done ? 5 : 20); // as an application does between requests
    }
    return counts;
  }

  private Map<String, Counts> count(Library library, String name, Path end) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of(end.toString(), members.getFirst().port() + ""));
    arguments.addAll(keys.get(name));
    Distribution.Result result =
        ClientPrograms.run(library, folder, "cluster-counting", arguments.toArray(String[]::new));
    assertThat(result.status()).as(result.output()).isZero();
    Map<String, Counts> counts = new HashMap<>();
    result
        .output()
        .lines()
        .filter(line -> line.startsWith(name + ":")) // other lines are warnings of the library
        .map(line -> line.split(" ", -1))
        .forEach(words ->
            counts.put(words[0], new Counts(Long.parseLong(words[1]), Long.parseLong(words[2]))));
    return counts;
  }

  private static boolean increment(redis.clients.jedis.RedisClusterClient jedis, String key) {
    jedis.incr(key);
    return jedis.waitReplicas(key, 1, TIMEOUT.toMillis() / 2) >= 1; // its only connection
  }

  private static boolean increment(
      StatefulRedisClusterConnection<String, String> connection, String key) {
    connection.sync().incr(key);
    var uri = connection.getPartitions().getPartitionBySlot(SlotHash.getSlot(key)).getUri();
    // Keys use the connection by address; the connection by node id is another one.
    return connection
            .getConnection(uri.getHost(), uri.getPort())
            .sync()
            .waitForReplication(1, TIMEOUT.toMillis() / 2)
        >= 1;
  }

  private static boolean increment(RedissonClient redisson, String key) {
    RBatch batch =
        redisson.createBatch(
            BatchOptions.defaults().sync(1, TIMEOUT.dividedBy(2)).retryAttempts(0));
    var reply = batch.getAtomicLong(key).incrementAndGetAsync();
    int replicas = batch.execute().getSyncedSlaves();
    return replicas >= 1 && reply.toCompletableFuture().isDone();
  }

  private redis.clients.jedis.RedisClusterClient jedis() {
    GenericObjectPoolConfig<Connection> one = new GenericObjectPoolConfig<>();
    one.setMaxTotal(1);
    return redis.clients.jedis.RedisClusterClient.builder()
        .nodes(Set.of(new HostAndPort("127.0.0.1", members.getFirst().port())))
        .clientConfig(
            DefaultJedisClientConfig.builder().timeoutMillis((int) TIMEOUT.toMillis()).build())
        .poolConfig(one)
        .maxAttempts(1)
        .topologyRefreshPeriod(Duration.ofMillis(500))
        .build();
  }

  private RedisClusterClient lettuce() {
    RedisClusterClient client =
        RedisClusterClient.create(
            RedisURI.Builder.redis("127.0.0.1", members.getFirst().port())
                .withTimeout(TIMEOUT)
                .build());
    ClusterClientOptions.Builder options = ClusterClientOptions.builder();
    options.topologyRefreshOptions(
        ClusterTopologyRefreshOptions.builder()
            .enablePeriodicRefresh(Duration.ofMillis(500))
            .build());
    options.replayFilter(command -> true);
    client.setOptions(options.build());
    return client;
  }

  private RedissonClient redisson() {
    Config config = new Config();
    config
        .useClusterServers()
        .addNodeAddress("redis://127.0.0.1:" + members.getFirst().port())
        .setScanInterval(500)
        .setTimeout((int) TIMEOUT.toMillis())
        .setRetryAttempts(0);
    return Redisson.create(config);
  }
}
