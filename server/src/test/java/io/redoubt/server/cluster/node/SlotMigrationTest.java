package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests atomic slot migrations between two masters: the view of clients, and the state after
 * failures.
 */
class SlotMigrationTest {
  /** The slot of keys with the tag a. */
  private static final int SLOT = 15495;

  /**
   * The slot of keys with the tag x. Keys of lost slots are removed in slot order, so those of this
   * slot go later.
   */
  private static final int LATER_SLOT = 16287;

  private static final String SEED = "SlotMigrationTest";

  @AutoClose private final TestNodes nodes = new TestNodes("cluster-node-timeout 15000");

  private RespClient target;
  private RespClient source;

  @BeforeEach
  void pair() throws Exception {
    target = nodes.join();
    source = nodes.join();
    awaitKnown(target, 2);
    ok(target.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(source.call("CLUSTER", "ADDSLOTSRANGE", "10000", "16383"));
    awaitServing(target);
    awaitServing(source);
  }

  private void migrate(int first, int last) throws Exception {
    ok(
        source.call(
            "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "" + first, "" + last, "NODE", id(target)));
  }

  /** Returns the fields of the latest migration of a node. */
  private static Map<String, String> latest(RespClient client) throws Exception {
    List<Reply> all = client.call("CLUSTER", "GETSLOTMIGRATIONS").elements();
    Map<String, String> fields = new HashMap<>();
    if (!all.isEmpty()) {
      List<Reply> first = all.getFirst().elements();
      for (int i = 0; i < first.size(); i += 2) {
        Reply value = first.get(i + 1);
        fields.put(
            first.get(i).text(),
            value instanceof Reply.Integer(long number) ? "" + number : value.text());
      }
    }
    return fields;
  }

  private static String state(RespClient client) throws Exception {
    return latest(client).getOrDefault("state", "none");
  }

  private static void becomes(RespClient client, String state) {
    try {
      await()
          .pollInterval(Duration.ofMillis(10))
          .atMost(LIMIT)
          .until(() -> state(client).equals(state));
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      try {
        throw new AssertionError("wanted " + state + ": " + latest(client), e);
      } catch (Exception other) {
        throw new AssertionError(other);
      }
    }
  }

  @Test
  void movesKeysOfAllTypes() throws Exception {
    ok(source.call("SET", "{a}s", "1"));
    ok(source.call("SET", "{a}t", "2", "PX", "1000000"));
    source.call("RPUSH", "{a}l", "1", "2", "3");
    source.call("SADD", "{a}e", "x", "y");
    source.call("HSET", "{a}h", "f", "v");
    source.call("ZADD", "{a}z", "1.5", "m");
    source.call("XADD", "{a}x", "1-1", "f", "v");
    ok(source.call("SET", "{other}", "0"));
    migrate(SLOT, SLOT);
    becomes(source, "success");
    becomes(target, "success");
    assertThat(error(source.call("GET", "{a}s")))
        .isEqualTo("MOVED " + SLOT + " 127.0.0.1:" + nodes.port(0));
    assertThat(target.call("GET", "{a}s").text()).isEqualTo("1");
    assertThat(number(target, "PTTL", "{a}t")).isBetween(900_000L, 1_000_000L);
    assertThat(target.call("LRANGE", "{a}l", "0", "-1").elements()).hasSize(3);
    assertThat(number(target, "SCARD", "{a}e")).isEqualTo(2);
    assertThat(target.call("HGET", "{a}h", "f").text()).isEqualTo("v");
    assertThat(target.call("ZSCORE", "{a}z", "m").text()).isEqualTo("1.5");
    assertThat(number(target, "XLEN", "{a}x")).isEqualTo(1);
    assertThat(number(target, "DBSIZE")).isEqualTo(7);
    await().atMost(LIMIT).until(() -> number(source, "DBSIZE") == 1);
    assertThat(latest(source))
        .containsEntry("operation", "EXPORT")
        .containsEntry("slot_ranges", SLOT + "-" + SLOT)
        .containsEntry("target_node", id(target))
        .containsEntry("source_node", id(source));
    assertThat(latest(target)).containsEntry("operation", "IMPORT");
  }

  @Test
  void movesTheIdempotentIdsAndReleasedEntriesOfStreams() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      ids.add(source.call("XADD", "{a}x", "IDMP", "p" + i % 3, "" + i, "*", "f", "v").text());
    }
    ok(source.call("XCFGSET", "{a}x", "IDMP-DURATION", "100")); // no change
    source.call("XGROUP", "CREATE", "{a}x", "g", "0");
    source.call("XREADGROUP", "GROUP", "g", "c", "COUNT", "9", "STREAMS", "{a}x", ">");
    assertThat(number(source, "XNACK", "{a}x", "g", "FAIL", "IDS", "1", ids.get(4))).isEqualTo(1);
    assertThat(number(source, "XDEL", "{a}x", ids.get(0))).isEqualTo(1);
    migrate(SLOT, SLOT);
    becomes(source, "success");
    becomes(target, "success");
    for (int i = 0; i < 300; i++) {
      assertThat(target.call("XADD", "{a}x", "IDMP", "p" + i % 3, "" + i, "*", "f", "v").text())
          .isEqualTo(ids.get(i));
    }
    assertThat(number(target, "XLEN", "{a}x")).isEqualTo(299);
    Reply claimed =
        target.call(
            "XREADGROUP",
            "GROUP",
            "g",
            "d",
            "CLAIM",
            "1000000",
            "COUNT",
            "1",
            "STREAMS",
            "{a}x",
            ">");
    assertThat(
            claimed
                .elements()
                .getFirst()
                .elements()
                .get(1)
                .elements()
                .getFirst()
                .elements()
                .getFirst()
                .text())
        .isEqualTo(ids.get(4));
    assertThat(
            error(
                source.call(
                    "XREADGROUP",
                    "GROUP",
                    "g",
                    "d",
                    "CLAIM",
                    "1",
                    "STREAMS",
                    "{a}x",
                    "{a}y",
                    ">",
                    ">")))
        .startsWith("MOVED");
  }

  @Test
  void keepsKeysThatComeBackWhileOldOnesAreRemoved() throws Exception {
    fill(30_000);
    ok(source.call("SET", "{x}", "1"));
    migrate(SLOT, SLOT);
    becomes(source, "success");
    ok(source.call("CLUSTER", "SETSLOT", "" + SLOT, "IMPORTING", id(target)));
    long left = number(source, "CLUSTER", "COUNTKEYSINSLOT", "" + SLOT);
    List<String[]> requests = new ArrayList<>();
    for (int i = 0; i < 30_000; i += 1_000) {
      requests.add(new String[] {"ASKING"});
      requests.add(new String[] {"SET", "{a}new" + i, "back"});
    }
    source.pipeline(requests).forEach(TestNodes::ok);
    assertThat(left).as("keys that the slot had before").isZero();
    ok(source.call("CLUSTER", "SETSLOT", "" + SLOT, "STABLE"));
    migrate(LATER_SLOT, LATER_SLOT);
    await()
        .atMost(LIMIT)
        .until(() -> number(source, "CLUSTER", "COUNTKEYSINSLOT", "" + LATER_SLOT) == 0);
    assertThat(number(source, "CLUSTER", "COUNTKEYSINSLOT", "" + SLOT)).isEqualTo(30);
  }

  @Test
  void refusesWhatCannotBeMigrated() throws Exception {
    String id = id(target);
    assertThat(error(source.call("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "0", "0", "NODE", id)))
        .isEqualTo("ERR Slots are not served by this node.");
    assertThat(error(source.call("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "12", "11", "NODE", id)))
        .isEqualTo("ERR Start slot number 12 is greater than end slot number 11.");
    assertThat(
            error(
                source.call(
                    "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "12000", "12000", "NODE", id(source))))
        .isEqualTo("ERR Target node can not be this node.");
    assertThat(error(source.call("CLUSTER", "MIGRATESLOTS", "NODE", id, "SLOTSRANGE", "1", "1")))
        .isEqualTo("ERR syntax error");
    assertThat(error(source.call("CLUSTER", "CANCELSLOTMIGRATIONS")))
        .isEqualTo("ERR No migrations ongoing");
  }

  @Test
  void losesNoWriteAndAsksNobodyUnderLoad() throws Exception {
    List<String> members = new ArrayList<>();
    members.add("SADD");
    members.add("{a}big");
    for (int i = 0; i < 200_000; i++) {
      members.add("m" + i);
      if (members.size() == 10_002) {
        source.call(members.toArray(String[]::new));
        members.subList(2, members.size()).clear();
      }
    }
    for (int i = 0; i < 20_000; i++) {
      ok(source.call("SET", "{a}k" + i, "" + i));
    }
    Writer writer = new Writer();
    CompletableFuture<Void> writing = CompletableFuture.runAsync(writer::run);
    source.call("BGSAVE");
    migrate(SLOT, SLOT);
    becomes(source, "success");
    await().atMost(LIMIT).until(() -> writer.writesAfterMove > 100 || writing.isDone());
    writer.stop.set(true);
    writing.get();
    assertThat(writer.strange).isEmpty();
    assertThat(writer.moved).isEqualTo(1);
    assertThat(writer.writes).isGreaterThan(100);
    for (Map.Entry<String, Long> each : writer.counters.entrySet()) {
      assertThat(target.call("GET", each.getKey()).text()).isEqualTo("" + each.getValue());
    }
    assertThat(number(target, "SCARD", "{a}big")).isEqualTo(writer.bigSize);
    for (Map.Entry<String, Boolean> each : writer.members.entrySet()) {
      assertThat(number(target, "SISMEMBER", "{a}big", each.getKey()))
          .as(each.getKey())
          .isEqualTo(each.getValue() ? 1 : 0);
    }
    assertThat(number(target, "ZCARD", "{a}zset")).isEqualTo(writer.zset);
    await().atMost(LIMIT).until(() -> number(source, "DBSIZE") == 0);
  }

  /** Writes to the slot and records the acknowledged writes. */
  private final class Writer {
    private final Random random = Seed.random(SEED);
    private final AtomicBoolean stop = new AtomicBoolean();
    private final Map<String, Long> counters = new HashMap<>();
    private final Map<String, Boolean> members = new HashMap<>();
    private final List<String> strange = new ArrayList<>();
    private long bigSize = 200_000;
    private long zset;
    private int moved;
    private long writes;
    private volatile long writesAfterMove;

    void run() {
      try (RespClient at = RespClient.connect("127.0.0.1", nodes.port(1));
          RespClient after = RespClient.connect("127.0.0.1", nodes.port(0))) {
        RespClient now = at;
        while (!stop.get()) {
          String[] words = next();
          Reply reply = now.call(words);
          if (reply instanceof Reply.Error error) {
            if (error.message().startsWith("MOVED") && now == at) {
              moved++;
              now = after;
              reply = now.call(words);
            } else {
              strange.add(error.message());
            }
          }
          note(words, reply);
        }
      } catch (Exception e) {
        strange.add(e.toString());
      }
    }

    private String[] next() {
      return switch (random.nextInt(6)) {
        case 0 -> new String[] {"SADD", "{a}big", "m" + random.nextInt(300_000)};
        case 1 -> new String[] {"SREM", "{a}big", "m" + random.nextInt(300_000)};
        case 2 -> new String[] {"ZADD", "{a}zset", "NX", "1", "z" + random.nextInt(100_000)};
        default -> new String[] {"INCR", "{a}k" + random.nextInt(20_000)};
      };
    }

    private void note(String[] words, Reply reply) throws Exception {
      writes++;
      if (moved > 0) {
        writesAfterMove++;
      }
      switch (words[0]) {
        case "SADD" -> {
          members.put(words[2], true);
          bigSize += reply.number();
        }
        case "SREM" -> {
          members.put(words[2], false);
          bigSize -= reply.number();
        }
        case "ZADD" -> zset += reply.number();
        default -> counters.put(words[1], reply.number());
      }
    }
  }

  /**
   * All kinds of changes of large and small values, some of which must be rewritten for the stream.
   */
  @Test
  void followsAllKindsOfChanges() throws Exception {
    Random random = Seed.random(SEED);
    try (RedisServer mirror =
            TestServers.start("enable-debug-command yes", "hash-max-listpack-entries 64");
        RespClient expected = RespClient.connect("127.0.0.1", mirror.port())) {
      for (int round = 0; round < 2; round++) {
        Changes changes = new Changes(random, expected);
        changes.fill();
        migrate(SLOT, SLOT);
        changes.runUntilMoved();
        becomes(target, "success");
        compare(expected);
        assertThat(number(target, "DBSIZE")).isEqualTo(number(expected, "DBSIZE"));
        await().atMost(LIMIT).until(() -> number(source, "DBSIZE") == 0);
        RespClient was = source;
        source = target;
        target = was;
      }
    }
  }

  private void compare(RespClient expected) throws Exception {
    for (Reply key : expected.call("KEYS", "*").elements()) {
      assertThat(value(target, key.text())).as(key.text()).isEqualTo(value(expected, key.text()));
    }
  }

  private static List<Object> value(RespClient at, String key) throws Exception {
    String type = at.call("TYPE", key).text();
    List<Object> value = new ArrayList<>(List.of(type));
    value.add(at.call("PTTL", key).number() > 0);
    Reply all =
        switch (type) {
          case "string" -> at.call("GET", key);
          case "list" -> at.call("LRANGE", key, "0", "-1");
          case "set" -> at.call("SORT", key, "ALPHA");
          case "zset" -> at.call("ZRANGE", key, "0", "-1", "WITHSCORES");
          case "stream" -> at.call("XRANGE", key, "-", "+");
          default -> at.call("HGETALL", key);
        };
    if (type.equals("hash")) {
      Map<String, String> fields = new TreeMap<>();
      List<Reply> flat = all.elements();
      for (int i = 0; i < flat.size(); i += 2) {
        fields.put(flat.get(i).text(), flat.get(i + 1).text());
      }
      value.add(fields);
    } else {
      value.add(all.toString().length() < 100 ? all.toString() : deep(all));
    }
    return value;
  }

  private static String deep(Reply reply) {
    StringBuilder text = new StringBuilder();
    if (reply instanceof Reply.Array(List<Reply> elements)) {
      elements.forEach(each -> text.append(deep(each)).append(' '));
      return text.toString();
    }
    return reply.text();
  }

  /** Random changes, made at the source and at a reference server. */
  private final class Changes {
    private static final int LARGE = 5000;

    private final Random random;
    private final RespClient expected;

    Changes(Random random, RespClient expected) {
      this.random = random;
      this.expected = expected;
    }

    private Reply run(RespClient at, String... words) throws Exception {
      Reply reply = at.call(words);
      if (reply instanceof Reply.Error error && error.message().startsWith("MOVED")) {
        return reply;
      }
      Reply wanted = expected.call(words);
      assertThat(reply instanceof Reply.Error).isEqualTo(wanted instanceof Reply.Error);
      return reply;
    }

    void fill() throws Exception {
      for (String name : List.of("{a}0", "{a}1", "{a}2")) {
        for (int from = 0; from < LARGE; from += 500) {
          List<String> set = new ArrayList<>(List.of("SADD", name + "s"));
          List<String> hash = new ArrayList<>(List.of("HSET", name + "h"));
          List<String> sorted = new ArrayList<>(List.of("ZADD", name + "z"));
          List<String> list = new ArrayList<>(List.of("RPUSH", name + "l"));
          for (int i = from; i < from + 500; i++) {
            set.add("m" + i);
            hash.add("f" + i);
            hash.add("" + i);
            sorted.add(i + ".25");
            sorted.add("m" + i);
            list.add("e" + i);
          }
          for (List<String> each : List.of(set, hash, sorted, list)) {
            Reply unused = run(source, each.toArray(String[]::new));
          }
        }
      }
      for (int i = 0; i < 3000; i++) {
        Reply unused = run(source, "SET", "{a}k" + i, "" + i);
      }
    }

    void runUntilMoved() throws Exception {
      Reply reply;
      do {
        reply = random.nextInt(8) == 0 ? transaction() : run(source, next());
      } while (!(reply instanceof Reply.Error error && error.message().startsWith("MOVED")));
    }

    private Reply transaction() throws Exception {
      List<String[]> commands = List.of(next(), next(), next());
      ok(source.call("MULTI"));
      Reply refused = null;
      for (String[] each : commands) {
        Reply queued = source.call(each);
        refused = queued instanceof Reply.Error ? queued : refused;
      }
      Reply done = source.call("EXEC");
      if (refused != null || done instanceof Reply.Error) {
        return refused == null ? done : refused;
      }
      for (String[] each : commands) {
        Reply unused = expected.call(each);
      }
      return done;
    }

    private String any() {
      return "{a}" + random.nextInt(3);
    }

    private String[] next() {
      String number = "" + random.nextInt(LARGE + LARGE / 5);
      return switch (random.nextInt(30)) {
        case 0, 1, 2 -> new String[] {"SADD", any() + "s", "m" + number};
        case 3, 4 -> new String[] {"SREM", any() + "s", "m" + number};
        case 5, 6 -> new String[] {"HINCRBY", any() + "h", "f" + number, "7"};
        case 7, 8 -> new String[] {"HDEL", any() + "h", "f" + number};
        case 9, 10 -> new String[] {"ZINCRBY", any() + "z", "1.5", "m" + number};
        case 11, 12 -> new String[] {"ZREM", any() + "z", "m" + number};
        case 13 -> new String[] {"ZADD", any() + "z", "GT", "3000", "m" + number};
        case 14 -> new String[] {"ZPOPMIN", any() + "z"};
        case 15 -> new String[] {"ZREMRANGEBYRANK", any() + "z", "10", "12"};
        case 16 -> new String[] {"SINTERSTORE", "{a}i", any() + "s", any() + "s"};
        case 17 -> new String[] {"RENAME", any() + "s", any() + "s"};
        case 18 -> new String[] {"SMOVE", any() + "s", any() + "s", "m" + number};
        case 19 -> new String[] {"COPY", any() + "h", any() + "h", "REPLACE"};
        case 20 -> new String[] {"LPOP", any() + "l"};
        case 21 -> new String[] {"RPUSH", any() + "l", number};
        case 22 -> new String[] {"LMOVE", any() + "l", any() + "l", "LEFT", "RIGHT"};
        case 23 -> new String[] {"EXPIRE", any() + "z", "100000"};
        case 24 -> new String[] {"PERSIST", any() + "z"};
        case 25 -> new String[] {"INCR", "{a}k" + random.nextInt(3000)};
        case 26 -> new String[] {"APPEND", "{a}k" + random.nextInt(3000), "1"};
        case 27 -> new String[] {"XADD", "{a}x", System.nanoTime() + "-1", "f", "v"};
        case 28 ->
            random.nextInt(20) == 0
                ? new String[] {"DEL", any() + "s"}
                : new String[] {"DEL", "{a}k" + number};
        default -> new String[] {"SUNIONSTORE", any() + "s", any() + "s", "{a}i"};
      };
    }
  }

  private void fill(int keys) throws Exception {
    for (int from = 0; from < keys; from += 1000) {
      List<String> words = new ArrayList<>(List.of("MSET"));
      for (int i = from; i < from + 1000; i++) {
        words.add("{a}" + i);
        words.add("value " + i);
      }
      ok(source.call(words.toArray(String[]::new)));
    }
  }

  @Test
  void leavesEverythingAtTheSourceWhenCancelled() throws Exception {
    fill(200_000);
    migrate(SLOT, SLOT);
    await().atMost(LIMIT).until(() -> state(target).equals("snapshotting"));
    assertThat(number(target, "DBSIZE")).isZero();
    assertThat(target.call("RANDOMKEY")).isInstanceOf(Reply.Null.class);
    assertThat(target.call("SCAN", "0").elements().get(1).elements()).isEmpty();
    assertThat(target.call("INFO", "keyspace").text()).doesNotContain("db");
    assertThat(error(target.call("SELECT", "1"))).contains("not allowed in cluster mode");
    ok(source.call("CLUSTER", "CANCELSLOTMIGRATIONS"));
    assertThat(state(source)).isEqualTo("cancelled");
    becomes(target, "failed");
    assertThat(number(source, "DBSIZE")).isEqualTo(200_000);
    assertThat(number(target, "DBSIZE")).isZero();
    assertThat(error(target.call("GET", "{a}1"))).startsWith("MOVED");
    ok(source.call("SET", "{a}1", "new"));
    migrate(SLOT, SLOT);
    becomes(source, "success");
    assertThat(target.call("GET", "{a}1").text()).isEqualTo("new");
    assertThat(number(target, "DBSIZE")).isEqualTo(200_000);
  }

  @Test
  void endsWhenTheTargetDies() throws Exception {
    fill(200_000);
    migrate(SLOT, SLOT);
    await().atMost(LIMIT).until(() -> state(source).equals("snapshotting"));
    nodes.end(0);
    becomes(source, "failed");
    assertThat(latest(source).get("message")).isNotEmpty();
    ok(source.call("SET", "{a}1", "new"));
    assertThat(number(source, "DBSIZE")).isEqualTo(200_000);
  }

  @Test
  void endsWhenEitherNodeIsFlushed() throws Exception {
    fill(200_000);
    migrate(SLOT, SLOT);
    await().atMost(LIMIT).until(() -> state(source).equals("snapshotting"));
    ok(target.call("FLUSHALL"));
    becomes(source, "failed");
    becomes(target, "failed");
    migrate(SLOT, SLOT);
    await().atMost(LIMIT).until(() -> state(source).equals("snapshotting"));
    ok(source.call("FLUSHALL"));
    becomes(source, "failed");
    becomes(target, "failed");
    assertThat(number(target, "DBSIZE")).isZero();
  }

  @Test
  void movesSeveralMigrationsOneByOne() throws Exception {
    fill(10_000);
    String id = id(target);
    ok(
        source.call(
            "CLUSTER",
            "MIGRATESLOTS",
            "SLOTSRANGE",
            "10000",
            "12000",
            "14000",
            "14010",
            "NODE",
            id,
            "SLOTSRANGE",
            "15000",
            "16000",
            "NODE",
            id));
    await()
        .atMost(LIMIT)
        .until(() -> {
          List<Reply> all = source.call("CLUSTER", "GETSLOTMIGRATIONS").elements();
          return all.size() == 2
              && all.stream().allMatch(each -> each.toString().contains("success"));
        });
    assertThat(number(target, "DBSIZE")).isEqualTo(10_000);
  }
}
