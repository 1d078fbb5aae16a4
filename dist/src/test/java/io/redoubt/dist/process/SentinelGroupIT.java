package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Three sentinels over a master and two replicas with passwords and their own configuration files:
 * the content of the files after failovers. Runs with Redoubt alone, and with Redoubt and real
 * Redis in one group, over IPv4 and over IPv6 with an address in two spellings.
 */
final class SentinelGroupIT {
  private static final String PASSWORD = "a-secret";
  private static final String ID = "[0-9a-f]{40}";
  private static final int SIZE = 3;
  private static final Duration FAILOVER_LIMIT = Duration.ofSeconds(60);

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final List<Integer> ports = FreePorts.several(2 * SIZE);
  private final List<Path> files = new ArrayList<>();
  private final List<NodeProcess> servers = new ArrayList<>();
  private final List<NodeProcess> sentinels = new ArrayList<>();

  /** The address of all processes. */
  private String host = "127.0.0.1";

  /** The same address as an operator may spell it. */
  private String written = host;

  @ParameterizedTest
  @CsvSource({"REDOUBT,REDOUBT", "REAL,REAL"})
  void filesFollowAFailover(Kind oneReplica, Kind oneSentinel) throws Exception {
    failOver(oneReplica, oneSentinel);
  }

  @ParameterizedTest
  @CsvSource({"REDOUBT,REDOUBT", "REAL,REAL"})
  void filesFollowFailoversOverIpv6(Kind oneReplica, Kind oneSentinel) throws Exception {
    host = "::1";
    written = "0:0:0:0:0:0:0:1";
    assumeThat(NetworkInterface.getByInetAddress(InetAddress.ofLiteral(host))).isNotNull();
    failOver(oneReplica, oneSentinel);
    for (int i = 0; i < 2; i++) {
      int before = namedMasters().iterator().next();
      NodeProcess sentinel = sentinels.get(i);
      await()
          .atMost(FAILOVER_LIMIT)
          .until(() ->
              sentinel.ask("SENTINEL", "FAILOVER", "mymaster").equals(new Reply.Simple("OK")));
      await()
          .atMost(FAILOVER_LIMIT)
          .until(() -> namedMasters().size() == 1 && !namedMasters().contains(before));
      int promoted = ports.indexOf(namedMasters().iterator().next());
      for (int replica = 0; replica < SIZE; replica++) {
        if (replica != promoted) {
          awaitReplica(servers.get(replica), host, ports.get(promoted));
        }
      }
      await().atMost(FAILOVER_LIMIT).untilAsserted(() -> assertFiles(promoted));
    }
  }

  private void failOver(Kind oneReplica, Kind oneSentinel) throws Exception {
    start(
        List.of(Kind.REDOUBT, Kind.REDOUBT, oneReplica),
        List.of(Kind.REDOUBT, Kind.REDOUBT, oneSentinel));
    call(servers.getFirst(), "SET", "before", "1");
    assertThat(call(servers.getFirst(), "WAIT", "2", "4000").number()).isEqualTo(2);

    servers.getFirst().kill();
    long killedNanos = System.nanoTime();
    int oldPort = ports.getFirst();
    await()
        .atMost(FAILOVER_LIMIT)
        .until(() -> namedMasters().size() == 1 && !namedMasters().contains(oldPort));
    System.out.printf(
        "SentinelGroupIT: one new master %d ms after the kill%n",
        (System.nanoTime() - killedNanos) / 1_000_000);
    int newPort = namedMasters().iterator().next();
    int promoted = ports.indexOf(newPort);
    assertThat(promoted).isIn(1, 2);
    NodeProcess master = servers.get(promoted);
    await()
        .atMost(FAILOVER_LIMIT)
        .until(() -> call(master, "SET", "after", "2").equals(new Reply.Simple("OK")));
    assertThat(call(master, "GET", "before").text()).isEqualTo("1");

    servers.set(0, launch(0, Kind.REDOUBT.server()));
    for (int replica = 0; replica < SIZE; replica++) {
      if (replica != promoted) {
        awaitReplica(servers.get(replica), host, newPort);
      }
    }
    await().atMost(FAILOVER_LIMIT).untilAsserted(() -> assertFiles(promoted));
  }

  private void start(List<Kind> serverKinds, List<Kind> sentinelKinds) throws Exception {
    for (int i = 0; i < SIZE; i++) {
      files.add(
          file(
              "redis.conf",
              i,
              """
              # the server's own comment
              port %d
              bind %s
              dir %s
              save ""
              requirepass %s
              masterauth %s
              repl-diskless-sync-delay 0
              """
                      .formatted(ports.get(i), bound(), folder(i), PASSWORD, PASSWORD)
                  + (i == 0 ? "" : "slaveof " + written + " " + ports.getFirst() + "\n")));
      servers.add(launch(i, serverKinds.get(i).server()));
    }
    for (NodeProcess replica : servers.subList(1, SIZE)) {
      awaitReplica(replica, written, ports.getFirst());
    }
    for (int i = SIZE; i < 2 * SIZE; i++) {
      files.add(
          file(
              "sentinel.conf",
              i,
              """
              # the sentinel's own comment
              port %d
              bind %s
              dir %s
              protected-mode no
              sentinel monitor mymaster %s %d 2
              sentinel down-after-milliseconds mymaster 3000
              sentinel failover-timeout mymaster 10000
              sentinel parallel-syncs mymaster 1
              sentinel auth-pass mymaster %s
              """
                  .formatted(
                      ports.get(i), bound(), folder(i), written, ports.getFirst(), PASSWORD)));
      sentinels.add(launch(i, sentinelKinds.get(i - SIZE).sentinel()));
    }
    await()
        .atMost(FAILOVER_LIMIT)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> sentinels.stream().allMatch(SentinelGroupIT::knowsTheOthers));
  }

  /** Returns the addresses to bind: this test connects over IPv4. */
  private String bound() {
    return host.equals("127.0.0.1") ? host : "127.0.0.1 " + host;
  }

  private Path folder(int i) throws IOException {
    return nodes.folder("node-" + i);
  }

  private Path file(String name, int i, String text) throws IOException {
    return Files.writeString(folder(i).resolve(name), text);
  }

  private NodeProcess launch(int i, Path launcher) throws IOException {
    return nodes.launch(launcher, folder(i), ports.get(i), files.get(i).toString());
  }

  private static void awaitReplica(NodeProcess node, String masterHost, int masterPort) {
    await()
        .atMost(FAILOVER_LIMIT)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() ->
            call(node, "INFO", "replication")
                .text()
                .contains(
                    """
                    role:slave\r
                    master_host:%s\r
                    master_port:%d\r
                    master_link_status:up\r
                    """
                        .formatted(masterHost, masterPort)));
  }

  private static boolean knowsTheOthers(NodeProcess sentinel) {
    try {
      return sentinel.ask("SENTINEL", "REPLICAS", "mymaster").elements().size() == SIZE - 1
          && sentinel.ask("SENTINEL", "SENTINELS", "mymaster").elements().size() == SIZE - 1
          && sentinel.ask("SENTINEL", "CKQUORUM", "mymaster").text().startsWith("OK 3 usable");
    } catch (IOException e) {
      return false;
    }
  }

  private Set<Integer> namedMasters() throws IOException {
    Set<Integer> named = new TreeSet<>();
    for (NodeProcess sentinel : sentinels) {
      Reply address = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster");
      named.add((int) address.elements().get(1).number());
    }
    return named;
  }

  private void assertFiles(int promoted) throws IOException {
    int masterPort = ports.get(promoted);
    for (int i = 0; i < SIZE; i++) {
      assertThat(lines(i))
          .contains("# the server's own comment", "port " + ports.get(i))
          .noneMatch(line -> line.startsWith("slaveof"))
          .filteredOn(line -> line.startsWith("replicaof"))
          .isEqualTo(i == promoted ? List.of() : List.of("replicaof " + host + " " + masterPort));
    }
    Set<String> ids = new TreeSet<>();
    for (int i = SIZE; i < 2 * SIZE; i++) {
      List<String> lines = lines(i);
      assertThat(lines)
          .contains(
              "# the sentinel's own comment",
              "port " + ports.get(i),
              "protected-mode no",
              "sentinel monitor mymaster " + host + " " + masterPort + " 2",
              "sentinel down-after-milliseconds mymaster 3000",
              "sentinel failover-timeout mymaster 10000",
              "sentinel auth-pass mymaster " + PASSWORD,
              "# Generated by CONFIG REWRITE")
          .doesNotHaveDuplicates();
      assertThat(number(lines, "sentinel current-epoch "))
          .isGreaterThanOrEqualTo(number(lines, "sentinel config-epoch mymaster "))
          .isGreaterThanOrEqualTo(number(lines, "sentinel leader-epoch mymaster "))
          .isPositive();
      assertThat(knownPorts(lines, "sentinel known-replica mymaster \\Q" + host + "\\E ([0-9]+)"))
          .isEqualTo(others(ports.subList(0, SIZE), masterPort));
      assertThat(
              knownPorts(
                  lines, "sentinel known-sentinel mymaster \\Q" + host + "\\E ([0-9]+) " + ID))
          .isEqualTo(others(ports.subList(SIZE, 2 * SIZE), ports.get(i)));
      assertThat(lines).filteredOn(line -> line.matches("sentinel myid " + ID)).hasSize(1);
      lines.stream().filter(line -> line.startsWith("sentinel myid")).forEach(ids::add);
    }
    assertThat(ids).hasSize(SIZE);
  }

  private List<String> lines(int i) throws IOException {
    return Files.readAllLines(files.get(i)).stream().filter(line -> !line.isBlank()).toList();
  }

  private static long number(List<String> lines, String start) {
    List<String> found =
        lines.stream()
            .filter(line -> line.startsWith(start))
            .map(line -> line.substring(start.length()))
            .toList();
    assertThat(found).as(start).hasSize(1);
    return Long.parseLong(found.getFirst());
  }

  private static Set<Integer> knownPorts(List<String> lines, String pattern) {
    Set<Integer> known = new TreeSet<>();
    for (String line : lines) {
      if (line.matches(pattern)) {
        known.add(Integer.valueOf(line.replaceFirst(pattern, "$1")));
      }
    }
    return known;
  }

  private static Set<Integer> others(List<Integer> all, int one) {
    Set<Integer> others = new TreeSet<>(all);
    others.remove(one);
    return others;
  }

  private static Reply call(NodeProcess node, String... words) throws IOException {
    try (RespClient client = node.connect()) {
      client.call("AUTH", PASSWORD);
      return client.call(words);
    }
  }
}
