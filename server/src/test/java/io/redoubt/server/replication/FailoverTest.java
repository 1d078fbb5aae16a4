package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests FAILOVER, with which a master and one of its replicas exchange their roles. */
class FailoverTest {
  @TempDir private Path directory;

  @Test
  void theNamedReplicaTakesOverWithoutAFullSync() throws Exception {
    try (ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory);
        ReplicationNode third = ReplicationNode.ours(directory)) {
      follow(second, first);
      follow(third, first);
      first.ask("SET before 1");
      assertThat(first.ask("FAILOVER TO 127.0.0.1 " + second.port() + " TIMEOUT 20000"))
          .isEqualTo("OK");
      untilOver(first);
      assertThat(first.info("replication", "role")).isEqualTo("slave");
      assertThat(second.info("replication", "role")).isEqualTo("master");
      assertThat(first.ask("SET after 1")).startsWith("READONLY");
      assertThat(second.ask("SET after 1")).isEqualTo("OK");
      first.untilInSyncWith(second);
      third.ask("REPLICAOF 127.0.0.1 " + second.port());
      third.untilInSyncWith(second);
      assertThat(second.info("stats", "sync_full")).isEqualTo("0");
      assertThat(first.content()).isEqualTo(second.content()).hasSize(2);
      assertThat(second.log())
          .anyMatch(line -> line.startsWith("# Failover request received for replid "))
          .anyMatch(line -> line.startsWith("* MASTER MODE enabled (failover request from 'id="));
    }
  }

  @Test
  void writesWaitDuringTheFailoverAndAreRefusedAfterIt() throws Exception {
    try (ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory)) {
      follow(second, first);
      first.ask("FAILOVER");
      assertThat(first.ask("SET a 1")).startsWith("READONLY");
      untilOver(first);
      first.untilInSyncWith(second);
    }
  }

  @Test
  void refusesImpossibleFailovers() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      assertThat(master.ask("FAILOVER")).isEqualTo("ERR FAILOVER requires connected replicas.");
      assertThat(master.ask("FAILOVER ABORT")).isEqualTo("ERR No failover in progress.");
      follow(replica, master);
      assertThat(replica.ask("FAILOVER"))
          .isEqualTo("ERR FAILOVER is not valid when server is a replica.");
      assertThat(master.ask("FAILOVER TO nowhere 1"))
          .isEqualTo("ERR FAILOVER target HOST and PORT is not a replica.");
      assertThat(master.ask("FAILOVER TO 127.0.0.1 x"))
          .isEqualTo("ERR value is not an integer or out of range");
      assertThat(master.ask("FAILOVER TIMEOUT 0"))
          .isEqualTo("ERR FAILOVER timeout must be greater than 0");
      assertThat(master.ask("FAILOVER FORCE TIMEOUT 100"))
          .startsWith("ERR FAILOVER with force option requires both");
      assertThat(master.ask("FAILOVER NOW")).isEqualTo("ERR syntax error");
      assertThat(master.info("replication", "role")).isEqualTo("master");
    }
  }

  @Test
  void aTimeoutOrAbortEndsTheFailover() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        SilentReplica replica = SilentReplica.of(master.port())) {
      until("the full sync", () -> replica.received().contains("+FULLRESYNC "));
      until("the replica", () -> master.info("replication", "slave0").contains("state=online"));
      master.ask("SET a 1");
      assertThat(master.ask("FAILOVER TIMEOUT 60000")).isEqualTo("OK");
      assertThat(master.info("replication", "master_failover_state")).isEqualTo("waiting-for-sync");
      assertThat(master.ask("GET a")).isEqualTo("1");
      assertThat(master.ask("FAILOVER")).isEqualTo("ERR FAILOVER already in progress.");
      assertThat(master.ask("REPLICAOF 127.0.0.1 1"))
          .isEqualTo("ERR REPLICAOF not allowed while failing over.");
      assertThat(master.ask("FAILOVER ABORT")).isEqualTo("OK");
      assertThat(master.ask("SET a 2")).isEqualTo("OK");
      assertThat(master.ask("FAILOVER TIMEOUT 50")).isEqualTo("OK");
      assertThat(master.ask("SET a 3")).isEqualTo("OK");
      untilOver(master);
      assertThat(master.log())
          .contains(
              "* Aborting failover. Failover manually aborted",
              "* Aborting failover. Replica never caught up before timeout");
      assertThat(master.info("replication", "role")).isEqualTo("master");
    }
  }

  @Test
  void theMasterStaysMasterIfTheReplicaRefuses() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      replica.ask("ACL SETUSER default -psync");
      master.ask("FAILOVER");
      until(
          "the refusal",
          () ->
              master.log().stream()
                  .anyMatch(line -> line.endsWith("Failover target rejected psync request")));
      untilOver(master);
      assertThat(master.info("replication", "role")).isEqualTo("master");
      assertThat(master.ask("SET a 1")).isEqualTo("OK");
      replica.untilInSyncWith(master);
      assertThat(master.info("stats", "sync_full")).isEqualTo("1");
    }
  }

  @Test
  void aRealRedisTakesOverAndGivesBack() throws Exception {
    RealRedis.assumeInstalled();
    try (ReplicationNode ours = ReplicationNode.ours(directory);
        ReplicationNode real =
            ReplicationNode.real(Files.createDirectory(directory.resolve("real")))) {
      follow(real, ours);
      ours.ask("SET a 1");
      ours.ask("FAILOVER TO 127.0.0.1 " + real.port() + " TIMEOUT 20000");
      untilOver(ours);
      assertThat(real.ask("SET b 2")).isEqualTo("OK");
      ours.untilInSyncWith(real);
      real.ask("FAILOVER TO 127.0.0.1 " + ours.port() + " TIMEOUT 20000");
      untilOver(real);
      assertThat(ours.ask("SET c 3")).isEqualTo("OK");
      real.untilInSyncWith(ours);
      assertThat(real.content()).isEqualTo(ours.content()).hasSize(3);
      assertThat(real.info("stats", "sync_full")).isEqualTo("0");
      assertThat(ours.info("stats", "sync_full")).isEqualTo("1");
    }
  }

  private static void untilOver(ReplicationNode node) {
    until(
        "the end of the failover",
        () -> node.info("replication", "master_failover_state").equals("no-failover"));
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws Exception {
    replica.ask("REPLICAOF 127.0.0.1 " + master.port());
    replica.untilInSyncWith(master);
  }
}
