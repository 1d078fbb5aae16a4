package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Full syncs of a master under continuous writes. For a replica of the same kind the stream is
 * interleaved with the snapshot; for a real Redis it follows the snapshot. A replica killed halfway
 * restarts the sync.
 */
final class InterleavedSyncIT {
  private static final int CHANGES = 1_000;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final Random random = Seed.random("InterleavedSyncIT");
  private final Writes writes = new Writes(random);
  private final List<Throwable> failures = new ArrayList<>();

  @Test
  void aReplicaKilledDuringItsSyncReturnsBesideARealOne() throws Exception {
    NodeProcess master = nodes.server(Kind.REDOUBT, "--rdb-key-save-delay", "10000");
    writes.write(master, CHANGES);
    Thread writer = writer(master);
    NodeProcess real;
    NodeProcess returned;
    try {
      NodeProcess replica =
          nodes.server(Kind.REDOUBT, "--replicaof", "127.0.0.1", master.port() + "");
      await()
          .atMost(Distribution.LIMIT)
          .until(() -> {
            String bytes = replica.info("replication").get("master_sync_stream_bytes");
            return bytes != null && Long.parseLong(bytes) > 0;
          });
      assertThat(replica.info("replication")).containsEntry("master_link_status", "down");
      replica.kill();
      master.ask("CONFIG", "SET", "rdb-key-save-delay", "100");
      returned = nodes.restart(replica);
      real = nodes.server(Kind.REAL, "--replicaof", "127.0.0.1", master.port() + "");
      awaitUp(returned);
      awaitUp(real);
    } finally {
      writer.interrupt();
      writer.join();
    }
    assertThat(failures).isEmpty();
    ServerContent.agree(master, returned);
    ServerContent.agree(master, real);
    assertThat(master.info("stats"))
        .containsEntry("sync_full", "3")
        .containsEntry("sync_interleaved", "2");
    assertThat(master.info("replication")).containsEntry("repl_spill_bytes", "0");
  }

  private Thread writer(NodeProcess master) {
    Writes others = new Writes(Seed.from(random.nextLong()));
    return Thread.ofPlatform()
        .start(() -> {
          try {
            others.writeUntilInterrupted(master);
          } catch (IOException | RuntimeException | AssertionError e) {
            failures.add(e);
          }
        });
  }

  private static void awaitUp(NodeProcess replica) {
    await()
        .atMost(Distribution.LIMIT)
        .until(() -> "up".equals(replica.info("replication").get("master_link_status")));
  }
}
