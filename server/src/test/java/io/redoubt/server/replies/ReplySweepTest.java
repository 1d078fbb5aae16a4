package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Counts the replies to every command: called by scripts, functions and EXEC, and plain, in both
 * protocols, on a master, on a master with a replica, and on a replica, while other clients are
 * blocked. A build sweeps a random part; {@code -Dredoubt.sweep=1} sweeps everything.
 */
final class ReplySweepTest {
  private static final double PART =
      Double.parseDouble(System.getProperty("redoubt.sweep", "0.08"));
  private static final int PATIENCE_MILLIS = 20_000;
  private static final int BLOCKED_MILLIS = 25;
  private static final int CHECK_WAITERS_EVERY = 100;

  private static final String CALL = "return redis.call(unpack(ARGV))";
  private static final String SETUP =
      "redis.call('FLUSHALL') redis.call('SET','string','1') redis.call('RPUSH','list','1','2')"
          + " redis.call('HSET','hash','1','2') redis.call('SADD','set','1','2')"
          + " redis.call('ZADD','zset','1','1','2','2') redis.call('XADD','stream','1-1','f','v')"
          + " redis.call('XGROUP','CREATE','stream','g','0') return 1";

  private static final List<String> WAITS =
      List.of(
          "BLPOP missing 0",
          "XREAD BLOCK 0 STREAMS stream $",
          "BZPOPMIN missing 0",
          "BLMOVE missing list LEFT LEFT 0",
          "WAIT 5 0");

  /** The ways by which a request reaches the server. */
  private enum Way {
    PLAIN,
    EXEC,
    CALL,
    PCALL,
    BY_SUM,
    READ_ONLY,
    FUNCTION;

    boolean isScript() {
      return compareTo(CALL) >= 0;
    }
  }

  private final Random random = Seed.random("ReplySweepTest");
  private int requests;
  private long marker;

  @Test
  void everyRequestHasOneReply() throws Exception {
    try (RedisServer master = TestServers.start()) {
      int alone = sweep(master, master);
      try (RedisServer replica =
          TestServers.start("replicaof 127.0.0.1 " + master.port(), "repl-ping-replica-period 1")) {
        awaitLink(replica);
        int attached = sweep(master, master);
        int replicated = sweep(replica, master);
        System.out.println(
            "ReplySweepTest: %d requests on a master, %d on one with a replica, %d on a replica"
                .formatted(alone, attached, replicated));
      }
    }
  }

  private static void awaitLink(RedisServer replica) throws Exception {
    try (RespClient client = connect(replica)) {
      await()
          .until(() -> client.call("INFO", "replication").text().contains("master_link_status:up"));
    }
  }

  private static RespClient connect(RedisServer server) throws IOException {
    return RespClient.connect("127.0.0.1", server.port(), PATIENCE_MILLIS);
  }

  private int sweep(RedisServer server, RedisServer writable) throws Exception {
    requests = 0;
    try (RespClient control = connect(server);
        RespClient writer = connect(writable);
        Waiters waiters = new Waiters(server, control)) {
      var swept = new SweptRequests(control.call("COMMAND"));
      for (String protocol : List.of("2", "3")) {
        for (Way way : Way.values()) {
          try (Speaker speaker = new Speaker(server, writer, control, protocol, way)) {
            for (List<String> request : swept.all(random)) {
              if (random.nextDouble() < PART
                  && (way.isScript() || !SweptRequests.isSpecial(request))) {
                speaker.say(request);
                requests++;
                if (requests % CHECK_WAITERS_EVERY == 0) {
                  waiters.check();
                }
              }
            }
          }
        }
      }
      waiters.check();
    }
    return requests;
  }

  /** Reads replies up to that of an ECHO; returns the number before it, without push messages. */
  private int repliesBefore(String echo, RespClient client, Runnable whenBlocked, String what)
      throws IOException {
    int replies = 0;
    long patience = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    client.setTimeout(BLOCKED_MILLIS);
    while (true) {
      try {
        Reply reply = client.receive();
        if (reply instanceof Reply.Bulk bulk && bulk.text().equals(echo)) {
          return replies;
        }
        assertThat(reply.toString()).as(what).doesNotContain("internal error");
        replies += reply instanceof Reply.Push ? 0 : 1;
      } catch (SocketTimeoutException blocked) {
        assertThat(System.nanoTime()).as("no reply to %s", what).isLessThan(patience);
        whenBlocked.run();
      } catch (EOFException e) {
        throw new AssertionError("the connection ended after " + what, e);
      }
    }
  }

  private static void unblock(RespClient control, long id) {
    try {
      control.call("CLIENT", "UNBLOCK", Long.toString(id));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A connection for requests without replies. */
  private final class Speaker implements AutoCloseable {
    private final RespClient client;
    private final RespClient writer;
    private final RespClient control;
    private final String protocol;
    private final Way way;
    private final long id;
    private final String sum;

    Speaker(RedisServer server, RespClient writer, RespClient control, String protocol, Way way)
        throws IOException {
      this.client = connect(server);
      this.writer = writer;
      this.control = control;
      this.protocol = protocol;
      this.way = way;
      client.call("HELLO", protocol);
      id = ((Reply.Integer) client.call("CLIENT", "ID")).value();
      sum = control.call("SCRIPT", "LOAD", CALL).text();
    }

    void say(List<String> request) throws IOException {
      String what = way + " in RESP" + protocol + ": " + String.join(" ", request);
      assertThat(writer.call("EVAL", SETUP, "0").isError()).as("setup before %s", what).isFalse();
      var bytes = new ByteArrayOutputStream();
      int expected = 0;
      if (way == Way.FUNCTION) {
        String code =
            "#!lua name=l\nredis.register_function('f', function(keys, args) return"
                + " redis.call(unpack(args)) end)";
        writer.call("FUNCTION", "LOAD", "REPLACE", code);
      }
      if (way == Way.BY_SUM) {
        control.call("SCRIPT", "LOAD", CALL);
      }
      expected += add(bytes, List.of("SELECT", "0"));
      if (way == Way.EXEC) {
        expected += add(bytes, List.of("MULTI"));
      }
      expected += add(bytes, wrapped(request));
      if (way == Way.EXEC) {
        expected += add(bytes, List.of("EXEC"));
      }
      String echo = "marker-" + ++marker;
      add(bytes, List.of("ECHO", echo));
      client.sendRaw(bytes.toByteArray());
      int replies = repliesBefore(echo, client, () -> unblock(control, id), what);
      assertThat(replies).as("replies to %s", what).isEqualTo(expected);
      if (request.contains("write-acks")) {
        // Otherwise replies to later writes would wait for replicas, a second each.
        client.setTimeout(PATIENCE_MILLIS);
        client.call("CLIENT", "WRITE-ACKS", "DEFAULT");
      }
    }

    private int add(ByteArrayOutputStream bytes, List<String> request) {
      bytes.writeBytes(RequestEncoder.encode(request.toArray(String[]::new)));
      return 1;
    }

    private List<String> wrapped(List<String> request) {
      List<String> words =
          new ArrayList<>(
              switch (way) {
                case PLAIN, EXEC -> List.of();
                case CALL -> List.of("EVAL", CALL, "0");
                case PCALL -> List.of("EVAL", CALL.replace("redis.call", "redis.pcall"), "0");
                case BY_SUM -> List.of("EVALSHA", sum, "0");
                case READ_ONLY -> List.of("EVAL_RO", CALL, "0");
                case FUNCTION -> List.of("FCALL", "f", "0");
              });
      words.addAll(request);
      return words;
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }

  /** Blocked clients that swept requests may serve. */
  private final class Waiters implements AutoCloseable {
    private final List<RespClient> clients = new ArrayList<>();
    private final List<Long> ids = new ArrayList<>();
    private final RespClient control;

    Waiters(RedisServer server, RespClient control) throws IOException {
      this.control = control;
      for (String wait : WAITS) {
        RespClient client = connect(server);
        clients.add(client);
        ids.add(((Reply.Integer) client.call("CLIENT", "ID")).value());
        client.send(wait.split(" "));
      }
    }

    /**
     * Checks that each client has had exactly one reply, at the latest when it is unblocked; then
     * blocks it again.
     */
    void check() throws IOException {
      for (int i = 0; i < clients.size(); i++) {
        RespClient client = clients.get(i);
        long id = ids.get(i);
        String echo = "waiter-" + ++marker;
        client.send("ECHO", echo);
        unblock(control, id);
        int replies = repliesBefore(echo, client, () -> unblock(control, id), WAITS.get(i));
        assertThat(replies).as("replies to the blocked %s", WAITS.get(i)).isEqualTo(1);
        client.send(WAITS.get(i).split(" "));
      }
    }

    @Override
    public void close() throws IOException {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }
}
