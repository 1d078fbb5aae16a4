package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks that a replica's connection accepts only requests without a reply. */
class ReplicaRequestsTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "PING, ping",
    "XINFO HELP, xinfo|help",
    "CONFIG GET save, config|get",
    "MULTI, multi",
    "nonsense, *redacted*",
  })
  void disconnectsAReplicaThatSendsARequestWithAReply(String request, String name)
      throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        SilentReplica replica = SilentReplica.of(master.port())) {
      until("the sync", () -> replica.received().contains("FULLRESYNC"));
      replica.send(request + "\r\n");
      until("the end", () -> master.info("replication", "connected_slaves").equals("0"));
      assertThat(master.log())
          .anyMatch(line ->
              line.startsWith(
                  "# Replica generated a reply to command '" + name + "', disconnecting it: id="))
          .noneMatch(line -> line.contains("CRITICAL"));
    }
  }

  @Test
  void refusesDataCommandsOfReplicas() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        SilentReplica replica = SilentReplica.of(master.port())) {
      until("the sync", () -> replica.received().contains("FULLRESYNC"));
      replica.send("SET a 1\r\n");
      until("the end", () -> master.info("replication", "connected_slaves").equals("0"));
      assertThat(master.log())
          .contains(
              "# == CRITICAL == This master is sending an error to its replica: 'ERR Replica can't"
                  + " interact with the keyspace' after processing the command 'set'");
      assertThat(master.info("stats", "unexpected_error_replies")).isEqualTo("1");
      assertThat(master.ask("DBSIZE")).isEqualTo("0");
    }
  }

  @Test
  void acceptsAcknowledgementsAndASecondPsync() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        SilentReplica replica = SilentReplica.of(master.port())) {
      until("the sync", () -> replica.received().contains("FULLRESYNC"));
      replica.send("PSYNC ? -1\r\nREPLCONF ACK 0\r\nREPLCONF ACK 0\r\n");
      master.ask("SET a 1");
      until("the stream", () -> replica.received().contains("$1\r\na\r\n$1\r\n1\r\n"));
      assertThat(master.info("replication", "connected_slaves")).isEqualTo("1");
    }
  }
}
