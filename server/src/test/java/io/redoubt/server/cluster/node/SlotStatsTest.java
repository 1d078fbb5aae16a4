package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests CLUSTER SLOT-STATS on a node with all slots, which need not be serving them. */
class SlotStatsTest {
  private static final int SLOT_OF_A = 15495;
  private static final int SLOT_OF_B = 3300;

  /** A single server for all tests, which is faster. */
  @AutoClose
  private static final TestNodes nodes =
      new TestNodes("cluster-require-full-coverage no", "cluster-node-timeout 500");

  @AutoClose private RespClient client;

  @BeforeAll
  static void start() throws Exception {
    RespClient unused = nodes.start();
  }

  @BeforeEach
  void reset() throws Exception {
    client = nodes.connect(0);
    ok(client.call("CONFIG", "SET", "cluster-slot-stats-enabled", "no"));
    ok(client.call("FLUSHALL"));
    ok(client.call("CLUSTER", "FLUSHSLOTS"));
    ok(client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    awaitServing(client);
    ok(client.call("CONFIG", "RESETSTAT"));
  }

  private Reply stats(String arguments) throws Exception {
    return client.call(("CLUSTER SLOT-STATS " + arguments).split(" "));
  }

  private static long slot(Reply entry) {
    return entry.elements().get(0).number();
  }

  private static long keys(Reply entry) {
    List<Reply> statistics = List.copyOf(entry.elements().get(1).elements());
    assertThat(statistics.get(0).text()).isEqualTo("key-count");
    return statistics.get(1).number();
  }

  private List<String> shown(String arguments) throws Exception {
    return stats(arguments).elements().stream()
        .map(entry -> slot(entry) + "=" + keys(entry))
        .toList();
  }

  private void put(String... keys) throws Exception {
    for (String key : keys) {
      ok(client.call("SET", key, "1"));
    }
  }

  @Test
  void countsKeysAsTheyComeAndGo() throws Exception {
    String range = "SLOTSRANGE " + SLOT_OF_A + " " + (SLOT_OF_A + 1);
    String empty = (SLOT_OF_A + 1) + "=0";
    assertThat(shown(range)).containsExactly(SLOT_OF_A + "=0", empty);
    put("a", "{a}1", "a");
    assertThat(shown(range)).containsExactly(SLOT_OF_A + "=2", empty);
    client.call("DEL", "a");
    assertThat(shown(range)).containsExactly(SLOT_OF_A + "=1", empty);
    client.call("FLUSHALL");
    assertThat(shown(range)).containsExactly(SLOT_OF_A + "=0", empty);
    assertThat(stats("slotsrange 0 16383").elements()).hasSize(SlotSet.SLOTS);
  }

  @Test
  void showsOnlySlotsOfTheShard() throws Exception {
    client.call("CLUSTER", "DELSLOTS", "101");
    assertThat(shown("SLOTSRANGE 100 102")).containsExactly("100=0", "102=0");
    assertThat(stats("ORDERBY key-count").elements()).hasSize(SlotSet.SLOTS - 1);
    client.call("CLUSTER", "FLUSHSLOTS");
    assertThat(stats("SLOTSRANGE 0 16383").elements()).isEmpty();
    assertThat(stats("ORDERBY key-count").elements()).isEmpty();
  }

  @Test
  void ordersByKeysThenBySlot() throws Exception {
    put("a", "{a}1", "b");
    List<String> busiest = List.of(SLOT_OF_A + "=2", SLOT_OF_B + "=1", "0=0", "1=0");
    assertThat(shown("ORDERBY key-count LIMIT 4 DESC")).isEqualTo(busiest);
    assertThat(shown("orderby KEY-COUNT limit 4")).isEqualTo(busiest);
    assertThat(shown("ORDERBY key-count ASC LIMIT 3")).containsExactly("0=0", "1=0", "2=0");
    List<String> ascending = shown("ORDERBY key-count ASC");
    assertThat(ascending).hasSize(SlotSet.SLOTS);
    assertThat(ascending.subList(SlotSet.SLOTS - 2, SlotSet.SLOTS))
        .containsExactly(SLOT_OF_B + "=1", SLOT_OF_A + "=2");
  }

  @Test
  void returnsMapsInResp3() throws Exception {
    client.call("HELLO", "3");
    put("a");
    Reply entry = stats("SLOTSRANGE " + SLOT_OF_A + " " + SLOT_OF_A).elements().get(0);
    assertThat(entry).isInstanceOf(Reply.Array.class);
    assertThat(entry.elements().get(1)).isInstanceOf(Reply.Map.class);
    client.call("HELLO", "2");
    assertThat(shown("SLOTSRANGE " + SLOT_OF_A + " " + SLOT_OF_A)).containsExactly("15495=1");
  }

  /** Arguments and their errors, tested in one server because its start dominates. */
  private static final String REFUSED =
      """
      SLOTSRANGE 5 3                        ; ERR Start slot number 5 is greater than end slot number 3
      SLOTSRANGE x 3                        ; ERR Invalid or out of range slot
      SLOTSRANGE 0 16384                    ; ERR Invalid or out of range slot
      SLOTSRANGE -1 3                       ; ERR Invalid or out of range slot
      SLOTSRANGE 0                          ; ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.
      SLOTSRANGE 0 1 2                      ; ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.
      FOO key-count                         ; ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.
      ORDERBY                               ; ERR wrong number of arguments for 'cluster|slot-stats' command
      ORDERBY cpu-usec                      ; ERR Unrecognized sort metric for ORDERBY.
      ORDERBY key-count DESC LIMIT -1       ; ERR Limit has to lie in between 1 and 16384 (maximum number of slots).
      ORDERBY key-count LIMIT 0             ; ERR Limit has to lie in between 1 and 16384 (maximum number of slots).
      ORDERBY key-count LIMIT 16385         ; ERR Limit has to lie in between 1 and 16384 (maximum number of slots).
      ORDERBY key-count LIMIT x             ; ERR Limit has to lie in between 1 and 16384 (maximum number of slots).
      ORDERBY key-count LIMIT               ; ERR syntax error
      ORDERBY key-count FOO                 ; ERR syntax error
      ORDERBY key-count ASC DESC            ; ERR Multiple filters of the same type are disallowed.
      ORDERBY key-count LIMIT 1 ASC LIMIT 2 ; ERR Multiple filters of the same type are disallowed.
      """;

  @Test
  void refusesWhatValkeyRefuses() throws Exception {
    for (String line : REFUSED.lines().toList()) {
      String[] parts = line.split(";", 2);
      assertThat(stats(parts[0].strip())).as(line).isEqualTo(new Reply.Error(parts[1].strip()));
    }
  }

  /** Returns the statistics of a slot except its key count. */
  private List<Long> costs(int slot) throws Exception {
    List<Reply> statistics =
        List.copyOf(
            stats("SLOTSRANGE " + slot + " " + slot)
                .elements()
                .get(0)
                .elements()
                .get(1)
                .elements());
    assertThat(
            List.of(statistics.get(2).text(), statistics.get(4).text(), statistics.get(6).text()))
        .containsExactly("cpu-usec", "network-bytes-in", "network-bytes-out");
    return List.of(
        statistics.get(3).number(), statistics.get(5).number(), statistics.get(7).number());
  }

  private void count() throws Exception {
    client.call("CONFIG", "SET", "cluster-slot-stats-enabled", "yes");
  }

  /** The bytes of each command in RESP: {@code *3..$3..SET..$1..a..$5..value}, {@code +OK}. */
  @Test
  void countsTheBytesOfCommands() throws Exception {
    client.call("SET", "a", "before");
    count();
    client.call("SET", "a", "value");
    assertThat(costs(SLOT_OF_A).subList(1, 3)).containsExactly(31L, 5L);
    client.call("GET", "a");
    assertThat(costs(SLOT_OF_A).subList(1, 3)).containsExactly(31L + 20, 5L + 11);
    client.call("MULTI");
    client.call("SET", "a", "value");
    client.call("GET", "a");
    client.call("EXEC");
    assertThat(costs(SLOT_OF_A).subList(1, 3)).containsExactly(51L + 51 + 14, 16L + 4 + 16);
    client.call("EVAL", "return redis.call('GET', KEYS[1])", "1", "a");
    assertThat(costs(SLOT_OF_A).get(2)).isEqualTo(36 + 11);
    client.call("PING");
    assertThat(costs(SLOT_OF_B)).containsExactly(0L, 0L, 0L);
  }

  @Test
  void countsTimeAndOrdersByIt() throws Exception {
    count();
    client.call("SET", "a", "1");
    client.call("GET", "a");
    client.call("EVAL", "for i = 1, 1000000 do end return redis.call('GET', KEYS[1])", "1", "b");
    assertThat(costs(SLOT_OF_B).get(0)).isGreaterThan(costs(SLOT_OF_A).get(0));
    assertThat(slot(stats("ORDERBY cpu-usec LIMIT 1").elements().get(0))).isEqualTo(SLOT_OF_B);
    assertThat(slot(stats("ORDERBY network-bytes-out LIMIT 1").elements().get(0)))
        .isEqualTo(SLOT_OF_A);
    assertThat(slot(stats("ORDERBY network-bytes-in LIMIT 1").elements().get(0)))
        .isEqualTo(SLOT_OF_B);
  }

  @Test
  void countsPipelinesAndWaitingClients() throws Exception {
    count();
    try (RespClient waiting = nodes.connect(0)) {
      waiting.send("BLPOP", "a", "0");
      await().until(() -> client.call("INFO", "clients").text().contains("blocked_clients:1\r\n"));
      client.call("RPUSH", "a", "x");
      assertThat(waiting.receive().elements()).hasSize(2);
    }
    assertThat(costs(SLOT_OF_A).subList(1, 3)).containsExactly(29L + 29, 4L + 18);
    for (int i = 0; i < 100; i++) {
      client.send("GET", "b");
    }
    for (int i = 0; i < 100; i++) {
      client.receive();
    }
    assertThat(costs(SLOT_OF_B).subList(1, 3)).containsExactly(2000L, 500L);
  }

  @Test
  void countsShardedMessages() throws Exception {
    count();
    try (RespClient subscriber = nodes.connect(0)) {
      subscriber.call("SSUBSCRIBE", "b");
      long before = costs(SLOT_OF_B).get(2);
      client.call("SPUBLISH", "b", "hello");
      assertThat(subscriber.receive().elements()).hasSize(3);
      assertThat(costs(SLOT_OF_B).get(2) - before).isEqualTo(4 + 14 + 7 + 11 + 4);
    }
  }

  @Test
  void forgetsWhatWasCounted() throws Exception {
    count();
    client.call("SET", "a", "1");
    client.call("CONFIG", "RESETSTAT");
    assertThat(costs(SLOT_OF_A)).containsExactly(0L, 0L, 0L);
    client.call("SET", "a", "1");
    client.call("DEL", "a");
    client.call("CLUSTER", "DELSLOTS", "" + SLOT_OF_A);
    client.call("CLUSTER", "ADDSLOTS", "" + SLOT_OF_A);
    assertThat(costs(SLOT_OF_A)).containsExactly(0L, 0L, 0L);
    client.call("CONFIG", "SET", "cluster-slot-stats-enabled", "no");
    assertThat(stats("SLOTSRANGE 0 0").elements().get(0).elements().get(1).elements()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SLOTSRANGE 0 1", "ORDERBY key-count"})
  void needsClusterMode(String arguments) throws Exception {
    try (RedisServer alone = TestServers.start();
        RespClient other = RespClient.connect("127.0.0.1", alone.port())) {
      assertThat(other.call(("CLUSTER SLOT-STATS " + arguments).split(" ")))
          .isEqualTo(new Reply.Error("ERR This instance has cluster support disabled"));
    }
  }
}
