package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failovers of a group with {@code write-acks 1} keep every acknowledged write. */
final class AcknowledgedFailoverIT {
  private static final Duration REST_LIMIT = Duration.ofSeconds(120);
  private static final int DOWN_AFTER_MILLIS = 2_000;

  /** The number of values, enough to exceed the buffers of a socket. */
  private static final int VALUES = 1_500;

  private static final String VALUE = "x".repeat(20_000);

  @TempDir private Path folder;

  private Topology start() throws Exception {
    Topology group = Topologies.create(folder, DOWN_AFTER_MILLIS);
    group.start();
    for (NodeProcess server : group.servers()) {
      set(server, "write-acks", "1");
    }
    return group;
  }

  private static void set(NodeProcess server, String directive, String value) throws IOException {
    assertThat(server.ask("CONFIG", "SET", directive, value)).isEqualTo(new Reply.Simple("OK"));
  }

  /** The replica with the better priority lacks acknowledged writes that the other one has. */
  @Test
  void aKilledMasterIsReplacedByTheOneThatHasAllWrites() throws Exception {
    try (Topology group = start()) {
      int old = group.awaitStable(REST_LIMIT);
      NodeProcess behind =
          group.servers().stream().filter(each -> each.port() != old).findFirst().get();
      set(behind, "replica-priority", "1");
      AckGroups.awaitFormed(group, REST_LIMIT);
      behind.signal("STOP");
      int acknowledged = 0;
      try (RespClient client = group.server(old).connect()) {
        for (int i = 0; i < VALUES; i++) {
          Reply reply = client.call("SET", "k" + i, VALUE);
          assertThat(reply).isEqualTo(new Reply.Simple("OK"));
          acknowledged++;
        }
      }
      group.server(old).kill();
      behind.signal("CONT");
      await().atMost(REST_LIMIT).until(() -> !group.namedMasters().contains(old));
      int master = FollowingWriter.namedMaster(group);
      assertThat(master).isNotEqualTo(behind.port());
      assertThat(group.server(master).ask("DBSIZE").number()).isEqualTo(acknowledged);
      await()
          .atMost(REST_LIMIT)
          .until(() -> "OK".equals(group.server(master).ask("SET", "after", "1").text()));
      assertThat(behind.ask("GET", "after").text()).isEqualTo("1");
    }
  }

  @Test
  void countersEqualTheirAcknowledgedIncrements() throws Exception {
    try (Topology group = start()) {
      int old = group.awaitStable(REST_LIMIT);
      AckGroups.awaitFormed(group, REST_LIMIT);
      int master;
      long acknowledged;
      try (FollowingWriter writer =
          FollowingWriter.start("counter", () -> FollowingWriter.namedMaster(group))) {
        await().atMost(REST_LIMIT).until(() -> writer.acknowledged() > 100);
        group.server(old).kill();
        long killed = System.nanoTime();
        long before = writer.acknowledged();
        await().atMost(REST_LIMIT).until(() -> writer.acknowledged() > before);
        System.out.printf(
            "AcknowledgedFailoverIT: the next write %d ms after the kill%n",
            (System.nanoTime() - killed) / 1_000_000);
        group.restart(group.servers().indexOf(group.server(old)));
        master = group.awaitStable(REST_LIMIT);
        acknowledged = writer.stop();
      }
      // The request in flight at the kill may have been executed without a reply.
      assertThat(group.server(master).ask("GET", "counter").text())
          .isIn(Long.toString(acknowledged), Long.toString(acknowledged + 1));
    }
  }

  @Test
  void noFailoverWithoutTheMembersThatItNeeds() throws Exception {
    try (Topology group = start()) {
      int old = group.awaitStable(REST_LIMIT);
      AckGroups.awaitFormed(group, REST_LIMIT);
      NodeProcess other =
          group.servers().stream().filter(each -> each.port() != old).findFirst().get();
      other.kill();
      await()
          .atMost(REST_LIMIT)
          .until(() ->
              AckGroups.findings(group.sentinels().getFirst()).startsWith("acks-members-missing"));
      group.server(old).kill();
      NodeProcess sentinel = group.sentinels().getFirst();
      await()
          .atMost(REST_LIMIT)
          .until(() ->
              sentinel
                  .ask("SENTINEL", "FAILOVER", Topology.MASTER_NAME)
                  .text()
                  .startsWith("NOGOODSLAVE Too few members"));
      assertThat(group.namedMasters()).containsExactly(old);
      await()
          .atMost(REST_LIMIT)
          .until(() ->
              sentinel
                  .ask("SENTINEL", "FAILOVER", Topology.MASTER_NAME, "FORCE-DATA-LOSS")
                  .text()
                  .equals("OK"));
      await().atMost(REST_LIMIT).until(() -> !group.namedMasters().contains(old));
    }
  }
}
