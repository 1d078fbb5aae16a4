package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests that a server restarted from its file resumes at its offset, without a full sync. */
@Execution(ExecutionMode.CONCURRENT)
class RestartTest {
  @TempDir private Path directory;

  @Test
  void aRestartedMasterResumesItsReplicas() throws Exception {
    Path own = Files.createDirectory(directory.resolve("master"));
    int port;
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      String id;
      try (ReplicationNode master = ReplicationNode.ours(own)) {
        port = master.port();
        replica.ask("REPLICAOF 127.0.0.1 " + port);
        replica.untilInSyncWith(master);
        master.ask("SELECT 2");
        master.ask("SET a 1");
        replica.untilInSyncWith(master);
        replica.ask("REPLICAOF 127.0.0.1 1"); // disconnected for a while
        master.ask("SET b 2");
        master.ask("DEBUG SET-ACTIVE-EXPIRE 0");
        master.ask("SET c 3 PX 1");
        master.ask("SAVE");
        id = master.info("replication", "master_replid");
      }
      try (ReplicationNode master = ReplicationNode.ours(own)) {
        assertThat(master.info("replication"))
            .containsEntry("master_replid2", id)
            .containsEntry("repl_backlog_active", "1");
        master.ask("SET d 4");
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        assertThat(master.info("stats"))
            .containsEntry("sync_full", "0")
            .containsEntry("sync_partial_ok", "1");
        assertThat(replica.content()).isEqualTo(master.content()).hasSize(3);
        assertThat(replica.ask("DEBUG DIGEST")).isEqualTo(master.ask("DEBUG DIGEST"));
      }
    }
  }

  @Test
  void replicasRemoveKeysThatExpiredBeforeTheMastersRestart() throws Exception {
    Path own = Files.createDirectory(directory.resolve("master"));
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(own)) {
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        master.ask("DEBUG SET-ACTIVE-EXPIRE 0");
        for (int i = 0; i < 40; i++) {
          master.ask("SELECT " + i % 4);
          master.ask("SET " + i + " value PX 1");
        }
        replica.untilInSyncWith(master);
        master.ask("SAVE");
      }
      try (ReplicationNode master = ReplicationNode.ours(own)) {
        assertThat(master.info("persistence", "rdb_last_load_keys_expired")).isEqualTo("40");
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        assertThat(master.info("stats", "sync_full")).isEqualTo("0");
        assertThat(replica.ask("DEBUG DIGEST")).isEqualTo(master.ask("DEBUG DIGEST"));
      }
    }
  }

  @Test
  void resumesInTheSelectedDatabaseAfterAShortPromotion() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      replica.untilInSyncWith(master);
      master.ask("SELECT 9");
      master.ask("SET a 1");
      replica.untilInSyncWith(master);
      replica.ask("REPLICAOF NO ONE");
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      replica.untilInSyncWith(master);
      assertThat(master.info("stats")).containsEntry("sync_partial_ok", "1");
      master.ask("SET a 2");
      replica.untilInSyncWith(master);
      replica.ask("SELECT 9");
      assertThat(replica.ask("GET a")).isEqualTo("2");
    }
  }

  @Test
  void aMasterRestartedAsAReplicaResumes() throws Exception {
    Path own = Files.createDirectory(directory.resolve("master"));
    try (ReplicationNode other = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(own)) {
        other.ask("REPLICAOF 127.0.0.1 " + master.port());
        other.untilInSyncWith(master);
        master.ask("SET a 1");
        other.untilInSyncWith(master);
        master.ask("SAVE");
      }
      other.ask("REPLICAOF NO ONE");
      other.ask("SET b 2");
      try (ReplicationNode master =
          ReplicationNode.ours(own, "replicaof 127.0.0.1 " + other.port())) {
        master.untilInSyncWith(other);
        assertThat(other.info("stats"))
            .containsEntry("sync_full", "0")
            .containsEntry("sync_partial_ok", "1");
        assertThat(master.content()).isEqualTo(other.content()).hasSize(2);
      }
    }
  }

  @Test
  void masterAndReplicaResumeFromTheirAppendOnlyFiles() throws Exception {
    Path ofMaster = Files.createDirectory(directory.resolve("master"));
    Path ofReplica = Files.createDirectory(directory.resolve("replica"));
    String id;
    try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes")) {
      String following = "replicaof 127.0.0.1 " + master.port();
      try (ReplicationNode replica = ReplicationNode.ours(ofReplica, "appendonly yes", following)) {
        replica.untilInSyncWith(master);
        master.ask("SELECT 3");
        master.ask("SET a 1");
        replica.untilInSyncWith(master);
        until("the rewrite", () -> isAppending(replica));
        master.ask("SET b 2");
        replica.untilInSyncWith(master);
      }
      master.ask("SET c 3");
      try (ReplicationNode replica = ReplicationNode.ours(ofReplica, "appendonly yes", following)) {
        replica.untilInSyncWith(master);
        assertThat(master.info("stats"))
            .containsEntry("sync_full", "1")
            .containsEntry("sync_partial_ok", "1");
        assertThat(replica.content()).isEqualTo(master.content()).hasSize(3);
        assertThat(replica.ask("SELECT 3")).isEqualTo("OK");
      }
      id = master.info("replication", "master_replid");
    }
    try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes");
        ReplicationNode replica =
            ReplicationNode.ours(
                ofReplica, "appendonly yes", "replicaof 127.0.0.1 " + master.port())) {
      replica.untilInSyncWith(master);
      assertThat(master.info("replication", "master_replid2")).isEqualTo(id);
      assertThat(master.info("stats", "sync_full")).isEqualTo("0");
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(3);
    }
  }

  @Test
  void shutdownDoesNotWaitForReplicasThatHaveCaughtUp() throws Exception {
    Path own = Files.createDirectory(directory.resolve("master"));
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(own, "rdb-key-save-delay 10000000")) {
        master.ask("DEBUG POPULATE 10");
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        until(
            "the transfer", () -> master.info("persistence", "rdb_bgsave_in_progress").equals("1"));
        master.shutDown("SHUTDOWN", "NOSAVE");
        assertThat(master.log())
            .contains("# User requested shutdown...")
            .doesNotContain("* Waiting for replicas before shutting down.");
      }
    }
  }

  @Test
  void aLaggingReplicaResumesBelowAMasterRestartedFromItsAppendOnlyFile() throws Exception {
    Path ofMaster = Files.createDirectory(directory.resolve("master"));
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes")) {
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        master.ask("SET a 1");
        replica.untilInSyncWith(master);
        replica.ask("REPLICAOF 127.0.0.1 1"); // disconnected for a while
        master.ask("SELECT 7");
        master.ask("SET b 2");
        master.shutDown("SHUTDOWN");
      }
      try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes")) {
        master.ask("SET c 3");
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        assertThat(master.info("stats"))
            .containsEntry("sync_full", "0")
            .containsEntry("sync_partial_ok", "1");
        assertThat(replica.content()).isEqualTo(master.content()).hasSize(3);
      }
    }
  }

  @Test
  void aKilledMasterResumesAsAReplica() throws Exception {
    Path ofMaster = Files.createDirectory(directory.resolve("master"));
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes")) {
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        master.ask("SET a 1");
        master.ask("INCR n");
        replica.untilInSyncWith(master);
      }
      replica.ask("REPLICAOF NO ONE");
      replica.ask("SET b 2");
      try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes")) {
        assertThat(master.info("replication", "role")).isEqualTo("master");
        master.ask("REPLICAOF 127.0.0.1 " + replica.port());
        master.untilInSyncWith(replica);
        assertThat(replica.info("stats"))
            .containsEntry("sync_full", "0")
            .containsEntry("sync_partial_ok", "1");
        assertThat(master.content()).isEqualTo(replica.content()).hasSize(3);
      }
    }
  }

  @Test
  void aKilledMasterWithWritesOfItsOwnNeedsAFullSync() throws Exception {
    Path ofMaster = Files.createDirectory(directory.resolve("master"));
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes")) {
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        master.ask("SET a 1");
        replica.untilInSyncWith(master);
      }
      replica.ask("REPLICAOF NO ONE");
      try (ReplicationNode master = ReplicationNode.ours(ofMaster, "appendonly yes")) {
        master.ask("SET mine 1");
        master.ask("REPLICAOF 127.0.0.1 " + replica.port());
        master.untilInSyncWith(replica);
        assertThat(replica.info("stats", "sync_full")).isEqualTo("1");
        assertThat(master.content()).isEqualTo(replica.content()).hasSize(1);
      }
    }
  }

  private static boolean isAppending(ReplicationNode node) throws Exception {
    return node.info("persistence", "aof_enabled").equals("1")
        && node.info("persistence", "aof_rewrite_in_progress").equals("0")
        && node.info("persistence", "aof_rewrite_scheduled").equals("0");
  }
}
