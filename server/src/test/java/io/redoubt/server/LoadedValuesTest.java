package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Values built by commands, compared key by key with themselves after a load: content, encoding,
 * memory, and the changes that follow. Sizes lie around the limits of each encoding, both of the
 * limits in force at the save and of lower ones at the load.
 */
final class LoadedValuesTest {

  private static final int[] COUNTS = {1, 7, 127, 128, 129, 511, 512, 513, 3000};

  /** A hash or set that commands grew step by step may be smaller or larger than a loaded one. */
  private static final double MEMORY_TOLERANCE = 1.03;

  private static final long TABLE_SLACK_BYTES = 256;

  /**
   * A push compares the bytes of its elements with the limit, a load those of the listpack, as in
   * Redis: the encoding of a list between both changes by a load.
   */
  private static final String BETWEEN_LIMITS = "list:127:64";

  private static List<List<String>> commands() {
    List<List<String>> all = new ArrayList<>();
    for (int count : COUNTS) {
      for (int length : new int[] {3, 64, 65}) {
        String name = ":" + count + ":" + length;
        List<String> set = new ArrayList<>(List.of("SADD", "set" + name));
        List<String> hash = new ArrayList<>(List.of("HSET", "hash" + name));
        List<String> zset = new ArrayList<>(List.of("ZADD", "zset" + name));
        List<String> list = new ArrayList<>(List.of("RPUSH", "list" + name));
        for (int i = 0; i < count; i++) {
          String element = "e".repeat(length - 3) + (100 + i);
          set.add(element);
          hash.addAll(List.of(element, i % 2 == 0 ? element : Integer.toString(i)));
          zset.addAll(List.of(Integer.toString(i * 7919 % count), element));
          list.add(element);
        }
        all.addAll(List.of(set, hash, zset, list));
      }
      for (int i = 1; i <= count; i++) {
        all.add(List.of("XADD", "stream:" + count, i + "-1", "field", "value:" + i));
      }
      all.add(List.of("XGROUP", "CREATE", "stream:" + count, "group", "0"));
      all.add(
          List.of(
              "XREADGROUP",
              "GROUP",
              "group",
              "me",
              "COUNT",
              "9",
              "STREAMS",
              "stream:" + count,
              ">"));
      all.add(List.of("XDEL", "stream:" + count, count + "-1"));
    }
    for (int length : new int[] {0, 1, 20, 44, 45, 254, 4_095, 4_096, 4_097, 70_000}) {
      all.add(List.of("SET", "text:" + length, "v".repeat(length)));
      all.add(List.of("SET", "due:" + length, "w".repeat(length), "PXAT", "4000000000000"));
    }
    for (String number : List.of("0", "-1", "127", "40000", "70000", "9223372036854775807")) {
      all.add(List.of("SET", "number:" + number, number));
    }
    return all;
  }

  private record State(String digest, String encoding, long expiry) {}

  private static Map<String, State> states(RespClient client) throws IOException {
    Map<String, State> states = new TreeMap<>();
    for (Reply key : client.call("KEYS", "*").elements()) {
      String name = key.text();
      states.put(
          name,
          new State(
              client.call("DEBUG", "DIGEST-VALUE", name).elements().getFirst().text(),
              name.equals(BETWEEN_LIMITS) ? "" : client.call("OBJECT", "ENCODING", name).text(),
              client.call("PEXPIRETIME", name).number()));
    }
    return states;
  }

  private static Map<String, Long> memory(RespClient client) throws IOException {
    Map<String, Long> bytes = new TreeMap<>();
    for (Reply key : client.call("KEYS", "*").elements()) {
      bytes.put(key.text(), client.call("MEMORY", "USAGE", key.text(), "SAMPLES", "0").number());
    }
    return bytes;
  }

  /** Changes and reads each collection, for which its structure must be valid. */
  private static void change(RespClient client) throws IOException {
    for (int count : COUNTS) {
      for (int length : new int[] {3, 64, 65}) {
        String name = ":" + count + ":" + length;
        String last = "e".repeat(length - 3) + (99 + count);
        assertThat(client.call("SREM", "set" + name, last).number()).isOne();
        assertThat(client.call("HDEL", "hash" + name, last).number()).isOne();
        assertThat(client.call("ZRANK", "zset" + name, last).number()).isLessThan(count);
        assertThat(client.call("ZREM", "zset" + name, last).number()).isOne();
        assertThat(client.call("RPOP", "list" + name).text()).isEqualTo(last);
        client.call("SADD", "set" + name, "new", "another");
        client.call("HSET", "hash" + name, "new", "value");
        client.call("ZADD", "zset" + name, "-1", "new", "3.5", "another");
        client.call("LPUSH", "list" + name, "new");
        client.call("LINSERT", "list" + name, "AFTER", "new", "another");
      }
      client.call("XADD", "stream:" + count, "5000-1", "field", "new");
      client.call("XACK", "stream:" + count, "group", "1-1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void equalWhatCommandsBuilt(String compression) throws Exception {
    try (RedisServer built =
            TestServers.start("enable-debug-command yes", "rdbcompression " + compression);
        RespClient client = RespClient.connect("127.0.0.1", built.port())) {
      for (List<String> command : commands()) {
        Reply reply = client.call(command.toArray(String[]::new));
        assertThat(reply.isError()).as("%s: %s", command.getFirst(), reply).isFalse();
      }
      Map<String, State> expected = states(client);
      Map<String, Long> bytes = memory(client);
      assertThat(client.call("DEBUG", "RELOAD").text()).isEqualTo("OK");
      assertThat(states(client)).isEqualTo(expected);
      memory(client)
          .forEach((key, loaded) ->
              assertThat(loaded)
                  .as(key)
                  .isLessThanOrEqualTo(
                      (long) (bytes.get(key) * MEMORY_TOLERANCE) + TABLE_SLACK_BYTES));

      change(client);
      Map<String, State> changedAfterLoad = states(client);
      client.call("FLUSHALL");
      for (List<String> command : commands()) {
        client.call(command.toArray(String[]::new));
      }
      change(client);
      assertThat(changedAfterLoad).isEqualTo(states(client));
    }
  }

  /** Packed values that are too large for the limits at the load become tables. */
  @ParameterizedTest
  @ValueSource(ints = {0, 5, 100})
  void convertToTheLimitsAtTheLoad(int limit) throws Exception {
    try (RedisServer built = TestServers.start("enable-debug-command yes");
        RespClient client = RespClient.connect("127.0.0.1", built.port())) {
      for (List<String> command : commands()) {
        client.call(command.toArray(String[]::new));
      }
      Map<String, State> expected = states(client);
      for (String directive :
          List.of(
              "hash-max-listpack-entries",
              "set-max-listpack-entries",
              "set-max-intset-entries",
              "zset-max-listpack-entries")) {
        client.call("CONFIG", "SET", directive, Integer.toString(limit));
      }
      assertThat(client.call("DEBUG", "RELOAD").text()).isEqualTo("OK");
      Map<String, State> loaded = states(client);
      assertThat(loaded).hasSameSizeAs(expected);
      loaded.forEach((key, state) -> {
        assertThat(state.digest()).as(key).isEqualTo(expected.get(key).digest());
        if (key.startsWith("hash:") || key.startsWith("zset:")) {
          int count = Integer.parseInt(key.split(":")[1]);
          assertThat(state.encoding().equals("listpack"))
              .as("%s is %s", key, state.encoding())
              .isEqualTo(count <= limit && !key.endsWith(":65"));
        }
      });
      change(client);
    }
  }
}
