package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests expired hash fields on a replica: due fields are hidden, and the master's HDEL removes
 * them.
 */
final class ExpiringFieldsTest {
  @TempDir private Path directory;

  @Test
  void areHiddenUntilTheMasterRemovesThem() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      assertThat(replica.ask("REPLICAOF 127.0.0.1 " + master.port())).isEqualTo("OK");
      replica.untilInSyncWith(master);
      master.ask("DEBUG SET-ACTIVE-EXPIRE 0");
      master.call("HSET h stays 1 goes 2");
      master.call("HPEXPIRE h 1 FIELDS 1 goes");
      replica.untilInSyncWith(master);
      until("the field is due", () -> replica.ask("HGET h goes").equals("(nil)"));
      assertThat(replica.call("HLEN h").number()).isEqualTo(1);
      assertThat(replica.call("HGETALL h").elements()).hasSize(2);
      assertThat(replica.ask("OBJECT ENCODING h")).isEqualTo("listpackex");

      master.ask("DEBUG SET-ACTIVE-EXPIRE 1");
      master.call("HPEXPIRE h 1 FIELDS 1 stays");
      until("the hash has gone", () -> replica.call("DBSIZE").number() == 0);
    }
  }

  @Test
  void recreatesAHashWhoseLastFieldIsDueOnBothSides() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      assertThat(replica.ask("REPLICAOF 127.0.0.1 " + master.port())).isEqualTo("OK");
      replica.untilInSyncWith(master);
      master.ask("DEBUG SET-ACTIVE-EXPIRE 0");
      for (String write :
          List.of("HSET h f 2", "HINCRBY h f 2", "HINCRBYFLOAT h f 2", "HSETNX h f 2")) {
        master.ask("DEL h");
        master.call("HSET h f 1");
        master.call("EXPIRE h 1000");
        master.call("HPEXPIRE h 1 FIELDS 1 f");
        until("the field is due", () -> master.ask("HGET h f").equals("(nil)"));
        master.call(write);
        replica.untilInSyncWith(master);
        assertThat(replica.ask("HGET h f")).as(write).isEqualTo(master.ask("HGET h f"));
        assertThat(master.call("TTL h").number()).as(write).isEqualTo(-1);
        assertThat(replica.call("TTL h").number()).as(write).isEqualTo(-1);
      }
    }
  }
}
