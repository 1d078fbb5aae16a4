package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CLIENT CAPA redirect: a replica redirects clients to its master, without cluster mode. */
class MasterRedirectTest {
  private static final String DISABLED = "ERR This instance has cluster support disabled";

  @TempDir private Path directory;

  private static void follow(ReplicationNode replica, ReplicationNode master) throws Exception {
    assertThat(replica.ask("REPLICAOF 127.0.0.1 " + master.port())).isEqualTo("OK");
    replica.untilInSyncWith(master);
  }

  private static String redirectionTo(ReplicationNode master) {
    return "REDIRECT 127.0.0.1:" + master.port();
  }

  private static RespClient connect(ReplicationNode node, String... capabilities)
      throws IOException {
    RespClient client = RespClient.connect("127.0.0.1", node.port());
    for (String capability : capabilities) {
      assertThat(ask(client, "CLIENT CAPA " + capability)).isEqualTo("OK");
    }
    return client;
  }

  private static String ask(RespClient client, String line) throws IOException {
    return text(client.call(line.split(" ")));
  }

  private static String text(Reply reply) {
    return switch (reply) {
      case Reply.Error error -> error.message();
      case Reply.Null nothing -> "(nil)";
      case Reply.Array array -> array.elements().stream().map(each -> text(each)).toList() + "";
      default -> reply.text();
    };
  }

  private static void untilBlocked(ReplicationNode node, int clients) {
    until("blocked", () -> node.info("clients", "blocked_clients").equals("" + clients));
  }

  @Test
  void redirectsWritesAndReads() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode replica = ReplicationNode.ours(directory);
        RespClient client = connect(replica, "x REDIRECT y");
        RespClient plain = connect(replica, "other")) {
      assertThat(ask(client, "GET a")).isEqualTo("(nil)");
      follow(replica, master);
      master.ask("SET a 1");
      replica.untilInSyncWith(master);
      String redirection = redirectionTo(master);
      for (String line :
          new String[] {
            "SET a 2",
            "GET a",
            "DBSIZE",
            "KEYS *",
            "FLUSHALL",
            "SCAN 0",
            "EVAL_RO return(1) 0",
            "BLPOP list 0",
            "XREAD BLOCK 0 STREAMS s $"
          }) {
        assertThat(ask(client, line)).isEqualTo(redirection);
      }
      assertThat(ask(client, "GET")).startsWith("ERR wrong number of arguments");
      assertThat(ask(client, "EVAL")).startsWith("ERR wrong number of arguments");
      assertThat(ask(client, "PING")).isEqualTo("PONG");
      assertThat(ask(client, "PUBLISH news 1")).isEqualTo("0");
      assertThat(ask(client, "EVAL return(1) 0")).isEqualTo("1");
      assertThat(text(client.call("EVAL", "#!lua\nreturn 1", "0"))).isEqualTo(redirection);
      assertThat(text(client.call("EVAL", "#!lua flags=no-writes\nreturn 1", "0"))).isEqualTo("1");
      assertThat(text(client.call("EVAL", "return redis.call('SET', 'a', '2')", "0")))
          .startsWith("READONLY You can't write against a read only replica.");
      assertThat(ask(client, "CLIENT INFO")).contains(" capa=r");
      assertThat(ask(client, "CLIENT LIST CAPA r").lines()).hasSize(1);
      assertThat(ask(client, "CLIENT LIST NOT-CAPA r")).doesNotContain(" capa=");

      assertThat(ask(client, "READONLY")).isEqualTo("OK");
      assertThat(ask(client, "GET a")).isEqualTo("1");
      assertThat(ask(client, "EVAL_RO return(1) 0")).isEqualTo("1");
      assertThat(ask(client, "SET a 2")).isEqualTo(redirection);
      assertThat(ask(client, "CLIENT INFO")).contains(" flags=r ");
      assertThat(ask(client, "READWRITE")).isEqualTo("OK");
      assertThat(ask(client, "GET a")).isEqualTo(redirection);

      assertThat(ask(plain, "GET a")).isEqualTo("1");
      assertThat(ask(plain, "SET a 2")).startsWith("READONLY ");
      assertThat(ask(plain, "READONLY")).isEqualTo(DISABLED);
      assertThat(ask(plain, "READWRITE")).isEqualTo(DISABLED);
      assertThat(ask(plain, "CLIENT INFO")).doesNotContain("capa");

      replica.ask("CONFIG SET replica-read-only no");
      assertThat(ask(client, "SET a 2")).isEqualTo(redirection);
      assertThat(replica.info("errorstats", "errorstat_REDIRECT")).startsWith("count=");
      assertThat(ask(client, "RESET")).isEqualTo("RESET");
      assertThat(ask(client, "GET a")).isEqualTo("1");
      assertThat(ask(client, "READONLY")).isEqualTo(DISABLED);
    }
  }

  @Test
  void redirectsTransactions() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode node = ReplicationNode.ours(directory);
        RespClient writer = connect(node, "redirect");
        RespClient reader = connect(node, "redirect");
        RespClient stale = connect(node, "redirect")) {
      for (RespClient client : new RespClient[] {writer, reader, stale}) {
        assertThat(ask(client, "READONLY")).isEqualTo("OK");
        assertThat(ask(client, "MULTI")).isEqualTo("OK");
        assertThat(ask(client, client == writer ? "SET a 1" : "GET a")).isEqualTo("QUEUED");
        assertThat(ask(client, "PING")).isEqualTo("QUEUED");
      }
      assertThat(ask(reader, "READWRITE")).isEqualTo("QUEUED");
      assertThat(ask(reader, "DISCARD")).isEqualTo("OK");
      assertThat(ask(reader, "READWRITE")).isEqualTo("OK");
      assertThat(ask(reader, "MULTI")).isEqualTo("OK");
      assertThat(ask(reader, "GET a")).isEqualTo("QUEUED");
      follow(node, master);
      assertThat(ask(writer, "EXEC")).isEqualTo(redirectionTo(master));
      assertThat(ask(writer, "EXEC")).isEqualTo("ERR EXEC without MULTI");
      assertThat(ask(reader, "EXEC")).isEqualTo(redirectionTo(master));
      assertThat(ask(stale, "EXEC")).isEqualTo("[(nil), PONG]");
      assertThat(ask(writer, "MULTI")).isEqualTo("OK");
      assertThat(ask(writer, "SET a 1")).isEqualTo(redirectionTo(master));
      assertThat(ask(writer, "EXEC"))
          .isEqualTo("EXECABORT Transaction discarded because of previous errors.");
    }
  }

  @Test
  void redirectsBlockedClients() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode node = ReplicationNode.ours(directory);
        RespClient popping = connect(node, "redirect");
        RespClient reading = connect(node, "redirect");
        RespClient staying = connect(node, "redirect");
        RespClient plain = connect(node)) {
      assertThat(ask(staying, "READONLY")).isEqualTo("OK");
      popping.send("BLPOP", "list", "0");
      plain.send("BLPOP", "list", "0");
      reading.send("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
      staying.send("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
      untilBlocked(node, 4);
      follow(node, master);
      assertThat(text(popping.receive())).isEqualTo(redirectionTo(master));
      assertThat(text(reading.receive())).isEqualTo(redirectionTo(master));
      assertThat(text(plain.receive())).startsWith("UNBLOCKED force unblock");
      assertThat(ask(popping, "PING")).isEqualTo("PONG");
      assertThat(node.info("clients", "blocked_clients")).isEqualTo("1");
      master.ask("XADD s 1-1 f v");
      assertThat(text(staying.receive())).contains("1-1");
    }
  }

  @Test
  void waitsWhileAFailoverIsInProgress() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        SilentReplica replica = SilentReplica.of(master.port());
        RespClient reader = connect(master, "redirect");
        RespClient queueing = connect(master, "redirect");
        RespClient staying = connect(master, "redirect")) {
      until("the full sync", () -> replica.received().contains("+FULLRESYNC "));
      until("the replica", () -> master.info("replication", "slave0").contains("state=online"));
      master.ask("SET a 1");
      assertThat(ask(staying, "READONLY")).isEqualTo("OK");
      assertThat(ask(queueing, "MULTI")).isEqualTo("OK");
      assertThat(master.ask("FAILOVER TO 127.0.0.1 1 TIMEOUT 50 FORCE")).isEqualTo("OK");
      until(
          "the handover",
          () -> master.info("replication", "master_failover_state").equals("failover-in-progress"));
      reader.send("GET", "a");
      queueing.send("INCR", "a");
      untilBlocked(master, 2);
      assertThat(ask(staying, "GET a")).isEqualTo("1");
      assertThat(master.ask("GET a")).isEqualTo("1");
      assertThat(master.ask("FAILOVER ABORT")).isEqualTo("OK");
      assertThat(text(reader.receive())).isEqualTo("1");
      assertThat(text(queueing.receive())).isEqualTo("QUEUED");
      assertThat(ask(queueing, "EXEC")).isEqualTo("[2]");
    }
  }

  @Test
  void redirectsAfterAFailover() throws Exception {
    try (ReplicationNode first = ReplicationNode.ours(directory);
        ReplicationNode second = ReplicationNode.ours(directory);
        RespClient writer = connect(first, "redirect");
        RespClient other = connect(second, "redirect")) {
      follow(second, first);
      assertThat(first.ask("FAILOVER")).isEqualTo("OK");
      assertThat(ask(writer, "SET a 1")).isEqualTo(redirectionTo(second));
      assertThat(ask(other, "SET a 1")).isEqualTo("OK");
      first.untilInSyncWith(second);
    }
  }

  @Test
  void redirectsToARealMaster() throws Exception {
    RealRedis.assumeInstalled();
    try (ReplicationNode master =
            ReplicationNode.real(Files.createDirectory(directory.resolve("real")));
        ReplicationNode replica = ReplicationNode.ours(directory);
        RespClient client = connect(replica, "redirect")) {
      follow(replica, master);
      assertThat(ask(client, "SET a 1")).isEqualTo(redirectionTo(master));
    }
  }
}
