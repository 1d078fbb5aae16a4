package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Tests atomic slot migrations between two masters: the view of clients, and the state after
 * failures.
 */
class SlotMigrationTest extends MigrationFixture {
  /**
   * The slot of keys with the tag x. Keys of lost slots are removed in slot order, so those of this
   * slot go later.
   */
  private static final int LATER_SLOT = 16287;

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
