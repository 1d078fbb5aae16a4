package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.dist.cli.RedisCli;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.cluster.node.TestNodes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code redis-cli --cluster} with nodes of this project. */
final class ClusterModeTest {
  private static final int KEYS = 200;

  private static final String KEY = "alone";

  @TempDir private Path folder;
  @AutoClose private final TestNodes nodes = new TestNodes("cluster-node-timeout 15000");

  /** The exit status of a run of the program, and its output. */
  private record Run(int status, String output) {}

  @BeforeEach
  void start() throws Exception {
    for (int i = 0; i < 5; i++) {
      RespClient unused = nodes.start();
    }
  }

  private String address(int node) {
    return "127.0.0.1:" + nodes.port(node);
  }

  private static Run run(String input, String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream both = new PrintStream(out, true, UTF_8);
    RedisCli.Streams streams =
        new RedisCli.Streams(new ByteArrayInputStream(input.getBytes(UTF_8)), both, both);
    int status = RedisCli.run(List.of(words), Map.of(), streams, false, false);
    return new Run(status, out.toString(UTF_8));
  }

  private static Run cluster(String... words) {
    List<String> all = new ArrayList<>(List.of("--cluster"));
    all.addAll(List.of(words));
    return run("", all.toArray(String[]::new));
  }

  private static String good(String... words) {
    Run run = cluster(words);
    assertThat(run.status()).as(run.output()).isZero();
    return run.output();
  }

  private RespClient client(int node) throws IOException {
    return RespClient.connect("127.0.0.1", nodes.port(node));
  }

  private String id(int node) throws IOException {
    try (RespClient client = client(node)) {
      return client.call("CLUSTER", "MYID").text();
    }
  }

  private String command(int node, String... words) {
    List<String> all = new ArrayList<>(List.of("-c", "-p", nodes.port(node) + ""));
    all.addAll(List.of(words));
    return run("", all.toArray(String[]::new)).output().strip();
  }

  /** Creates three masters with some keys; the first one has a replica. */
  private void create() {
    String output =
        good(
            "create",
            address(0),
            address(1),
            address(2),
            "--cluster-yes",
            "--cluster-replicas",
            "0");
    assertThat(output)
        .contains("Master[0] -> Slots 0 - 5460\n", "Master[2] -> Slots 10923 - 16383\n")
        .endsWith("[OK] All 16384 slots covered.\n");
    for (int i = 0; i < 3; i++) {
      serves(i);
    }
    for (int i = 0; i < KEYS; i++) {
      assertThat(command(0, "SET", "key:" + i, "value " + i)).isEqualTo("OK");
    }
  }

  /** Waits until the masters have learned of nodes that met only one of them. */
  private void areKnown(int... joined) throws IOException {
    for (int node : joined) {
      String id = id(node);
      for (int i = 0; i < 3; i++) {
        int master = i;
        await()
            .atMost(TestNodes.LIMIT)
            .until(() -> command(master, "CLUSTER", "NODES").contains(id));
      }
    }
  }

  private void serves(int node) {
    await()
        .atMost(TestNodes.LIMIT)
        .until(() -> command(node, "CLUSTER", "INFO").contains("state:ok"));
  }

  private void hasAllKeys() {
    for (int i = 0; i < KEYS; i++) {
      assertThat(command(1, "GET", "key:" + i)).isEqualTo("value " + i);
    }
  }

  private void agrees() {
    await()
        .atMost(TestNodes.LIMIT)
        .untilAsserted(() ->
            assertThat(cluster("check", address(0)).output()).contains("[OK] All nodes agree"));
  }

  @Test
  void createsChangesAndEmptiesNodes() throws Exception {
    create();
    assertThat(good("info", address(1))).contains("[OK] " + KEYS + " keys in 3 masters.");
    assertThat(good("add-node", address(3), address(0))).contains("[OK] New node added correctly.");
    assertThat(
            good(
                "add-node",
                address(4),
                address(0),
                "--cluster-slave",
                "--cluster-master-id",
                id(0)))
        .contains("Configure node as replica of " + address(0));
    areKnown(3, 4);
    agrees();
    serves(3);
    String moved =
        good(
            "reshard",
            address(0),
            "--cluster-from",
            "all",
            "--cluster-to",
            id(3),
            "--cluster-slots",
            "60",
            "--cluster-yes");
    assertThat(moved.lines().filter(line -> line.startsWith("Moving slot "))).hasSize(60);
    agrees();
    String little = id(3) + "=0.02";
    assertThat(good("rebalance", address(0), "--cluster-weight", little))
        .contains(">>> Rebalancing across 4 nodes. Total weight = 3.02");
    hasAllKeys();
    agrees();
    assertThat(good("rebalance", address(0), "--cluster-weight", little))
        .contains("*** No rebalancing needed!");
    Run refused = cluster("del-node", address(0), id(3));
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.output()).contains(" is not empty! Reshard data away and try again.");
    String nothing = id(3) + "=0";
    String unused = good("rebalance", address(0), "--cluster-weight", nothing);
    agrees();
    unused = good("del-node", address(0), id(3));
    hasAllKeys();
    assertThat(command(0, "CLUSTER", "NODES").lines()).hasSize(4);
    assertThat(command(4, "CLUSTER", "NODES")).contains("myself,slave " + id(0));
  }

  @Test
  void reshardsAllDatabases() throws Exception {
    List<RespClient> several = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      several.add(nodes.start("cluster-databases 4"));
    }
    int source = nodes.count() - 2;
    int target = nodes.count() - 1;
    try (RespClient from = several.getFirst();
        RespClient to = several.getLast()) {
      assertThat(from.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383").text()).isEqualTo("OK");
      serves(source);
      assertThat(good("add-node", address(target), address(source))).contains("[OK] New node");
      String id = id(target);
      await().atMost(TestNodes.LIMIT).until(() -> command(source, "CLUSTER", "NODES").contains(id));
      for (int database : new int[] {0, 1, 3}) {
        assertThat(from.call("SELECT", "" + database).text()).isEqualTo("OK");
        assertThat(from.call("SET", "{06S}" + database, "1").text()).isEqualTo("OK");
      }
      String unused =
          good(
              "reshard",
              address(source),
              "--cluster-from",
              id(source),
              "--cluster-to",
              id,
              "--cluster-slots",
              "1",
              "--cluster-yes");
      for (int database : new int[] {0, 1, 3}) {
        assertThat(to.call("SELECT", "" + database).text()).isEqualTo("OK");
        assertThat(to.call("GET", "{06S}" + database).text()).isEqualTo("1");
        assertThat(from.call("SELECT", "" + database).text()).isEqualTo("OK");
        assertThat(from.call("DBSIZE").number()).isZero();
      }
    }
  }

  @Test
  void removesANodeThatAnotherDoesNotKnow() throws Exception {
    create();
    for (int added : new int[] {3, 4}) {
      assertThat(good("add-node", address(added), address(0))).contains("[OK] New node added");
    }
    areKnown(3, 4);
    agrees();
    String removed = id(3);
    assertThat(command(4, "CLUSTER", "RESET")).isEqualTo("OK");
    String unused = good("del-node", address(0), removed);
    assertThat(command(0, "CLUSTER", "NODES")).doesNotContain(removed);
  }

  @Test
  void repairsWhatIsHalfDone() throws Exception {
    create();
    assertThat(command(0, "SET", KEY, "1")).isEqualTo("OK");
    String slot = command(0, "CLUSTER", "KEYSLOT", KEY);
    int owner = Integer.parseInt(slot) <= 5460 ? 0 : Integer.parseInt(slot) <= 10922 ? 1 : 2;
    int other = (owner + 1) % 3;
    try (RespClient from = client(owner);
        RespClient to = client(other)) {
      assertThat(to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", id(owner)).text())
          .isEqualTo("OK");
      assertThat(from.call("CLUSTER", "SETSLOT", slot, "MIGRATING", id(other)).text())
          .isEqualTo("OK");
      Run check = cluster("check", address(0));
      assertThat(check.status()).isEqualTo(1);
      assertThat(check.output()).contains("[WARNING] The following slots are open: " + slot);
      String unused = good("fix", address(0));
      assertThat(to.call("GET", KEY).text()).isEqualTo("1");
      for (int i = 0; i < 3; i++) {
        try (RespClient each = client(i)) {
          assertThat(each.call("CLUSTER", "DELSLOTS", slot, "100").text()).isEqualTo("OK");
        }
      }
      assertThat(cluster("check", address(0)).output()).contains("[ERR] Not all 16384 slots");
      assertThat(good("fix", address(0), "--cluster-yes"))
          .contains("have no keys across the cluster:\n100\n", "in just one node:\n" + slot + "\n");
      assertThat(to.call("GET", KEY).text()).isEqualTo("1");
    }
  }

  @Test
  void importsAndBacksUp() throws Exception {
    create();
    try (RedisServer single = TestServers.start();
        RespClient client = RespClient.connect("127.0.0.1", single.port())) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.call("SET", "imported:" + i, i + "").text()).isEqualTo("OK");
      }
      String source = "127.0.0.1:" + single.port();
      String unused = good("import", address(0), "--cluster-from", source, "--cluster-copy");
      Run again = cluster("import", address(0), "--cluster-from", source);
      assertThat(again.status()).isEqualTo(1);
      assertThat(again.output()).contains("BUSYKEY");
      unused = good("import", address(0), "--cluster-from", source, "--cluster-replace");
      assertThat(client.call("DBSIZE").number()).isZero();
    }
    assertThat(command(1, "GET", "imported:7")).isEqualTo("7");
    Path backup = Files.createDirectory(folder.resolve("backup"));
    assertThat(good("backup", address(1), backup.toString())).contains("[OK] Backup created into");
    assertThat(backup.resolve("nodes.json")).content().contains("\"slots\": [[0,5460]]");
    try (var files = Files.list(backup)) {
      assertThat(files.filter(file -> file.toString().endsWith(".rdb"))).hasSize(3);
    }
  }

  @Test
  void refusesWhatCanNotWork() {
    Run few = cluster("create", address(0), address(1), "--cluster-yes");
    assertThat(few.status()).isEqualTo(1);
    assertThat(few.output()).contains("*** At least 3 nodes are required.");
    create();
    assertThat(cluster("create", address(0), address(3), address(4), "--cluster-yes").output())
        .contains("[ERR] Node " + address(0) + " is not empty.");
    assertThat(run("no\n", "--cluster", "reshard", address(0), "--cluster-slots", "1").output())
        .contains("What is the receiving node ID? ", "is not known or not a master");
    assertThat(cluster("frobnicate", address(0)).output())
        .isEqualTo("Unknown --cluster subcommand\n");
    assertThat(cluster("check").output()).contains("[ERR] Wrong number of arguments");
    assertThat(cluster("check", "here").output()).contains("[ERR] Invalid arguments");
    assertThat(cluster("del-node", address(0), "nobody").output())
        .contains("[ERR] No such node ID nobody");
  }
}
