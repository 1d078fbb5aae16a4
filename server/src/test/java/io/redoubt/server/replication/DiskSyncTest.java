package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests full syncs from a file, which may be the file of an earlier BGSAVE. */
class DiskSyncTest {
  private static final String SLOW = "rdb-key-save-delay 20000";
  private static final String ENDLESS = "rdb-key-save-delay 10000000";
  private static final int ATTEMPTS = 10;

  @TempDir private Path directory;
  private Path own;

  @BeforeEach
  void makeDirectory() throws Exception {
    own = Files.createDirectory(directory.resolve("master"));
  }

  private ReplicationNode master(String... lines) throws Exception {
    String[] all = Arrays.copyOf(lines, lines.length + 1);
    all[lines.length] = "repl-diskless-sync no";
    ReplicationNode master = ReplicationNode.ours(own, all);
    for (int i = 0; i < 20; i++) {
      master.ask("SET " + i + " " + i);
    }
    return master;
  }

  private static boolean isSaving(ReplicationNode node) throws Exception {
    return node.info("persistence", "rdb_bgsave_in_progress").equals("1");
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws Exception {
    replica.ask("REPLICAOF 127.0.0.1 " + master.port());
  }

  private static void leave(ReplicationNode replica) throws Exception {
    replica.ask("REPLICAOF NO ONE");
  }

  @Test
  void aLateReplicaJoinsTheSnapshotInProgress() throws Exception {
    try (ReplicationNode master = master(SLOW);
        ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory)) {
      follow(first, master);
      until("a save", () -> isSaving(master));
      master.ask("SELECT 4");
      master.ask("SET meanwhile 1");
      follow(second, master);
      first.untilInSyncWith(master);
      second.untilInSyncWith(master);
      assertThat(second.content()).isEqualTo(master.content()).hasSize(21);
      assertThat(first.content()).isEqualTo(master.content());
      assertThat(master.info("persistence"))
          .containsEntry("rdb_saves", "1")
          .containsEntry("rdb_changes_since_last_save", "1");
      assertThat(master.log())
          .contains("* Waiting for end of BGSAVE for SYNC", "* DB saved on disk");
      assertThat(own.resolve("dump.rdb")).exists();
    }
  }

  @Test
  void abortsASnapshotWithoutReplicas() throws Exception {
    try (ReplicationNode master = master(ENDLESS);
        ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory)) {
      follow(first, master);
      follow(second, master);
      until("both", () -> isSaving(master) && master.info("replication").containsKey("slave1"));
      leave(first);
      until("one", () -> !master.info("replication").containsKey("slave1"));
      assertThat(isSaving(master)).isTrue();
      leave(second);
      until("the end", () -> !isSaving(master));
      assertThat(own.resolve("dump.rdb")).doesNotExist();
    }
  }

  /** It would be disconnected as soon as the writer has stopped. */
  @Test
  void aLateReplicaDoesNotJoinAnAbortedSnapshot() throws Exception {
    try (ReplicationNode master = master()) {
      String waits =
          "* Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC";
      for (int attempt = 0; attempt < ATTEMPTS && !master.log().contains(waits); attempt++) {
        syncWhileASaveIsAborted(master);
      }
      assertThat(master.log())
          .contains(waits)
          .doesNotContain("* Waiting for end of BGSAVE for SYNC");
    }
  }

  /** Requests a sync while the writer stops, unless that takes less time than the next turn. */
  private static void syncWhileASaveIsAborted(ReplicationNode master) throws Exception {
    master.ask("CONFIG SET " + ENDLESS);
    try (SilentReplica first = SilentReplica.of(master.port())) {
      until("a save", () -> isSaving(master) && first.received().contains("FULLRESYNC"));
      master.ask("CONFIG SET rdb-key-save-delay 0");
      try (SilentReplica late = SilentReplica.of(master.port(), "BGSAVE CANCEL\r\n")) {
        until("the next snapshot", () -> late.received().contains("REDIS0"));
      }
    }
    until("no replica", () -> master.info("replication", "connected_slaves").equals("0"));
    until("no save", () -> !isSaving(master));
  }

  @Test
  void finishesTheSnapshotIfSavePointsAreSet() throws Exception {
    try (ReplicationNode master = master("rdb-key-save-delay 100000", "save 9000 1");
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      until("a save", () -> isSaving(master));
      leave(replica);
      until("none", () -> master.info("replication", "connected_slaves").equals("0"));
      assertThat(isSaving(master)).isTrue();
      until("the end", () -> !isSaving(master));
      assertThat(master.info("persistence", "rdb_last_bgsave_status")).isEqualTo("ok");
      assertThat(own.resolve("dump.rdb")).exists();
    }
  }

  @Test
  void deletesTheSyncFileWithoutPersistenceOnRequest() throws Exception {
    try (ReplicationNode master = master("rdb-del-sync-files yes");
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(20);
      assertThat(own).isEmptyDirectory();
    }
  }

  @Test
  void flushallAbortsTheTransfer() throws Exception {
    try (ReplicationNode master = master(ENDLESS);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      master.ask("CONFIG SET repl-diskless-sync yes");
      follow(replica, master);
      until("a transfer", () -> isSaving(master));
      master.ask("FLUSHALL");
      replica.untilInSyncWith(master);
      assertThat(replica.ask("DBSIZE")).isEqualTo("0");
      assertThat(master.info("stats", "sync_full")).isEqualTo("2");
    }
  }
}
