package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Options of Redis after 7.2 and of Valkey that need a cluster: SHUTDOWN SAFE, HOTKEYS, keys. */
final class ClusterNewerCommandsTest {
  private static final String FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";

  private final TestNodes nodes = new TestNodes("cluster-require-full-coverage no");
  private RespClient client;

  @BeforeEach
  void start() throws Exception {
    client = nodes.start("shutdown-on-sigterm safe nosave");
  }

  @AfterEach
  void stop() throws Exception {
    nodes.close();
  }

  private Reply ask(String line) throws Exception {
    return client.call(line.split(" "));
  }

  @Test
  void aMasterWithSlotsRefusesAnUnsafeShutdown() throws Exception {
    ok(ask("CLUSTER ADDSLOTSRANGE 0 16383"));
    assertThat(error(ask("SHUTDOWN SAFE NOSAVE"))).isEqualTo(FAILED);
    nodes.server(0).shutDown("SIGTERM");
    await().until(() -> !nodes.server(0).isShuttingDown());
    assertThat(error(ask("SHUTDOWN SAFE SAFE NOW"))).isEqualTo(FAILED);
    assertThat(error(ask("SHUTDOWN SAFE ABORT"))).isEqualTo("ERR syntax error");
    assertThat(nodes.server(0).ended()).isNotDone();
    ok(ask("CLUSTER DELSLOTSRANGE 0 16383"));
    client.send("SHUTDOWN", "SAFE", "NOSAVE");
    assertThat(nodes.server(0).ended().get(20, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void forceOutweighsSafe() throws Exception {
    ok(ask("CLUSTER ADDSLOTS 1"));
    client.send("SHUTDOWN", "SAFE", "FORCE", "NOSAVE");
    assertThat(nodes.server(0).ended().get(20, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void collectsTheCostsOfSelectedSlots() throws Exception {
    ok(ask("CLUSTER ADDSLOTSRANGE 0 16383"));
    TestNodes.awaitServing(client);
    // The slots of a, b and c are 15495, 3300 and 7365.
    ok(ask("HOTKEYS START METRICS 2 CPU NET SAMPLE 1 SLOTS 4 3300 7365 7366 7365"));
    ok(ask("SET a 1"));
    ok(ask("SET b 1"));
    ok(ask("SET c 1"));
    List<Reply> report = ask("HOTKEYS GET").elements().getFirst().elements();
    assertThat(value(report, "selected-slots").toString())
        .isEqualTo(List.of(List.of(3300), List.of(7365, 7366)).toString());
    assertThat(names(report, "by-net-bytes")).containsExactlyInAnyOrder("b", "c");
    long one = 4 + 4 + 5 + 4 + 3 + 4 + 3 + 5;
    assertThat(number(report, "net-bytes-all-commands-selected-slots")).isEqualTo(2 * one);
    assertThat(number(report, "net-bytes-all-commands-all-slots")).isGreaterThanOrEqualTo(3 * one);
    assertThat(report.toString()).doesNotContain("sampled-commands");
    ok(ask("HOTKEYS STOP"));
    ok(ask("HOTKEYS START METRICS 1 NET SAMPLE 1000000000 SLOTS 1 3300"));
    ok(ask("SET b 1"));
    report = ask("HOTKEYS GET").elements().getFirst().elements();
    assertThat(number(report, "net-bytes-sampled-commands-selected-slots")).isZero();
    assertThat(number(report, "sampled-commands-selected-slots-us")).isZero();
    assertThat(number(report, "net-bytes-all-commands-selected-slots")).isEqualTo(one);
    assertThat(number(report, "all-commands-selected-slots-us")).isNotNegative();
    ok(ask("HOTKEYS STOP"));
    for (String slots : List.of("0", "1", "2 5", "x")) {
      assertThat(error(ask("HOTKEYS START METRICS 1 NET SLOTS " + slots)))
          .isEqualTo("ERR SLOTS count must be the number of slots that follow");
    }
    for (String slot : List.of("16384", "-1", "x")) {
      assertThat(error(ask("HOTKEYS START METRICS 1 NET SLOTS 1 " + slot)))
          .isEqualTo("ERR Invalid or out of range slot");
    }
  }

  @Test
  void keysOfNewerCommandsMustShareASlot() throws Exception {
    ok(ask("CLUSTER ADDSLOTSRANGE 0 16383"));
    TestNodes.awaitServing(client);
    for (String command :
        List.of("MSETEX 2 a 1 b 2", "GEOSEARCHSTORE a b BYPOLYGON 3 1 1 2 1 2 2")) {
      assertThat(error(ask(command)))
          .isEqualTo("CROSSSLOT Keys in request don't hash to the same slot");
    }
    assertThat(ask("MSETEX 2 {a}1 1 {a}2 2 NX").number()).isEqualTo(1);
    assertThat(ask("INCREX {a}1").elements().getFirst().number()).isEqualTo(2);
    assertThat(ask("CLUSTER KEYSLOT a").number()).isEqualTo(15_495);
  }

  @Test
  void sortsByKeysOfTheSameSlot() throws Exception {
    ok(ask("CLUSTER ADDSLOTSRANGE 0 16383"));
    TestNodes.awaitServing(client);
    ask("RPUSH {a}list 1 2 3");
    ask("MSET {a}w1 3 {a}w2 1 {a}w3 2");
    ask("HSET {a}h1 f one");
    assertThat(plain(ask("SORT {a}list BY {a}w* GET # GET {a}w* GET {a}h*->f")).toString())
        .isEqualTo("[2, 1, null, 3, 2, null, 1, 3, one]");
    assertThat(plain(ask("SORT_RO {a}list BY {a}w* DESC")).toString()).isEqualTo("[1, 3, 2]");
    assertThat(plain(ask("SORT a BY {a}w* GET a")).toString()).isEqualTo("[]");
    assertThat(plain(ask("SORT {a}list BY nosort GET #")).toString()).isEqualTo("[1, 2, 3]");
    assertThat(ask("SORT {a}list BY {a}w* STORE {a}sorted").number()).isEqualTo(3);
    assertThat(plain(ask("LRANGE {a}sorted 0 -1")).toString()).isEqualTo("[2, 3, 1]");
    String end =
        " option of SORT denied in Cluster mode when keys formed by the pattern may be in different"
            + " slots.";
    for (String pattern : List.of("w*", "{b}w*", "*{a}", "{*a}w", "w{}*{a}", "?{a}*", "\\{a}*")) {
      for (String command : List.of("SORT", "SORT_RO")) {
        assertThat(error(ask(command + " {a}list GET # GET " + pattern)))
            .isEqualTo("ERR GET" + end);
        if (pattern.contains("*")) {
          assertThat(error(ask(command + " {a}list BY " + pattern))).isEqualTo("ERR BY" + end);
        }
      }
    }
    ok(ask("ACL SETUSER reader on nopass +@all ~{a}*"));
    ok(ask("AUTH reader x"));
    assertThat(error(ask("SORT {a}list BY {a}w*")))
        .isEqualTo("ERR BY option of SORT denied due to insufficient ACL permissions.");
    assertThat(error(ask("SORT {a}list GET {a}w*")))
        .isEqualTo("ERR GET option of SORT denied due to insufficient ACL permissions.");
  }

  private static Object value(List<Reply> report, String name) {
    for (int i = 0; i < report.size(); i += 2) {
      if (report.get(i).text().equals(name)) {
        return plain(report.get(i + 1));
      }
    }
    throw new AssertionError(name + " in " + report);
  }

  private static Object plain(Reply reply) {
    return switch (reply) {
      case Reply.Array array -> array.elements().stream().map(each -> plain(each)).toList();
      case Reply.Integer integer -> integer.value();
      case Reply.Null nothing -> "null";
      default -> reply.text();
    };
  }

  private static long number(List<Reply> report, String name) {
    return (long) value(report, name);
  }

  private static List<Object> names(List<Reply> report, String name) {
    List<?> all = (List<?>) value(report, name);
    List<Object> names = new ArrayList<>();
    for (int i = 0; i < all.size(); i += 2) {
      names.add(all.get(i));
    }
    return names;
  }
}
