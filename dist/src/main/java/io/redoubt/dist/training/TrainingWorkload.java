package io.redoubt.dist.training;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The workload of the AOT training run: the requests of clients, replicas and sentinels, often
 * enough for the JVM to find the hot code. It reads replies without checking them, as tests do
 * that.
 */
final class TrainingWorkload {
  private static final String CANDIDATE = "0".repeat(40);
  private static final int ROUNDS = 2_000;
  private static final int PIPELINE = 16;

  /** Elements pushed to each list in a round, so that lists have many nodes. */
  private static final int PUSHES = 4;

  /** Enough keys for a snapshot to still run while they are written. */
  private static final int SAVED_KEYS = 40_000;

  private static final int SAVES = 4;

  /** Concurrent clients: the loop takes other branches when several requests are ready at once. */
  private static final int CLIENTS = 8;

  /** Enough elements for a snapshot to spend some time inside each collection. */
  private static final int LARGE_ELEMENTS = 600_000;

  private static final int ELEMENTS_A_COMMAND = 100;

  /**
   * Elements of each large collection in the snapshot that the start loads, and of a packed one.
   */
  private static final int LOADED_ELEMENTS = 2_000;

  private static final int LOADED_PACKED = 10;

  /** The number of requests after which writes pause, because a slow disk would block them. */
  private static final int PAUSE_EVERY = 50 * PIPELINE;

  private static final int LONG_READ_ROUNDS = 10;
  private static final String COUNTING_SCRIPT =
      "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[2])";
  private static final String ENCODING_SCRIPT =
      "return #cjson.encode({string.rep('\\0', 1000), string.rep('text', 1000)})";
  private static final long STEP_LIMIT_NANOS = 10_000_000_000L;
  private static final int POLL_MILLIS = 50;

  private static final String SCRIPT =
      "if redis.call('GET', KEYS[1]) then return redis.call('SET', KEYS[1], ARGV[1]) end";

  private static final List<String> ONCE =
      List.of(
          "HELLO 3",
          "HELLO 2",
          "CLIENT SETNAME training",
          "CLIENT ID",
          "CLIENT LIST",
          "CLIENT INFO",
          "COMMAND",
          "COMMAND COUNT",
          "COMMAND DOCS",
          "CONFIG GET *",
          "CONFIG SET maxmemory 0",
          "CONFIG RESETSTAT",
          "INFO everything",
          "DBSIZE",
          "SELECT 9",
          "SELECT 0",
          "SET expiring value EX 100",
          "SET counter 10",
          "OBJECT ENCODING counter",
          "TTL expiring",
          "EXPIRE counter 100",
          "PERSIST counter",
          "TYPE counter",
          "DUMP counter",
          "COPY counter other",
          "RENAME other another",
          "UNLINK another",
          "SCAN 0 COUNT 100",
          "KEYS *",
          "RANDOMKEY",
          "MULTI",
          "INCR counter",
          "EXEC",
          "WATCH counter",
          "UNWATCH",
          "PUBLISH channel message",
          "SUBSCRIBE channel",
          "UNSUBSCRIBE channel",
          "DEBUG SLEEP 0",
          "ROLE",
          "TIME",
          "NOSUCHCOMMAND",
          "GET",
          "SLOWLOG GET",
          "ACL WHOAMI",
          "FLUSHALL");

  private final NodeProcess server;
  private final NodeProcess peer;

  /** Takes a server to train and a peer to replicate with; both must accept commands. */
  TrainingWorkload(NodeProcess server, NodeProcess peer) {
    this.server = server;
    this.peer = peer;
  }

  /**
   * Sends commands one by one, pipelined commands on all types of values, writes to all data during
   * snapshots, and runs a full sync in both roles.
   */
  void trainServer() throws IOException, InterruptedException {
    try (RespClient connection = server.connect()) {
      for (String command : ONCE) {
        connection.call(command.split(" ", -1));
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (List<String> command : strings(round)) {
          connection.call(command.toArray(String[]::new));
        }
      }
      for (int round = 0; round < ROUNDS; round++) {
        List<List<String>> batch = new ArrayList<>();
        for (int i = 0; batch.size() < PIPELINE; i++) {
          batch.addAll(strings(round * PIPELINE + i));
        }
        pipeline(connection, batch);
      }
      for (int round = 0; round < ROUNDS; round++) {
        pipeline(connection, collections(round));
        if (round % LONG_READ_ROUNDS == 0) {
          pipeline(connection, longReads(round));
          pipeline(connection, longArguments(round));
        }
      }
      enlarge(connection);
      for (int save = 0; save < SAVES; save++) {
        connection.call("BGSAVE");
        fillTogether(save);
        until(() -> "0".equals(server.info("persistence").get("rdb_bgsave_in_progress")));
      }
    }
    try (RespClient connection = peer.connect()) {
      fill(connection, 0, SAVED_KEYS, 0);
    }
    replicate(server, peer);
    server.ask("REPLICAOF", "NO", "ONE");
    replicate(peer, server);
  }

  /**
   * Trains a sentinel with routine queries and with failovers. The server is its master {@code
   * mymaster} before and after, the peer a replica.
   */
  void trainSentinel(NodeProcess sentinel) throws IOException, InterruptedException {
    until(() ->
        sentinel.ask("SENTINEL", "replicas", "mymaster").toString().contains(":" + peer.port()));
    for (String command :
        List.of("SENTINEL masters", "SENTINEL sentinels mymaster", "INFO everything", "ROLE")) {
      sentinel.ask(command.split(" ", -1));
    }
    sentinel.ask(
        "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", "127.0.0.1", server.port() + "", "1", CANDIDATE);
    failOver(sentinel, peer);
    failOver(sentinel, server);
  }

  private static void failOver(NodeProcess sentinel, NodeProcess to)
      throws IOException, InterruptedException {
    until(() -> !sentinel.ask("SENTINEL", "FAILOVER", "mymaster").isError());
    until(() ->
        sentinel
            .ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
            .toString()
            .contains(to.port() + ""));
  }

  /** Sends commands in one write, like a pipelining client. */
  private static void send(RespClient connection, List<List<String>> commands) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (List<String> command : commands) {
      bytes.writeBytes(RequestEncoder.encode(command));
    }
    connection.sendRaw(bytes.toByteArray());
  }

  private static void pipeline(RespClient connection, List<List<String>> commands)
      throws IOException {
    send(connection, commands);
    for (int i = 0; i < commands.size(); i++) {
      connection.receive();
    }
  }

  /** Creates values of each type, packed and large, long and compressible: a start loads them. */
  static void fillForLoad(RespClient connection) throws IOException {
    List<List<String>> commands = new ArrayList<>();
    commands.add(List.of("SET", "counter", "10"));
    commands.add(List.of("SET", "compressed", "x".repeat(1_000), "EX", "100000"));
    commands.add(List.of("SET", "compressed:long", "text".repeat(100_000)));
    for (int element = 0; element < LOADED_ELEMENTS; element++) {
      for (String size : List.of("small:" + element / LOADED_PACKED, "large")) {
        String member = "member:" + element;
        commands.add(List.of("SADD", size + ":integers", element + ""));
        commands.add(List.of("SADD", size + ":set", member));
        commands.add(List.of("HSET", size + ":hash", member, "value"));
        commands.add(List.of("ZADD", size + ":zset", element + ".5", member));
        commands.add(List.of("RPUSH", size + ":list", member));
        commands.add(List.of("XADD", size + ":stream", "*", "field", member));
      }
    }
    commands.add(List.of("XGROUP", "CREATE", "large:stream", "group", "0"));
    commands.add(
        List.of("XREADGROUP", "GROUP", "group", "consumer", "STREAMS", "large:stream", ">"));
    pipeline(connection, commands);
  }

  /** Adds elements to the collections that {@link #fill} changes. */
  private static void enlarge(RespClient connection) throws IOException {
    for (int element = 0; element < LARGE_ELEMENTS; ) {
      List<String> list = new ArrayList<>(List.of("RPUSH", "list"));
      List<String> zset = new ArrayList<>(List.of("ZADD", "zset"));
      List<String> hash = new ArrayList<>(List.of("HSET", "hash"));
      for (int i = 0; i < ELEMENTS_A_COMMAND; i++, element++) {
        list.add("element:" + element);
        zset.addAll(List.of(element + "", "element:" + element));
        hash.addAll(List.of("element:" + element, "value"));
      }
      pipeline(connection, List.of(list, zset, hash));
    }
  }

  /** Runs {@link #fill} from several clients at once while another client sends reads. */
  private void fillTogether(int round) throws IOException, InterruptedException {
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> filling = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        int first = SAVED_KEYS / CLIENTS * client;
        filling.add(
            clients.submit(() -> {
              try (RespClient connection = server.connect()) {
                fill(connection, first, first + SAVED_KEYS / CLIENTS, round);
              }
              return true;
            }));
      }
      try (RespClient connection = server.connect()) {
        while (!filling.stream().allMatch(Future::isDone)) {
          connection.call("GET", "saved:1");
          connection.call("INFO", "persistence");
        }
      }
      for (Future<?> filled : filling) {
        filled.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a client of the training failed", e);
    }
  }

  /** Sets keys and changes large and small collections, with other values in each round. */
  private static void fill(RespClient connection, int first, int end, int round)
      throws IOException {
    for (int key = first; key < end; ) {
      List<List<String>> batch = new ArrayList<>();
      for (int i = 0; i < PIPELINE; i++, key++) {
        batch.add(List.of("SET", "saved:" + key, String.format(Locale.ROOT, "%064d", key + round)));
      }
      batch.add(List.of("ZADD", "zset", "" + (key + round) % ROUNDS, "element:" + key % ROUNDS));
      batch.add(List.of("HSET", "hash", "element:" + key % ROUNDS, "value:" + round));
      batch.add(List.of("LSET", "list", "" + key % ROUNDS, "value:" + round));
      batch.add(List.of("LPOP", "list"));
      batch.add(List.of("LPUSH", "list", "element:" + key));
      batch.add(List.of("RPOP", "list"));
      batch.add(List.of("RPUSH", "list", "element:" + key, "another:" + key));
      batch.add(List.of("LTRIM", "list", "1", "10000000"));
      batch.add(List.of("ZADD", "zset", "" + key, "a:" + key, "0", "b:" + key, "9", "c:" + key));
      batch.add(List.of("ZPOPMIN", "zset"));
      batch.add(List.of("ZPOPMAX", "zset"));
      batch.add(List.of("ZREMRANGEBYRANK", "zset", "" + key % 1_000, "" + key % 1_000));
      batch.add(List.of("LSET", "queue", "" + key % ROUNDS, "value:" + round));
      batch.add(List.of("LPUSH", "queue", "element:" + key));
      batch.add(List.of("RPOP", "queue"));
      batch.add(List.of("RPUSH", "queue", "element:" + key));
      batch.add(List.of("LPOP", "queue"));
      batch.add(List.of("ZADD", "small:1:zset", "" + key, "member:" + key % 10));
      batch.add(List.of("HSET", "small:1:hash", "field:" + key % 10, "value:" + round));
      if (key % PAUSE_EVERY == 0) {
        batch.add(0, List.of("CLIENT", "PAUSE", "1", "WRITE"));
      }
      pipeline(connection, batch);
    }
  }

  /** Makes one server a replica of the other and waits until it has received a write. */
  private static void replicate(NodeProcess replica, NodeProcess master)
      throws IOException, InterruptedException {
    replica.ask("REPLICAOF", "127.0.0.1", master.port() + "");
    until(() -> "up".equals(replica.info("replication").get("master_link_status")));
    master.ask("SET", "replicated", "value");
    until(() -> replica.ask("GET", "replicated").toString().contains("value"));
  }

  private static List<List<String>> strings(int round) {
    String key = "key:" + round % 1_000;
    return List.of(
        List.of("SET", key, "value:" + round + "x".repeat(round % 64)),
        List.of("GET", key),
        List.of("INCR", "counter"),
        List.of("EXISTS", key, "counter"),
        List.of("EVAL", SCRIPT, "1", key, "value"));
  }

  /** Returns commands on one element of each large collection and on a few small ones. */
  private static List<List<String>> collections(int round) {
    String element = "element:" + round;
    String small = "small:" + round % 100;
    List<List<String>> commands = new ArrayList<>();
    for (int i = 0; i < PUSHES; i++) {
      commands.add(List.of("LPUSH", "list", element + i));
      commands.add(List.of("RPUSH", "queue", element + i));
    }
    commands.add(List.of("LPOP", "queue"));
    commands.add(List.of("HSET", "hash", element, "value:" + round));
    commands.add(List.of("HGET", "hash", element));
    commands.add(List.of("HINCRBY", "hash", "count", "1"));
    commands.add(List.of("SADD", "set", element));
    commands.add(List.of("SADD", "other", element));
    commands.add(List.of("SISMEMBER", "set", element));
    commands.add(List.of("ZADD", "zset", "" + round * 7919 % ROUNDS, element));
    commands.add(List.of("ZINCRBY", "zset", "1", element));
    commands.add(List.of("ZSCORE", "zset", element));
    commands.add(List.of("ZRANGE", "zset", "0", "9"));
    commands.add(List.of("XADD", "stream", "*", "field", element));
    commands.add(List.of("MSET", element, "value", small + ":string", "1"));
    commands.add(List.of("EXPIRE", element, "1000"));
    commands.add(List.of("DEL", element));
    commands.add(List.of("HSET", small + ":hash", "field:" + round % 10, element));
    commands.add(List.of("HGETALL", small + ":hash"));
    commands.add(List.of("LPUSH", small + ":list", element));
    commands.add(List.of("LPOP", small + ":list"));
    commands.add(List.of("SADD", small + ":set", "" + round));
    commands.add(List.of("ZADD", small + ":zset", "" + round, "member:" + round % 10));
    commands.add(List.of("SREM", "other", element));
    commands.add(List.of("SADD", "members", "member:" + round % 100));
    return commands;
  }

  private static List<List<String>> longReads(int round) {
    return List.of(
        List.of("LRANGE", "list", "0", "99"),
        List.of("ZRANGEBYSCORE", "zset", "" + round, "+inf", "LIMIT", "0", "100"),
        List.of("SMEMBERS", "members"),
        List.of("SINTER", "members", "set"),
        List.of("XRANGE", "stream", "-", "+", "COUNT", "100"),
        List.of("EVAL", COUNTING_SCRIPT, "2", "key:1", "counter", "value"));
  }

  /** Returns commands whose arguments make them slow, even at their first use. */
  private static List<List<String>> longArguments(int round) {
    List<String> fields = new ArrayList<>(List.of("BITFIELD", "fields"));
    List<String> missing = new ArrayList<>(List.of("DEL"));
    for (int i = 0; i < ELEMENTS_A_COMMAND; i++) {
      fields.addAll(List.of("INCRBY", "u16", "#" + i, "1"));
      missing.add("missing:" + round + ":" + i);
    }
    return List.of(
        fields,
        missing,
        List.of("SCAN", "0", "MATCH", "*e*e*e*x*", "COUNT", "1000"),
        List.of("EVAL", ENCODING_SCRIPT, "0"));
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  /** Waits for a condition; after the time limit the training continues and is less complete. */
  private static void until(Condition condition) throws IOException, InterruptedException {
    long end = System.nanoTime() + STEP_LIMIT_NANOS;
    while (!condition.holds() && System.nanoTime() < end) {
      Thread.sleep(POLL_MILLIS);
    }
  }
}
