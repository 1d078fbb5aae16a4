package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.error;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Tests atomic slot migrations under writes: the target has what the source acknowledged. */
class MigratedWritesTest extends MigrationFixture {
  private static final String SEED = "MigratedWritesTest";

  @Test
  void losesNoWriteAndAsksNobodyUnderLoad() throws Exception {
    List<String> members = new ArrayList<>();
    members.add("SADD");
    members.add("{a}big");
    for (int i = 0; i < 200_000; i++) {
      members.add("m" + i);
      if (members.size() == 10_002) {
        source.call(members.toArray(String[]::new));
        members.subList(2, members.size()).clear();
      }
    }
    for (int i = 0; i < 20_000; i++) {
      ok(source.call("SET", "{a}k" + i, "" + i));
    }
    Writer writer = new Writer();
    CompletableFuture<Void> writing = CompletableFuture.runAsync(writer::run);
    source.call("BGSAVE");
    migrate(SLOT, SLOT);
    becomes(source, "success");
    await().atMost(LIMIT).until(() -> writer.writesAfterMove > 100 || writing.isDone());
    writer.stop.set(true);
    writing.get();
    assertThat(writer.strange).isEmpty();
    assertThat(writer.moved).isEqualTo(1);
    assertThat(writer.writes).isGreaterThan(100);
    for (Map.Entry<String, Long> each : writer.counters.entrySet()) {
      assertThat(target.call("GET", each.getKey()).text()).isEqualTo("" + each.getValue());
    }
    assertThat(number(target, "SCARD", "{a}big")).isEqualTo(writer.bigSize);
    for (Map.Entry<String, Boolean> each : writer.members.entrySet()) {
      assertThat(number(target, "SISMEMBER", "{a}big", each.getKey()))
          .as(each.getKey())
          .isEqualTo(each.getValue() ? 1 : 0);
    }
    assertThat(number(target, "ZCARD", "{a}zset")).isEqualTo(writer.zset);
    await().atMost(LIMIT).until(() -> number(source, "DBSIZE") == 0);
  }

  /** Writes to the slot and records the acknowledged writes. */
  private final class Writer {
    private final Random random = Seed.random(SEED);
    private final AtomicBoolean stop = new AtomicBoolean();
    private final Map<String, Long> counters = new HashMap<>();
    private final Map<String, Boolean> members = new HashMap<>();
    private final List<String> strange = new ArrayList<>();
    private long bigSize = 200_000;
    private long zset;
    private int moved;
    private long writes;
    private volatile long writesAfterMove;

    void run() {
      try (RespClient at = RespClient.connect("127.0.0.1", nodes.port(1));
          RespClient after = RespClient.connect("127.0.0.1", nodes.port(0))) {
        RespClient now = at;
        while (!stop.get()) {
          String[] words = next();
          Reply reply = now.call(words);
          if (reply instanceof Reply.Error error) {
            if (error.message().startsWith("MOVED") && now == at) {
              moved++;
              now = after;
              reply = now.call(words);
            } else {
              strange.add(error.message());
            }
          }
          note(words, reply);
        }
      } catch (Exception e) {
        strange.add(e.toString());
      }
    }

    private String[] next() {
      return switch (random.nextInt(6)) {
        case 0 -> new String[] {"SADD", "{a}big", "m" + random.nextInt(300_000)};
        case 1 -> new String[] {"SREM", "{a}big", "m" + random.nextInt(300_000)};
        case 2 -> new String[] {"ZADD", "{a}zset", "NX", "1", "z" + random.nextInt(100_000)};
        default -> new String[] {"INCR", "{a}k" + random.nextInt(20_000)};
      };
    }

    private void note(String[] words, Reply reply) throws Exception {
      writes++;
      if (moved > 0) {
        writesAfterMove++;
      }
      switch (words[0]) {
        case "SADD" -> {
          members.put(words[2], true);
          bigSize += reply.number();
        }
        case "SREM" -> {
          members.put(words[2], false);
          bigSize -= reply.number();
        }
        case "ZADD" -> zset += reply.number();
        default -> counters.put(words[1], reply.number());
      }
    }
  }

  /**
   * All kinds of changes of large and small values, some of which must be rewritten for the stream.
   */
  @Test
  void followsAllKindsOfChanges() throws Exception {
    Random random = Seed.random(SEED);
    try (RedisServer mirror =
            TestServers.start("enable-debug-command yes", "hash-max-listpack-entries 64");
        RespClient expected = RespClient.connect("127.0.0.1", mirror.port())) {
      for (int round = 0; round < 2; round++) {
        Changes changes = new Changes(random, expected);
        changes.fill();
        migrate(SLOT, SLOT);
        changes.runUntilMoved();
        becomes(target, "success");
        compare(expected);
        assertThat(number(target, "DBSIZE")).isEqualTo(number(expected, "DBSIZE"));
        await().atMost(LIMIT).until(() -> number(source, "DBSIZE") == 0);
        RespClient was = source;
        source = target;
        target = was;
      }
    }
  }

  private void compare(RespClient expected) throws Exception {
    for (Reply key : expected.call("KEYS", "*").elements()) {
      assertThat(value(target, key.text())).as(key.text()).isEqualTo(value(expected, key.text()));
    }
  }

  private static List<Object> value(RespClient at, String key) throws Exception {
    String type = at.call("TYPE", key).text();
    List<Object> value = new ArrayList<>(List.of(type));
    value.add(at.call("PTTL", key).number() > 0);
    Reply all =
        switch (type) {
          case "string" -> at.call("GET", key);
          case "list" -> at.call("LRANGE", key, "0", "-1");
          case "set" -> at.call("SORT", key, "ALPHA");
          case "zset" -> at.call("ZRANGE", key, "0", "-1", "WITHSCORES");
          case "stream" -> at.call("XRANGE", key, "-", "+");
          default -> at.call("HGETALL", key);
        };
    if (type.equals("hash")) {
      Map<String, String> fields = new TreeMap<>();
      List<Reply> flat = all.elements();
      for (int i = 0; i < flat.size(); i += 2) {
        fields.put(flat.get(i).text(), flat.get(i + 1).text());
      }
      value.add(fields);
    } else {
      value.add(all.toString().length() < 100 ? all.toString() : deep(all));
    }
    return value;
  }

  private static String deep(Reply reply) {
    StringBuilder text = new StringBuilder();
    if (reply instanceof Reply.Array(List<Reply> elements)) {
      elements.forEach(each -> text.append(deep(each)).append(' '));
      return text.toString();
    }
    return reply.text();
  }

  /** Random changes, made at the source and at a reference server. */
  private final class Changes {
    private static final int LARGE = 5000;

    private final Random random;
    private final RespClient expected;

    Changes(Random random, RespClient expected) {
      this.random = random;
      this.expected = expected;
    }

    private Reply run(RespClient at, String... words) throws Exception {
      Reply reply = at.call(words);
      if (reply instanceof Reply.Error error && error.message().startsWith("MOVED")) {
        return reply;
      }
      Reply wanted = expected.call(words);
      assertThat(reply instanceof Reply.Error).isEqualTo(wanted instanceof Reply.Error);
      return reply;
    }

    void fill() throws Exception {
      for (String name : List.of("{a}0", "{a}1", "{a}2")) {
        for (int from = 0; from < LARGE; from += 500) {
          List<String> set = new ArrayList<>(List.of("SADD", name + "s"));
          List<String> hash = new ArrayList<>(List.of("HSET", name + "h"));
          List<String> sorted = new ArrayList<>(List.of("ZADD", name + "z"));
          List<String> list = new ArrayList<>(List.of("RPUSH", name + "l"));
          for (int i = from; i < from + 500; i++) {
            set.add("m" + i);
            hash.add("f" + i);
            hash.add("" + i);
            sorted.add(i + ".25");
            sorted.add("m" + i);
            list.add("e" + i);
          }
          for (List<String> each : List.of(set, hash, sorted, list)) {
            Reply unused = run(source, each.toArray(String[]::new));
          }
        }
      }
      for (int i = 0; i < 3000; i++) {
        Reply unused = run(source, "SET", "{a}k" + i, "" + i);
      }
    }

    void runUntilMoved() throws Exception {
      Reply reply;
      do {
        reply = random.nextInt(8) == 0 ? transaction() : run(source, next());
      } while (!(reply instanceof Reply.Error error && error.message().startsWith("MOVED")));
    }

    private Reply transaction() throws Exception {
      List<String[]> commands = List.of(next(), next(), next());
      ok(source.call("MULTI"));
      Reply refused = null;
      for (String[] each : commands) {
        Reply queued = source.call(each);
        refused = queued instanceof Reply.Error ? queued : refused;
      }
      Reply done = source.call("EXEC");
      if (refused != null || done instanceof Reply.Error) {
        return refused == null ? done : refused;
      }
      for (String[] each : commands) {
        Reply unused = expected.call(each);
      }
      return done;
    }

    private String any() {
      return "{a}" + random.nextInt(3);
    }

    private String[] next() {
      String number = "" + random.nextInt(LARGE + LARGE / 5);
      return switch (random.nextInt(30)) {
        case 0, 1, 2 -> new String[] {"SADD", any() + "s", "m" + number};
        case 3, 4 -> new String[] {"SREM", any() + "s", "m" + number};
        case 5, 6 -> new String[] {"HINCRBY", any() + "h", "f" + number, "7"};
        case 7, 8 -> new String[] {"HDEL", any() + "h", "f" + number};
        case 9, 10 -> new String[] {"ZINCRBY", any() + "z", "1.5", "m" + number};
        case 11, 12 -> new String[] {"ZREM", any() + "z", "m" + number};
        case 13 -> new String[] {"ZADD", any() + "z", "GT", "3000", "m" + number};
        case 14 -> new String[] {"ZPOPMIN", any() + "z"};
        case 15 -> new String[] {"ZREMRANGEBYRANK", any() + "z", "10", "12"};
        case 16 -> new String[] {"SINTERSTORE", "{a}i", any() + "s", any() + "s"};
        case 17 -> new String[] {"RENAME", any() + "s", any() + "s"};
        case 18 -> new String[] {"SMOVE", any() + "s", any() + "s", "m" + number};
        case 19 -> new String[] {"COPY", any() + "h", any() + "h", "REPLACE"};
        case 20 -> new String[] {"LPOP", any() + "l"};
        case 21 -> new String[] {"RPUSH", any() + "l", number};
        case 22 -> new String[] {"LMOVE", any() + "l", any() + "l", "LEFT", "RIGHT"};
        case 23 -> new String[] {"EXPIRE", any() + "z", "100000"};
        case 24 -> new String[] {"PERSIST", any() + "z"};
        case 25 -> new String[] {"INCR", "{a}k" + random.nextInt(3000)};
        case 26 -> new String[] {"APPEND", "{a}k" + random.nextInt(3000), "1"};
        case 27 -> new String[] {"XADD", "{a}x", System.nanoTime() + "-1", "f", "v"};
        case 28 ->
            random.nextInt(20) == 0
                ? new String[] {"DEL", any() + "s"}
                : new String[] {"DEL", "{a}k" + number};
        default -> new String[] {"SUNIONSTORE", any() + "s", any() + "s", "{a}i"};
      };
    }
  }
}
