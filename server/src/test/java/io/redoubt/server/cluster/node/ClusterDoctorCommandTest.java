package io.redoubt.server.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** CLUSTER DOCTOR of a master and its replica, and what it finds in their settings. */
class ClusterDoctorCommandTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private RespClient start(int port, int busPort) throws Exception {
    RedisServer server =
        TestServers.startAtItsPort(
            Log.silent(Clock.system()),
            "port " + port,
            "cluster-port " + busPort,
            "cluster-enabled yes",
            "repl-ping-replica-period 1");
    open.add(server);
    RespClient client = RespClient.connect("127.0.0.1", port);
    open.add(client);
    return client;
  }

  private static void ok(Reply reply) {
    assertThat(reply).isEqualTo(new Reply.Simple("OK"));
  }

  private static List<String> words(RespClient client) throws Exception {
    return client.call("CLUSTER", "DOCTOR").elements().stream()
        .map(each -> each.text().replaceFirst(" .*", ""))
        .toList();
  }

  @Test
  void findsSettingsByWhichWritesAreLost() throws Exception {
    List<Integer> ports = FreePorts.several(4);
    RespClient master = start(ports.get(0), ports.get(2));
    RespClient replica = start(ports.get(1), ports.get(3));
    assertThat(words(master)).containsExactly("slots-unassigned", "full-coverage");
    ok(master.call("CONFIG", "SET", "save", "60 1"));
    ok(master.call("CONFIG", "SET", "cluster-require-full-coverage", "no"));
    assertThat(words(master)).containsExactly("slots-unassigned");
    ok(master.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    assertThat(words(master)).containsExactly("few-masters", "no-replica");
    ok(replica.call("CLUSTER", "MEET", "127.0.0.1", "" + ports.get(0), "" + ports.get(2)));
    String masterId = master.call("CLUSTER", "MYID").text();
    await()
        .atMost(PATIENCE)
        .until(() -> replica.call("CLUSTER", "REPLICATE", masterId).text().equals("OK"));
    List<String> usual = List.of("few-masters", "same-machine");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(words(master))
                .containsExactly("few-masters", "same-machine", "min-replicas-unset"));
    assertThat(words(replica)).containsExactlyElementsOf(usual);
    for (String remedy : List.of("min-replicas-to-write", "write-acks")) {
      ok(master.call("CONFIG", "SET", remedy, "1"));
      assertThat(words(master)).containsExactlyElementsOf(usual);
      ok(master.call("CONFIG", "SET", remedy, "0"));
      assertThat(words(master)).contains("min-replicas-unset");
    }
    ok(master.call("CONFIG", "SET", "min-replicas-to-write", "1"));
    ok(master.call("CONFIG", "SET", "save", ""));
    assertThat(words(master)).containsExactly("few-masters", "same-machine", "persistence-off");
    ok(master.call("CONFIG", "SET", "appendonly", "yes"));
    assertThat(words(master)).containsExactlyElementsOf(usual);
    ok(master.call("CONFIG", "SET", "appendfsync", "no"));
    assertThat(words(master)).containsExactly("few-masters", "same-machine", "fsync-off");
    ok(master.call("CONFIG", "SET", "appendfsync", "everysec"));
    assertThat(words(master)).containsExactlyElementsOf(usual);
    master.call("HELLO", "3");
    assertThat(master.call("CLUSTER", "DOCTOR").elements().getFirst().text())
        .startsWith("few-masters cluster: a failover needs the votes of most masters");
  }

  @Test
  void needsClusterMode() throws Exception {
    try (RedisServer alone = TestServers.start();
        RespClient client = RespClient.connect("127.0.0.1", alone.port())) {
      assertThat(client.call("CLUSTER", "DOCTOR"))
          .isEqualTo(new Reply.Error("ERR This instance has cluster support disabled"));
    }
  }
}
