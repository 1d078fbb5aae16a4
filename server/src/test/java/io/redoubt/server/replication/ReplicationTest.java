package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.RespClient;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class ReplicationTest {
  @TempDir private Path directory;

  @Test
  void aReplicaCopiesAllDataAndFollows() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      master.ask("SET a 1");
      master.ask("SELECT 3");
      master.ask("SET b 2 EX 1000");
      follow(replica, master);
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(2);
      master.ask("SELECT 5");
      master.ask("SET c 3");
      master.ask("SELECT 0");
      master.call("SET".getBytes(UTF_8), new byte[] {0, 13, 10, -1}, new byte[70_000]);
      master.ask("INCRBY a 41");
      replica.untilInSyncWith(master);
      assertThat(replica.ask("GET a")).isEqualTo("42");
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(4);
    }
  }

  @Test
  void logsEachStepLikeRedis() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port())) {
      replica.untilInSyncWith(master);
      String id = master.info("replication", "master_replid");
      assertThat(replica.log())
          .containsSubsequence(
              "* Connecting to MASTER 127.0.0.1:" + master.port(),
              "* MASTER <-> REPLICA sync started",
              "* Non blocking connect for SYNC fired the event.",
              "* Master replied to PING, replication can continue...",
              "* Partial resynchronization not possible (no cached master)",
              "* Full resync from master: " + id + ":0",
              "* MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to disk",
              "* MASTER <-> REPLICA sync: Flushing old data",
              "* MASTER <-> REPLICA sync: Loading DB in memory",
              "* MASTER <-> REPLICA sync: Finished with success");
      String name = "127.0.0.1:" + replica.port();
      assertThat(master.log())
          .containsSubsequence(
              "* Replica " + name + " asks for synchronization",
              "* Full resync requested by replica " + name,
              "* Replication backlog created, my new replication IDs are '"
                  + id
                  + "' and '"
                  + "0".repeat(40)
                  + "'",
              "* Starting BGSAVE for SYNC with target: replicas sockets",
              "* Synchronization with replica " + name + " succeeded");
    }
  }

  @Test
  void infoAgreesOnBothSides() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      master.ask("SET rep rep");
      replica.untilInSyncWith(master);
      until("an acknowledgement", () -> master.ask("WAIT 1 1000").equals("1"));
      replica.untilInSyncWith(master);
      Map<String, String> ofMaster = master.info("replication");
      Map<String, String> ofReplica = replica.info("replication");
      assertThat(ofMaster)
          .containsEntry("role", "master")
          .containsEntry("connected_slaves", "1")
          .containsEntry("master_failover_state", "no-failover")
          .containsEntry("master_replid2", "0".repeat(40))
          .containsEntry("second_repl_offset", "-1")
          .containsEntry("repl_backlog_active", "1")
          .containsEntry("repl_backlog_size", "1048576")
          .containsEntry("repl_backlog_first_byte_offset", "1")
          .containsEntry("repl_backlog_histlen", ofMaster.get("master_repl_offset"));
      assertThat(ofMaster.get("slave0"))
          .matches(
              "ip=127\\.0\\.0\\.1,port=" + replica.port() + ",state=online,offset=\\d+,lag=[01]");
      assertThat(ofReplica)
          .containsEntry("role", "slave")
          .containsEntry("master_host", "127.0.0.1")
          .containsEntry("master_port", Integer.toString(master.port()))
          .containsEntry("master_link_status", "up")
          .containsEntry("master_sync_in_progress", "0")
          .containsEntry("slave_priority", "100")
          .containsEntry("slave_read_only", "1")
          .containsEntry("replica_announced", "1")
          .containsEntry("connected_slaves", "0")
          .containsEntry("slave_repl_offset", ofReplica.get("master_repl_offset"))
          .containsEntry("slave_read_repl_offset", ofReplica.get("master_repl_offset"))
          .doesNotContainKey("master_link_down_since_seconds");
      for (String field : List.of("master_replid", "master_repl_offset", "repl_backlog_histlen")) {
        assertThat(ofReplica).containsEntry(field, ofMaster.get(field));
      }
      assertThat(replica.call("ROLE").toString()).contains("slave", "connected");
      assertThat(master.call("ROLE").toString()).contains("master", "127.0.0.1");
    }
  }

  /** As in Redis, which delays the master's commands like those of clients. */
  @Test
  void aPausedReplicaReceivesButDoesNotApply() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      master.ask("SET a before");
      replica.untilInSyncWith(master);
      long offset = replica.offset();
      assertThat(replica.ask("CLIENT PAUSE 100000 WRITE")).isEqualTo("OK");
      for (int i = 0; i < 100; i++) {
        master.ask("SET a after" + i);
      }
      until(
          "the stream has arrived",
          () ->
              replica
                  .info("replication", "slave_read_repl_offset")
                  .equals(Long.toString(master.offset())));
      assertThat(replica.info("replication", "slave_repl_offset")).isEqualTo(Long.toString(offset));
      assertThat(replica.ask("GET a")).isEqualTo("before");
      assertThat(replica.info("replication", "master_link_status")).isEqualTo("up");
      assertThat(master.ask("WAIT 1 50")).isEqualTo("0");

      assertThat(replica.ask("CLIENT UNPAUSE")).isEqualTo("OK");
      replica.untilInSyncWith(master);
      assertThat(replica.ask("GET a")).isEqualTo("after99");
      assertThat(replica.ask("CLIENT PAUSE 50 ALL")).isEqualTo("OK");
      master.ask("SET a last");
      replica.untilInSyncWith(master);
      assertThat(replica.ask("GET a")).isEqualTo("last");
    }
  }

  @Test
  void aReplicaRefusesWritesByDefault() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      assertThat(replica.ask("SET slave test"))
          .isEqualTo("READONLY You can't write against a read only replica.");
      assertThat(replica.ask("WAIT 1 1")).startsWith("ERR WAIT cannot be used with replica");
      assertThat(replica.ask("CONFIG SET replica-read-only no")).isEqualTo("OK");
      assertThat(replica.ask("SET slave test")).isEqualTo("OK");
      assertThat(replica.offset()).isEqualTo(master.offset());
    }
  }

  @Test
  void aChainSharesOneHistory() throws Exception {
    try (ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory);
        ReplicationNode third = ReplicationNode.ours(directory)) {
      first.ask("SELECT 2");
      first.ask("SET before 1");
      follow(second, first);
      first.ask("SET between 1");
      second.untilInSyncWith(first);
      follow(third, second);
      first.ask("SET after 1");
      second.untilInSyncWith(first);
      third.untilInSyncWith(first);
      assertThat(third.content()).isEqualTo(first.content()).hasSize(3);
      assertThat(second.info("replication"))
          .containsEntry("role", "slave")
          .containsEntry("connected_slaves", "1");
    }
  }

  /** A slow command may follow, and the age of the data counts from here. */
  @Test
  void countsAKilledLinkAsDownAtOnce() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      replica.untilInSyncWith(master);
      replica.ask("MULTI");
      replica.ask("CLIENT KILL TYPE master");
      replica.ask("INFO replication");
      assertThat(replica.call("EXEC").toString()).contains("master_link_status:down");
      replica.untilInSyncWith(master);
    }
  }

  @Test
  void resumesABrokenLink() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      master.ask("SELECT 7");
      follow(replica, master);
      master.ask("SET a 1");
      replica.untilInSyncWith(master);
      assertThat(replica.ask("CLIENT KILL TYPE master")).isEqualTo("1");
      master.ask("SET b 2");
      until("a partial resync", () -> master.info("stats", "sync_partial_ok").equals("1"));
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(2);
      assertThat(master.info("stats")).containsEntry("sync_full", "1");
      assertThat(replica.log())
          .containsSubsequence(
              "# Connection with master lost.",
              "* Caching the disconnected master state.",
              "* Successful partial resynchronization with master.",
              "* MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
    }
  }

  @Test
  void siblingsAndTheOldMasterResumeBelowAPromotedReplica() throws Exception {
    try (ReplicationNode old = ReplicationNode.ours(directory);
        ReplicationNode promoted = ReplicationNode.ours(directory);
        ReplicationNode sibling = ReplicationNode.ours(directory)) {
      follow(promoted, old);
      follow(sibling, old);
      old.ask("SET a 1");
      promoted.untilInSyncWith(old);
      sibling.untilInSyncWith(old);
      String oldId = old.info("replication", "master_replid");
      assertThat(promoted.ask("SLAVEOF NO ONE")).isEqualTo("OK");
      long offset = promoted.offset();
      assertThat(promoted.info("replication"))
          .containsEntry("role", "master")
          .containsEntry("master_replid2", oldId)
          .containsEntry("second_repl_offset", Long.toString(offset + 1));
      assertThat(promoted.log())
          .anyMatch(line -> line.startsWith("# Setting secondary replication ID to " + oldId))
          .anyMatch(line -> line.startsWith("* MASTER MODE enabled (user request from 'id="));
      promoted.ask("SET b 2");
      sibling.ask("REPLICAOF 127.0.0.1 " + promoted.port());
      old.ask("SLAVEOF 127.0.0.1 " + promoted.port());
      sibling.untilInSyncWith(promoted);
      old.untilInSyncWith(promoted);
      assertThat(sibling.content()).isEqualTo(promoted.content());
      assertThat(old.content()).isEqualTo(promoted.content()).hasSize(2);
      assertThat(promoted.info("stats"))
          .containsEntry("sync_full", "0")
          .containsEntry("sync_partial_ok", "2");
    }
  }

  @Test
  void waitCountsTheReplicasThatHaveTheWrite() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      assertThat(master.ask("WAIT 0 0")).isEqualTo("0");
      assertThat(master.ask("WAIT 1 10")).isEqualTo("0");
      follow(replica, master);
      master.ask("SET a 1");
      assertThat(master.ask("WAIT 1 0")).isEqualTo("1");
      assertThat(replica.ask("GET a")).isEqualTo("1");
      assertThat(master.ask("WAIT 2 50")).isEqualTo("1");
      assertThat(master.ask("WAIT x 1")).isEqualTo("ERR value is not an integer or out of range");
      assertThat(master.ask("WAIT 1 x")).isEqualTo("ERR timeout is not an integer or out of range");
      assertThat(master.ask("WAIT 1 -1")).isEqualTo("ERR timeout is negative");
      master.ask("MULTI");
      master.ask("WAIT 5 0");
      assertThat(master.call("EXEC").toString()).contains("value=1");
    }
  }

  @Test
  void unblocksWaitWhenTheServerBecomesAReplica() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        RespClient waiter = RespClient.connect("127.0.0.1", master.port())) {
      waiter.send("WAIT", "1", "0");
      until("the client to block", () -> master.info("clients", "blocked_clients").equals("1"));
      master.ask("REPLICAOF 127.0.0.1 " + freePort());
      assertThat(waiter.receive().text()).startsWith("UNBLOCKED");
    }
  }

  @Test
  void aReplicaNeedsThePassword() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "requirepass !Xin");
        ReplicationNode replica =
            ReplicationNode.ours(
                directory, "masterauth wrong", "replicaof 127.0.0.1 " + master.port())) {
      until(
          "a refused password",
          () ->
              replica
                  .log()
                  .contains(
                      "# Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or"
                          + " user is disabled."));
      assertThat(replica.info("replication")).containsEntry("master_link_status", "down");
      replica.call(
          "CONFIG".getBytes(UTF_8),
          "SET".getBytes(UTF_8),
          "masterauth".getBytes(UTF_8),
          new byte[0]);
      until(
          "a refused synchronisation",
          () ->
              replica
                  .log()
                  .contains(
                      "# MASTER aborted replication with an error: NOAUTH Authentication"
                          + " required."));
      replica.ask("CONFIG SET masterauth !Xin");
      master.ask("AUTH !Xin");
      replica.untilInSyncWith(master);
    }
  }

  @Test
  void aReplicaWithoutItsMasterServesStaleDataOrRefuses() throws Exception {
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      replica.ask("SET a 1");
      replica.ask("REPLICAOF 127.0.0.1 " + freePort());
      assertThat(replica.ask("GET a")).isEqualTo("1");
      replica.ask("CONFIG SET replica-serve-stale-data no");
      assertThat(replica.ask("GET a"))
          .isEqualTo(
              "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");
      assertThat(replica.info("replication"))
          .containsEntry("master_link_status", "down")
          .containsEntry("master_last_io_seconds_ago", "-1")
          .containsEntry("master_link_down_since_seconds", "-1");
      until(
          "a second attempt",
          () ->
              replica.log().stream()
                      .filter("# Error condition on socket for SYNC: Connection refused"::equals)
                      .count()
                  >= 2);
      assertThat(replica.ask("REPLCONF capa eof")).isEqualTo("OK");
      assertThat(replica.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      assertThat(replica.ask("GET a")).isEqualTo("1");
    }
  }

  @Test
  void refusesWritesWithoutEnoughReplicas() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "min-replicas-to-write 1");
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      assertThat(master.ask("SET a 1")).isEqualTo("NOREPLICAS Not enough good replicas to write.");
      assertThat(master.info("replication")).containsEntry("min_slaves_good_slaves", "0");
      follow(replica, master);
      until("a good replica", () -> master.ask("SET a 1").equals("OK"));
      replica.ask("REPLICAOF NO ONE");
      until("no good replica", () -> master.ask("SET a 1").startsWith("NOREPLICAS"));
    }
  }

  @Test
  void keysExpireOnTheMasterAndAreHiddenOnTheReplica() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      master.ask("DEBUG SET-ACTIVE-EXPIRE 0");
      master.ask("SET a 1 PX 30");
      replica.untilInSyncWith(master);
      until("the key's end", () -> replica.ask("GET a").equals("(nil)"));
      assertThat(replica.ask("DBSIZE")).isEqualTo("1");
      assertThat(master.ask("GET a")).isEqualTo("(nil)");
      replica.untilInSyncWith(master);
      assertThat(replica.ask("DBSIZE")).isEqualTo("0");
    }
  }

  @Test
  void aRestartedReplicaResumes() throws Exception {
    Path own = Files.createDirectory(directory.resolve("replica"));
    try (ReplicationNode master = ReplicationNode.ours(directory)) {
      try (ReplicationNode replica = ReplicationNode.ours(own)) {
        follow(replica, master);
        master.ask("SELECT 4");
        master.ask("SET a 1");
        replica.untilInSyncWith(master);
        assertThat(replica.ask("SAVE")).isEqualTo("OK");
      }
      master.ask("SET b 2");
      try (ReplicationNode replica =
          ReplicationNode.ours(own, "replicaof 127.0.0.1 " + master.port())) {
        replica.untilInSyncWith(master);
        assertThat(replica.content()).isEqualTo(master.content()).hasSize(2);
      }
      assertThat(master.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_partial_ok", "1");
    }
  }

  @Test
  void oneSnapshotServesSeveralReplicas() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(
                directory, "repl-diskless-sync-delay 60", "repl-diskless-sync-max-replicas 3");
        ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory);
        ReplicationNode third = ReplicationNode.ours(directory)) {
      master.ask("SET a 1");
      for (ReplicationNode replica : List.of(first, second, third)) {
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      }
      for (ReplicationNode replica : List.of(first, second, third)) {
        replica.untilInSyncWith(master);
      }
      assertThat(master.log())
          .filteredOn("* Starting BGSAVE for SYNC with target: replicas sockets"::equals)
          .hasSize(1);
    }
  }

  @Test
  void disklessAndDiskBasedTransfersAreEquivalent() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory)) {
      for (int i = 0; i < 300; i++) {
        master.ask("SET key:" + i + " " + "x".repeat(1 + i * 5));
      }
      for (String sending : List.of("yes", "no")) {
        for (String loading : List.of("disabled", "on-empty-db", "swapdb")) {
          master.ask("CONFIG SET repl-diskless-sync " + sending);
          Path own = Files.createDirectory(directory.resolve(sending + "-" + loading));
          try (ReplicationNode replica =
              ReplicationNode.ours(own, "repl-diskless-load " + loading)) {
            follow(replica, master);
            assertThat(replica.content()).isEqualTo(master.content()).hasSize(300);
            assertThat(replica.log())
                .anyMatch(line ->
                    line.startsWith("* MASTER <-> REPLICA sync: receiving ")
                        && line.contains(sending.equals("yes") ? "with EOF" : "bytes from")
                        && line.endsWith(loading.equals("disabled") ? "to disk" : "to parser"));
            assertThat(own).isDirectoryNotContaining("glob:**/temp-*");
          }
        }
      }
      assertThat(directory).isDirectoryNotContaining("glob:**/temp-*");
    }
  }

  @Test
  void replicaofRefusesInvalidMasters() throws Exception {
    try (ReplicationNode server = ReplicationNode.ours(directory)) {
      assertThat(server.ask("REPLICAOF 127.0.0.1 x")).isEqualTo("ERR Invalid master port");
      assertThat(server.ask("REPLICAOF 127.0.0.1 99999")).isEqualTo("ERR Invalid master port");
      assertThat(server.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      int port = freePort();
      assertThat(server.ask("REPLICAOF 127.0.0.1 " + port)).isEqualTo("OK");
      assertThat(server.ask("REPLICAOF 127.0.0.1 " + port))
          .isEqualTo("OK Already connected to specified master");
      assertThat(server.ask("PSYNC ? -1"))
          .isEqualTo("NOMASTERLINK Can't SYNC while not connected with my master");
      assertThat(server.call("CONFIG GET replicaof").toString()).contains("127.0.0.1 " + port);
    }
  }

  private static int freePort() throws Exception {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws Exception {
    assertThat(replica.ask("REPLICAOF 127.0.0.1 " + master.port())).isEqualTo("OK");
    replica.untilInSyncWith(master);
  }
}
