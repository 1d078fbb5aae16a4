package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.SentinelHelloLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests acknowledgement groups: membership, configurations, and promises to sentinels. */
@Execution(ExecutionMode.CONCURRENT)
class AckGroupTest {
  private static final String SENTINEL = "a".repeat(40);
  private static final String SHORT = "write-acks-timeout 200";

  @TempDir private Path directory;

  @Test
  void formsAGroupThatReplicasJoinOneByOne() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory)) {
      assertThat(state(master)).isEqualTo("forming");
      follow(first, master);
      untilGroup(master, 2);
      follow(second, master);
      GroupConfig group = untilGroup(master, 3);
      assertThat(group.acks()).isEqualTo(1);
      assertThat(group.members()).contains(id(master), id(first), id(second));
      for (ReplicationNode replica : List.of(first, second)) {
        until("the group", () -> group.equals(group(replica)));
        until("the state", () -> state(replica).equals("ok"));
      }
      assertThat(master.ask("SET k 1")).isEqualTo("OK");
    }
  }

  @Test
  void oneThatIsGoneStaysAMemberUntilItIsRemoved() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks majority", SHORT);
        ReplicationNode first = ReplicationNode.ours(directory)) {
      follow(first, master);
      String gone =
          loseTwoMore(
                  master,
                  connected -> {
                    assertThat(master.ask("REPLICATION REMOVE " + connected))
                        .contains("is connected");
                    assertThat(master.ask("REPLICATION REMOVE " + id(master)))
                        .contains("no such member");
                    assertThat(master.ask("SET k 1")).isEqualTo("OK");
                  })
              .getLast();
      assertThat(master.ask("REPLICATION REMOVE " + gone)).isEqualTo("OK");
      until("the timeout", () -> master.ask("SET k 3").startsWith("UNACKED "));
      assertThat(group(master).members()).as("in force only once two others know it").hasSize(4);
    }
  }

  @Test
  void anOperatorTakesAMemberOutWhenTooFewAreLeft() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks majority", SHORT);
        ReplicationNode first = ReplicationNode.ours(directory)) {
      follow(first, master);
      List<String> lost =
          loseTwoMore(
              master,
              connected ->
                  assertThat(master.ask("REPLICATION REMOVE " + connected + " FORCE-DATA-LOSS"))
                      .contains("is connected"));
      String other = lost.getFirst();
      String gone = lost.getLast();
      assertThat(master.ask("REPLICATION REMOVE " + gone)).isEqualTo("OK");
      until(
          "the refusal",
          () -> master.ask("REPLICATION REMOVE " + other).contains("FORCE-DATA-LOSS proceeds"));
      assertThat(master.ask("REPLICATION REMOVE " + other + " NOW")).isEqualTo("ERR syntax error");
      assertThat(first.ask("REPLICATION REMOVE " + other + " FORCE-DATA-LOSS"))
          .contains("only the master");
      assertThat(group(master).members()).as("the order before has no effect yet").hasSize(4);
      assertThat(master.ask("REPLICATION REMOVE " + other + " force-data-loss")).isEqualTo("OK");
      until("the acknowledgement", () -> master.ask("SET k 2").equals("OK"));
      assertThat(untilGroup(master, 2).members()).containsExactlyInAnyOrder(id(master), id(first));
      until("the group", () -> group(master).equals(group(first)));
      assertThat(state(master)).isEqualTo("ok");
    }
  }

  @Test
  void aMemberTakenOutAtOnceKeepsWhatAnEarlierGroupNeeds() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 3", SHORT);
        ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory)) {
      follow(first, master);
      follow(second, master);
      String gone;
      try (ReplicationNode third = ReplicationNode.ours(directory)) {
        follow(third, master);
        assertThat(untilGroup(master, 4).acks()).isEqualTo(3);
        gone = id(third);
      }
      until("the loss", () -> master.ask("SET k 1").startsWith("UNACKED "));
      String order = "REPLICATION REMOVE " + gone + " FORCE-DATA-LOSS";
      assertThat(master.ask(order)).contains("too few members would remain");
      master.ask("CONFIG SET write-acks 1");
      until("the order", () -> master.ask(order).equals("OK"));
      until("the acknowledgement", () -> master.ask("SET k 2").equals("OK"));
      until("the wanted number", () -> group(master).acks() == 1);
      assertThat(group(master).members()).hasSize(3);
    }
  }

  @Test
  void oneThatIsAwayIsHeardBeforeMembersAreTakenOut() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT)) {
      int port;
      List<String> gone;
      try (ReplicationNode away = ReplicationNode.ours(directory);
          ReplicationNode first = ReplicationNode.ours(directory);
          ReplicationNode second = ReplicationNode.ours(directory)) {
        follow(away, master);
        follow(first, master);
        follow(second, master);
        untilGroup(master, 4);
        port = away.port();
        gone = List.of(id(first), id(second));
      }
      until("the loss", () -> master.ask("SET k 1").startsWith("UNACKED "));
      String removal = "REPLICATION REMOVE " + gone.getFirst();
      until("the first order", () -> master.ask(removal).equals("OK"));
      String force = "REPLICATION REMOVE " + gone.getLast() + " FORCE-DATA-LOSS";
      until("the second order", () -> master.ask(force).equals("OK"));
      assertThat(group(master).members())
          .as("the member that is away may lack a write that another one has confirmed")
          .hasSize(4);
      try (ReplicationNode again = ReplicationNode.again(directory, port)) {
        again.call("REPLICAOF 127.0.0.1 " + master.port());
        untilGroup(master, 2);
        until("the acknowledgement", () -> master.ask("SET k 2").equals("OK"));
      }
    }
  }

  @Test
  void takingMembersOutByForceLetsASentinelFindWhatTheRestHas() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 3", SHORT)) {
      List<String> gone;
      try (ReplicationNode one = ReplicationNode.ours(directory);
          ReplicationNode two = ReplicationNode.ours(directory);
          ReplicationNode three = ReplicationNode.ours(directory);
          ReplicationNode four = ReplicationNode.ours(directory)) {
        for (ReplicationNode each : List.of(one, two, three, four)) {
          follow(each, master);
        }
        untilGroup(master, 5);
        gone = List.of(id(one), id(two));
      }
      until("the loss", () -> master.ask("SET k 1").startsWith("UNACKED "));
      master.ask("CONFIG SET write-acks 2");
      for (String each : gone) {
        String order = "REPLICATION REMOVE " + each + " FORCE-DATA-LOSS";
        until("the order", () -> master.ask(order).equals("OK"));
      }
      until("the change", () -> group(master).answersToElect() == 2);
      assertThat(state(master)).isEqualTo("changing");
    }
  }

  @Test
  void anOperatorDissolvesAGroupWhoseOnlyReplicaIsGone() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode fresh = ReplicationNode.ours(directory)) {
      String gone;
      try (ReplicationNode replica = ReplicationNode.ours(directory)) {
        follow(replica, master);
        untilGroup(master, 2);
        gone = id(replica);
      }
      String order = "REPLICATION REMOVE " + gone + " FORCE-DATA-LOSS";
      until("the loss", () -> master.ask(order).contains("would remain for write-acks"));
      master.ask("CONFIG SET write-acks 0");
      until("the proposal", () -> state(master).equals("changing"));
      assertThat(master.ask("REPLICATION REMOVE " + gone)).contains("no such member");
      until("the order", () -> master.ask(order).equals("OK"));
      until("the end", () -> group(master).acks() == 0);
      follow(fresh, master);
      master.ask("CONFIG SET write-acks 1");
      assertThat(untilGroup(master, 2).members()).contains(id(fresh));
    }
  }

  @Test
  void aReplicaKeepsItsIdBeforeItCanBecomeAMember() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 2", SHORT);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      until("the file", () -> Files.exists(stateFile(replica.port())));
      assertThat(Files.readString(stateFile(replica.port()))).contains(id(replica));
      assertThat(state(master)).as("two are needed").isEqualTo("forming");
    }
  }

  /**
   * A member with new data that does not persist its master's configuration would not know after a
   * restart that it has acknowledged writes of that master.
   */
  @Test
  void countsMembersOnlyOnceTheyKeepAConfigurationOfTheTerm() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode member = ReplicationNode.ours(directory);
        ReplicationNode stranger = ReplicationNode.ours(directory)) {
      follow(member, master);
      untilGroup(master, 2);
      follow(member, stranger);
      Path file = stateFile(member.port());
      until("the loss of its data", () -> Files.readString(file).contains("?"));
      Files.delete(file);
      Files.createDirectories(file.resolve("in the way"));
      follow(member, master);
      assertThat(master.ask("SET k 1")).startsWith("UNACKED ");
      Files.delete(file.resolve("in the way"));
      Files.delete(file);
      until("the configuration", () -> master.ask("SET k 2").equals("OK"));
    }
  }

  @Test
  void countsMembersOnlyOnceThereIsAGroup() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode stranger = ReplicationNode.ours(directory);
        SilentReplica real = SilentReplica.of(master.port())) {
      try (ReplicationNode member = ReplicationNode.ours(directory)) {
        follow(member, master);
        untilGroup(master, 2);
      }
      until("the end of the member", () -> master.ask("SET k 1").startsWith("UNACKED "));
      real.send("REPLCONF ACK " + master.offset() + "\r\n");
      assertThat(master.ask("SET k 2")).startsWith("UNACKED ");
      follow(stranger, master);
      until("the new member", () -> id(stranger).length() == 40);
      assertThat(group(master).members()).hasSize(2);
    }
  }

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
        Files.copy(stateFile(earlierPort), stateFile(port), REPLACE_EXISTING);
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

  private Path stateFile(int port) {
    return directory.resolve("write-acks-" + port + ".state");
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
        until("the file", () -> Files.readString(stateFile(member.port())).strip().endsWith("?"));
      }
    }
    try (ReplicationNode again = ReplicationNode.again(directory, port)) {
      assertThat(state(again)).isEqualTo("incomplete");
      assertThat(again.ask("SET k 2")).startsWith("READONLY ");
      assertThat(again.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      assertThat(again.ask("SET k 3")).isEqualTo("OK");
      until("the file", () -> Files.readString(stateFile(again.port())).strip().endsWith("-"));
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

  @Test
  void changesTheNumberOfAcknowledgements() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory)) {
      follow(first, master);
      follow(second, master);
      untilGroup(master, 3);
      master.ask("CONFIG SET write-acks 2");
      until("the change", () -> group(master).acks() == 2);
      assertThat(master.ask("SET k 1")).isEqualTo("OK");
      master.ask("CONFIG SET write-acks 0");
      until("the end", () -> group(master).acks() == 0);
      assertThat(state(master)).isEqualTo("forming");
      assertThat(master.ask("SET k 2")).isEqualTo("OK");
    }
  }

  @Test
  void aWaitingWriteKeepsTheGroupsNumberWhenMoreAreWanted() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "write-acks 2", "write-acks-timeout 3000");
        ReplicationNode first = ReplicationNode.ours(directory);
        RespClient writer = RespClient.connect("127.0.0.1", master.port(), 10_000)) {
      follow(first, master);
      try (ReplicationNode second = ReplicationNode.ours(directory)) {
        follow(second, master);
        untilGroup(master, 3);
      }
      until("the loss", () -> master.info("replication", "connected_slaves").equals("1"));
      master.ask("CONFIG SET write-acks 1");
      CompletableFuture<Reply> waiting =
          CompletableFuture.supplyAsync(() -> {
            try {
              return writer.call("SET", "k", "1");
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      until("the wait", () -> master.info("replication", "write_acks_waiting_clients").equals("1"));
      master.ask("CONFIG SET write-acks 2");
      assertThat(master.ask("SET k 2")).startsWith("UNACKED ");
      assertThat(waiting.get().text()).as("one of two has it").startsWith("UNACKED ");
    }
  }

  /** Checks a group, given the id of a connected member. */
  private interface Check {
    void with(String member) throws IOException;
  }

  /** Adds two replicas to a group of two and loses them, and with them the majority. */
  private List<String> loseTwoMore(ReplicationNode master, Check whileConnected) throws Exception {
    List<String> lost;
    try (ReplicationNode one = ReplicationNode.ours(directory);
        ReplicationNode other = ReplicationNode.ours(directory)) {
      follow(one, master);
      follow(other, master);
      assertThat(untilGroup(master, 4).acks()).isEqualTo(2);
      lost = List.of(id(one), id(other));
      whileConnected.with(id(other));
    }
    until("the loss of the majority", () -> master.ask("SET k 2").startsWith("UNACKED "));
    return lost;
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws IOException {
    replica.ask("REPLICAOF 127.0.0.1 " + master.port());
    until("the link", () -> replica.info("replication", "master_link_status").equals("up"));
  }

  private static FenceAnswer fence(ReplicationNode node, long epoch) throws IOException {
    String text = node.ask("REPLICATION FENCE " + epoch + " " + SENTINEL);
    return Objects.requireNonNull(FenceAnswer.parse(text), text);
  }

  /** Makes a replica the second member of a master's group. */
  private static void join(ReplicationNode replica, ReplicationNode master) throws Exception {
    follow(replica, master);
    untilGroup(master, 2);
    until("the state", () -> state(replica).equals("ok"));
  }

  private static GroupConfig untilGroup(ReplicationNode node, int members) {
    until("a group of " + members, () -> group(node).members().size() == members);
    try {
      return group(node);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the current group. */
  private static GroupConfig group(ReplicationNode node) throws IOException {
    GroupConfig group = GroupConfig.parse(node.info("replication", "write_acks_group"));
    if (group == null) {
      throw new IOException("no group");
    }
    return group;
  }

  private static String id(ReplicationNode node) throws IOException {
    return node.info("replication", "write_acks_node");
  }

  private static String state(ReplicationNode node) throws IOException {
    return node.info("replication", "write_acks_group_state");
  }
}
