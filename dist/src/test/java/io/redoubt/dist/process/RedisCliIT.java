package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Interactive {@code redis-cli} sessions of an administrator who sets up a master and a replica:
 * the input and the expected output.
 */
final class RedisCliIT {
  @RegisterExtension private final Nodes nodes = new Nodes();

  private NodeProcess master;
  private NodeProcess replica;

  @BeforeEach
  void start() throws Exception {
    Kind.tool("redis-cli");
    master = nodes.server(Kind.REDOUBT);
    replica = nodes.server(Kind.REDOUBT, "--replicaof", "127.0.0.1", master.port() + "");
    replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
  }

  @Test
  void writesOnTheMasterAreReadOnTheReplica() throws Exception {
    assertThat(session(master, "set rep rep", "get rep", "set 汉字 值", "get missing"))
        .containsExactly("OK", "\"rep\"", "OK", "(nil)");
    await().atMost(Distribution.LIMIT).until(() -> !replica.ask("GET", "汉字").isNull());
    assertThat(session(replica, "get rep", "set slave 1", "del rep", "dbsize"))
        .containsExactly(
            "\"rep\"",
            "(error) READONLY You can't write against a read only replica.",
            "(error) READONLY You can't write against a read only replica.",
            "(integer) 2");
  }

  @Test
  void infoReplicationOfTheMaster() throws Exception {
    replicateSomething();
    assertThat(infoReplication(master))
        .containsExactly(
            "# Replication",
            "role:master",
            "connected_slaves:1",
            "slave0:ip=127.0.0.1,port=" + replica.port() + ",state=online,offset=N,lag=N",
            "master_failover_state:no-failover",
            "master_replid:ID",
            "master_replid2:0000000000000000000000000000000000000000",
            "master_repl_offset:N",
            "second_repl_offset:-1",
            "repl_backlog_active:1",
            "repl_backlog_size:1048576",
            "repl_backlog_first_byte_offset:N",
            "repl_backlog_histlen:N",
            "repl_spill_bytes:0",
            "sentinel_lease:off");
  }

  @Test
  void infoReplicationOfTheReplica() throws Exception {
    replicateSomething();
    assertThat(infoReplication(replica))
        .containsExactly(
            "# Replication",
            "role:slave",
            "master_host:127.0.0.1",
            "master_port:" + master.port(),
            "master_link_status:up",
            "master_last_io_seconds_ago:N",
            "master_sync_in_progress:0",
            "slave_read_repl_offset:N",
            "slave_repl_offset:N",
            "slave_priority:100",
            "slave_read_only:1",
            "replica_announced:1",
            "connected_slaves:0",
            "master_failover_state:no-failover",
            "master_replid:ID",
            "master_replid2:0000000000000000000000000000000000000000",
            "master_repl_offset:N",
            "second_repl_offset:-1",
            "repl_backlog_active:1",
            "repl_backlog_size:1048576",
            "repl_backlog_first_byte_offset:N",
            "repl_backlog_histlen:N",
            "repl_spill_bytes:0",
            "sentinel_lease:off");
  }

  @Test
  void aReplicaBecomesAMasterAndAReplicaAgain() throws Exception {
    assertThat(session(replica, "slaveof no one", "set slave 1")).containsExactly("OK", "OK");
    assertThat(session(replica, "replicaof 127.0.0.1 " + master.port())).containsExactly("OK");
    replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
    assertThat(session(replica, "exists slave", "replicaof 127.0.0.1 " + master.port()))
        .containsExactly("(integer) 0", "OK Already connected to specified master");
  }

  /** Waits until both nodes have applied and acknowledged part of the stream. */
  private void replicateSomething() throws IOException {
    try (RespClient client = master.connect()) {
      assertThat(client.call("SET", "key", "value")).isEqualTo(new Reply.Simple("OK"));
      assertThat(client.call("WAIT", "1", "4000").number()).isEqualTo(1);
    }
  }

  /** Returns INFO replication with its variable values replaced. */
  private static List<String> infoReplication(NodeProcess node) throws Exception {
    return session(node, "info replication").stream()
        .map(line -> line.replaceFirst("^master_replid:[0-9a-f]{40}$", "master_replid:ID"))
        .map(line ->
            line.replaceFirst(
                "^(master_last_io_seconds_ago|slave_read_repl_offset|slave_repl_offset"
                    + "|master_repl_offset|repl_backlog_first_byte_offset|repl_backlog_histlen)"
                    + ":[0-9]+$",
                "$1:N"))
        .map(line -> line.replaceFirst("offset=[0-9]+,lag=[01]$", "offset=N,lag=N"))
        .toList();
  }

  /** Returns the output of redis-cli for the given input lines. */
  private static List<String> session(NodeProcess node, String... lines) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Kind.tool("redis-cli").toString());
    command.addAll(List.of("--no-raw", "-h", "127.0.0.1", "-p", node.port() + ""));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      try (OutputStream input = process.getOutputStream()) {
        input.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
      }
      String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      return Arrays.stream(shown.split("\r?\n", -1)).filter(line -> !line.isEmpty()).toList();
    } finally {
      process.destroyForcibly();
    }
  }
}
