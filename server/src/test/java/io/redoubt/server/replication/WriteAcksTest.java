package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests replies to writes that wait for the acknowledgements of replicas. */
class WriteAcksTest {
  private static final String WITHOUT_LIMIT = "write-acks-timeout 0";
  private static final String SHORT = "write-acks-timeout 100";

  private static final int BATCH = 250;

  @TempDir private Path directory;

  @Test
  void repliesOnceOneReplicaHasTheWrite() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      for (int i = 0; i < 100; i++) {
        assertThat(master.ask("SET k " + i)).isEqualTo("OK");
        assertThat(replica.ask("GET k")).isEqualTo(Integer.toString(i));
      }
      assertThat(master.ask("GET k")).isEqualTo("99");
    }
  }

  @Test
  void holdsRepliesInOrderWhileOtherClientsAreServed() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        SilentReplica replica = online(master);
        RespClient writer = client(master)) {
      writer.send("GET", "none");
      writer.send("SET", "k", "1");
      writer.send("GET", "k");
      writer.send("INCR", "k");
      writer.send("PING");
      assertThat(writer.receive()).isInstanceOf(Reply.Null.class);
      until("the write", () -> master.ask("GET k").equals("2"));
      untilWaiting(master, 1);
      acknowledge(replica, master);
      assertThat(texts(writer, 4)).containsExactly("OK", "1", "2", "PONG");
      untilWaiting(master, 0);
    }
  }

  @Test
  void answersWithAnErrorOfItsOwnWhenTheTimeIsUp() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT);
        SilentReplica replica = online(master);
        RespClient writer = client(master)) {
      writer.send("SET", "k", "1");
      writer.send("GET", "k");
      writer.send("LPUSH", "list", "a", "b");
      writer.send("LRANGE", "list", "0", "-1");
      List<Reply> replies = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        replies.add(writer.receive());
      }
      assertThat(replies.get(0).text()).startsWith("UNACKED The outcome is unknown");
      assertThat(replies.get(1).text()).isEqualTo("1");
      assertThat(replies.get(2).text()).startsWith("UNACKED ");
      assertThat(((Reply.Array) replies.get(3)).elements()).hasSize(2);
      assertThat(master.info("replication", "write_acks_timeouts")).isNotEqualTo("0");
      acknowledge(replica, master);
      replica.send("");
      assertThat(writer.call("SADD", "set", "x").text()).startsWith("UNACKED ");
      assertThat(writer.call("SADD", "set", "x").text())
          .as("the write that finds its work done is not confirmed either")
          .startsWith("UNACKED ");
      acknowledge(replica, master);
      until("the acknowledgement", () -> writer.call("SADD", "set", "x").text().equals("0"));
    }
  }

  @Test
  void waitsWithoutAnyReplica() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", SHORT)) {
      assertThat(master.ask("SET k 1")).startsWith("UNACKED ");
      assertThat(master.ask("GET k")).isEqualTo("1");
      master.ask("CONFIG SET write-acks 0");
      assertThat(master.ask("SET k 2")).isEqualTo("OK");
      master.ask("CONFIG SET write-acks 1");
      assertThat(master.ask("SET k 3")).startsWith("UNACKED ");
      try (ReplicationNode replica = ReplicationNode.ours(directory)) {
        follow(replica, master);
        until("the acknowledgement", () -> master.ask("SET k 4").equals("OK"));
      }
    }
  }

  @Test
  void transactionsScriptsAndServedClientsWait() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        SilentReplica replica = online(master);
        RespClient first = client(master);
        RespClient popping = client(master)) {
      popping.send("BLPOP", "list", "0");
      until("the wait", () -> master.info("clients", "blocked_clients").equals("1"));
      first.send("MULTI");
      first.send("SET", "a", "1");
      first.send("EXEC");
      first.send("EVAL", "redis.call('SET', 'b', '2') return 'done'", "0");
      first.send("LPUSH", "list", "x");
      assertThat(first.receive().text()).isEqualTo("OK");
      assertThat(first.receive().text()).isEqualTo("QUEUED");
      untilWaiting(master, 2);
      acknowledge(replica, master);
      assertThat(((Reply.Array) first.receive()).elements()).hasSize(1);
      assertThat(texts(first, 2)).containsExactly("done", "1");
      assertThat(((Reply.Array) popping.receive()).elements()).hasSize(2);
    }
  }

  /** A list emptied by an unacknowledged pop may still have an element after a failover. */
  @Test
  void aWaitThatTimesOutIsConfirmedToo() throws Exception {
    for (String reads : List.of("no", "yes")) {
      String mode = "write-acks-reads " + reads;
      try (ReplicationNode master =
              ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT, mode);
          SilentReplica replica = online(master);
          RespClient writer = client(master);
          RespClient popping = client(master)) {
        writer.send("SADD", "other", "x");
        untilWaiting(master, 1);
        popping.send("BLPOP", "list", "0.01");
        untilWaiting(master, 2);
        acknowledge(replica, master);
        assertThat(writer.receive()).isEqualTo(new Reply.Integer(1));
        if (reads.equals("yes")) {
          acknowledge(replica, master); // the commands after the nil in the stream
        }
        assertThat(popping.receive()).isInstanceOf(Reply.Null.class);
      }
    }
  }

  @Test
  void aDemotedMasterConfirmsNothingThatWaits() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        SilentReplica replica = online(master);
        RespClient writer = client(master)) {
      writer.send("SET", "k", "1");
      untilWaiting(master, 1);
      assertThat(master.ask("REPLICAOF 127.0.0.1 1")).isEqualTo("OK");
      assertThat(writer.receive().text()).startsWith("UNACKED The outcome is unknown: this server");
      assertThat(replica.received()).contains("SET");
      untilWaiting(master, 0);
    }
  }

  @Test
  void aClientThatGoesLeavesNothingBehind() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        SilentReplica replica = online(master)) {
      for (int i = 0; i < 200; i++) {
        try (RespClient writer = client(master)) {
          writer.send("SET", "k", Integer.toString(i));
          String last = Integer.toString(i);
          until("the write", () -> master.ask("GET k").equals(last));
        }
      }
      acknowledge(replica, master);
      untilWaiting(master, 0);
      until(
          "one client and the replica",
          () -> master.info("clients", "connected_clients").equals("1"));
    }
  }

  @Test
  void asksARealReplica() throws Exception {
    RealRedis.assumeInstalled();
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        ReplicationNode replica = ReplicationNode.real(directory);
        RespClient writer = client(master)) {
      follow(replica, master);
      for (int i = 0; i < 100; i++) {
        assertThat(master.ask("SET k " + i)).isEqualTo("OK");
        assertThat(replica.ask("GET k")).isEqualTo(Integer.toString(i));
      }
      for (int i = 0; i < 100; i++) {
        writer.send("INCR", "counter");
      }
      for (int i = 1; i <= 100; i++) {
        assertThat(writer.receive()).isEqualTo(new Reply.Integer(i));
      }
      assertThat(replica.ask("GET counter")).isEqualTo("100");
    }
  }

  @Test
  void asksAReplicaOfOursOnlyOnce() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(
                directory, "write-acks 1", WITHOUT_LIMIT, "repl-ping-replica-period 1000");
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      follow(replica, master);
      master.ask("SET k 10");
      master.ask("SET k 11");
      long before = master.offset();
      for (int i = 20; i < 30; i++) {
        assertThat(master.ask("SET k " + i)).isEqualTo("OK");
      }
      long length = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n20\r\n".length();
      assertThat(master.offset() - before).isEqualTo(10 * length);
    }
  }

  @Test
  void pushMessagesKeepTheirPlaceBehindRepliesThatWait() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        SilentReplica replica = online(master);
        RespClient tracking = client(master);
        RespClient other = client(master)) {
      tracking.call("HELLO", "3");
      tracking.call("CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP");
      tracking.send("SET", "k", "1");
      untilWaiting(master, 1);
      other.send("CLIENT", "WRITE-ACKS", "0");
      other.send("SET", "k", "2");
      assertThat(texts(other, 2)).containsExactly("OK", "OK");
      tracking.send("CLIENT", "REPLY", "SKIP");
      tracking.send("SET", "k", "3");
      tracking.send("GET", "k");
      until("the last write", () -> master.ask("GET k").equals("3"));
      acknowledge(replica, master);
      assertThat(tracking.receive().text()).isEqualTo("OK");
      assertThat(tracking.receive()).isInstanceOf(Reply.Push.class);
      assertThat(tracking.receive().text()).isEqualTo("3");
    }
  }

  @Test
  void aPipelineIsNotReadOnWhileItsRepliesWait() throws Exception {
    String value = "v".repeat(500);
    int count = 40 * BATCH;
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        SilentReplica replica = online(master);
        RespClient writer = client(master)) {
      AtomicInteger sent = new AtomicInteger();
      Thread sender = Thread.ofVirtual().start(() -> getAndSet(writer, value, count, sent));
      until(
          "a turn without a request of those that were sent",
          () -> {
            int waiting = sent.get();
            int executed = executedSets(master);
            master.ask("PING");
            return executed == count || (executed < waiting && executedSets(master) == executed);
          });
      assertThat(executedSets(master)).isLessThan(count);
      assertThat(outputBytes(master)).isLessThan(2 << 20);
      Thread receiver = Thread.ofVirtual().start(() -> receive(writer, count));
      until(
          "all replies",
          () -> {
            acknowledge(replica, master);
            return !receiver.isAlive();
          });
      sender.join();
    }
  }

  private static void getAndSet(RespClient writer, String value, int count, AtomicInteger sent) {
    String batch = ("SET k " + value + " GET\r\n").repeat(BATCH);
    try {
      for (int i = 0; i < count; i += BATCH) {
        writer.sendRaw(batch);
        sent.addAndGet(BATCH);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void receive(RespClient from, int count) {
    try {
      for (int i = 0; i < count; i++) {
        from.receive();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static int executedSets(ReplicationNode master) throws IOException {
    String calls = master.info("commandstats", "cmdstat_set");
    return Integer.parseInt(calls.replaceAll("calls=(\\d+),.*", "$1"));
  }

  private static long outputBytes(ReplicationNode master) throws IOException {
    long bytes = 0;
    for (String word : master.ask("CLIENT LIST TYPE NORMAL").split("[ \n]")) {
      bytes += word.startsWith("omem=") ? Long.parseLong(word.substring(5)) : 0;
    }
    return bytes;
  }

  @Test
  void aReplicaThatComesBackReleasesWhatWaited() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        RespClient writer = client(master)) {
      try (ReplicationNode first = ReplicationNode.ours(directory)) {
        follow(first, master);
        assertThat(writer.call("SET", "k", "1").text()).isEqualTo("OK");
      }
      until("the loss", () -> master.info("replication", "connected_slaves").equals("0"));
      writer.send("SET", "k", "2");
      untilWaiting(master, 1);
      try (ReplicationNode second = ReplicationNode.ours(directory)) {
        follow(second, master);
        assertThat(writer.receive().text()).isEqualTo("OK");
        assertThat(second.ask("GET k")).isEqualTo("2");
      }
    }
  }

  @Test
  void aFailoverConfirmsWhatItCarriesOver() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT);
        ReplicationNode replica = ReplicationNode.ours(directory);
        RespClient writer = client(master)) {
      follow(replica, master);
      for (int i = 0; i < 1000; i++) {
        writer.send("INCR", "counter");
      }
      long confirmed = ((Reply.Integer) writer.receive()).value();
      assertThat(master.ask("FAILOVER")).isEqualTo("OK");
      for (int i = 1; i < 1000; i++) {
        Reply reply = writer.receive();
        if (reply instanceof Reply.Integer number) {
          confirmed = number.value();
        } else {
          assertThat(reply.text()).startsWith("READONLY");
        }
      }
      until("the new master", () -> replica.info("replication", "role").equals("master"));
      assertThat(replica.ask("GET counter")).isEqualTo(Long.toString(confirmed));
    }
  }

  @Test
  void readsWaitForWhatTheyShowIfConfigured() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "write-acks 1", WITHOUT_LIMIT, "write-acks-reads yes");
        SilentReplica replica = online(master);
        RespClient writer = client(master);
        RespClient reader = client(master)) {
      writer.send("SET", "k", "1");
      untilWaiting(master, 1);
      reader.send("PING");
      reader.send("GET", "k");
      reader.send("PING");
      assertThat(reader.receive().text()).isEqualTo("PONG");
      untilWaiting(master, 2);
      acknowledge(replica, master);
      assertThat(writer.receive().text()).isEqualTo("OK");
      assertThat(texts(reader, 2)).containsExactly("1", "PONG");
      reader.send("GET", "k");
      untilWaiting(master, 1);
      acknowledge(replica, master);
      assertThat(reader.receive().text())
          .as("acknowledged by a master that still is")
          .isEqualTo("1");
      assertThat(master.ask("CONFIG SET write-acks-timeout 100")).isEqualTo("OK");
      writer.send("SET", "k", "2");
      assertThat(writer.receive().text()).startsWith("UNACKED ");
      assertThat(reader.call("GET", "k").text()).startsWith("UNACKED ");
      assertThat(reader.call("PING").text()).isEqualTo("PONG");
    }
  }

  @Test
  void countsReplicasOnceTheWriteIsOnTheirDisksIfConfigured() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(
                directory, "write-acks 1", WITHOUT_LIMIT, "write-acks-durable yes");
        SilentReplica replica = online(master);
        RespClient writer = client(master)) {
      writer.send("SET", "k", "1");
      untilWaiting(master, 1);
      long offset = master.offset();
      replica.send("REPLCONF ACK " + offset + "\r\n");
      until("the offset", () -> master.info("replication", "slave0").contains("offset=" + offset));
      assertThat(master.info("replication", "write_acks_waiting_clients")).isEqualTo("1");
      replica.send("REPLCONF ACK " + offset + " FACK " + offset + "\r\n");
      assertThat(writer.receive().text()).isEqualTo("OK");
    }
  }

  @Test
  void repliesOnceAReplicaThatSyncsAlwaysHasTheWriteOnItsDisk() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(
                directory,
                "write-acks 1",
                WITHOUT_LIMIT,
                "write-acks-durable yes",
                "appendonly yes",
                "appendfsync always");
        ReplicationNode replica =
            ReplicationNode.ours(
                directory, "appendonly yes", "appendfsync always", "appenddirname of-replica")) {
      follow(replica, master);
      for (int i = 0; i < 20; i++) {
        assertThat(master.ask("SET k " + i)).isEqualTo("OK");
      }
    }
  }

  @Test
  void aMajorityNeverBecomesSmallerByFailures() throws Exception {
    try (ReplicationNode master =
        ReplicationNode.ours(directory, "write-acks majority", "write-acks-timeout 200")) {
      try (ReplicationNode first = ReplicationNode.ours(directory)) {
        follow(first, master);
        try (ReplicationNode second = ReplicationNode.ours(directory);
            ReplicationNode third = ReplicationNode.ours(directory)) {
          follow(second, master);
          follow(third, master);
          until(
              "three replicas",
              () -> master.info("replication", "write_acks_required").equals("2"));
          until("a write", () -> master.ask("SET k 1").equals("OK"));
        }
        until("the loss of two", () -> master.info("replication", "connected_slaves").equals("1"));
        assertThat(master.ask("SET k 2")).startsWith("UNACKED ");
        assertThat(master.ask("CONFIG SET write-acks 1")).isEqualTo("OK");
        assertThat(master.ask("CONFIG SET write-acks majority")).isEqualTo("OK");
        until("the new majority", () -> master.ask("SET k 3").equals("OK"));
      }
    }
  }

  @Test
  void connectionsChooseForThemselves() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, SHORT);
        RespClient client = client(master)) {
      assertThat(client.call("SET", "k", "1").text()).isEqualTo("OK");
      assertThat(client.call("CLIENT", "WRITE-ACKS", "1").text()).isEqualTo("OK");
      assertThat(client.call("SET", "k", "2").text()).startsWith("UNACKED ");
      assertThat(master.ask("SET k 3")).as("another connection").isEqualTo("OK");
      assertThat(client.call("CLIENT", "WRITE-ACKS", "majority").text()).isEqualTo("OK");
      assertThat(client.call("SET", "k", "4").text()).startsWith("UNACKED ");
      assertThat(client.call("CLIENT", "WRITE-ACKS", "DEFAULT").text()).isEqualTo("OK");
      assertThat(client.call("SET", "k", "5").text()).isEqualTo("OK");
      assertThat(client.call("CLIENT", "WRITE-ACKS", "101").text()).startsWith("ERR numreplicas");
      assertThat(client.call("CLIENT", "WRITE-ACKS", "x").text()).startsWith("ERR value is not");
      master.ask("CONFIG SET write-acks 1");
      assertThat(client.call("SET", "k", "6").text()).startsWith("UNACKED ");
      assertThat(client.call("CLIENT", "WRITE-ACKS", "0").text()).isEqualTo("OK");
      assertThat(client.call("SET", "k", "7").text()).isEqualTo("OK");
      client.call("RESET");
      assertThat(client.call("SET", "k", "8").text()).startsWith("UNACKED ");
    }
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws IOException {
    replica.ask("REPLICAOF 127.0.0.1 " + master.port());
    replica.untilInSyncWith(master);
  }

  private static RespClient client(ReplicationNode node) throws IOException {
    return RespClient.connect("127.0.0.1", node.port());
  }

  private static SilentReplica online(ReplicationNode master) throws IOException {
    SilentReplica replica = SilentReplica.of(master.port());
    until("the replica", () -> master.info("replication", "slave0").contains("state=online"));
    return replica;
  }

  private static void acknowledge(SilentReplica replica, ReplicationNode master)
      throws IOException {
    replica.send("REPLCONF ACK " + master.offset() + "\r\n");
  }

  private static void untilWaiting(ReplicationNode master, int clients) {
    until(
        clients + " waiting clients",
        () ->
            master
                .info("replication", "write_acks_waiting_clients")
                .equals(Integer.toString(clients)));
  }

  private static List<String> texts(RespClient from, int count) throws IOException {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(from.receive().text());
    }
    return texts;
  }
}
