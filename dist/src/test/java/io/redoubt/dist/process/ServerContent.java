package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The content of a server, key by key, as seen by a client. */
final class ServerContent {
  /** The index of the last delivered id in XINFO GROUPS. */
  private static final int LAST_DELIVERED = 7;

  private static final int SHOWN_BYTES = 300;
  private static final int SHOWN_DIFFERENCES = 10;

  private ServerContent() {}

  /**
   * Returns the keys of each database with value and expiry time. Long values are given by length
   * and hash, collections by digest.
   */
  static Map<String, String> of(NodeProcess node) throws IOException {
    Map<String, String> content = new TreeMap<>();
    try (RespClient client = node.connect()) {
      for (int database : Writes.DATABASES) {
        client.call("SELECT", database + "");
        for (byte[] key : keys(client)) {
          ByteArrayOutputStream both = new ByteArrayOutputStream();
          both.write(RequestEncoder.encode(ascii("GET"), key));
          both.write(RequestEncoder.encode(ascii("PEXPIRETIME"), key));
          both.write(RequestEncoder.encode(ascii("DEBUG"), ascii("DIGEST-VALUE"), key));
          client.sendRaw(both.toByteArray());
          Reply value = client.receive();
          Reply expiry = client.receive();
          Reply valueDigest = client.receive();
          if (value.isError()) { // a collection
            value = valueDigest;
          }
          content.put(
              database + " " + HexFormat.of().formatHex(key),
              (value instanceof Reply.Bulk bulk ? shown(bulk.bytes()) : value)
                  + " "
                  + expiry.text());
        }
      }
    }
    return content;
  }

  /**
   * Returns the consumer groups of each stream: the last delivered id and the pending entries by
   * consumer. Idle consumers and the count of entries read are left out: neither the replication
   * stream nor every RDB version carries them.
   */
  static Map<String, String> groups(NodeProcess node) throws IOException {
    Map<String, String> groups = new TreeMap<>();
    try (RespClient client = node.connect()) {
      for (int database : Writes.DATABASES) {
        client.call("SELECT", database + "");
        for (byte[] key : keys(client)) {
          if (!client.call(ascii("TYPE"), key).text().equals("stream")) {
            continue;
          }
          List<Reply> state = client.call(ascii("XINFO"), ascii("GROUPS"), key).elements();
          if (!state.isEmpty()) {
            Reply pending = client.call(ascii("XPENDING"), key, ascii(Writes.GROUP));
            groups.put(
                database + " " + new String(key, US_ASCII),
                state.getFirst().elements().get(LAST_DELIVERED).text() + " " + pending);
          }
        }
      }
    }
    return groups;
  }

  /** Waits until a master has removed the short-lived keys of a test. */
  static void awaitShortLivedRemoved(NodeProcess master) {
    await().atMost(Distribution.LIMIT).until(() -> of(master).size() == lasting(master).size());
  }

  /** Returns the content without the short-lived keys of a test. */
  static Map<String, String> lasting(NodeProcess node) throws IOException {
    String shortLived = " " + HexFormat.of().formatHex(ascii(Writes.SHORT_LIVED));
    Map<String, String> content = of(node);
    content.keySet().removeIf(key -> key.contains(shortLived));
    return content;
  }

  /** Returns some lines of the first content that are missing from the second. */
  static List<String> differences(Map<String, String> actual, Map<String, String> expected) {
    Set<String> keys = new TreeSet<>(actual.keySet());
    keys.addAll(expected.keySet());
    return keys.stream()
        .filter(key -> !Objects.equals(actual.get(key), expected.get(key)))
        .limit(SHOWN_DIFFERENCES)
        .map(key -> key + ": " + actual.get(key) + ", expected " + expected.get(key))
        .toList();
  }

  /** Returns the DEBUG DIGEST of all databases, which is independent of key order. */
  static String digest(NodeProcess node) throws IOException {
    Reply digest = node.ask("DEBUG", "DIGEST");
    if (digest.isError() || digest.text().length() != 40) {
      throw new AssertionError("DEBUG DIGEST: " + digest);
    }
    return digest.text();
  }

  private static List<byte[]> keys(RespClient client) throws IOException {
    List<byte[]> keys = new ArrayList<>();
    String cursor = "0";
    do {
      List<Reply> page = client.call("SCAN", cursor, "COUNT", "500").elements();
      cursor = page.getFirst().text();
      page.getLast().elements().forEach(key -> keys.add(((Reply.Bulk) key).bytes()));
    } while (!cursor.equals("0"));
    return keys;
  }

  private static String shown(byte[] value) {
    return value.length <= SHOWN_BYTES
        ? HexFormat.of().formatHex(value)
        : value.length + " bytes, " + Arrays.hashCode(value);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  /**
   * Waits until a replica has reached its master's offset, and asserts that both have the same
   * data.
   */
  static void agree(NodeProcess master, NodeProcess replica) {
    await()
        .atMost(Distribution.LIMIT)
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(() -> {
          Map<String, String> expected = master.info("replication");
          assertThat(replica.info("replication"))
              .containsEntry("master_link_status", "up")
              .containsEntry("master_replid", expected.get("master_replid"))
              .containsEntry("master_repl_offset", expected.get("master_repl_offset"));
          assertThat(digest(replica)).isEqualTo(digest(master));
        });
  }
}
