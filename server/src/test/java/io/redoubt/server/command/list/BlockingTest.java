package io.redoubt.server.command.list;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients blocked on keys. */
@ServerTest
final class BlockingTest {
  private final Dialogue redis;
  private final RedisServer server;
  private final List<Dialogue> waiting = new ArrayList<>();

  BlockingTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @AfterEach
  void close() {
    waiting.forEach(Dialogue::close);
    await().untilAsserted(() -> redis.says("PING", "PONG"));
    expectBlocked(0);
  }

  /** Sends a line on a new connection and waits until the client is blocked. */
  private Dialogue waits(String line) throws IOException {
    Dialogue client = new Dialogue(server.port());
    waiting.add(client);
    long blocked = blocked();
    client.client().send(line.split(" ", -1));
    await().untilAsserted(() -> assertThat(blocked()).as(line).isEqualTo(blocked + 1));
    return client;
  }

  private long blocked() {
    return field("blocked_clients:");
  }

  private long field(String name) {
    String info = redis.text("INFO clients");
    int at = info.indexOf(name) + name.length();
    return Long.parseLong(info.substring(at, info.indexOf('\r', at)));
  }

  private void expectBlocked(long count) {
    await().untilAsserted(() -> assertThat(blocked()).isEqualTo(count));
    if (count == 0) {
      assertThat(field("total_blocking_keys:")).isZero();
    }
  }

  @Test
  void servesClientsInOrder() throws IOException {
    Dialogue first = waits("BLPOP a 0");
    Dialogue second = waits("BRPOP b a 0");
    Dialogue third = waits("BLMPOP 0 2 b a LEFT COUNT 10");
    Dialogue fourth = waits("BLPOP a 0");
    assertThat(field("total_blocking_keys:")).isEqualTo(2);
    redis.says("RPUSH a 1 2 3 4", "(integer) 4");
    first.hears("1) \"a\"\n2) \"1\"");
    second.hears("1) \"a\"\n2) \"4\"");
    third.hears("1) \"a\"\n2) 1) \"2\"\n   2) \"3\"");
    redis.says("EXISTS a", "(integer) 0");
    redis.says("LPUSH b 1", "(integer) 1");
    redis.says("LPUSH a 5", "(integer) 1");
    fourth.hears("1) \"a\"\n2) \"5\"");
    redis.says("LLEN b", "(integer) 1");
  }

  @Test
  void servesClientsInAChain() throws IOException {
    Dialogue last = waits("BRPOP c 0");
    Dialogue second = waits("BRPOPLPUSH b c 0");
    Dialogue first = waits("BLMOVE a b LEFT RIGHT 0");
    redis.says("RPUSH a x y", "(integer) 2");
    first.hears("\"x\"");
    second.hears("\"x\"");
    last.hears("1) \"c\"\n2) \"x\"");
    redis.says("LRANGE a 0 -1", "1) \"y\"");
    redis.says("DBSIZE", "(integer) 1");
  }

  @Test
  void servesWaitersAfterTheTransaction() throws IOException {
    Dialogue client = waits("BLPOP a b 0");
    redis.says("MULTI", "OK");
    redis.says("LPUSH b 1", "QUEUED");
    redis.says("LPUSH a 2", "QUEUED");
    redis.says("DEL b", "QUEUED");
    redis.says("LPUSH a 3", "QUEUED");
    redis.says("BLPOP nothing 0", "QUEUED");
    redis.says("EXEC", "1) (integer) 1\n2) (integer) 1\n3) (integer) 1\n4) (integer) 2\n5) (nil)");
    client.hears("1) \"a\"\n2) \"3\"");
    Dialogue other = waits("BLPOP c 0");
    redis.says("MULTI", "OK");
    redis.says("LPUSH c 1", "QUEUED");
    redis.says("DEL c", "QUEUED");
    redis.says("SET c text", "QUEUED");
    redis.says("EXEC", "1) (integer) 1\n2) (integer) 1\n3) OK");
    expectBlocked(1);
    redis.says("DEL c", "(integer) 1");
    redis.says("RPUSH c x", "(integer) 1");
    other.hears("1) \"c\"\n2) \"x\"");
  }

  @Test
  void servesFromEveryCommandThatCreatesAList() throws IOException {
    redis.says("RPUSH from 1", "(integer) 1");
    Dialogue client = waits("BLPOP to 0");
    redis.says("RENAME from to", "OK");
    client.hears("1) \"to\"\n2) \"1\"");

    redis.says("RPUSH from 2", "(integer) 1");
    client = waits("BLPOP to 0");
    redis.says("COPY from to", "(integer) 1");
    client.hears("1) \"to\"\n2) \"2\"");

    redis.says("SELECT 1", "OK");
    client = waits("BLPOP moved 0");
    redis.says("RPUSH moved 3", "(integer) 1");
    redis.says("MOVE moved 0", "(integer) 1");
    client.hears("1) \"moved\"\n2) \"3\"");

    client = waits("BLPOP swapped 0");
    redis.says("RPUSH swapped 4", "(integer) 1");
    redis.says("SWAPDB 0 1", "OK");
    client.hears("1) \"swapped\"\n2) \"4\"");
    redis.says("FLUSHALL", "OK");
  }

  @Test
  void timesOut() throws IOException {
    redis.says("BLPOP a 0.01", "(nil)");
    redis.says("BRPOPLPUSH a b 0.01", "(nil)");
    redis.says("BLMPOP 0.01 1 a LEFT", "(nil)");
    expectBlocked(0);
    String stats = redis.text("INFO commandstats");
    assertThat(stats).contains("cmdstat_blmpop:calls=1,");
  }

  @Test
  void unblocksByOtherClients() throws IOException {
    Dialogue client = waits("BLPOP a 0");
    redis.says("CLIENT UNBLOCK " + idOfBlocked(), "(integer) 1");
    client.hears("(nil)");
    client = waits("BLMOVE a b LEFT LEFT 0");
    redis.says("CLIENT UNBLOCK " + idOfBlocked() + " ERROR", "(integer) 1");
    client.hears("(error) UNBLOCKED client unblocked via CLIENT UNBLOCK");
    waits("BLPOP a 0").close();
    expectBlocked(0);
    redis.says("RPUSH a 1", "(integer) 1");
    redis.says("LLEN a", "(integer) 1");
  }

  private long idOfBlocked() {
    for (String line : redis.text("CLIENT LIST").lines().toList()) {
      if (line.contains(" flags=b ")) {
        return Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(' ')));
      }
    }
    throw new AssertionError("nobody is blocked");
  }

  @Test
  void runsLaterRequestsAfterTheBlockedOne() throws IOException {
    Dialogue client = waits("BLPOP a 0");
    client.client().send("LLEN a".split(" ", -1));
    client.client().send("BLPOP a 0".split(" ", -1));
    redis.says("RPUSH a 1", "(integer) 1");
    client.hears("1) \"a\"\n2) \"1\"");
    client.hears("(integer) 0");
    expectBlocked(1);
    redis.says("RPUSH a 2 3", "(integer) 2");
    client.hears("1) \"a\"\n2) \"2\"");
  }

  @Test
  void doesNotServeFromAKeyOfAnotherType() throws IOException {
    Dialogue client = waits("BLPOP a 0");
    redis.says("SET a text", "OK");
    redis.says("APPEND a x", "(integer) 5");
    expectBlocked(1);
    redis.says("DEL a", "(integer) 1");
    Dialogue mover = waits("BLMOVE b a LEFT LEFT 0");
    redis.says("SET a text", "OK");
    redis.says("RPUSH b 1", "(integer) 1");
    mover.hears("(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    redis.says("LLEN b", "(integer) 1");
    redis.says("DEL a", "(integer) 1");
    redis.says("LPUSH a 1", "(integer) 1");
    client.hears("1) \"a\"\n2) \"1\"");
  }

  @Test
  void doesNotBlockOnAReplica() throws IOException {
    Dialogue client = waits("BLPOP a 0");
    redis.says("REPLICAOF 127.0.0.1 1", "OK");
    client.hears(
        "(error) UNBLOCKED force unblock from blocking operation, instance state changed (master ->"
            + " replica?)");
    redis.says("REPLICAOF NO ONE", "OK");
    expectBlocked(0);
  }

  @Test
  void doesNotServeDuringAPause() throws IOException {
    Dialogue client = waits("BLPOP a 0");
    redis.says("CLIENT PAUSE 100000 WRITE", "OK");
    expectBlocked(1);
    redis.says("CLIENT UNPAUSE", "OK");
    redis.says("RPUSH a 1", "(integer) 1");
    client.hears("1) \"a\"\n2) \"1\"");
  }
}
