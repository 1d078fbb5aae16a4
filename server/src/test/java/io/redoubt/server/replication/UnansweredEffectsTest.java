package io.redoubt.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that changes without a reply or an event are replicated, too. */
final class UnansweredEffectsTest {
  @TempDir private Path directory;
  private ReplicationNode master;
  private ReplicationNode replica;

  @BeforeEach
  void start() throws Exception {
    master = ReplicationNode.ours(directory);
    replica = ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port());
    replica.untilInSyncWith(master);
    master.ask("XADD s 1-1 f v");
    master.ask("XADD s 2-1 f v");
    master.ask("XGROUP CREATE s g 0 ENTRIESREAD 0");
  }

  @AfterEach
  void stop() throws Exception {
    replica.close();
    master.close();
  }

  private void expectSame(String question, String part) throws Exception {
    replica.untilInSyncWith(master);
    String expected = master.call(question).toString();
    assertThat(expected).contains(part);
    assertThat(replica.call(question)).hasToString(expected);
  }

  @Test
  void replicatesNewConsumersWithoutEntries() throws Exception {
    master.ask("XGROUP CREATE s end $");
    master.call("XREADGROUP GROUP end news STREAMS s >");
    master.call("XREADGROUP GROUP end history STREAMS s 0");
    master.call("XCLAIM s end claims 0 1-1");
    master.call("XAUTOCLAIM s end autoclaims 0 0");
    replica.untilInSyncWith(master);
    for (ReplicationNode node : new ReplicationNode[] {master, replica}) {
      assertThat(node.call("XINFO CONSUMERS s end").elements()).hasSize(4);
    }
  }

  @Test
  void replicatesTheCountOfReadEntries() throws Exception {
    master.call("XREADGROUP GROUP g me COUNT 1 STREAMS s >");
    expectSame("XINFO GROUPS s", "Integer[value=1]");
    assertThat(entriesRead(replica)).isEqualTo("Integer[value=1]");
  }

  @Test
  void replicatesTheCountAcrossDeletedEntries() throws Exception {
    master.ask("XADD s 3-1 f v");
    master.ask("XADD s 4-1 f v");
    master.ask("XDEL s 3-1");
    for (String read : new String[] {"COUNT 1", "COUNT 1", "NOACK"}) {
      master.call("XREADGROUP GROUP g me " + read + " STREAMS s >");
      expectSame("XINFO GROUPS s", "entries-read");
    }
    assertThat(entriesRead(replica)).isEqualTo("Integer[value=4]");
  }

  @Test
  void replicatesClaimsThatAdvanceAGroup() throws Exception {
    master.call("XREADGROUP GROUP g me COUNT 1 STREAMS s >");
    master.ask("XADD s 3-1 f v");
    master.ask("XADD s 4-1 f v");
    for (String claim :
        new String[] {
          "2-1 FORCE LASTID 2-1", "2-1 LASTID 3-1", "3-1 1-1 LASTID 4-1", "9-9 FORCE LASTID 9-9"
        }) {
      master.call("XCLAIM s g me 0 " + claim);
      expectSame("XINFO GROUPS s", "entries-read");
    }
    assertThat(entriesRead(replica)).isEqualTo("Integer[value=1]");
  }

  private static String entriesRead(ReplicationNode node) throws Exception {
    return node.call("XINFO GROUPS s").elements().getFirst().elements().get(9).toString();
  }

  @Test
  void replicatesRepeatedDeliveries() throws Exception {
    master.call("XREADGROUP GROUP g me STREAMS s >");
    master.call("XREADGROUP GROUP g me STREAMS s 0");
    replica.untilInSyncWith(master);
    assertThat(replica.call("XPENDING s g - + 1").elements().getFirst().elements().getLast())
        .isEqualTo(master.call("XPENDING s g - + 1").elements().getFirst().elements().getLast())
        .hasToString("Integer[value=2]");
  }

  @Test
  void replicatesAStringLengthenedByARefusedBitfield() throws Exception {
    master.call("BITFIELD bits OVERFLOW FAIL INCRBY u8 800 1000");
    expectSame("STRLEN bits", "Integer[value=101]");
  }
}
