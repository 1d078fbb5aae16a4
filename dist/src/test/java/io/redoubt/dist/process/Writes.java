package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Random changes to values of every type: binary keys and values, large values that compress and
 * that don't, numbers, near and far expiry times, several databases.
 */
final class Writes {
  static final int[] DATABASES = {0, 1, 9};

  /** The prefix of keys that expire within a second. */
  static final String SHORT_LIVED = "short:";

  /** The name of the consumer group of some of the streams. */
  static final String GROUP = "group";

  private static final String SCRIPT =
      """
      redis.call('INCR', KEYS[1])
      redis.call('SADD', KEYS[2], ARGV[1], ARGV[1] .. 'x', redis.call('TIME')[2])
      return redis.call('SPOP', KEYS[2])
      """;
  private static final List<String> HARMLESS =
      List.of("not an integer", "overflow", "BUSYGROUP", "NOGROUP");
  private static final int LARGE_BYTES = 70_000;
  private static final int LARGE_KEYS = 5;
  private static final long FAR_MILLIS = 3_600_000;
  private static final int BATCH = 100;
  private static final int CHANGES_A_TURN = 300;
  private static final String PACE_MILLIS = "100";

  private final Random random;

  Writes(Random random) {
    this.random = random;
  }

  /** Writes to every database: the given number of small changes, and large values. */
  void write(NodeProcess node, int changes) throws IOException {
    try (RespClient client = node.connect()) {
      for (int database : DATABASES) {
        List<byte[][]> requests = new ArrayList<>();
        requests.add(new byte[][] {ascii("SELECT"), ascii(database + "")});
        for (int i = 0; i < LARGE_KEYS; i++) {
          requests.add(new byte[][] {ascii("SET"), ascii("large:" + i), large()});
        }
        for (int i = 0; i < changes; i++) {
          requests.add(change());
        }
        requests.addAll(transaction());
        for (int from = 0; from < requests.size(); from += BATCH) {
          send(client, requests.subList(from, Math.min(from + BATCH, requests.size())));
        }
      }
    }
  }

  /**
   * Writes to each database in turn until the thread is interrupted. A pause after each turn keeps
   * a slow replica from falling far behind.
   */
  void writeUntilInterrupted(NodeProcess node) throws IOException {
    try (RespClient client = node.connect()) {
      for (int turn = 0; !Thread.currentThread().isInterrupted(); turn++) {
        client.call("SELECT", DATABASES[turn % DATABASES.length] + "");
        check(client.call(ascii("SET"), ascii("large:" + turn % LARGE_KEYS), large()));
        for (int i = 0; i < CHANGES_A_TURN; i++) {
          check(client.call(change()));
        }
        send(client, transaction());
        client.call("WAIT", "1", PACE_MILLIS);
      }
    }
  }

  private static void send(RespClient client, List<byte[][]> requests) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[][] request : requests) {
      bytes.write(RequestEncoder.encode(request));
    }
    client.sendRaw(bytes.toByteArray());
    for (int i = 0; i < requests.size(); i++) {
      check(client.receive());
    }
  }

  private static void check(Reply reply) {
    if (reply.isError() && HARMLESS.stream().noneMatch(reply.text()::contains)) {
      throw new AssertionError(reply.text());
    }
  }

  private byte[][] change() {
    int kind = random.nextInt(12);
    if (kind < 4) {
      return collectionChange();
    }
    if (kind == 4) {
      return rewrittenChange();
    }
    byte[] key = key();
    return switch (random.nextInt(11)) {
      case 0 -> new byte[][] {ascii("DEL"), key};
      case 1 -> new byte[][] {ascii("APPEND"), key, bytes(random.nextInt(100))};
      case 2 -> new byte[][] {ascii("PEXPIRE"), key, ascii(far())};
      case 3 -> new byte[][] {ascii("PERSIST"), key};
      case 4 ->
          new byte[][] {ascii("SET"), key, bytes(random.nextInt(200)), ascii("PX"), ascii(far())};
      case 5 -> new byte[][] {ascii("SET"), key, ascii(random.nextLong() + "")};
      case 6 ->
          new byte[][] {
            ascii("INCRBY"), ascii("counter:" + random.nextInt(20)), ascii(random.nextInt() + "")
          };
      case 7 -> new byte[][] {ascii("SETRANGE"), key, ascii(random.nextInt(50) + ""), bytes(20)};
      case 8 ->
          new byte[][] {
            ascii("SET"),
            ascii(SHORT_LIVED + random.nextInt(100)),
            bytes(10),
            ascii("PX"),
            ascii(1 + random.nextInt(500) + "")
          };
      default -> new byte[][] {ascii("SET"), key, bytes(random.nextInt(200))};
    };
  }

  /**
   * Returns a change that is replicated as a different command: random pops, fractions, scripts,
   * consumer groups.
   */
  private byte[][] rewrittenChange() {
    String number = ":" + random.nextInt(20);
    return switch (random.nextInt(9)) {
      case 0 -> words("SPOP set" + number);
      case 1 -> words("SPOP set" + number + " " + random.nextInt(5));
      case 2 -> words("INCRBYFLOAT float" + number + " " + random.nextInt(1000) / 7.0);
      case 3 -> words("HINCRBYFLOAT fractions" + number + " field " + random.nextInt(90) / 7.0);
      case 4 -> {
        byte[][] request =
            words("EVAL script 2 counted" + number + " drawn" + number + " " + random.nextInt(50));
        request[1] = ascii(SCRIPT);
        yield request;
      }
      case 5 -> words("XGROUP CREATE stream" + number + " " + GROUP + " 0 MKSTREAM");
      case 6 -> words("XREADGROUP GROUP " + GROUP + " one COUNT 3 STREAMS stream" + number + " >");
      case 7 -> words("XAUTOCLAIM stream" + number + " " + GROUP + " other 0 0 COUNT 2");
      default -> words("XTRIM stream" + number + " MAXLEN 40");
    };
  }

  /** Returns some changes wrapped in a transaction. */
  private List<byte[][]> transaction() {
    List<byte[][]> requests = new ArrayList<>();
    requests.add(words("MULTI"));
    for (int i = 0; i < 5; i++) {
      requests.add(change());
    }
    requests.add(words("EXEC"));
    return requests;
  }

  private static byte[][] words(String line) {
    return Arrays.stream(line.split(" ")).map(Writes::ascii).toArray(byte[][]::new);
  }

  /**
   * Returns a change of a collection; some collections stay compact, others outgrow the compact
   * encoding.
   */
  private byte[][] collectionChange() {
    int number = random.nextInt(20);
    String name = ":" + number;
    byte[] element = ascii((number % 2 == 0 ? "" : "element ") + random.nextInt(1 << number));
    return switch (random.nextInt(13)) {
      case 0, 1 -> new byte[][] {ascii("HSET"), ascii("hash" + name), element, bytes(number * 5)};
      case 2 -> new byte[][] {ascii("HDEL"), ascii("hash" + name), element};
      case 3 -> new byte[][] {ascii("LPUSH"), ascii("list" + name), element, bytes(number)};
      case 4 -> new byte[][] {ascii("RPUSH"), ascii("list" + name), element};
      case 5 -> new byte[][] {ascii("RPOP"), ascii("list" + name)};
      case 6, 7 -> new byte[][] {ascii("SADD"), ascii("set" + name), element};
      case 8 -> new byte[][] {ascii("SREM"), ascii("set" + name), element};
      case 9, 10 ->
          new byte[][] {
            ascii("ZADD"), ascii("sorted" + name), ascii(random.nextInt(90) / 7.0 + ""), element
          };
      case 11 -> new byte[][] {ascii("ZREM"), ascii("sorted" + name), element};
      default ->
          new byte[][] {ascii("XADD"), ascii("stream" + name), ascii("*"), element, bytes(10)};
    };
  }

  /** Returns one of few keys, so that most are written several times; some are not text. */
  private byte[] key() {
    int number = random.nextInt(700);
    byte[] key = new byte[1 + number % 40];
    Seed.from(number).nextBytes(key);
    return key;
  }

  private byte[] large() {
    if (random.nextBoolean()) {
      return bytes(LARGE_BYTES);
    }
    return ascii((random.nextInt() + " is often repeated. ").repeat(LARGE_BYTES / 20));
  }

  private String far() {
    return Long.toString(FAR_MILLIS + random.nextInt(1_000_000));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
