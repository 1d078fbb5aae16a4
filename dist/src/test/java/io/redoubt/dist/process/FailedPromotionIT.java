package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Clients load a master and its replica while the promotion of the replica fails. The replica
 * executes no write, the master executes none until it is the master again, and each acknowledged
 * write is on both afterwards. {@code -Dredoubt.starts=100} repeats each failure that often.
 */
final class FailedPromotionIT {
  private static final int STARTS = Integer.getInteger("redoubt.starts", 1);
  private static final int LEAST_REQUESTS = 50;
  private static final int LEAST_VIEWS = 20;
  private static final int CLIENTS = 2;
  private static final String FIRST_SENTINEL = "a".repeat(40);
  private static final String SECOND_SENTINEL = "b".repeat(40);
  private static final String NO_FAILOVER = "no-failover";

  @RegisterExtension private final Nodes nodes = new Nodes();
  private NodeProcess master;
  private NodeProcess replica;
  private Hammer onMaster;
  private Hammer onReplica;

  /** The master's state, as seen by clients in one step. */
  private record View(String state, List<String> counters) {}

  @BeforeEach
  void start() throws Exception {
    master = nodes.server(Kind.REDOUBT);
    ask(master, "OK", "SET", Hammer.KEY, "1");
    for (int client = 0; client < CLIENTS; client++) {
      ask(master, "OK", "SET", Hammer.counter(client), "0");
    }
    replica = nodes.server(Kind.REDOUBT, "--replicaof", "127.0.0.1", master.port() + "");
    replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
    onMaster = new Hammer(master.port());
    onReplica = new Hammer(replica.port());
  }

  @AfterEach
  void end() {
    onMaster.close();
    onReplica.close();
  }

  private static void ask(NodeProcess node, String expected, String... words) throws IOException {
    assertThat(node.ask(words).text()).as(String.join(" ", words)).isEqualTo(expected);
  }

  /**
   * A sentinel orders the promotion after the replica has promised a later epoch to another one.
   */
  @Test
  void aReplicaThatHasPromisedToAnotherSentinel() throws Exception {
    for (NodeProcess node : List.of(master, replica)) {
      ask(node, "OK", "CONFIG", "SET", "write-acks", "1");
    }
    replica.awaitInfo("write_acks_group_state", "ok", Distribution.LIMIT);
    for (int epoch = 10; epoch < 10 + 2 * STARTS; epoch += 2) {
      try (RespClient first = replica.connect();
          RespClient second = replica.connect()) {
        assertThat(first.call("REPLICATION", "FENCE", epoch + "", FIRST_SENTINEL).isError())
            .isFalse();
        assertThat(second.call("REPLICATION", "FENCE", epoch + 1 + "", SECOND_SENTINEL).isError())
            .isFalse();
        assertThat(first.call("REPLICAOF", "NO", "ONE").text()).startsWith("PROMISED ");
        awaitRefusedByReplica();
      }
    }
    assertNoWriteOfReplica();
  }

  /** A stopped replica does not catch up. */
  @Test
  void aReplicaThatNeverCatchesUp() throws Exception {
    for (int start = 0; start < STARTS; start++) {
      awaitInStep();
      replica.signal("STOP");
      ask(master, "OK", failover("TIMEOUT", "200"));
      assertNoWriteUntilOver();
      replica.signal("CONT");
      awaitRefusedByReplica();
    }
    assertKept();
  }

  /** The master has become a replica of the stopped one and waits for its answer. */
  @Test
  void aReplicaThatDoesNotAnswer() throws Exception {
    for (int start = 0; start < STARTS; start++) {
      awaitInStep();
      replica.signal("STOP");
      ask(master, "OK", failover("FORCE", "TIMEOUT", "1"));
      master.awaitInfo("master_failover_state", "failover-in-progress", Distribution.LIMIT);
      try (RespClient client = master.connect()) {
        List<View> views = new ArrayList<>();
        while (views.size() < LEAST_VIEWS) {
          views.add(view(client));
        }
        assertThat(new HashSet<>(views)).hasSize(1);
        assertThat(client.call("FAILOVER", "ABORT").text()).isEqualTo("OK");
      }
      replica.signal("CONT");
      awaitRefusedByReplica();
    }
    assertKept();
  }

  @Test
  void aReplicaThatRefuses() throws Exception {
    ask(replica, "OK", "ACL", "SETUSER", "default", "-psync");
    for (int start = 0; start < STARTS; start++) {
      awaitInStep();
      ask(master, "OK", failover("TIMEOUT", "20000"));
      assertNoWriteUntilOver();
      awaitRefusedByReplica();
    }
    assertKept();
  }

  private String[] failover(String... options) {
    List<String> words =
        new ArrayList<>(List.of("FAILOVER", "TO", "127.0.0.1", replica.port() + ""));
    words.addAll(List.of(options));
    return words.toArray(String[]::new);
  }

  private static View view(RespClient client) throws IOException {
    List<String[]> requests = new ArrayList<>();
    requests.add(new String[] {"MULTI"});
    requests.add(new String[] {"INFO", "replication"});
    for (int i = 0; i < CLIENTS; i++) {
      requests.add(new String[] {"GET", Hammer.counter(i)});
    }
    requests.add(new String[] {"EXEC"});
    List<Reply> replies = List.copyOf(client.pipeline(requests).getLast().elements());
    String info = replies.getFirst().text();
    String state = info.replaceAll("(?s).*master_failover_state:([^\r]*).*", "$1");
    return new View(state, replies.stream().skip(1).map(Reply::text).toList());
  }

  /** Asserts that the counters keep their values until the failover has ended. */
  private void assertNoWriteUntilOver() throws IOException {
    Set<List<String>> seen = new HashSet<>();
    try (RespClient client = master.connect()) {
      View view = view(client);
      while (!view.state.equals(NO_FAILOVER)) {
        seen.add(view.counters);
        view = view(client);
      }
    }
    assertThat(seen).as("the counters during a failover").hasSizeLessThanOrEqualTo(1);
  }

  private void awaitRefusedByReplica() {
    int before = onReplica.refused();
    await().atMost(Distribution.LIMIT).until(() -> onReplica.refused() > before + LEAST_REQUESTS);
  }

  /** Waits until the master executes clients' writes and the replica follows it. */
  private void awaitInStep() throws Exception {
    replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
    Map<Integer, Long> before = onMaster.acknowledged();
    await()
        .atMost(Distribution.LIMIT)
        .until(() ->
            onMaster.acknowledged().entrySet().stream()
                    .filter(each -> each.getValue() > before.getOrDefault(each.getKey(), 0L))
                    .count()
                == CLIENTS);
  }

  private void assertNoWriteOfReplica() {
    assertThat(onReplica.served()).as("executed by the replica").doesNotContain("SET");
    assertThat(onReplica.missing()).isEmpty();
    assertThat(onMaster.missing()).isEmpty();
    System.out.printf(
        "FailedPromotionIT: %d promotions, requests executed by the master %d, refused by the"
            + " replica %d%n",
        STARTS, onMaster.served().size(), onReplica.refused());
  }

  private void assertKept() throws Exception {
    assertNoWriteOfReplica();
    onMaster.close();
    Map<Integer, Long> acknowledged = onMaster.acknowledged();
    assertThat(acknowledged).hasSize(CLIENTS);
    for (NodeProcess node : List.of(master, replica)) {
      for (Map.Entry<Integer, Long> last : acknowledged.entrySet()) {
        String counter = Hammer.counter(last.getKey());
        await()
            .atMost(Distribution.LIMIT)
            .until(() -> Long.parseLong(node.ask("GET", counter).text()) >= last.getValue());
      }
    }
    for (int client = 0; client < CLIENTS; client++) {
      String counter = Hammer.counter(client);
      await()
          .atMost(Distribution.LIMIT)
          .until(() -> replica.ask("GET", counter).equals(master.ask("GET", counter)));
    }
  }
}
