package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests full syncs in which the stream is interleaved with the snapshot. */
@Execution(ExecutionMode.CONCURRENT)
class InterleavedSyncTest {
  private static final int KEYS = 300;
  private static final String SLOW = "rdb-key-save-delay 2000";
  private static final String PLAIN = "rdbcompression no";
  private static final String DEBUG = "enable-debug-command yes";

  @TempDir private Path directory;

  /** Whatever happens meanwhile, both end with the same data. */
  @ParameterizedTest
  @ValueSource(strings = {"disabled", "on-empty-db", "swapdb"})
  void receivesAllChangesDuringTheSync(String load) throws Exception {
    Random random = Seed.random("InterleavedSyncTest");
    try (ReplicationNode master = ReplicationNode.ours(directory, SLOW, PLAIN, DEBUG);
        ReplicationNode replica =
            ReplicationNode.ours(directory, "repl-diskless-load " + load, DEBUG)) {
      Traffic traffic = new Traffic(master, random, KEYS / 6);
      traffic.fill();
      long writes =
          traffic.writesUntil(() -> {
            if (random.nextInt(4) == 0) {
              replica.ask("REPLICAOF 127.0.0.1 " + master.port());
            }
            return master.info("replication", "slave0").contains("state=online");
          });
      assertThat(writes).isGreaterThan(100);
      replica.untilInSyncWith(master);
      assertThat(replica.ask("DEBUG DIGEST")).isEqualTo(master.ask("DEBUG DIGEST"));
      assertThat(replica.content()).isEqualTo(master.content());
      assertThat(master.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_interleaved", "1");
      assertThat(replica.log())
          .contains("* MASTER <-> REPLICA sync: receiving the replication stream at the same time");

      master.ask("CLIENT KILL TYPE replica");
      traffic.write(50);
      replica.untilInSyncWith(master);
      assertThat(replica.ask("DEBUG DIGEST")).isEqualTo(master.ask("DEBUG DIGEST"));
      assertThat(master.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_partial_ok", "1");
    }
  }

  @Test
  void theMasterBuffersNothing() throws Exception {
    Path spill = Files.createDirectory(directory.resolve("spill"));
    try (ReplicationNode master =
            ReplicationNode.ours(
                directory, "repl-full-sync-rate 4mb", PLAIN, "repl-backlog-size 1mb");
        ReplicationNode replica = ReplicationNode.ours(directory, "repl-spill-dir " + spill)) {
      for (int i = 0; i < KEYS; i++) {
        master.ask("SET key:" + i + " " + "x".repeat(30_000));
      }
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("the transfer", () -> number(replica, "replication", "master_sync_read_bytes") > 0);
      String value = "y".repeat(100_000);
      for (int i = 0; i < 250; i++) {
        master.ask("SET key:" + i + " " + value + i);
      }
      until(
          "the stream",
          () ->
              number(replica, "replication", "master_sync_stream_bytes") > 24_000_000
                  || replica.info("replication", "master_link_status").equals("up"));
      assertThat(replica.info("replication"))
          .containsEntry("master_link_status", "down")
          .containsEntry("master_sync_in_progress", "1");
      assertThat(number(replica, "replication", "repl_spill_bytes")).isGreaterThan(8_000_000);
      assertThat(spill).isEmptyDirectory();
      assertThat(number(master, "replication", "repl_spill_bytes")).isZero();
      until(
          "what is sent to be forgotten",
          () -> number(master, "memory", "mem_total_replication_buffers") < 3_000_000);
      assertThat(replica.ask("GET key:0")).as("nothing is served before").isEqualTo("(nil)");
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content());
      assertThat(number(replica, "replication", "repl_spill_bytes")).isZero();
      assertThat(master.info("stats", "sync_full")).isEqualTo("1");
    }
  }

  @Test
  void theMasterKeepsWhatTheReplicaCannotBuffer() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(
                directory, "repl-full-sync-rate 4mb", PLAIN, "repl-backlog-size 1mb");
        ReplicationNode replica = ReplicationNode.ours(directory, "repl-spill-max 2mb")) {
      for (int i = 0; i < KEYS / 2; i++) {
        master.ask("SET key:" + i + " " + "x".repeat(30_000));
      }
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("the transfer", () -> number(replica, "replication", "master_sync_read_bytes") > 0);
      String value = "y".repeat(100_000);
      for (int i = 0; i < 60; i++) {
        master.ask("SET key:" + i + " " + value + i);
      }
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content());
      assertThat(master.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_interleaved", "1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"disabled", "swapdb"})
  void keepsOldDataIfTheLinkBreaks(String load) throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "rdb-key-save-delay 20000", PLAIN);
        ReplicationNode replica = ReplicationNode.ours(directory, "repl-diskless-load " + load)) {
      for (int i = 0; i < KEYS; i++) {
        master.ask("SET key:" + i + " " + "x".repeat(3_000));
      }
      replica.ask("SET mine 1");
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("the transfer", () -> number(replica, "replication", "master_sync_read_bytes") > 0);
      master.ask("SET key:0 new");
      until("stream", () -> number(replica, "replication", "master_sync_stream_bytes") > 0);
      master.ask("CONFIG SET rdb-key-save-delay 0");
      master.ask("CLIENT KILL TYPE replica");
      until(
          "the cut",
          () -> replica.log().stream().anyMatch(line -> line.contains("I/O error trying to sync")));
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(KEYS);
      assertThat(master.info("stats", "sync_full")).isEqualTo("2");
    }
  }

  /** No byte that has arrived is sent again. */
  @Test
  void resumesIfTheLinkBreaksDuringTheLoad() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "rdb-key-save-delay 1000", PLAIN);
        ReplicationNode replica = ReplicationNode.ours(directory, "key-load-delay 3000")) {
      for (int i = 0; i < KEYS; i++) {
        master.ask("SET key:" + i + " " + "x".repeat(3_000));
      }
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("the transfer", () -> number(replica, "replication", "master_sync_read_bytes") > 0);
      for (int i = 0; i < KEYS; i++) {
        master.ask("SET key:" + i + " " + i);
      }
      until("the load", () -> replica.info("persistence", "loading").equals("1"));
      master.ask("CLIENT KILL TYPE replica");
      master.ask("SET last 1");
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(KEYS + 1);
      assertThat(master.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_partial_ok", "1");
    }
  }

  /**
   * A replica that may not buffer the stream gets an ordinary full sync, and so does every replica
   * of a master that may not interleave.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void canBeTurnedOffOnEitherSide(boolean masterDoes) throws Exception {
    String off = "repl-interleaved-sync no";
    try (ReplicationNode master = ReplicationNode.ours(directory, SLOW, masterDoes ? off : PLAIN);
        ReplicationNode replica = ReplicationNode.ours(directory, masterDoes ? PLAIN : off)) {
      for (int i = 0; i < KEYS; i++) {
        master.ask("SET key:" + i + " x");
      }
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("the transfer", () -> !master.info("replication", "slave0").isEmpty());
      master.ask("SET key:0 new");
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(KEYS);
      assertThat(master.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_interleaved", "0");
    }
  }

  private static long number(ReplicationNode node, String section, String field) throws Exception {
    String text = node.info(section, field);
    return text.isEmpty() ? 0 : Long.parseLong(text);
  }
}
