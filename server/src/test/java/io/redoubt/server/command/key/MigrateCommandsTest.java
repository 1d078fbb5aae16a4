package io.redoubt.server.command.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** MIGRATE while other clients are served: the clients it delays, and the outcome for its keys. */
@Execution(ExecutionMode.CONCURRENT)
final class MigrateCommandsTest {
  private static final String LONG = "60000";
  private static final String NOT_READ = "IOERR error or timeout reading to target instance";

  private final List<AutoCloseable> closing = new ArrayList<>();
  private RedisServer source;
  private MigrateTarget target;
  private RespClient other;

  @BeforeEach
  void start() throws Exception {
    source = TestServers.start();
    closing.add(source);
    target = new MigrateTarget();
    closing.add(target);
    other = client(source);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable opened : closing.reversed()) {
      opened.close();
    }
  }

  private RespClient client(RedisServer server) throws IOException {
    RespClient client = RespClient.connect("127.0.0.1", server.port());
    closing.add(client);
    return client;
  }

  private static String text(Reply reply) {
    return switch (reply) {
      case Reply.Error error -> error.message();
      case Reply.Simple(String text) -> text;
      case Reply.Integer(long value) -> Long.toString(value);
      case Reply.Null nothing -> "nil";
      default -> reply.text();
    };
  }

  private String ask(String request) throws IOException {
    return text(other.call(request.split(" ")));
  }

  /** Starts migrating the key k, and returns once the target has the whole request. */
  private RespClient migrating(String... options) throws IOException {
    RespClient client = client(source);
    List<String> request =
        new ArrayList<>(List.of("MIGRATE", "127.0.0.1", target.port(), "k", "0", LONG));
    request.addAll(List.of(options));
    client.send(request.toArray(String[]::new));
    target.accept();
    assertThat(target.receive()).startsWith("RESTORE", "k", "0");
    return client;
  }

  private RespClient sending(String... words) throws IOException {
    RespClient client = client(source);
    client.send(words);
    return client;
  }

  /** Waits until the given number of clients is delayed. */
  private void untilBlocked(int clients) {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> ask("INFO clients").contains("blocked_clients:" + clients + "\r\n"));
  }

  @Test
  void servesOthersAndHoldsBackWhatChangesTheKey() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    RespClient second = sending("MIGRATE", "127.0.0.1", target.port(), "k", "0", LONG);
    untilBlocked(2);
    List<RespClient> writers =
        List.of(
            sending("APPEND", "k", "+"),
            sending("EVAL", "return redis.call('append', KEYS[1], '+')", "1", "k"),
            sending("FLUSHALL"));
    RespClient transaction = client(source);
    assertThat(text(transaction.call("MULTI"))).isEqualTo("OK");
    assertThat(text(transaction.call("APPEND", "k", "+"))).isEqualTo("QUEUED");
    transaction.send("EXEC");
    untilBlocked(6);
    assertThat(ask("GET k")).isEqualTo("old");
    assertThat(ask("SET other 1")).isEqualTo("OK");
    target.reply("+OK\r\n");
    assertThat(text(migrating.receive())).isEqualTo("OK");
    assertThat(text(second.receive())).isEqualTo("NOKEY");
    for (RespClient writer : writers) {
      assertThat(writer.receive().isError()).isFalse();
    }
    assertThat(transaction.receive().isError()).isFalse();
    untilBlocked(0);
    assertThat(ask("GET k")).doesNotContain("old");
  }

  @Test
  void removesTheKeyOnceTheTargetHasIt() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating("REPLACE");
    assertThat(ask("EXISTS k")).isEqualTo("1");
    target.reply("\n\n+OK\r\n"); // keep-alive line feeds precede the reply
    assertThat(text(migrating.receive())).isEqualTo("OK");
    assertThat(ask("EXISTS k")).isEqualTo("0");
    assertThat(ask("INFO stats")).contains("migrate_cached_sockets:1\r\n");
    ask("SET k new");
    migrating.send("MIGRATE", "127.0.0.1", target.port(), "k", "0", LONG, "COPY");
    assertThat(target.receive()).startsWith("RESTORE", "k");
    target.reply("+OK\r\n");
    assertThat(text(migrating.receive())).isEqualTo("OK");
    assertThat(ask("GET k")).isEqualTo("new");
  }

  @Test
  void keepsTheKeyOfATargetThatIsLost() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    RespClient writer = sending("APPEND", "k", "+");
    untilBlocked(2);
    target.disconnect();
    assertThat(text(migrating.receive())).isEqualTo(NOT_READ);
    assertThat(text(writer.receive())).isEqualTo("4");
    assertThat(ask("GET k")).isEqualTo("old+");
  }

  @Test
  void keepsTheKeyOfATargetThatIsSilent() throws Exception {
    ask("SET k old");
    RespClient client = sending("MIGRATE", "127.0.0.1", target.port(), "k", "0", "50");
    target.accept();
    assertThat(text(client.receive())).isEqualTo(NOT_READ);
    assertThat(ask("GET k")).isEqualTo("old");
    assertThat(target.receive()).startsWith("RESTORE", "k");
    assertThat(target.isClosed()).isTrue();
  }

  @Test
  void triesAnIdleConnectionThatWasClosedOnceMore() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    target.reply("+OK\r\n");
    assertThat(text(migrating.receive())).isEqualTo("OK");
    ask("SET k new");
    migrating.send("MIGRATE", "127.0.0.1", target.port(), "k", "0", LONG);
    assertThat(target.receive()).startsWith("RESTORE", "k");
    target.disconnect();
    target.accept();
    assertThat(target.receive()).startsWith("RESTORE", "k");
    target.reply("+OK\r\n");
    assertThat(text(migrating.receive())).isEqualTo("OK");
    assertThat(ask("EXISTS k")).isEqualTo("0");
  }

  @Test
  void keepsAKeyThatAScriptChangesWithoutNamingIt() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    assertThat(text(other.call("EVAL", "return redis.call('append', 'k', '+')", "0")))
        .isEqualTo("4");
    assertThat(text(migrating.receive()))
        .isEqualTo("IOERR a key was changed while it was migrated");
    assertThat(ask("GET k")).isEqualTo("old+");
  }

  @Test
  void keepsAKeyThatAScriptMakesAnew() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    assertThat(
            text(
                other.call(
                    "EVAL", "redis.call('flushall') return redis.call('append', 'k', 'x')", "0")))
        .isEqualTo("1");
    assertThat(text(migrating.receive()))
        .isEqualTo("IOERR a key was changed while it was migrated");
    assertThat(ask("GET k")).isEqualTo("x");
  }

  @Test
  void succeedsIfTheKeyIsRemovedMeanwhile() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    assertThat(text(other.call("EVAL", "return redis.call('del', 'k')", "0"))).isEqualTo("1");
    target.reply("+OK\r\n");
    assertThat(text(migrating.receive())).isEqualTo("OK");
    assertThat(ask("EXISTS k")).isEqualTo("0");
  }

  @Test
  void removesTheKeyAlsoForAClientThatIsGone() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    RespClient writer = sending("SET", "k", "new");
    untilBlocked(2);
    migrating.close();
    untilBlocked(1);
    assertThat(ask("GET k")).isEqualTo("old");
    target.reply("+OK\r\n");
    assertThat(text(writer.receive())).isEqualTo("OK");
    assertThat(ask("GET k")).isEqualTo("new");
  }

  @Test
  void removesTheKeyAfterAPause() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    assertThat(ask("CLIENT PAUSE 1000000 WRITE")).isEqualTo("OK");
    target.reply("+OK\r\n");
    RespClient next = sending("MIGRATE", "127.0.0.1", target.port(), "none", "0", LONG);
    untilBlocked(2);
    assertThat(ask("EXISTS k")).isEqualTo("1");
    assertThat(ask("CLIENT UNPAUSE")).isEqualTo("OK");
    assertThat(text(migrating.receive())).isEqualTo("OK");
    assertThat(text(next.receive())).isEqualTo("NOKEY");
    assertThat(ask("EXISTS k")).isEqualTo("0");
  }

  @Test
  void endsWhenTheServerBecomesAReplica() throws Exception {
    ask("SET k old");
    RespClient migrating = migrating();
    assertThat(ask("REPLICAOF 127.0.0.1 1")).isEqualTo("OK");
    assertThat(text(migrating.receive())).startsWith("UNBLOCKED");
    assertThat(target.isClosed()).isTrue();
    assertThat(ask("GET k")).isEqualTo("old");
  }

  @Test
  void removesThoseOfManyKeysThatTheTargetHasTaken() throws Exception {
    ask("MSET a 1 b 2 c 3");
    RespClient client =
        sending(
            "MIGRATE",
            "127.0.0.1",
            target.port(),
            "",
            "0",
            LONG,
            "AUTH2",
            "u",
            "p",
            "KEYS",
            "a",
            "none",
            "b",
            "c");
    target.acceptLoggingIn("AUTH", "u", "p");
    for (String key : List.of("a", "b", "c")) {
      assertThat(target.receive()).startsWith("RESTORE", key);
    }
    target.reply("+OK\r\n-BUSYKEY Target key name already exists.\r\n+OK\r\n");
    assertThat(text(client.receive()))
        .isEqualTo(
            "ERR Target instance replied with error: BUSYKEY Target key name already exists.");
    assertThat(ask("EXISTS a")).isEqualTo("0");
    assertThat(ask("GET b")).isEqualTo("2");
    assertThat(ask("EXISTS c")).isEqualTo("0");
  }

  /** The values take many slices at the source and at the target. */
  @Test
  void movesLargeValuesOfEachType() throws Exception {
    RedisServer real = TestServers.start();
    closing.add(real);
    RespClient there = client(real);
    Random random = Seed.random("MigrateCommandsTest");
    int elements = 20_000;
    fill(random, elements);
    for (String key : List.of("hash", "set", "zset", "list", "stream", "string")) {
      Reply digest = other.call("DEBUG", "DIGEST-VALUE", key);
      String encoding = ask("OBJECT ENCODING " + key);
      assertThat(ask("MIGRATE 127.0.0.1 " + real.port() + " " + key + " 3 " + LONG))
          .as(key)
          .isEqualTo("OK");
      assertThat(ask("EXISTS " + key)).isEqualTo("0");
      there.call("SELECT", "3");
      assertThat(there.call("DEBUG", "DIGEST-VALUE", key)).as(key).isEqualTo(digest);
      assertThat(text(there.call("OBJECT", "ENCODING", key))).isEqualTo(encoding);
    }
  }

  private void fill(Random random, int elements) throws IOException {
    for (int i = 0; i < elements; i += 1000) {
      List<String> hash = new ArrayList<>(List.of("HSET", "hash"));
      List<String> set = new ArrayList<>(List.of("SADD", "set"));
      List<String> zset = new ArrayList<>(List.of("ZADD", "zset"));
      List<String> list = new ArrayList<>(List.of("RPUSH", "list"));
      List<String[]> stream = new ArrayList<>();
      for (int j = i; j < i + 1000; j++) {
        String value = Long.toString(random.nextLong(), 36).repeat(1 + random.nextInt(3));
        hash.addAll(List.of("field" + j, value));
        set.add(value);
        zset.addAll(List.of(Integer.toString(random.nextInt(elements)), "member" + j));
        list.add(value);
        stream.add(new String[] {"XADD", "stream", (1 + j / 7) + "-" + (1 + j), "f", value});
      }
      for (List<String> each : List.of(hash, set, zset, list)) {
        assertThat(other.call(each.toArray(String[]::new)).isError()).isFalse();
      }
      assertThat(other.pipeline(stream)).noneMatch(Reply::isError);
    }
    assertThat(ask("XGROUP CREATE stream g 0")).isEqualTo("OK");
    assertThat(other.call("XREADGROUP", "GROUP", "g", "c", "COUNT", "50", "STREAMS", "stream", ">"))
        .isInstanceOf(Reply.Array.class);
    assertThat(text(other.call("SET", "string", "abc".repeat(1 << 20)))).isEqualTo("OK");
  }
}
