package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static io.redoubt.server.cluster.node.TestNodes.replicate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.cluster.slot.KeySlot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** CLUSTERSCAN, and scans that continue at another node. */
class ClusterScanTest {
  @AutoClose private final TestNodes nodes = new TestNodes("cluster-node-timeout 15000");

  private record Page(String cursor, List<String> keys) {}

  private static Page page(RespClient client, String... words) throws Exception {
    Reply reply = client.call(words);
    assertThat(reply).as(String.join(" ", words)).isInstanceOf(Reply.Array.class);
    List<Reply> both = reply.elements();
    return new Page(both.get(0).text(), both.get(1).elements().stream().map(Reply::text).toList());
  }

  private static int slotOf(String text) {
    return KeySlot.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private RespClient single(String... lines) throws Exception {
    RespClient node = nodes.join(lines);
    ok(node.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    awaitServing(node);
    return node;
  }

  @Test
  void scansAllNodesBySlots() throws Exception {
    List<RespClient> masters = List.of(nodes.join(), nodes.join(), nodes.join());
    awaitKnown(masters.get(0), 3);
    awaitKnown(masters.get(1), 3);
    awaitKnown(masters.get(2), 3);
    ok(masters.get(0).call("CLUSTER", "ADDSLOTSRANGE", "0", "4999", "10000", "10099"));
    ok(masters.get(1).call("CLUSTER", "ADDSLOTSRANGE", "5000", "9999"));
    ok(masters.get(2).call("CLUSTER", "ADDSLOTSRANGE", "10100", "16383"));
    masters.forEach(TestNodes::awaitServing);
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      String key = i % 4 == 0 ? "{" + i % 3 + "}" + i : "key:" + i;
      ok(masters.get(owner(slotOf(key))).call("SET", key, "1"));
      keys.add(key);
    }
    Set<String> seen = new HashSet<>();
    Page page = page(masters.get(2), "CLUSTERSCAN", "0"); // any node starts a scan
    assertThat(page.keys()).isEmpty();
    assertThat(page.cursor()).matches("0-\\{\\w+}-0");
    assertThat(slotOf(page.cursor())).isZero();
    Set<Integer> ranges = new HashSet<>();
    int calls = 0;
    while (!page.cursor().equals("0")) {
      String cursor = page.cursor();
      int slot = slotOf(cursor);
      if (cursor.startsWith("0-")) {
        ranges.add(slot);
      }
      int owner = owner(slot);
      assertThat(error(masters.get((owner + 1) % 3).call("CLUSTERSCAN", cursor)))
          .isEqualTo("MOVED " + slot + " 127.0.0.1:" + nodes.port(owner));
      page = page(masters.get(owner), "CLUSTERSCAN", cursor, "COUNT", "50");
      seen.addAll(page.keys());
      calls++;
    }
    assertThat(seen).isEqualTo(keys);
    assertThat(ranges).containsExactlyInAnyOrder(0, 5000, 10000, 10100);
    assertThat(calls).isLessThan(500);
  }

  private static int owner(int slot) {
    return slot < 5000 || (slot >= 10000 && slot < 10100) ? 0 : slot < 10000 ? 1 : 2;
  }

  @Test
  void filtersKeysAndSlots() throws Exception {
    RespClient node = single("cluster-databases 2");
    for (int i = 0; i < 300; i++) {
      ok(node.call("SET", "{a}" + i, "1"));
      ok(node.call("SET", "b" + i, "1"));
    }
    number(node, "RPUSH", "{a}list", "1");
    ok(node.call("SET", "{a}due", "1", "PX", "1"));
    int slot = slotOf("a");
    assertThat(collect(node, "SLOT", "" + slot))
        .hasSizeBetween(301, 302)
        .allMatch(k -> k.contains("a"));
    await().atMost(LIMIT).until(() -> collect(node, "SLOT", "" + slot).size() == 301);
    assertThat(collect(node, "TYPE", "list")).containsExactly("{a}list");
    assertThat(collect(node, "MATCH", "b1?")).hasSize(10);
    Page first = page(node, "CLUSTERSCAN", "0", "MATCH", "{a}1*");
    assertThat(slotOf(first.cursor())).isEqualTo(slot);
    assertThat(collect(node, "MATCH", "{a}1*")).hasSize(111);
    assertThat(page(node, "CLUSTERSCAN", "0-{06S}-0", "MATCH", "{a}1*").cursor())
        .isEqualTo(first.cursor());
    String later = page(node, "CLUSTERSCAN", "0", "SLOT", "16383").cursor();
    assertThat(page(node, "CLUSTERSCAN", later, "MATCH", "{a}1*").cursor()).isEqualTo("0");
    assertThat(page(node, "CLUSTERSCAN", "0", "SLOT", "0", "MATCH", "{a}1*").cursor())
        .isEqualTo("0");
    Page some = page(node, "CLUSTERSCAN", first.cursor(), "SLOT", "" + slot, "COUNT", "20");
    assertThat(some.keys()).hasSizeBetween(20, 60);
    ok(node.call("SELECT", "1"));
    assertThat(collect(node)).isEmpty();
    ok(node.call("SET", "c", "1"));
    assertThat(collect(node)).containsExactly("c");
    assertThat(node.call("HELLO", "3")).isNotNull();
    assertThat(collect(node)).containsExactly("c");
  }

  private static Set<String> collect(RespClient node, String... options) throws Exception {
    Set<String> keys = new HashSet<>();
    String cursor = "0";
    do {
      List<String> words = new ArrayList<>(List.of("CLUSTERSCAN", cursor));
      words.addAll(List.of(options));
      Page page = page(node, words.toArray(String[]::new));
      keys.addAll(page.keys());
      cursor = page.cursor();
    } while (!cursor.equals("0"));
    return keys;
  }

  @Test
  void refusesInvalidArguments() throws Exception {
    RespClient node = single();
    for (String cursor :
        List.of(
            "invalid",
            "abc-def-ghi",
            "0-",
            "0-{0}",
            "0-{}-0",
            "-{a}-0",
            "0-{a}--1",
            "",
            "0-{a}-99999999999999999999",
            "x".repeat(100_000))) {
      assertThat(error(node.call("CLUSTERSCAN", cursor))).isEqualTo("ERR Invalid cursor");
    }
    String valid = "0-{06S}-0";
    assertThat(error(node.call("CLUSTERSCAN", valid, "NOVALUES"))).isEqualTo("ERR syntax error");
    assertThat(error(node.call("CLUSTERSCAN", valid, "COUNT", "0"))).isEqualTo("ERR syntax error");
    assertThat(error(node.call("CLUSTERSCAN", valid, "COUNT", "x")))
        .isEqualTo("ERR value is not an integer or out of range");
    assertThat(error(node.call("CLUSTERSCAN", valid, "TYPE", "x")))
        .isEqualTo("ERR unknown type name");
    assertThat(error(node.call("CLUSTERSCAN", valid, "SLOT", "16384")))
        .isEqualTo("ERR Invalid or out of range slot");
    assertThat(error(node.call("CLUSTERSCAN", valid, "SLOT", "0", "SLOT", "0")))
        .isEqualTo("ERR syntax error");
    assertThat(error(node.call("CLUSTERSCAN", valid, "SLOT", "1")))
        .isEqualTo("ERR The cursor is in another slot than SLOT");
    assertThat(error(node.call("SCAN", "0", "SLOT", "0"))).isEqualTo("ERR syntax error");
    assertThat(page(node, "CLUSTERSCAN", "0B3-{06S}-18446744073709551615").cursor()).isEqualTo("0");
    ok(node.call("ACL", "SETUSER", "u", "on", "nopass", "+@all", "-@keyspace"));
    ok(node.call("AUTH", "u", ""));
    assertThat(error(node.call("CLUSTERSCAN", "0"))).startsWith("NOPERM");
    try (RedisServer alone = TestServers.start();
        RespClient client = RespClient.connect("127.0.0.1", alone.port())) {
      assertThat(error(client.call("CLUSTERSCAN", "0")))
          .isEqualTo("ERR This instance has cluster support disabled");
    }
  }

  @Test
  void replicasContinueAScanOnlyWithTheSameSeed() throws Exception {
    RespClient master = single("hash-seed one");
    RespClient same = nodes.join("hash-seed one");
    RespClient other = nodes.join();
    for (int i = 0; i < 3000; i++) { // the tables grow, and shrink again, at the master only
      number(master, "SADD", "{a}set", "m" + i);
      ok(master.call("SET", "{a}" + i, "1"));
    }
    for (int i = 1000; i < 3000; i++) {
      number(master, "DEL", "{a}" + i);
      number(master, "SREM", "{a}set", "m" + i);
    }
    replicate(same, master);
    replicate(other, master);
    await().atMost(LIMIT).until(() -> number(same, "DBSIZE") == 1001);
    await().atMost(LIMIT).until(() -> number(other, "DBSIZE") == 1001);
    ok(same.call("READONLY"));
    ok(other.call("READONLY"));
    continues(master, same, 1001, "CLUSTERSCAN", "SLOT", "" + slotOf("a"));
    continues(master, same, 1001, "SCAN");
    continues(master, same, 1000, "SSCAN", "{a}set");
    Page begun = page(master, "CLUSTERSCAN", page(master, "CLUSTERSCAN", "0").cursor());
    begun = page(master, "CLUSTERSCAN", begun.cursor());
    Page restarted = page(other, "CLUSTERSCAN", begun.cursor());
    Set<String> all = new HashSet<>(restarted.keys());
    while (!restarted.cursor().equals("0")) {
      restarted = page(other, "CLUSTERSCAN", restarted.cursor());
      all.addAll(restarted.keys());
    }
    assertThat(all).hasSize(1001); // the other order of keys has restarted the slot
    assertThat(error(same.call("CONFIG", "SET", "hash-seed", "two"))).contains("immutable");
    assertThat(id(same)).hasSize(40);
  }

  /** Starts a scan at one node, continues it alternately, and finds everything about once. */
  private static void continues(
      RespClient from, RespClient to, int size, String command, String... more) throws Exception {
    List<String> found = new ArrayList<>();
    String cursor = "0";
    boolean first = true;
    int calls = 0;
    do {
      List<String> words = new ArrayList<>(List.of(command));
      boolean ofKey = command.equals("SSCAN");
      if (ofKey) {
        words.add(more[0]);
      }
      words.add(cursor);
      if (!ofKey) {
        words.addAll(List.of(more));
      }
      Page page = page(first ? from : to, words.toArray(String[]::new));
      found.addAll(page.keys());
      cursor = page.cursor();
      first = !first;
      calls++;
    } while (!cursor.equals("0"));
    assertThat(new HashSet<>(found)).hasSize(size);
    // Where tables have different sizes, a part of a bucket may be repeated, but no more.
    assertThat(found.size()).isLessThan(size * 5 / 2);
    assertThat(calls).isGreaterThan(20);
  }
}
