package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests three sentinels over a real redis-server with two replicas. */
class RealNodesTest {
  @TempDir private Path folder;
  private final List<Process> nodes = new ArrayList<>();
  private final List<Integer> nodePorts = new ArrayList<>();
  private final List<SentinelServer> sentinels = new ArrayList<>();
  private final List<Integer> sentinelPorts = new ArrayList<>();

  /** Blocks look-ups of names while held. */
  private volatile CountDownLatch namesAnswer = new CountDownLatch(0);

  @AfterEach
  void stop() {
    namesAnswer.countDown();
    sentinels.forEach(SentinelServer::close);
    nodes.forEach(Process::destroyForcibly);
  }

  @Test
  void promotesAReplicaAndReconfiguresTheOldMaster() throws Exception {
    RealRedis.assumeInstalled();
    for (int i = 0; i < 3; i++) {
      nodePorts.add(FreePorts.one());
      nodes.add(startNode(i));
    }
    await().until(() -> info(0).contains("connected_slaves:2"));
    for (int i = 0; i < 3; i++) {
      startSentinel(i);
    }
    await().until(() -> sentinelPorts.stream().allMatch(port -> knows(port, 2, 2)));
    for (int port : sentinelPorts) {
      // A returning master is reconfigured after four of these periods.
      ask(port, "SENTINEL", "DEBUG", "publish-period", "300");
    }

    nodes.getFirst().destroyForcibly().waitFor();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> sentinelPorts.stream().allMatch(port -> masterPort(port) != nodePorts.get(0)));
    int newPort = masterPort(sentinelPorts.getFirst());
    assertThat(sentinelPorts).allSatisfy(port -> assertThat(masterPort(port)).isEqualTo(newPort));
    int promoted = nodePorts.indexOf(newPort);
    await().until(() -> info(promoted).contains("connected_slaves:1"));
    assertThat(conf(promoted)).doesNotContain("replicaof");
    assertThat(conf(3 - promoted)).contains("replicaof 127.0.0.1 " + newPort);

    nodes.set(0, startProcess(0));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            info(0).contains("role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:" + newPort));
    assertThat(conf(0)).contains("replicaof 127.0.0.1 " + newPort);
    assertThat(Files.readString(folder.resolve("sentinel0.conf")))
        .contains("sentinel monitor mymaster node" + promoted + " " + newPort + " 2\n")
        .contains("sentinel known-replica mymaster node0 " + nodePorts.get(0) + "\n");
  }

  /** The failover then ends at once; the last order must still reach the old master. */
  @Test
  void promotesTheOnlyReplica() throws Exception {
    RealRedis.assumeInstalled();
    for (int i = 0; i < 2; i++) {
      nodePorts.add(FreePorts.one());
      nodes.add(startNode(i));
    }
    await().until(() -> info(0).contains("connected_slaves:1"));
    startSentinel(0);
    int sentinel = sentinelPorts.getFirst();
    // Only the failover itself can reconfigure the old master in time.
    ask(sentinel, "SENTINEL", "DEBUG", "publish-period", "1000000");
    await()
        .until(
            () -> ask(sentinel, "SENTINEL", "FAILOVER", "mymaster").equals(new Reply.Simple("OK")));
    await().until(() -> masterPort(sentinel) == nodePorts.get(1));
    await()
        .until(() ->
            info(0)
                .contains(
                    "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:" + nodePorts.get(1)));
  }

  /** docker stop removes a container's name, too, and perhaps the name server. */
  @Test
  void failsOverWithoutNameServer() throws Exception {
    RealRedis.assumeInstalled();
    for (int i = 0; i < 2; i++) {
      nodePorts.add(FreePorts.one());
      nodes.add(startNode(i));
    }
    await().until(() -> info(0).contains("slave0:ip=node1,"));
    startSentinel(0);
    int sentinel = sentinelPorts.getFirst();
    await().until(() -> knows(sentinel, 1, 0));
    await().until(() -> flags(sentinel).equals("slave"));
    ask(sentinel, "SENTINEL", "DEBUG", "publish-period", "300");

    namesAnswer = new CountDownLatch(1);
    nodes.getFirst().destroyForcibly().waitFor();
    await().atMost(Duration.ofSeconds(20)).until(() -> masterPort(sentinel) == nodePorts.get(1));
    nodes.set(0, startProcess(0));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            info(0)
                .contains(
                    "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:" + nodePorts.get(1)));
  }

  private static String flags(int sentinel) {
    List<String> words =
        ask(sentinel, "SENTINEL", "REPLICAS", "mymaster").elements().getFirst().elements().stream()
            .map(Reply::text)
            .toList();
    return words.get(words.indexOf("flags") + 1);
  }

  /** Resolves the names of the nodes; look-ups block while the name server is away. */
  private InetAddress lookUp(String name) throws UnknownHostException {
    try {
      namesAnswer.await();
    } catch (InterruptedException e) {
      throw new UnknownHostException(name);
    }
    if (!name.startsWith("node")) {
      throw new UnknownHostException(name);
    }
    return InetAddress.ofLiteral("127.0.0.1");
  }

  private Process startNode(int index) throws IOException {
    String text =
        """
        port %d
        bind 127.0.0.1
        dir %s
        save ""
        repl-diskless-sync-delay 0
        replica-announce-ip node%d
        """
            .formatted(nodePorts.get(index), folder, index);
    String role = index == 0 ? "" : "replicaof 127.0.0.1 " + nodePorts.getFirst() + "\n";
    Files.writeString(folder.resolve("node" + index + ".conf"), text + role);
    return startProcess(index);
  }

  private Process startProcess(int index) throws IOException {
    return new ProcessBuilder(
            RealRedis.program("redis-server").toString(),
            folder.resolve("node" + index + ".conf").toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void startSentinel(int index) throws Exception {
    int port = FreePorts.one();
    sentinelPorts.add(port);
    Path file = folder.resolve("sentinel" + index + ".conf");
    Files.writeString(
        file,
        """
        port %d
        bind 127.0.0.1
        sentinel resolve-hostnames yes
        sentinel monitor mymaster node0 %d %d
        sentinel down-after-milliseconds mymaster 1000
        sentinel failover-timeout mymaster 10000
        """
            .formatted(port, nodePorts.getFirst(), nodes.size() - 1));
    sentinels.add(TestSentinels.start(TestSentinels.load(file), index, this::lookUp));
  }

  private String info(int node) {
    try (RespClient client = RespClient.connect("127.0.0.1", nodePorts.get(node))) {
      return client.call("INFO", "replication").text();
    } catch (IOException e) {
      return "";
    }
  }

  private String conf(int node) throws IOException {
    return Files.readString(folder.resolve("node" + node + ".conf"));
  }

  private static boolean knows(int port, int replicas, int others) {
    return ask(port, "SENTINEL", "REPLICAS", "mymaster").elements().size() == replicas
        && ask(port, "SENTINEL", "SENTINELS", "mymaster").elements().size() == others;
  }

  private static int masterPort(int port) {
    return (int)
        ask(port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster").elements().get(1).number();
  }

  private static Reply ask(int port, String... words) {
    try (RespClient client = RespClient.connect("127.0.0.1", port)) {
      return client.call(words);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
