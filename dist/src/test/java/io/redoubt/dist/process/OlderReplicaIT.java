package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A real Redis as the replica of a master whose hashes have fields that expire. */
final class OlderReplicaIT {
  private static final String FAR_SECONDS = "100000";
  private static final String DUE_MILLIS = "300";

  @RegisterExtension private final Nodes nodes = new Nodes();

  private static void awaitInStep(NodeProcess master, NodeProcess replica) {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> {
          assertThat(replica.info("replication").get("slave_repl_offset"))
              .isEqualTo(master.info("replication").get("master_repl_offset"));
          assertThat(digest(replica)).isEqualTo(digest(master));
        });
  }

  private static Reply digest(NodeProcess node) throws IOException {
    return node.ask("DEBUG", "DIGEST");
  }

  @Test
  void livesThroughAFullSyncAndExpiry() throws Exception {
    NodeProcess master = nodes.server(Kind.REDOUBT);
    NodeProcess replica = nodes.server(Kind.REAL);
    master.ask("HSET", "hash", "far", "1", "due", "2", "stays", "3");
    master.ask("HEXPIRE", "hash", FAR_SECONDS, "FIELDS", "1", "far");

    replica.ask("REPLICAOF", "127.0.0.1", Integer.toString(master.port()));
    replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
    assertThat(master.info("stats")).containsEntry("sync_full", "1");
    awaitInStep(master, replica);
    assertThat(replica.ask("HLEN", "hash").number()).isEqualTo(3);

    master.ask("HPEXPIRE", "hash", DUE_MILLIS, "FIELDS", "1", "due");
    await()
        .atMost(Distribution.LIMIT)
        .until(() -> replica.ask("HLEN", "hash").number() == 2); // the master sends an HDEL
    awaitInStep(master, replica);

    master.ask("CLIENT", "KILL", "TYPE", "replica");
    master.ask("SET", "after", "cut");
    await().atMost(Distribution.LIMIT).until(() -> replica.ask("EXISTS", "after").number() == 1);
    awaitInStep(master, replica);
    assertThat(replica.isAlive()).isTrue();
    assertThat(replica.info("errorstats")).isEmpty();
    assertThat(Files.readString(master.log()))
        .containsOnlyOnce(
            "Replica 127.0.0.1:%d doesn't support hash field expiry".formatted(replica.port()));
  }
}
