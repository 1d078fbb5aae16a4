package io.redoubt.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests keys written on a replica, which its master does not have. */
class WritableReplicaTest {
  @TempDir private Path directory;

  @Test
  void expiresItsOwnKeys() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica =
            ReplicationNode.ours(
                directory, "replica-read-only no", "replicaof 127.0.0.1 " + master.port())) {
      replica.untilInSyncWith(master);
      replica.ask("SET kept v EX 1000");
      replica.ask("SET goes v PX 20");
      replica.ask("SET late v");
      replica.ask("PEXPIRE late 20");
      assertThat(replica.info("stats", "slave_expires_tracked_keys")).isIn("1", "2", "3");
      ReplicationNode.until("expiry", () -> replica.ask("DBSIZE").equals("1"));
      assertThat(replica.info("stats", "slave_expires_tracked_keys")).isEqualTo("1");
      assertThat(replica.info("stats", "expired_keys")).isEqualTo("2");
      replica.ask("PERSIST kept");
      ReplicationNode.until(
          "forgetting", () -> replica.info("stats", "slave_expires_tracked_keys").equals("0"));
    }
  }

  @Test
  void keepsDueKeysOfTheMaster() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "enable-debug-command yes");
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port())) {
      replica.untilInSyncWith(master);
      master.ask("DEBUG SET-ACTIVE-EXPIRE 0");
      master.ask("SET k v PX 20");
      ReplicationNode.until("hiding", () -> replica.ask("GET k").equals("(nil)"));
      assertThat(replica.ask("DBSIZE")).isEqualTo("1");
      master.ask("DEBUG SET-ACTIVE-EXPIRE 1");
      ReplicationNode.until("expiry", () -> replica.ask("DBSIZE").equals("0"));
      assertThat(replica.info("stats", "expired_keys")).isEqualTo("0");
    }
  }
}
