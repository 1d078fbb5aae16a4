package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Hashes with expiring fields: fills a master with them, changes them, and compares replicas. */
final class ExpiringHashes {
  /** The least time at which the fields expire, in milliseconds since 1970. */
  static final long FAR = 33_177_117_420_000L;

  private static final String LARGE = "large";

  /** The key of the hash whose fields all expire. */
  static final String SMALL = "small";

  private final Random random;

  ExpiringHashes(Random random) {
    this.random = random;
  }

  /**
   * Creates a small hash whose fields all expire, a large one in which every second field does, and
   * one without expiries.
   */
  static void fill(ReplicationNode node) throws IOException {
    fill(node, SMALL, 40);
    fill(node, LARGE, 600);
    node.call("HSET plain a 1 b 2");
    node.call("SET string 1");
  }

  private static void fill(ReplicationNode node, String key, int fields) throws IOException {
    for (int i = 0; i < fields; i++) {
      node.call("HSET " + key + " f" + i + " v" + i);
      if (i % 2 == 0 || key.equals(SMALL)) {
        node.call("HPEXPIREAT " + key + " " + (FAR + i) + " FIELDS 1 f" + i);
      }
    }
  }

  /** Runs each command on expiries, with each of its possible effects. */
  void changeAll(ReplicationNode node) throws IOException {
    String key = "changed" + random.nextInt(1000);
    node.call("HSET " + key + " a 1 b 2 c 3 d 4 e 5");
    node.call("HEXPIRE " + key + " 1000000 FIELDS 2 a b");
    node.call("HPEXPIREAT " + key + " " + FAR + " FIELDS 3 c d missing");
    node.call("HPERSIST " + key + " FIELDS 1 a");
    node.call("HPERSIST " + key + " FIELDS 2 a c");
    node.call("HINCRBYFLOAT " + key + " b 1.5");
    node.call("HSET " + key + " d again");
    node.call("HEXPIRE " + key + " 0 FIELDS 1 e");
    node.call("HPEXPIREAT " + SMALL + " " + (FAR + random.nextInt(1000)) + " FIELDS 2 f1 f2");
    byte[] payload = ((Reply.Bulk) node.call("DUMP " + SMALL)).bytes();
    node.call(bytes("RESTORE"), bytes(key + "restored"), bytes("0"), payload);
    node.call(bytes("RESTORE"), bytes(key + "volatile"), bytes("1000000"), payload);
    node.call("COPY " + SMALL + " " + key + "copy");
    node.call("RENAME " + key + "copy " + key + "renamed");
    node.ask("MULTI");
    node.ask("HPEXPIREAT " + LARGE + " " + FAR + " FIELDS 2 f1 f3");
    node.ask("HPERSIST " + LARGE + " FIELDS 1 f0");
    node.call("EXEC");
    node.call(
        bytes("EVAL"),
        bytes("return redis.call('HPEXPIREAT', KEYS[1], ARGV[1], 'FIELDS', '1', 'f5')"),
        bytes("1"),
        bytes(LARGE),
        bytes(Long.toString(FAR)));
  }

  /**
   * Asserts that all replicas have the hashes of the first node, and that no command failed on
   * them.
   */
  static void assertInStep(ReplicationNode master, ReplicationNode... replicas) throws IOException {
    for (ReplicationNode replica : replicas) {
      replica.untilInSyncWith(master);
      // A master hides due fields at once, but removes them and sends HDEL up to 100 ms later.
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(hashes(replica)).isEqualTo(hashes(master)).isNotEmpty());
      assertThat(replica.info("errorstats").keySet()).isSubsetOf("errorstat_NOMASTERLINK");
    }
  }

  /** Returns all keys with their fields and values. */
  static Map<String, Map<String, String>> hashes(ReplicationNode node) throws IOException {
    Map<String, Map<String, String>> hashes = new TreeMap<>();
    for (Reply key : node.call("KEYS *").elements()) {
      Map<String, String> fields = new TreeMap<>();
      if (node.ask("TYPE " + key.text()).equals("hash")) {
        List<Reply> all = node.call("HGETALL " + key.text()).elements();
        for (int i = 0; i < all.size(); i += 2) {
          fields.put(all.get(i).text(), all.get(i + 1).text());
        }
      }
      hashes.put(key.text(), fields);
    }
    return hashes;
  }

  /** Returns all expiring fields, with their times. */
  static Map<String, Long> expiries(ReplicationNode node) throws IOException {
    Map<String, Long> expiries = new TreeMap<>();
    for (Map.Entry<String, Map<String, String>> hash : hashes(node).entrySet()) {
      for (String field : hash.getValue().keySet()) {
        Reply time = node.call("HPEXPIRETIME " + hash.getKey() + " FIELDS 1 " + field);
        long at = time.elements().getFirst().number();
        if (at > 0) {
          expiries.put(hash.getKey() + " " + field, at);
        }
      }
    }
    return expiries;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
