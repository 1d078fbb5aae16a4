package io.redoubt.server.command.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest
final class SlowLogCommandsTest {
  private static final String ON = "CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 128";
  private static final String OFF = "CONFIG SET slowlog-log-slower-than -1";

  private final RedisServer server;
  private final Dialogue redis;

  SlowLogCommandsTest(RedisServer server, Dialogue redis) {
    this.server = server;
    this.redis = redis;
  }

  @BeforeEach
  void recordAll() {
    redis.says(OFF, "OK");
    redis.says("SLOWLOG RESET", "OK");
    redis.says(ON, "OK");
  }

  @AfterEach
  void recordNone() {
    redis.says(OFF, "OK");
  }

  /** Returns the arguments of the recorded commands, oldest first. */
  private List<String> recorded() {
    redis.says(OFF, "OK");
    List<String> commands = new ArrayList<>();
    for (Reply entry : entries("-1")) {
      List<String> words = entry.elements().get(3).elements().stream().map(Reply::text).toList();
      commands.add(String.join(" ", words));
    }
    Collections.reverse(commands);
    assertThat(commands.removeFirst()).isEqualTo(ON);
    redis.says("SLOWLOG RESET", "OK");
    redis.says(ON, "OK");
    return commands;
  }

  private List<Reply> entries(String count) {
    return redis.reply("SLOWLOG GET " + count).elements();
  }

  /** The last command of a batch is measured when the batch ends. */
  @Test
  void recordsTheWordsOfTheLastCommandOfABatch() throws IOException {
    redis.says("CONFIG SET slowlog-log-slower-than 1000", "OK"); // measures several together
    try (RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("SETNX", "large", "x".repeat(64 << 20));
      client.call("DEL", "large");
    }
    redis.says(OFF, "OK");
    assertThat(entries("-1"))
        .extracting(entry -> entry.elements().get(3).elements().stream().map(Reply::text).toList())
        .allSatisfy(words -> assertThat(words).isNotEmpty())
        .anySatisfy(words -> assertThat(words).startsWith("SETNX", "large"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void repliesEntriesFromNewToOld(String protocol) throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("HELLO", protocol);
      client.call("CLIENT", "SETNAME", "me");
      client.call("SET", "key", "value");
      List<Reply> entries = client.call("SLOWLOG", "GET", "2").elements();
      assertThat(entries).hasSize(2);
      List<Reply> set = entries.get(0).elements();
      assertThat(set).hasSize(6);
      assertThat(set.get(0).number()).isEqualTo(entries.get(1).elements().get(0).number() + 1);
      assertThat(set.get(1).number()).isGreaterThan(1_700_000_000L);
      assertThat(set.get(2).number()).isBetween(0L, 20_000_000L);
      assertThat(set.get(3).elements().stream().map(Reply::text))
          .containsExactly("SET", "key", "value");
      assertThat(set.get(4).text()).isEqualTo("127.0.0.1:" + client.localPort());
      assertThat(set.get(5).text()).isEqualTo("me");
    }
  }

  @Test
  void cutsArgumentsAsRedis() {
    String longest = "x".repeat(128);
    redis.says("SET key " + longest, "OK");
    redis.says("SET key " + longest + "yz", "OK");
    redis.ask("SADD set" + " m".repeat(30));
    redis.ask("SADD set" + " m".repeat(31));
    redis.ask("SADD set" + " m".repeat(98));
    assertThat(recorded())
        .containsExactly(
            "SET key " + longest,
            "SET key " + longest + "... (2 more bytes)",
            "SADD set" + " m".repeat(30),
            "SADD set" + " m".repeat(29) + " ... (2 more arguments)",
            "SADD set" + " m".repeat(29) + " ... (69 more arguments)");
  }

  @Test
  void masksSecrets() {
    redis.ask("AUTH secret");
    redis.ask("AUTH nobody secret");
    redis.ask("HELLO 2 AUTH nobody secret SETNAME me");
    redis.ask("ACL SETUSER u on >secret");
    redis.ask("ACL DELUSER u");
    redis.ask("CONFIG SET maxmemory 0 MASTERAUTH secret masteruser me");
    redis.ask("CONFIG SET masterauth \"\" masteruser \"\"");
    redis.ask("MIGRATE 127.0.0.1 1 key 0 1 COPY AUTH2 me secret");
    redis.ask("MIGRATE 127.0.0.1 1 \"\" 0 1 AUTH secret KEYS AUTH key");
    assertThat(recorded())
        .containsExactly(
            "AUTH (redacted)",
            "AUTH (redacted) (redacted)",
            "HELLO 2 AUTH (redacted) (redacted) SETNAME me",
            "ACL SETUSER (redacted) (redacted) (redacted)",
            "ACL DELUSER u",
            "CONFIG SET maxmemory 0 MASTERAUTH (redacted) masteruser (redacted)",
            "CONFIG SET masterauth (redacted) masteruser (redacted)",
            "MIGRATE 127.0.0.1 1 key 0 1 COPY AUTH2 (redacted) (redacted)",
            "MIGRATE 127.0.0.1 1  0 1 AUTH (redacted) KEYS AUTH key");
  }

  @Test
  void recordsWhatScriptsAndTransactionsRunButNotExec() {
    redis.ask("EVAL \"return redis.call('incr', KEYS[1])\" 1 key");
    redis.says("MULTI", "OK");
    redis.says("INCR key", "QUEUED");
    redis.ask("EXEC");
    redis.ask("NOSUCH");
    redis.ask("GET");
    List<Reply> ofScript = entries("-1").get(3).elements();
    assertThat(ofScript.get(3).elements().getFirst().text()).isEqualTo("incr");
    assertThat(ofScript.get(4).text()).isEmpty();
    assertThat(recorded())
        .containsExactly(
            "incr key",
            "EVAL return redis.call('incr', KEYS[1]) 1 key",
            "MULTI",
            "INCR key",
            "SLOWLOG GET -1");
  }

  @Test
  void recordsABlockedCommandOnceWithItsOwnTime() throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.send("BLPOP", "list", "0");
      awaitBlocked(1);
      assertThat(recorded()).noneMatch(line -> line.startsWith("BLPOP"));
      redis.says("DEBUG SLEEP 0.3", "OK");
      redis.says("RPUSH list element", "(integer) 1");
      client.receive();
      List<Reply> served = entries("1").getFirst().elements();
      assertThat(served.get(3).elements().getFirst().text()).isEqualTo("BLPOP");
      assertThat(served.get(2).number()).as("not the wait").isLessThan(300_000);
      assertThat(recorded()).filteredOn(line -> line.startsWith("BLPOP")).hasSize(1);
      client.call("BLPOP", "list", "0.01");
      assertThat(recorded()).containsExactly("BLPOP list 0.01");
    }
  }

  @Test
  void doesNotRecordABlockedCommandWhoseClientLeaves() throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.send("BLPOP", "list", "0");
      awaitBlocked(1);
    }
    awaitBlocked(0);
    assertThat(recorded()).noneMatch(line -> line.startsWith("BLPOP"));
  }

  private void awaitBlocked(int clients) {
    await().until(() -> redis.text("INFO clients").contains("blocked_clients:" + clients + "\r"));
  }

  @Test
  void keepsTheNewestWithinItsLength() {
    redis.says("CONFIG SET slowlog-max-len 3", "OK");
    redis.says("SLOWLOG LEN", "(integer) 2");
    redis.says("PING", "PONG");
    redis.says("PING", "PONG");
    redis.says("SLOWLOG LEN", "(integer) 3");
    redis.says("CONFIG SET slowlog-max-len 1", "OK");
    redis.says("SLOWLOG LEN", "(integer) 1");
    redis.says("CONFIG SET slowlog-max-len 0", "OK");
    redis.says("SLOWLOG LEN", "(integer) 0");
    redis.says("PING", "PONG");
    redis.says("SLOWLOG LEN", "(integer) 0");
  }

  @Test
  void recordsFromTheThresholdOn() {
    redis.says("CONFIG SET slowlog-log-slower-than 10000", "OK");
    redis.says("SLOWLOG RESET", "OK");
    redis.says("DEBUG SLEEP 0.02", "OK");
    assertThat(entries("1").getFirst().elements().get(2).number()).isGreaterThanOrEqualTo(20_000);
    redis.says(OFF, "OK");
    redis.says("SLOWLOG RESET", "OK");
    redis.says("DEBUG SLEEP 0.02", "OK");
    redis.says("SLOWLOG LEN", "(integer) 0");
  }

  @Test
  void recordsASlowFastCommandOfAPipeline() throws IOException {
    redis.says("SETRANGE key 50000000 x", "(integer) 50000001");
    redis.says("CONFIG SET slowlog-log-slower-than 1000", "OK");
    redis.says("SLOWLOG RESET", "OK");
    List<String[]> requests = new ArrayList<>(Collections.nCopies(5, new String[] {"GET", "no"}));
    requests.add(2, new String[] {"GET", "key"});
    try (RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.pipeline(requests);
    }
    List<Reply> slow = entries("-1");
    assertThat(slow).isNotEmpty();
    assertThat(slow.getLast().elements().get(3).elements().getLast().text()).isEqualTo("key");
  }

  @Test
  void refusesOtherArguments() {
    String error = "(error) ERR count should be greater than or equal to -1";
    redis.says("SLOWLOG GET -2", error);
    redis.says("SLOWLOG GET x", error);
    redis.says("SLOWLOG GET 9223372036854775808", error);
    redis.says(
        "SLOWLOG GET 1 2",
        "(error) ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
    redis.says("SLOWLOG LEN 1", "(error) ERR wrong number of arguments for 'slowlog|len' command");
    redis.says("SLOWLOG GET 0", "(empty array)");
    assertThat(entries("")).hasSizeLessThanOrEqualTo(10);
    assertThat(redis.ask("SLOWLOG HELP")).contains("GET [count]", "RESET");
  }

  @Test
  void takesBoundedMemoryOffTheHeap() {
    String large = "SADD set" + (" " + "m".repeat(500)).repeat(50);
    for (int i = 0; i < 128; i++) {
      redis.ask(large);
    }
    long full = redis.usedMemory();
    for (int i = 0; i < 500; i++) {
      redis.ask(large);
    }
    assertThat(redis.usedMemory()).isLessThan(full + 200_000);
    redis.says(OFF, "OK");
    redis.says("SLOWLOG RESET", "OK");
    assertThat(redis.usedMemory()).isLessThan(full - 128 * 32 * 128);
  }
}
