package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random clients with client-side caching, with a real Redis and with Redoubt: after each request
 * all of them must have received the same invalidations. The order of keys changed by one request
 * is left open, and so are the names of encodings, which changed with Redis 7.2. Scripts read all
 * keys that they name, because Redis 7.0 tracks the named ones.
 */
final class TrackingTwinsTest {
  private static final int TRACKERS = 4;

  /** Subscribes to the channel of invalidations in RESP2. */
  private static final int SUBSCRIBER = TRACKERS;

  /** Receives redirected invalidations in RESP3. */
  private static final int RECEIVER = TRACKERS + 1;

  private static final int SESSIONS = 3;
  private static final int REQUESTS = 250;
  private static final String CHANNEL = "__redis__:invalidate";
  private static final String MARK = "mark";

  private static final List<String> KEYS = List.of("a:1", "a:2", "ab", "b:1", "b:2", "c");
  private static final List<String> PREFIXES = List.of("a", "a:", "b:", "b:1", "");

  private static final List<String> REQUEST_LINES =
      """
      GET K
      MGET K K K
      STRLEN K
      EXISTS K K
      TYPE K
      TTL K
      TOUCH K
      OBJECT ENCODING K
      KEYS *
      DBSIZE
      SORT_RO K
      LRANGE K 0 -1
      HGETALL K
      SUNION K K
      SET K 1
      SET K 1 NX
      SETEX K 1000 1
      GETSET K 2
      GETEX K PERSIST
      GETDEL K
      APPEND K x
      SETRANGE K 2 x
      INCR K
      DEL K K
      UNLINK K
      MSET K 1 K 2
      MSETNX K 1 K 2
      RENAME K K
      COPY K K
      COPY K K REPLACE
      MOVE K 1
      EXPIRE K 1000
      PERSIST K
      RPUSH K e
      LPOP K
      LMOVE K K LEFT RIGHT
      HSET K f v
      HDEL K f
      SADD K m
      SUNIONSTORE K K K
      BITOP NOT K K
      FLUSHDB
      FLUSHALL ASYNC
      EVAL "return redis.call('get', KEYS[1])" 1 K
      EVAL "return redis.call('del', KEYS[1], KEYS[2])" 2 K K
      EVAL "redis.call('exists', KEYS[1]); return redis.call('set', KEYS[1], 1)" 1 K
      EVAL_RO "return redis.call('exists', KEYS[1])" 1 K
      MULTI
      EXEC
      DISCARD
      CLIENT CACHING YES
      CLIENT CACHING NO
      CLIENT TRACKINGINFO
      CLIENT GETREDIR
      CLIENT TRACKING OFF
      CLIENT TRACKING ON O
      CLIENT TRACKING ON O
      CLIENT TRACKING ON O O
      CLIENT TRACKING ON BCAST PREFIX P O
      CLIENT TRACKING ON BCAST PREFIX P PREFIX P NOLOOP
      HELLO 3
      HELLO 2
      """
          .strip()
          .lines()
          .toList();

  private static final List<String> ENCODINGS =
      List.of("int", "embstr", "raw", "quicklist", "listpack", "hashtable", "intset", "skiplist");

  private static final List<String> OPTIONS =
      List.of(
          "", "", "NOLOOP", "OPTIN", "OPTOUT", "BCAST", "REDIRECT SUBSCRIBER", "REDIRECT RECEIVER");

  @TempDir private Path directory;
  private final Random random = Seed.random("TrackingTwinsTest");
  private final List<Pair> clients = new ArrayList<>();
  private final List<String> last = new ArrayList<>();
  private Twins twins;

  /** A client of each server. */
  private record Pair(RespClient real, RespClient ours, String realId, String ourId) {}

  @BeforeEach
  void start() throws Exception {
    twins = Twins.start(directory);
  }

  @AfterEach
  void stop() throws IOException {
    leave();
    if (twins != null) {
      twins.close();
    }
  }

  private void leave() throws IOException {
    for (Pair pair : clients) {
      pair.real.close();
      pair.ours.close();
    }
    clients.clear();
  }

  @Test
  void sendsTheInvalidationsOfRedis() throws IOException {
    for (int i = 0; i < SESSIONS; i++) {
      last.clear();
      for (int j = 0; j < RECEIVER + 1; j++) {
        clients.add(connect(j));
      }
      boolean[] inTransaction = new boolean[TRACKERS];
      for (int j = 0; j < REQUESTS; j++) {
        if (random.nextInt(60) == 0) {
          replaceReceiver();
        }
        int who = random.nextInt(TRACKERS);
        request(who, randomRequest(inTransaction[who]));
        inTransaction[who] = isInTransaction(inTransaction[who]);
        compareMessages();
        compareInfo();
      }
      leave();
      awaitNoTracking();
    }
  }

  private Pair connect(int index) throws IOException {
    RespClient real = RespClient.connect("127.0.0.1", twins.realPort());
    RespClient ours = RespClient.connect("127.0.0.1", twins.oursPort());
    Pair pair = new Pair(real, ours, id(real), id(ours));
    boolean pushes = index == RECEIVER || random.nextBoolean();
    for (RespClient client : List.of(real, ours)) {
      if (index == SUBSCRIBER) {
        client.call("SUBSCRIBE", CHANNEL, MARK);
        client.receive();
      } else if (pushes) {
        client.call("HELLO", "3");
      }
    }
    return pair;
  }

  private static String id(RespClient client) throws IOException {
    return Long.toString(((Reply.Integer) client.call("CLIENT", "ID")).value());
  }

  /** Closes a client that may receive redirected invalidations, and replaces it by a new one. */
  private void replaceReceiver() throws IOException {
    int index = random.nextBoolean() ? SUBSCRIBER : RECEIVER;
    Pair old = clients.get(index);
    old.real.close();
    old.ours.close();
    clients.set(index, connect(index));
    try (RespClient real = RespClient.connect("127.0.0.1", twins.realPort());
        RespClient ours = RespClient.connect("127.0.0.1", twins.oursPort())) {
      awaitEnd(real, old.realId);
      awaitEnd(ours, old.ourId);
    }
    last.add("replaced " + index);
  }

  private static void awaitEnd(RespClient client, String id) throws IOException {
    while (client.call("CLIENT", "LIST", "ID", id).text().contains("id=")) {
      Thread.onSpinWait();
    }
  }

  private void awaitNoTracking() throws IOException {
    for (int port : new int[] {twins.realPort(), twins.oursPort()}) {
      try (RespClient client = RespClient.connect("127.0.0.1", port)) {
        while (!client.call("INFO", "clients").text().contains("tracking_clients:0\r\n")) {
          Thread.onSpinWait();
        }
        client.call("FLUSHALL");
      }
    }
  }

  private boolean isInTransaction(boolean before) {
    String request = last.getLast().substring(3);
    return request.equals("MULTI") || (before && !request.matches("EXEC|DISCARD"));
  }

  /**
   * Returns a random request. Redis sends a client its own invalidations in the mode that it has at
   * the end of a transaction, so a transaction must not change the mode.
   */
  private String randomRequest(boolean inTransaction) {
    String line = pick(REQUEST_LINES);
    while (inTransaction && (line.startsWith("CLIENT TRACKING ") || line.startsWith("HELLO"))) {
      line = pick(REQUEST_LINES);
    }
    var words = new ArrayList<String>();
    for (String word : line.split(" (?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")) {
      switch (word) {
        case "K" -> words.add(pick(KEYS));
        case "P" -> words.add(pick(PREFIXES).isEmpty() ? "\"\"" : pick(PREFIXES));
        case "O" -> words.add(pick(OPTIONS));
        default -> words.add(word);
      }
    }
    return String.join(" ", words).strip();
  }

  private String pick(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }

  private void request(int who, String line) throws IOException {
    Pair pair = clients.get(who);
    last.add(who + "> " + line);
    pair.real.send(words(line, true));
    pair.ours.send(words(line, false));
    compare(who, withReply(pair.real), withReply(pair.ours));
  }

  private String[] words(String line, boolean ofReal) {
    List<String> words = new ArrayList<>();
    for (String word : line.split(" +(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")) {
      words.add(
          switch (word) {
            case "SUBSCRIBER" -> id(SUBSCRIBER, ofReal);
            case "RECEIVER" -> id(RECEIVER, ofReal);
            default -> word.replace("\"", "");
          });
    }
    return words.toArray(String[]::new);
  }

  private String id(int index, boolean ofReal) {
    return ofReal ? clients.get(index).realId : clients.get(index).ourId;
  }

  /** Returns the messages before the reply, sorted, and the reply. */
  private static List<String> withReply(RespClient client) throws IOException {
    List<String> before = new ArrayList<>();
    while (true) {
      Reply reply = client.receive();
      String text = text(reply);
      if (!(reply instanceof Reply.Push)) {
        Collections.sort(before);
        before.add(text);
        return before;
      }
      before.add(text);
    }
  }

  private void compareMessages() throws IOException {
    for (int i = 0; i < clients.size(); i++) {
      Pair pair = clients.get(i);
      compare(
          i, messages(i, pair.real, twins.realPort()), messages(i, pair.ours, twins.oursPort()));
    }
  }

  /** Returns the messages so far, sorted. */
  private static List<String> messages(int index, RespClient client, int port) throws IOException {
    if (index == SUBSCRIBER) {
      try (RespClient other = RespClient.connect("127.0.0.1", port)) {
        other.call("PUBLISH", MARK, MARK);
      }
    } else {
      client.send("PING", MARK); // in a transaction the reply is QUEUED
    }
    List<String> messages = new ArrayList<>();
    while (true) {
      Reply reply = client.receive();
      String text = text(reply);
      boolean isLast = index == SUBSCRIBER ? text.contains(MARK) : !(reply instanceof Reply.Push);
      if (isLast) {
        Collections.sort(messages);
        return messages;
      }
      messages.add(text);
    }
  }

  /** Returns a reply as text, without ids and encodings, and with unordered parts sorted. */
  private static String text(Reply reply) {
    if (reply.toString().contains("Bulk[proto]")) {
      return "HELLO";
    }
    if (reply instanceof Reply.Bulk bulk && ENCODINGS.contains(bulk.text())) {
      return "encoding";
    }
    return switch (reply) {
      case Reply.Array array -> list(array.elements());
      case Reply.Set set -> list(set.elements());
      case Reply.Push push -> "push" + list(push.elements());
      case Reply.Map map -> "map" + list(map.keys()) + list(map.values());
      case Reply.Integer integer -> "integer" + (integer.value() > 1 ? "" : integer.value());
      default -> reply.toString();
    };
  }

  private static String list(List<Reply> elements) {
    return elements.stream()
        .map(TrackingTwinsTest::text)
        .sorted()
        .collect(Collectors.joining(",", "[", "]"));
  }

  private void compare(int who, List<String> real, List<String> ours) {
    assertThat(ours).as("client %d after%n%s", who, String.join("\n", last)).isEqualTo(real);
  }

  private void compareInfo() throws IOException {
    try (RespClient real = RespClient.connect("127.0.0.1", twins.realPort());
        RespClient ours = RespClient.connect("127.0.0.1", twins.oursPort())) {
      assertThat(trackingFields(ours)).as(String.join("\n", last)).isEqualTo(trackingFields(real));
    }
  }

  private static List<String> trackingFields(RespClient client) throws IOException {
    return client
        .call("INFO", "everything")
        .text()
        .lines()
        .filter(line -> line.matches("tracking_(clients|total_keys|total_items|total_prefixes):.*"))
        .toList();
  }
}
