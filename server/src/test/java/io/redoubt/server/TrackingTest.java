package io.redoubt.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Client-side caching: a reader, and a receiver of its invalidations, in both protocols. */
@ServerTest("")
final class TrackingTest {
  private static final String MARK = "mark";

  private final RedisServer server;
  private final Dialogue redis;
  private RespClient reader;
  private RespClient receiver;

  TrackingTest(RedisServer server, Dialogue redis) {
    this.server = server;
    this.redis = redis;
  }

  @BeforeEach
  void connect() throws IOException {
    reader = RespClient.connect("127.0.0.1", server.port());
    receiver = RespClient.connect("127.0.0.1", server.port());
  }

  @AfterEach
  void leave() throws IOException {
    redis.ask("CONFIG SET tracking-table-max-keys 1000000");
    reader.close();
    receiver.close();
  }

  /** Turns tracking on: in RESP3 for the reader itself, in RESP2 by redirection. */
  private void track(String protocol, String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of("CLIENT", "TRACKING", "ON"));
    if (protocol.equals("3")) {
      reader.call("HELLO", "3");
      receiver.close();
      receiver = reader;
    } else {
      words.addAll(
          List.of("REDIRECT", receiver.call("CLIENT", "ID").toString().replaceAll("\\D", "")));
      receiver.call("SUBSCRIBE", "__redis__:invalidate", MARK);
      receiver.receive();
    }
    words.addAll(List.of(options));
    assertThat(reader.call(words.toArray(String[]::new)).text()).isEqualTo("OK");
  }

  /** Returns the messages so far: keys separated by commas, null for all keys. */
  private List<String> sent(String protocol) throws IOException {
    if (protocol.equals("3")) {
      receiver.send("ECHO", MARK);
    } else {
      redis.ask("PUBLISH " + MARK + " end");
    }
    return messagesUntilMark(receiver);
  }

  private static List<String> messagesUntilMark(RespClient receiver) throws IOException {
    List<String> messages = new ArrayList<>();
    while (true) {
      Reply message = receiver.receive();
      List<Reply> parts =
          switch (message) {
            case Reply.Push push -> push.elements();
            case Reply.Array array -> array.elements();
            default -> List.of();
          };
      if (parts.isEmpty() || parts.get(1).equals(new Reply.Bulk(MARK.getBytes(UTF_8)))) {
        return messages;
      }
      assertThat(CliFormat.of(message)).contains("invalidate");
      messages.add(keys(parts.getLast()));
    }
  }

  private static String keys(Reply keys) {
    return keys instanceof Reply.Array array
        ? array.elements().stream().map(Reply::text).collect(Collectors.joining(","))
        : "null";
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void sendsAKeyOnceAfterItChanged(String protocol) throws IOException {
    track(protocol);
    reader.call("MGET", "ka", "kb");
    redis.says("SET ka 1", "OK");
    redis.says("SET ka 2", "OK");
    redis.says("SET kc 2", "OK");
    assertThat(sent(protocol)).containsExactly("ka");
    assertThat(redis.text("INFO stats"))
        .contains("tracking_total_keys:1\r\ntracking_total_items:1");
    redis.says("FLUSHDB", "OK");
    assertThat(sent(protocol)).containsExactly("null");
    assertThat(redis.text("INFO stats"))
        .contains("tracking_total_keys:0\r\ntracking_total_items:0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void sendsExpiredAndEvictedKeys(String protocol) throws IOException {
    track(protocol);
    redis.says("SET short 1 PX 300", "OK"); // longer than a busy machine needs to the next reply
    reader.call("GET", "short");
    while (redis.integer("EXISTS short") == 1) {
      Thread.onSpinWait();
    }
    assertThat(sent(protocol)).containsExactly("short");
    reader.call("MGET", "k1", "k2", "k3");
    redis.says("CONFIG SET tracking-table-max-keys 1", "OK");
    assertThat(sent(protocol)).hasSize(2);
    assertThat(redis.text("INFO stats")).contains("tracking_total_keys:1\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void tracksOnlyWhatCachingChooses(String protocol) throws IOException {
    track(protocol, "OPTIN");
    reader.call("GET", "ka");
    reader.call("CLIENT", "CACHING", "YES");
    reader.call("MULTI");
    reader.call("GET", "kb");
    reader.call("GET", "kc");
    reader.call("EXEC");
    reader.call("GET", "kd");
    redis.says("MSET ka 1 kb 1 kc 1 kd 1", "OK");
    assertThat(sent(protocol)).containsExactly("kb", "kc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void broadcastsByPrefixWithoutOwnChanges(String protocol) throws IOException {
    track(protocol, "BCAST", "NOLOOP", "PREFIX", "a:", "PREFIX", "b:");
    assertThat(redis.text("INFO stats")).contains("tracking_total_prefixes:2\r\n");
    reader.call("SET", "a:own", "1");
    redis.says("MSET a:2 1 c:1 1 a:1 1 b:1 1", "OK");
    assertThat(sent(protocol)).containsExactly("a:2,a:1", "b:1");
    assertThat(CliFormat.of(reader.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a:x")))
        .contains("Prefix 'a:x' overlaps with an existing prefix 'a:'.");
  }

  @Test
  void sendsOwnChangesAfterTheReplyOfTheTransaction() throws IOException {
    track("3");
    reader.call("GET", "own");
    reader.call("MULTI");
    reader.call("SET", "own", "1");
    reader.call("PING");
    assertThat(CliFormat.of(reader.call("EXEC"))).isEqualTo("1) OK\n2) PONG");
    assertThat(sent("3")).containsExactly("own");
  }

  @Test
  void sendsNoPushMessageToAClientThatHasLeftTheirProtocol() throws IOException {
    track("3");
    reader.call("GET", "own");
    reader.call("MULTI");
    reader.call("SET", "own", "1");
    reader.call("HELLO", "2");
    reader.call("EXEC");
    assertThat(sent("3")).isEmpty();
  }

  @Test
  void tracksWhatScriptsRead() throws IOException {
    track("3");
    reader.call("EVAL", "return redis.call('get', 'inscript')", "0");
    redis.says("SET inscript 1", "OK");
    assertThat(sent("3")).containsExactly("inscript");
  }

  @Test
  void reportsABrokenRedirection() throws IOException {
    String id = receiver.call("CLIENT", "ID").toString().replaceAll("\\D", "");
    reader.call("HELLO", "3");
    reader.call("CLIENT", "TRACKING", "ON", "REDIRECT", id);
    reader.call("GET", "lost");
    receiver.close();
    while (redis.text("CLIENT LIST ID " + id).contains("id=")) {
      Thread.onSpinWait();
    }
    redis.says("SET lost 1", "OK");
    assertThat(CliFormat.of(reader.receive())).contains("tracking-redir-broken");
    assertThat(reader.call("CLIENT", "INFO").text()).contains(" flags=tR ").contains("redir=" + id);
    reader.call("RESET");
    assertThat(reader.call("CLIENT", "INFO").text()).contains(" flags=N ").contains("redir=-1");
  }

  @Test
  void forgetsReadersThatHaveLeft() throws IOException {
    for (int i = 0; i < 100; i++) {
      try (RespClient passing = RespClient.connect("127.0.0.1", server.port())) {
        passing.call("CLIENT", "TRACKING", "ON");
        passing.call("GET", "popular");
        passing.call("RESET");
      }
    }
    String items = redis.text("INFO stats").replaceAll("(?s).*tracking_total_items:(\\d+).*", "$1");
    assertThat(Integer.parseInt(items)).isLessThan(10);
    redis.says("FLUSHALL", "OK");
  }

  @Test
  void sendsKeysThatABlockedClientChangesInItsTurn() throws IOException {
    track("3", "NOLOOP");
    try (RespClient blocked = RespClient.connect("127.0.0.1", server.port())) {
      reader.call("EXISTS", "to");
      block(blocked, "BLMOVE", "from", "to", "LEFT", "RIGHT", "0");
      reader.call("RPUSH", "from", "element");
      assertThat(blocked.receive().text()).isEqualTo("element");
      assertThat(sent("3")).containsExactly("to");
    }
  }

  @Test
  void sendsABlockedClientItsOwnChangesAfterItsReply() throws IOException {
    track("3");
    reader.call("EXISTS", "to");
    block(reader, "BLMOVE", "from", "to", "LEFT", "RIGHT", "0");
    redis.says("RPUSH from element", "(integer) 1");
    assertThat(reader.receive().text()).isEqualTo("element");
    assertThat(sent("3")).containsExactly("to");
    reader.call("CLIENT", "TRACKING", "ON", "NOLOOP");
    reader.call("EXISTS", "to");
    block(reader, "BLMOVE", "from", "to", "LEFT", "RIGHT", "0");
    redis.says("RPUSH from element", "(integer) 1");
    assertThat(reader.receive().text()).isEqualTo("element");
    assertThat(sent("3")).isEmpty();
  }

  private void block(RespClient client, String... words) throws IOException {
    client.send(words);
    while (!redis.text("INFO clients").contains("blocked_clients:1\r\n")) {
      Thread.onSpinWait();
    }
  }

  @Test
  void sendsEvictedKeysBeforeTheReply() throws IOException {
    track("3");
    redis.says("SET evicted 1", "OK");
    reader.call("GET", "evicted");
    redis.says("CONFIG SET maxmemory-policy allkeys-lru maxmemory 1", "OK");
    reader.send("GET", "evicted");
    assertThat(CliFormat.of(reader.receive())).contains("invalidate").contains("evicted");
    assertThat(CliFormat.of(reader.receive())).isEqualTo("(nil)");
    redis.says("CONFIG SET maxmemory-policy noeviction maxmemory 0", "OK");
  }

  @Test
  void sendsTheBroadcastOfATurnInOneMessage() throws IOException {
    track("3", "BCAST");
    int keys = 50_000;
    redis.ask(
        "EVAL \"for i = 1, %d do redis.call('set', 'long-name-of-a-key-' .. i, 1) end\" 0"
            .formatted(keys));
    List<String> messages = sent("3");
    assertThat(messages).hasSize(1);
    assertThat(messages.getFirst().split(",")).hasSize(keys).doesNotHaveDuplicates();
    redis.ask("SET another 1");
    assertThat(sent("3")).containsExactly("another");
  }

  @Test
  void sparesOnlyTheLastToChangeAKey() throws IOException {
    track("3", "BCAST", "NOLOOP");
    reader.call("MULTI");
    reader.call("SET", "mine", "1");
    reader.call("SET", "notmine", "1");
    reader.call("EVAL", "redis.call('set', 'notmine', 2)", "0");
    reader.call("EXEC");
    assertThat(sent("3")).containsExactly("notmine");
  }

  @Test
  void sparesEachOfManyKeysThatTheClientWasTheLastToChange() throws IOException {
    track("3", "BCAST", "NOLOOP");
    List<String> others = new ArrayList<>();
    reader.call("MULTI");
    for (int i = 0; i < 40; i++) {
      String key = "key" + "x".repeat(i * i % 130) + i;
      reader.call("SET", key, "1");
      if (i % 3 == 1 || i > 35) {
        reader.call("EVAL", "redis.call('set', KEYS[1], 2)", "1", key);
        others.add(key);
      }
    }
    reader.call("EXEC");
    assertThat(String.join(",", sent("3")).split(",")).containsExactlyElementsOf(others);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void invalidatesAllKeysWhenDatabasesAreSwapped(String protocol) throws IOException {
    track(protocol);
    reader.call("GET", "swapped");
    redis.says("SWAPDB 0 1", "OK");
    assertThat(sent(protocol)).containsExactly("null");
  }

  @Test
  void findsThePrefixesOfEachKey() throws IOException {
    Random random = Seed.random("TrackingTest");
    receiver.call("SUBSCRIBE", "__redis__:invalidate", MARK);
    receiver.receive();
    String id = redis.text("CLIENT LIST TYPE pubsub").replaceAll("id=(\\d+)(?s:.*)", "$1");
    Set<String> prefixes = new HashSet<>();
    List<RespClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        String prefix = randomName(random);
        RespClient client = RespClient.connect("127.0.0.1", server.port());
        clients.add(client);
        if (prefixes.add(prefix)) {
          client.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", prefix, "REDIRECT", id);
        }
      }
      for (int i = 0; i < 200; i++) {
        String key = randomName(random) + randomName(random) + "x";
        redis.ask("SET " + key + " 1");
        long wanted = prefixes.stream().filter(key::startsWith).count();
        assertThat(sent("2"))
            .as(key + " in " + prefixes)
            .hasSize((int) wanted)
            .allMatch(key::equals);
      }
    } finally {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }

  private static String randomName(Random random) {
    return random
        .ints(random.nextInt(5), 'a', 'c')
        .mapToObj(Character::toString)
        .collect(Collectors.joining());
  }

  @Test
  void closesAClientWhoseOwnInvalidationsExceedItsLimit() throws IOException {
    redis.says("CONFIG SET client-output-buffer-limit \"normal 1mb 0 0\"", "OK");
    track("3");
    reader.call("EVAL", "for i = 1, 30000 do redis.call('get', 'name-of-a-key-' .. i) end", "0");
    reader.send("EVAL", "for i = 1, 30000 do redis.call('set', 'name-of-a-key-' .. i, 1) end", "0");
    assertThatThrownBy(
            () -> {
              while (true) {
                reader.receive();
              }
            })
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
    redis.says("EXISTS name-of-a-key-30000", "(integer) 1");
    assertThat(redis.text("INFO clients")).contains("tracking_clients:0\r\n");
    redis.says("CONFIG SET client-output-buffer-limit \"normal 0 0 0\"", "OK");
  }

  @Test
  void countsPrefixesAsMemoryOfTheClient() throws IOException {
    long before = totalBytes();
    List<String> words = new ArrayList<>(List.of("CLIENT", "TRACKING", "ON", "BCAST"));
    for (int i = 0; i < 1000; i++) {
      words.add("PREFIX");
      words.add("p" + i + ":");
    }
    reader.call("HELLO", "3");
    reader.call(words.toArray(String[]::new));
    assertThat(totalBytes() - before).isGreaterThan(100_000);
    reader.call("RESET");
    assertThat(totalBytes() - before).isLessThan(50_000);
  }

  private long totalBytes() throws IOException {
    String line = reader.call("CLIENT", "INFO").text();
    return Long.parseLong(line.replaceAll("(?s).* tot-mem=(\\d+).*", "$1"));
  }

  @Test
  void sendsWhatAMasterChangesOnAReplica() throws Exception {
    String follow = "replicaof 127.0.0.1 " + server.port();
    try (var replica = TestServers.start(follow, "repl-diskless-sync-delay 0");
        var near = new Dialogue(replica.port());
        RespClient far = RespClient.connect("127.0.0.1", replica.port())) {
      far.call("HELLO", "3");
      far.call("CLIENT", "TRACKING", "ON");
      far.call("GET", "first");
      redis.says("SET first 1", "OK");
      // The first sync replaces all keys; the write arrives in it or after it.
      while (!near.ask("GET first").equals("\"1\"")) {
        Thread.onSpinWait();
      }
      far.send("ECHO", MARK);
      assertThat(messagesUntilMark(far)).contains("null");
      far.call("GET", "second");
      redis.says("SET second 1", "OK");
      assertThat(CliFormat.of(far.receive())).contains("invalidate").contains("\"second\"");
    }
  }
}
