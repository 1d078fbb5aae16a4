package io.redoubt.server.replication;

import static io.redoubt.server.replication.GroupNodes.SHORT;
import static io.redoubt.server.replication.GroupNodes.follow;
import static io.redoubt.server.replication.GroupNodes.group;
import static io.redoubt.server.replication.GroupNodes.id;
import static io.redoubt.server.replication.GroupNodes.state;
import static io.redoubt.server.replication.GroupNodes.stateFile;
import static io.redoubt.server.replication.GroupNodes.untilGroup;
import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests acknowledgement groups: their members and configurations. */
@Execution(ExecutionMode.CONCURRENT)
class AckGroupTest {
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
      until("the file", () -> Files.exists(stateFile(directory, replica.port())));
      assertThat(Files.readString(stateFile(directory, replica.port()))).contains(id(replica));
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
      Path file = stateFile(directory, member.port());
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
}
