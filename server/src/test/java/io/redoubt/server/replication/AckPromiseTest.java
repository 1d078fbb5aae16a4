package io.redoubt.server.replication;

import static io.redoubt.server.replication.GroupNodes.SHORT;
import static io.redoubt.server.replication.GroupNodes.follow;
import static io.redoubt.server.replication.GroupNodes.group;
import static io.redoubt.server.replication.GroupNodes.id;
import static io.redoubt.server.replication.GroupNodes.join;
import static io.redoubt.server.replication.GroupNodes.state;
import static io.redoubt.server.replication.GroupNodes.stateFile;
import static io.redoubt.server.replication.GroupNodes.untilGroup;
import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.SentinelHelloLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Tests promises of group members to sentinels, and the terms and restarts after which a server may
 * or may not acknowledge writes.
 */
@Execution(ExecutionMode.CONCURRENT)
class AckPromiseTest {
  private static final String SENTINEL = "a".repeat(40);

  @TempDir private Path directory;

  @Test
  void aPromiseEndsTheAcknowledgementsThatCount() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      untilGroup(master, 2);
      assertThat(master.ask("SET k 1")).isEqualTo("OK");
      until("the state", () -> state(replica).equals("ok"));
      FenceAnswer answer = fence(replica, 7);
      assertThat(answer.node()).isEqualTo(id(replica));
      assertThat(answer.complete()).isTrue();
      assertThat(answer.group().newest()).isEqualTo(group(master));
      assertThat(master.ask("SET k 2")).startsWith("UNACKED ");
      until("the master's notice", () -> state(master).equals("replaced"));
      assertThat(replica.ask("REPLICATION FENCE 6 " + SENTINEL)).startsWith("ERR ");
      assertThat(replica.ask("REPLICATION FENCE 7 " + "b".repeat(40))).startsWith("ERR ");
      assertThat(replica.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      follow(master, replica);
      until("the term", () -> group(replica).term() == 7);
      assertThat(group(replica).master()).isEqualTo(id(replica));
      replica.ask("CONFIG SET write-acks 1");
      assertThat(replica.ask("SET k 3")).isEqualTo("OK");
    }
  }

  /**
   * Two sentinels may collect promises concurrently. The earlier one must not promote a server
   * under the epoch of the later one, in which the later one may promote another server.
   */
  @Test
  void aSentinelPromotesOnlyUnderItsOwnPromise() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode replica = ReplicationNode.ours(directory);
        RespClient earlier = RespClient.connect("127.0.0.1", replica.port(), 5000);
        RespClient later = RespClient.connect("127.0.0.1", replica.port(), 5000)) {
      join(replica, master);
      earlier.call("REPLICATION", "FENCE", "7", SENTINEL);
      later.call("REPLICATION", "FENCE", "8", "b".repeat(40));
      assertThat(earlier.call("REPLICAOF", "NO", "ONE").text()).startsWith("PROMISED ");
      assertThat(replica.info("replication", "role")).isEqualTo("slave");
      assertThat(later.call("REPLICAOF", "NO", "ONE").text()).isEqualTo("OK");
      assertThat(replica.ask("REPLICATION FENCE 8 " + SENTINEL)).startsWith("ERR ");
    }
  }

  /**
   * If writes need no acknowledgement, a sentinel requests no promise, and an earlier promise must
   * not block its promotion.
   */
  @Test
  void aSentinelPromotesWithoutAPromiseWhereWritesNeedNoAcknowledgement() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode replica = ReplicationNode.ours(directory);
        RespClient earlier = RespClient.connect("127.0.0.1", replica.port(), 5000);
        RespClient later = RespClient.connect("127.0.0.1", replica.port(), 5000)) {
      join(replica, master);
      earlier.call("REPLICATION", "FENCE", "7", SENTINEL);
      later.call("REPLICATION", "FENCE", "8", "b".repeat(40));
      assertThat(later.call("REPLICAOF", "NO", "ONE").text()).isEqualTo("OK");
      replica.ask("CONFIG SET write-acks 1");
      follow(master, replica);
      replica.ask("CONFIG SET write-acks 0");
      until("the end of the group", () -> group(replica).acks() == 0);
      follow(replica, master);
      assertThat(earlier.call("REPLICAOF", "NO", "ONE").text()).isEqualTo("OK");
    }
  }

  /** An operator's order uses no term that a sentinel may give to another server. */
  @Test
  void anOrderWithoutAPromiseBeginsALaterTerm() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode replica = ReplicationNode.ours(directory);
        RespClient sentinel = RespClient.connect("127.0.0.1", replica.port(), 5000)) {
      join(replica, master);
      sentinel.call("REPLICATION", "FENCE", "7", SENTINEL);
      assertThat(replica.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      follow(master, replica);
      until("the term", () -> group(replica).term() == 8);
    }
  }

  @Test
  void confirmsAMasterUnderALaterTerm() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      untilGroup(master, 2);
      FenceAnswer unused = fence(replica, 3);
      assertThat(master.ask("SET k 1")).startsWith("UNACKED ");
      assertThat(fence(master, 3).complete()).isTrue();
      assertThat(master.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      until("the acknowledgement", () -> master.ask("SET k 2").equals("OK"));
      until("the term", () -> group(master).term() == 3);
    }
  }

  @Test
  void aRestartedReplicaKeepsItsPromise() throws Exception {
    int port;
    String id;
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT)) {
      try (ReplicationNode replica = ReplicationNode.ours(directory)) {
        follow(replica, master);
        untilGroup(master, 2);
        id = id(replica);
        port = replica.port();
        FenceAnswer unused = fence(replica, 9);
      }
      try (ReplicationNode again = ReplicationNode.again(directory, port)) {
        assertThat(again.ask("REPLICATION FENCE 8 " + SENTINEL)).startsWith("ERR ");
        FenceAnswer answer = fence(again, 9);
        assertThat(answer.node()).isEqualTo(id);
        assertThat(answer.complete()).as("it may have lost what it acknowledged").isFalse();
        again.call("REPLICAOF 127.0.0.1 " + master.port());
        until("the state", () -> state(again).equals("ok"));
        assertThat(master.ask("SET k 1")).startsWith("UNACKED ");
      }
    }
  }

  @Test
  void aMemberThatIsPromisedToAnotherPutsNoGroupInForce() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode joining = ReplicationNode.ours(directory)) {
      int port;
      try (ReplicationNode member = ReplicationNode.ours(directory);
          ReplicationNode gone = ReplicationNode.ours(directory)) {
        follow(member, master);
        untilGroup(master, 2);
        follow(gone, master);
        untilGroup(master, 3);
        port = member.port();
        FenceAnswer unused = fence(member, 9);
      }
      follow(joining, master);
      until("the proposal", () -> state(master).equals("changing"));
      try (ReplicationNode again = ReplicationNode.again(directory, port)) {
        again.call("REPLICAOF 127.0.0.1 " + master.port());
        until("the state", () -> state(again).equals("ok"));
        until("the promise", () -> state(master).equals("replaced"));
        for (int i = 0; i < 10; i++) {
          assertThat(master.ask("SET k " + i)).startsWith("UNACKED ");
        }
        assertThat(group(master).members()).hasSize(3).doesNotContain(id(joining));
      }
    }
  }

  @Test
  void aMemberWhoseDataGoesClosesTheConnectionsOfItsPromises() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode member = ReplicationNode.ours(directory);
        ReplicationNode stranger = ReplicationNode.ours(directory);
        RespClient sentinel = RespClient.connect("127.0.0.1", member.port(), 5000);
        RespClient other = RespClient.connect("127.0.0.1", member.port(), 5000)) {
      join(member, master);
      FenceAnswer answer =
          FenceAnswer.parse(sentinel.call("REPLICATION", "FENCE", "9", SENTINEL).text());
      assertThat(answer).isNotNull();
      assertThat(answer.complete()).isTrue();
      follow(member, stranger);
      assertThatThrownBy(() -> sentinel.call("REPLICAOF", "NO", "ONE"))
          .isInstanceOf(IOException.class);
      assertThat(other.call("PING").text()).isEqualTo("PONG");
      assertThat(member.info("replication", "role")).isEqualTo("slave");
    }
  }

  @Test
  void anEarlierMasterReplacesNoDataOfALaterOne() throws Exception {
    String[] durable = {"write-acks 1", SHORT, "appendonly yes", "appendfsync always"};
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      int port;
      try (ReplicationNode later = ReplicationNode.ours(directory, "write-acks 1", SHORT)) {
        port = later.port();
        int earlierPort;
        try (ReplicationNode earlier = ReplicationNode.ours(directory, durable)) {
          earlierPort = earlier.port();
          follow(later, earlier);
          follow(replica, earlier);
          untilGroup(earlier, 3);
          until("the state", () -> state(later).equals("ok") && state(replica).equals("ok"));
        }
        FenceAnswer unused = fence(later, 9);
        later.call("REPLICAOF NO ONE");
        follow(replica, later);
        until("the acknowledgement", () -> later.ask("SET k 1").equals("OK"));
        until("the term", () -> group(replica).term() == 9);
        Files.copy(stateFile(directory, earlierPort), stateFile(directory, port), REPLACE_EXISTING);
      }
      try (ReplicationNode stale = ReplicationNode.again(directory, port, durable)) {
        until(
            "the refusal",
            () ->
                replica.log().stream()
                    .anyMatch(line -> line.contains("-NOMASTERLINK Another master has replaced")));
        assertThat(replica.ask("GET k")).isEqualTo("1");
        assertThat(state(stale)).isEqualTo("replaced");
        assertThat(stale.ask("SET k 2")).startsWith("UNACKED ");
        follow(replica, stale); // an order applies to any master
        assertThat(replica.ask("GET k")).isEqualTo("2");
        assertThat(stale.ask("REPLICAOF NO ONE")).isEqualTo("OK");
        until("the acknowledgement", () -> stale.ask("SET k 3").equals("OK"));
        until("the term", () -> group(stale).term() > 9);
      }
    }
  }

  @Test
  void aRestartedMasterThatMayHaveLostWritesTakesNone() throws Exception {
    int port;
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT)) {
        follow(replica, master);
        untilGroup(master, 2);
        port = master.port();
        assertThat(master.ask("SET k 1")).isEqualTo("OK");
      }
      try (ReplicationNode again = ReplicationNode.again(directory, port, "write-acks 1", SHORT)) {
        assertThat(state(again)).isEqualTo("incomplete");
        assertThat(again.ask("SET k 2")).startsWith("READONLY ");
        assertThat(replica.ask("GET k")).as("it got no full sync").isEqualTo("1");
        hello(again, port, 3);
        hello(again, replica.port(), 4);
        hello(again, port, 5);
        assertThat(again.ask("SET k 2")).as("the end of another reason").startsWith("READONLY ");
        assertThat(again.ask("REPLICAOF NO ONE")).isEqualTo("OK");
        until("the acknowledgement", () -> again.ask("SET k 3").equals("OK"));
      }
    }
  }

  /** Sends a sentinel's hello, which names the group's master at a port. */
  private static void hello(ReplicationNode node, int master, long epoch) throws IOException {
    node.ask(SentinelHelloLine.of(SENTINEL, "m", "127.0.0.1", master, epoch));
  }

  @Test
  void aMemberWithNewDataThatStartsAsAMasterTakesNoWrites() throws Exception {
    int port;
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode other = ReplicationNode.ours(directory)) {
      try (ReplicationNode member = ReplicationNode.ours(directory)) {
        join(member, master);
        port = member.port();
        follow(member, other); // has no group, like a new master that has not announced its own yet
        until(
            "the file",
            () -> Files.readString(stateFile(directory, member.port())).strip().endsWith("?"));
      }
    }
    try (ReplicationNode again = ReplicationNode.again(directory, port)) {
      assertThat(state(again)).isEqualTo("incomplete");
      assertThat(again.ask("SET k 2")).startsWith("READONLY ");
      assertThat(again.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      assertThat(again.ask("SET k 3")).isEqualTo("OK");
      until(
          "the file",
          () -> Files.readString(stateFile(directory, again.port())).strip().endsWith("-"));
    }
    try (ReplicationNode again = ReplicationNode.again(directory, port)) {
      assertThat(again.ask("SET k 4")).isEqualTo("OK");
    }
  }

  @Test
  void aRestartedMasterWithAllWritesOnDiskGoesOn() throws Exception {
    String[] lines = {"write-acks 1", SHORT, "appendonly yes", "appendfsync always"};
    int port;
    try (ReplicationNode replica = ReplicationNode.ours(directory)) {
      try (ReplicationNode master = ReplicationNode.ours(directory, lines)) {
        follow(replica, master);
        untilGroup(master, 2);
        port = master.port();
        assertThat(master.ask("SET k 1")).isEqualTo("OK");
      }
      try (ReplicationNode again = ReplicationNode.again(directory, port, lines)) {
        assertThat(again.ask("GET k")).isEqualTo("1");
        until("the acknowledgement", () -> again.ask("SET k 3").equals("OK"));
      }
    }
  }

  private static FenceAnswer fence(ReplicationNode node, long epoch) throws IOException {
    String text = node.ask("REPLICATION FENCE " + epoch + " " + SENTINEL);
    return Objects.requireNonNull(FenceAnswer.parse(text), text);
  }
}
