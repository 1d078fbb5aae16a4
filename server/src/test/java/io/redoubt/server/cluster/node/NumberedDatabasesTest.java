package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.establish;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static io.redoubt.server.cluster.node.TestNodes.replicate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cluster nodes with several databases. */
class NumberedDatabasesTest {
  /** The slot of keys with the tag a. */
  private static final String SLOT = "15495";

  private static final int DATABASES = 4;
  private static final String OUT_OF_RANGE = "ERR DB index is out of range";
  private static final String TRY_AGAIN = "TRYAGAIN Multiple keys request during rehashing of slot";

  @AutoClose
  private final TestNodes nodes =
      new TestNodes("cluster-node-timeout 15000", "enable-debug-command yes");

  @TempDir private Path directory;

  private RespClient single() throws Exception {
    RespClient node = nodes.join("cluster-databases " + DATABASES);
    ok(node.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    awaitServing(node);
    return node;
  }

  /** Starts two masters: the second one owns the slots from 10000 on. */
  private RespClient[] pair(int databasesOfFirst) throws Exception {
    RespClient target = nodes.join("cluster-databases " + databasesOfFirst);
    RespClient source = nodes.join("cluster-databases " + DATABASES);
    awaitKnown(target, 2);
    ok(target.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(source.call("CLUSTER", "ADDSLOTSRANGE", "10000", "16383"));
    awaitServing(target);
    awaitServing(source);
    return new RespClient[] {target, source};
  }

  private static void select(RespClient client, int database) throws Exception {
    ok(client.call("SELECT", "" + database));
  }

  private static long sizeOf(RespClient client, int database) throws Exception {
    select(client, database);
    return number(client, "DBSIZE");
  }

  private static void awaitState(RespClient client, String state) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(deep(client.call("CLUSTER", "GETSLOTMIGRATIONS"))).contains(state));
  }

  private static void migrate(RespClient source, RespClient target) throws Exception {
    ok(source.call("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", SLOT, SLOT, "NODE", id(target)));
  }

  private static String deep(Reply reply) {
    return switch (reply) {
      case Reply.Array(List<Reply> elements) ->
          String.join(" ", elements.stream().map(NumberedDatabasesTest::deep).toList());
      case Reply.Integer(long number) -> "" + number;
      default -> reply.text();
    };
  }

  @Test
  void commandsUseTheSelectedDatabase() throws Exception {
    RespClient node = single();
    for (int i = 0; i < DATABASES; i++) {
      select(node, i);
      for (int k = 0; k <= i; k++) {
        ok(node.call("SET", "{a}" + k, i + "." + k));
      }
    }
    select(node, 2);
    assertThat(number(node, "DBSIZE")).isEqualTo(3);
    assertThat(number(node, "CLUSTER", "COUNTKEYSINSLOT", SLOT)).isEqualTo(3);
    assertThat(node.call("CLUSTER", "GETKEYSINSLOT", SLOT, "10").elements()).hasSize(3);
    assertThat(node.call("CLUSTER", "GETKEYSINSLOT", SLOT, "2").elements()).hasSize(2);
    assertThat(node.call("KEYS", "{a}*").elements()).hasSize(3);
    assertThat(node.call("SCAN", "0", "MATCH", "{a}*", "COUNT", "100").elements().get(1).elements())
        .hasSize(3);
    assertThat(node.call("RANDOMKEY").text()).startsWith("{a}");
    assertThat(node.call("GET", "{a}2").text()).isEqualTo("2.2");
    assertThat(node.call("INFO", "keyspace").text())
        .contains("db0:keys=1,", "db1:keys=2,", "db2:keys=3,", "db3:keys=4,");
    assertThat(node.call("CLUSTER", "SLOT-STATS", "SLOTSRANGE", SLOT, SLOT).toString())
        .satisfies(stats -> assertThat(stats).isNotEmpty());
    assertThat(number(node, "MOVE", "{a}2", "0")).isEqualTo(1);
    assertThat(number(node, "MOVE", "{a}0", "0")).isZero();
    assertThat(number(node, "COPY", "{a}0", "{a}9", "DB", "3")).isEqualTo(1);
    assertThat(sizeOf(node, 0)).isEqualTo(2);
    assertThat(sizeOf(node, 2)).isEqualTo(2);
    assertThat(sizeOf(node, 3)).isEqualTo(5);
    assertThat(node.call("GET", "{a}9").text()).isEqualTo("2.0");
    ok(node.call("FLUSHDB"));
    assertThat(number(node, "DBSIZE")).isZero();
    assertThat(sizeOf(node, 1)).isEqualTo(2);
    assertThat(number(node, "PEXPIRE", "{a}1", "1")).isEqualTo(1);
    await().atMost(LIMIT).until(() -> number(node, "DBSIZE") == 1);
    ok(node.call("FLUSHALL"));
    assertThat(sizeOf(node, 0)).isZero();
  }

  @Test
  void refusesOtherDatabases() throws Exception {
    RespClient node = single();
    ok(node.call("SET", "{a}", "1"));
    assertThat(error(node.call("SELECT", "4"))).isEqualTo(OUT_OF_RANGE);
    assertThat(error(node.call("SELECT", "-1"))).isEqualTo(OUT_OF_RANGE);
    assertThat(error(node.call("SELECT", "1048576"))).isEqualTo(OUT_OF_RANGE);
    assertThat(error(node.call("MOVE", "{a}", "4"))).isEqualTo(OUT_OF_RANGE);
    assertThat(error(node.call("COPY", "{a}", "{a}b", "DB", "1048576"))).isEqualTo(OUT_OF_RANGE);
    assertThat(error(node.call("COPY", "{a}", "b", "DB", "1"))).startsWith("CROSSSLOT");
    assertThat(error(node.call("SWAPDB", "0", "1")))
        .isEqualTo("ERR SWAPDB is not allowed in cluster mode");
    assertThat(error(node.call("CONFIG", "SET", "cluster-databases", "5")))
        .contains("can't set immutable config");
    assertThat(
            node.call(
                    "EVAL",
                    "redis.call('select', 3); return redis.call('set', KEYS[1], 1)",
                    "1",
                    "{a}")
                .text())
        .isEqualTo("OK");
    assertThat(sizeOf(node, 3)).isEqualTo(1);
  }

  @Test
  void redirectsByTheKeysOfTheSelectedDatabase() throws Exception {
    RespClient[] pair = pair(DATABASES);
    RespClient target = pair[0];
    RespClient source = pair[1];
    ok(source.call("SET", "{a}0", "0"));
    select(source, 1);
    ok(source.call("SET", "{a}1", "1"));
    ok(target.call("CLUSTER", "SETSLOT", SLOT, "IMPORTING", id(source)));
    ok(source.call("CLUSTER", "SETSLOT", SLOT, "MIGRATING", id(target)));
    assertThat(source.call("GET", "{a}1").text()).isEqualTo("1");
    assertThat(error(source.call("GET", "{a}0"))).startsWith("ASK " + SLOT);
    assertThat(error(source.call("MOVE", "{a}1", "2"))).isEqualTo(TRY_AGAIN);
    assertThat(error(source.call("COPY", "{a}1", "{a}1", "DB", "2"))).isEqualTo(TRY_AGAIN);
    ok(target.call("ASKING"));
    assertThat(error(target.call("MOVE", "{a}1", "2"))).isEqualTo(TRY_AGAIN);
    assertThat(error(target.call("MOVE", "{a}1", "2"))).startsWith("MOVED " + SLOT);
    select(source, 0);
    ok(source.call("MULTI"));
    Reply unused = source.call("SELECT", "1");
    assertThat(source.call("GET", "{a}0").text()).isEqualTo("QUEUED");
    assertThat(error(source.call("EXEC"))).startsWith("ASK " + SLOT);
    select(source, 1);
    String port = "" + nodes.port(0);
    assertThat(source.call("MIGRATE", "127.0.0.1", port, "{a}1", "1", "5000").text())
        .isEqualTo("OK");
    select(target, 1);
    ok(target.call("ASKING"));
    assertThat(target.call("GET", "{a}1").text()).isEqualTo("1");
    // The keys of all databases keep the slot from being given away.
    assertThat(error(source.call("CLUSTER", "SETSLOT", SLOT, "NODE", id(target))))
        .contains("while I still hold keys for this hash slot");
  }

  @Test
  void migratesKeysOfAllDatabasesWithTheirChanges() throws Exception {
    RespClient[] pair = pair(DATABASES);
    try (RedisServer mirror = TestServers.start("enable-debug-command yes");
        RespClient expected = RespClient.connect("127.0.0.1", mirror.port())) {
      Changes changes = new Changes(pair[1], expected);
      changes.fill();
      migrate(pair[1], pair[0]);
      changes.runUntilMoved();
      awaitState(pair[0], "success");
      for (int i = 0; i < DATABASES; i++) {
        assertThat(sizeOf(pair[0], i)).isEqualTo(sizeOf(expected, i));
        for (Reply key : expected.call("KEYS", "*").elements()) {
          assertThat(digest(pair[0], key.text()))
              .as(key.text())
              .isEqualTo(digest(expected, key.text()));
        }
        int database = i;
        await().atMost(LIMIT).until(() -> sizeOf(pair[1], database) == 0);
      }
    }
  }

  private static String digest(RespClient client, String key) throws Exception {
    return deep(client.call("DEBUG", "DIGEST-VALUE", key));
  }

  /** Random changes in all databases, made at a node and at a reference server. */
  private static final class Changes {
    private static final int LARGE = 3000;

    private final Random random = Seed.random("NumberedDatabasesTest");
    private final RespClient source;
    private final RespClient expected;

    Changes(RespClient source, RespClient expected) {
      this.source = source;
      this.expected = expected;
    }

    private Reply run(String... words) throws Exception {
      Reply reply = source.call(words);
      if (!isMoved(reply)) {
        Reply wanted = expected.call(words);
        assertThat(deep(reply)).as(String.join(" ", words)).isEqualTo(deep(wanted));
      }
      return reply;
    }

    private static boolean isMoved(Reply reply) {
      return reply instanceof Reply.Error error
          && (error.message().startsWith("MOVED") || error.message().startsWith("EXECABORT"));
    }

    void fill() throws Exception {
      for (int database = 0; database < DATABASES; database++) {
        ok(run("SELECT", "" + database));
        for (int k = 0; k < 2; k++) {
          List<String> set = new ArrayList<>(List.of("SADD", "{a}s" + k));
          List<String> sorted = new ArrayList<>(List.of("ZADD", "{a}z" + k));
          for (int i = 0; i < LARGE; i++) {
            set.add(database + "m" + i);
            sorted.addAll(List.of("" + i, "m" + i));
          }
          Reply unused = run(set.toArray(String[]::new));
          unused = run(sorted.toArray(String[]::new));
        }
        for (int i = 0; i < 1000; i++) {
          Reply unused = run("SET", "{a}k" + i, database + "." + i);
        }
      }
    }

    void runUntilMoved() throws Exception {
      Reply reply;
      do {
        if (random.nextInt(4) == 0) {
          ok(run("SELECT", "" + random.nextInt(DATABASES)));
        }
        reply = random.nextInt(8) == 0 ? transaction() : run(next());
        if (random.nextInt(200) == 0) {
          assertThat(deep(source.call("CLUSTER", "GETSLOTMIGRATIONS"))).doesNotContain("failed");
        }
      } while (!isMoved(reply));
    }

    private Reply transaction() throws Exception {
      List<String[]> all =
          List.of(next(), new String[] {"SELECT", "" + random.nextInt(DATABASES)}, next());
      ok(source.call("MULTI"));
      boolean refused = false;
      for (String[] each : all) {
        refused |= source.call(each) instanceof Reply.Error;
      }
      Reply done = source.call("EXEC");
      if (!refused && !isMoved(done)) {
        for (String[] each : all) {
          Reply unused = expected.call(each);
        }
      }
      return done;
    }

    private String some(String kind, int count) {
      return "{a}" + kind + random.nextInt(count);
    }

    private String[] next() {
      String other = "" + random.nextInt(DATABASES);
      String member = "m" + random.nextInt(LARGE);
      return switch (random.nextInt(12)) {
        case 0 -> new String[] {"MOVE", some("k", 1500), other};
        case 1 -> new String[] {"COPY", some("k", 1500), some("k", 1500), "DB", other, "REPLACE"};
        case 2 -> new String[] {"MOVE", some("s", 2), other};
        case 3 -> new String[] {"COPY", some("z", 2), some("z", 2), "REPLACE", "db", other};
        case 4 -> new String[] {"SADD", some("s", 2), other + member};
        case 5 -> new String[] {"SREM", some("s", 2), other + member};
        case 6 -> new String[] {"ZADD", some("z", 2), "7", member};
        case 7 -> new String[] {"ZPOPMIN", some("z", 2)};
        case 8 -> new String[] {"DEL", some("k", 1500)};
        case 9 -> new String[] {"RENAME", some("z", 2), some("z", 2)};
        case 10 -> new String[] {"PEXPIRE", some("k", 1500), "10000000"};
        default -> new String[] {"APPEND", some("k", 1500), other};
      };
    }
  }

  @Test
  void keepsKeysThatTheTargetHasNoDatabaseFor() throws Exception {
    RespClient[] pair = pair(2);
    select(pair[1], 2);
    ok(pair[1].call("SET", "{a}", "1"));
    migrate(pair[1], pair[0]);
    awaitState(pair[1], "failed");
    assertThat(deep(pair[1].call("CLUSTER", "GETSLOTMIGRATIONS")))
        .contains("The target replied: ERR DB index is out of range: this node has 2 databases");
    assertThat(pair[1].call("GET", "{a}").text()).isEqualTo("1");
    awaitState(pair[0], "failed");
    assertThat(sizeOf(pair[0], 0)).isZero();
    String port = "" + nodes.port(0);
    assertThat(error(pair[1].call("MIGRATE", "127.0.0.1", port, "{a}", "2", "5000")))
        .startsWith("ERR Target instance replied with error: ERR DB index is out of range");
    assertThat(pair[1].call("GET", "{a}").text()).isEqualTo("1");
  }

  @Test
  void replicatesToNodesWithAsManyDatabasesOnly() throws Exception {
    RespClient master = single();
    select(master, 3);
    ok(master.call("SET", "{a}", "3"));
    RespClient replica = nodes.join("cluster-databases " + DATABASES);
    replicate(replica, master);
    ok(master.call("SET", "{b}", "3"));
    assertThat(number(master, "WAIT", "1", "60000")).isEqualTo(1);
    assertThat(sizeOf(replica, 3)).isEqualTo(2);
    ok(replica.call("READONLY"));
    assertThat(replica.call("GET", "{a}").text()).isEqualTo("3");
    try (RespClient real = RespClient.connect("127.0.0.1", nodes.port(0))) {
      ok(real.call("REPLCONF", "listening-port", "6379"));
      ok(real.call("REPLCONF", "capa", "eof", "capa", "psync2"));
      assertThat(error(real.call("PSYNC", "?", "-1")))
          .isEqualTo(
              "NOMASTERLINK This master has 4 databases (cluster-databases), the replica"
                  + " 127.0.0.1:6379 has 1");
    }
    nodes.end(0);
    ok(replica.call("CLUSTER", "FAILOVER", "TAKEOVER"));
    await()
        .atMost(LIMIT)
        .until(() -> replica.call("ROLE").elements().getFirst().text().equals("master"));
    assertThat(sizeOf(replica, 3)).isEqualTo(2);
  }

  /** Stages keys in the role of a source, and restarts on the files of each step. */
  @Test
  void stagedKeysOfAllDatabasesSurviveARestartOnlyOnceClaimed() throws Exception {
    Path its = Files.createDirectory(directory.resolve("node"));
    String[] lines = {
      "cluster-databases " + DATABASES, "appendonly yes", "appendfsync always", "dir " + its
    };
    RespClient target = nodes.join(lines);
    RespClient source = nodes.join("cluster-databases " + DATABASES);
    awaitKnown(target, 2);
    ok(target.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(source.call("CLUSTER", "ADDSLOTSRANGE", "10000", "16383"));
    awaitServing(target);
    awaitServing(source);
    RespClient replica = nodes.join("cluster-databases " + DATABASES);
    replicate(replica, target);
    RespClient link = nodes.connect(0);
    establish(link, source, SLOT);
    ok(link.call("SET", "{a}0", "0"));
    assertThat(error(link.call("SELECT", "1"))).startsWith(OUT_OF_RANGE);
    ok(link.call("SELECT", "1048578"));
    ok(link.call("SET", "{a}2", "2"));
    ok(link.call("SET", "{a}3", "3"));
    assertThat(number(link, "MOVE", "{a}3", "1048579")).isEqualTo(1);
    assertThat(number(link, "COPY", "{a}2", "{a}4", "DB", "1048577")).isEqualTo(1);
    assertThat(error(link.call("MOVE", "{a}2", "1"))).startsWith(OUT_OF_RANGE);
    target.call("BGREWRITEAOF");
    await()
        .atMost(LIMIT)
        .until(
            () -> target.call("INFO", "persistence").text().contains("aof_rewrite_in_progress:0"));
    ok(link.call("SET", "{a}5", "5"));
    for (int i = 0; i < DATABASES; i++) {
      assertThat(sizeOf(target, i)).isZero();
    }
    RespClient late = nodes.join("cluster-databases " + DATABASES);
    replicate(late, target); // gets the staged keys by a full sync
    long epoch = number(link, "CLUSTER", "SYNCSLOTS", "FINISH") + 5;
    ok(link.call("CLUSTER", "SYNCSLOTS", "CLAIM", "" + epoch));
    assertThat(number(link, "WAIT", "2", "60000")).isEqualTo(2);
    nodes.end(0);
    RespClient restarted = nodes.start(lines);
    for (RespClient each : List.of(replica, late, restarted)) {
      assertThat(sizeOf(each, 0)).isEqualTo(1);
      assertThat(sizeOf(each, 1)).isEqualTo(1);
      assertThat(sizeOf(each, 2)).isEqualTo(2);
      assertThat(sizeOf(each, 3)).isEqualTo(1);
    }
  }
}
