package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static io.redoubt.server.cluster.node.TestNodes.replicate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Tests CLUSTER DOCTOR on a master and its replica, and its findings about their settings. */
class ClusterDoctorCommandTest {
  @AutoClose private final TestNodes nodes = new TestNodes();

  private static List<String> words(RespClient client) throws Exception {
    return client.call("CLUSTER", "DOCTOR").elements().stream()
        .map(each -> each.text().replaceFirst(" .*", ""))
        .toList();
  }

  @Test
  void findsSettingsByWhichWritesAreLost() throws Exception {
    RespClient master = nodes.start();
    assertThat(words(master)).containsExactly("slots-unassigned", "full-coverage");
    ok(master.call("CONFIG", "SET", "save", "60 1"));
    ok(master.call("CONFIG", "SET", "cluster-require-full-coverage", "no"));
    assertThat(words(master)).containsExactly("slots-unassigned");
    ok(master.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    assertThat(words(master)).containsExactly("few-masters", "no-replica");
    RespClient replica = nodes.join();
    replicate(replica, master);
    List<String> usual = List.of("few-masters", "same-machine");
    await()
        .atMost(LIMIT)
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
        .startsWith("few-masters cluster: a failover needs the votes of a majority");
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
