package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests a replica that accepts its full sync slowly: the stream is buffered in a file meanwhile,
 * regardless of the output limit.
 */
class SpillTest {
  private static final int KEYS = 100;
  private static final String[] SMALL_LIMITS = {
    "client-output-buffer-limit replica 1mb 1mb 1",
    "repl-backlog-size 1mb",
    "rdbcompression no",
    "repl-diskless-sync-delay 0"
  };

  /**
   * The least number of spilled bytes: the kernel decides how many of the 20 MB the sockets'
   * buffers hold.
   */
  private static final long LEAST_SPILLED_BYTES = 10_000_000;

  @TempDir private Path directory;

  @Test
  void keepsASlowReplicaDuringItsFullSync() throws Exception {
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      assertSlowReplicaIsKept(replica, "repl-diskless-sync yes");
    }
  }

  @Test
  void keepsASlowReplicaOfADiskBasedSync() throws Exception {
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      assertSlowReplicaIsKept(replica, "repl-diskless-sync no");
    }
  }

  @Test
  void keepsASlowRealReplica() throws Exception {
    RealRedis.assumeInstalled();
    try (ReplicationNode replica =
        ReplicationNode.real(Files.createDirectory(directory.resolve("real")))) {
      assertSlowReplicaIsKept(replica, "repl-diskless-sync yes");
    }
  }

  private void assertSlowReplicaIsKept(ReplicationNode replica, String sending) throws Exception {
    Path spill = Files.createDirectories(directory.resolve("spill"));
    try (ReplicationNode master = master(spill, sending);
        GatedLink link = new GatedLink(master.port(), 1_000_000)) {
      replica.ask("REPLICAOF 127.0.0.1 " + link.port());
      until("the transfer", () -> received(replica) > 500_000);
      String value = "y".repeat(50_000);
      for (int i = 0; i < 400; i++) {
        master.ask("SET key:" + i % (2 * KEYS) + " " + value + i);
      }
      assertThat(Long.parseLong(master.info("replication", "repl_spill_bytes")))
          .isGreaterThan(LEAST_SPILLED_BYTES);
      assertThat(Long.parseLong(master.info("memory", "mem_total_replication_buffers")))
          .isLessThan(4_000_000);
      assertThat(spill).isEmptyDirectory();
      link.open();
      replica.untilInSyncWith(master);
      assertThat(master.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_partial_ok", "0");
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(2 * KEYS);
      assertThat(master.info("replication", "repl_spill_bytes")).isEqualTo("0");
    }
  }

  @Test
  void disconnectsAReplicaBeyondTheSpillLimit() throws Exception {
    try (ReplicationNode master = master(directory, "repl-spill-max 2mb");
        ReplicationNode replica = ReplicationNode.ours(directory);
        GatedLink link = new GatedLink(master.port(), 1_000_000)) {
      replica.ask("REPLICAOF 127.0.0.1 " + link.port());
      until("the transfer", () -> received(replica) > 500_000);
      String value = "y".repeat(50_000);
      for (int i = 0; i < 200; i++) {
        master.ask("SET key:" + i % KEYS + " " + value + i);
      }
      until(
          "the loss",
          () -> master.log().stream().anyMatch(line -> line.contains("repl-spill-max")));
      assertThat(master.info("replication", "repl_spill_bytes")).isEqualTo("0");
      link.open();
      replica.untilInSyncWith(master);
    }
  }

  private static long received(ReplicationNode replica) throws Exception {
    String bytes = replica.info("replication", "master_sync_read_bytes");
    return bytes.isEmpty() ? 0 : Long.parseLong(bytes);
  }

  private ReplicationNode master(Path spill, String line) throws Exception {
    String[] lines = new String[SMALL_LIMITS.length + 2];
    System.arraycopy(SMALL_LIMITS, 0, lines, 0, SMALL_LIMITS.length);
    lines[SMALL_LIMITS.length] = "repl-spill-dir " + spill;
    lines[SMALL_LIMITS.length + 1] = line;
    ReplicationNode master = ReplicationNode.ours(directory, lines);
    for (int i = 0; i < KEYS; i++) {
      master.ask("SET key:" + i + " " + "x".repeat(30_000));
    }
    return master;
  }

  @Test
  void limitsConcurrentFullSyncs() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(
                directory,
                "repl-max-concurrent-full-syncs 1",
                "repl-full-sync-rate 8mb",
                "rdbcompression no");
        ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory)) {
      for (int i = 0; i < KEYS; i++) {
        master.ask("SET key:" + i + " " + "x".repeat(30_000));
      }
      first.ask("REPLICAOF 127.0.0.1 " + master.port());
      second.ask("REPLICAOF 127.0.0.1 " + master.port());
      first.untilInSyncWith(master);
      second.untilInSyncWith(master);
      assertThat(
              master.log().stream()
                  .filter(line -> line.contains("Starting BGSAVE for SYNC"))
                  .count())
          .isEqualTo(2);
      assertThat(master.info("stats", "sync_full")).isEqualTo("2");
    }
  }
}
