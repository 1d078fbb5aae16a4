package io.redoubt.server;

import static io.redoubt.server.TypedCommands.OTHER_KEY;
import static io.redoubt.server.TypedCommands.OTHER_VALUE;
import static io.redoubt.server.TypedCommands.RESULT_KEY;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.snapshot.HostilePayloads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Mutated payloads under RESTORE into a running server: each is refused with an error, or its key
 * can be read, changed by every command of its type, dumped, saved, rewritten, loaded and removed.
 * {@code -Dredoubt.mutations=N} runs N of them.
 */
@ServerTest({"appendfsync no", "aof-use-rdb-preamble no", "auto-aof-rewrite-percentage 0"})
final class RestoreMutationTest {

  private static final int MUTATIONS = Integer.getInteger("redoubt.mutations", 400);
  private static final int BATCH = 100;
  private static final byte HASH_METADATA = 24; // the count is nine bytes later
  private static final int BATCHES_UNTIL_REWRITE = 10;
  private static final int COMMANDS = 12;
  private static final int TIMEOUT_MILLIS = 120_000;

  /** CPU time of the event loop for a pipeline of at most {@link #SENT_BYTES}. */
  private static final Duration LONGEST_PIPELINE = Duration.ofSeconds(2);

  private static final int SENT_BYTES = 1 << 15;
  private static final Reply NEGATIVE_ZERO = new Reply.Bulk(latin("-0"));
  private static final Reply ZERO = new Reply.Bulk(latin("0"));
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** The limit of used memory; the values held at a time need far less. */
  private static final long MAX_BYTES = 256 << 20;

  /**
   * The memory that a long-running server may hold beyond a fresh one: buffers of its connection.
   */
  private static final long LASTING_BYTES = 4 << 20;

  private final RandomGenerator random = Seed.random("RestoreMutationTest");
  private final HostilePayloads payloads = new HostilePayloads(random);
  private final TypedCommands commands = new TypedCommands(random);
  private final Dialogue redis;
  private long loop;
  private long hiding;
  private Duration slowest = Duration.ZERO;

  /**
   * An accepted key.
   *
   * @param hides true for a hash with due fields, which only some commands see, or a sorted set
   *     with a score of -0, which a listpack stores as 0
   */
  private record Accepted(
      String key, byte[] payload, String type, boolean hides, StringBuilder used) {
    @Override
    public String toString() {
      return type + " " + HexFormat.of().formatHex(payload) + used;
    }
  }

  RestoreMutationTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void refusesAMutantOrRestoresAUsableKey() throws IOException {
    redis.client().setTimeout(TIMEOUT_MILLIS);
    loop = loop();
    reply("DEBUG", "SET-ACTIVE-EXPIRE", "0"); // due fields of hashes stay
    int accepted = 0;
    long before = 0;
    int batches = MUTATIONS / BATCH;
    for (int batch = 0; batch < batches; batch++) {
      List<byte[]> mutants = new ArrayList<>();
      for (int i = 0; i < BATCH; i++) {
        mutants.add(payloads.next());
      }
      try {
        accepted += run(mutants, batch % BATCHES_UNTIL_REWRITE == 0);
      } catch (IOException | RuntimeException e) {
        StringBuilder all = new StringBuilder();
        mutants.forEach(payload -> all.append('\n').append(HexFormat.of().formatHex(payload)));
        fail("batch " + batch + " of" + all, e);
      }
      assertThat(redis.ask("FLUSHALL")).isEqualTo("OK");
      if (batch == batches / 3) {
        before = redis.usedMemory();
      }
    }
    System.out.printf(
        "RestoreMutationTest: %d of %d accepted, %d with fields that are due, slowest pipeline %d"
            + " ms%n",
        accepted, batches * BATCH, hiding, slowest.toMillis());
    assertThat(accepted).isBetween(MUTATIONS / 10, MUTATIONS * 9 / 10);
    assertThat(redis.usedMemory()).isLessThan(before + LASTING_BYTES);
    String info = redis.text("INFO memory");
    int peak = info.indexOf("used_memory_peak:") + "used_memory_peak:".length();
    assertThat(Long.parseLong(info.substring(peak, info.indexOf('\r', peak))))
        .isLessThan(MAX_BYTES);
  }

  private int run(List<byte[]> mutants, boolean rewrites) throws IOException {
    List<Accepted> accepted = restore(mutants);
    int count = accepted.size();
    hiding += accepted.stream().filter(key -> key.hides && key.type.equals("hash")).count();
    checkAll(accepted);
    dumps(accepted);
    reload(accepted, rewrites);
    use(accepted);
    accepted.removeIf(key -> reply("EXISTS", key.key).number() == 0);
    checkAll(accepted);
    dumps(accepted);
    reload(accepted, rewrites);
    for (Accepted key : accepted) {
      assertThat(reply("DEL", key.key).number()).as("%s", key).isBetween(key.hides ? 0L : 1L, 1L);
    }
    return count;
  }

  private List<Accepted> restore(List<byte[]> mutants) throws IOException {
    List<byte[][]> requests = new ArrayList<>();
    for (int i = 0; i < mutants.size(); i++) {
      requests.add(new byte[][] {latin("RESTORE"), latin("k" + i), latin("0"), mutants.get(i)});
      requests.add(words("TYPE", "k" + i));
      requests.add(words("DUMP", "k" + i));
      requests.add(words("HLEN", "k" + i));
      requests.add(words("ZRANGE", "k" + i, "0", "-1", "WITHSCORES"));
    }
    List<Reply> replies = all(requests);
    List<Accepted> accepted = new ArrayList<>();
    for (int i = 0; i < mutants.size(); i++) {
      Reply restored = replies.get(5 * i);
      String type = replies.get(5 * i + 1).text();
      if (restored.isError()) {
        assertThat(restored.text())
            .as("%s", HexFormat.of().formatHex(mutants.get(i)))
            .isIn("ERR Bad data format", "ERR DUMP payload version or checksum are wrong", "OOM");
        assertThat(type).isEqualTo("none");
      } else if (!type.equals("none")) { // every field of a hash may have expired
        boolean hides =
            type.equals("zset")
                ? replies.get(5 * i + 4).elements().contains(NEGATIVE_ZERO)
                : type.equals("hash") && hides(replies.get(5 * i + 2), replies.get(5 * i + 3));
        accepted.add(new Accepted("k" + i, mutants.get(i), type, hides, new StringBuilder()));
      }
    }
    return accepted;
  }

  /** Returns true if a dump has more fields than HLEN counts. */
  private static boolean hides(Reply dump, Reply length) {
    if (dump.isNull()) {
      return true; // every field is due
    }
    byte[] bytes = ((Reply.Bulk) dump).bytes();
    if (bytes[0] != HASH_METADATA) {
      return false;
    }
    int count = bytes[9] < 0x40 ? bytes[9] : (bytes[9] & 0x3f) << 8 | bytes[10] & 0xff;
    return count != length.number();
  }

  /**
   * Returns a request for the content of a key; for one that hides elements, of the visible ones.
   */
  private static byte[][] content(Accepted of, String key) {
    if (of.hides && of.type.equals("zset")) {
      return words("ZRANGE", key, "0", "-1", "WITHSCORES");
    }
    return of.hides ? words("HGETALL", key) : words("DEBUG", "DIGEST-VALUE", key);
  }

  /** Returns a form of the content that is equal for equal values. */
  private static Object comparable(Accepted of, Reply content) {
    if (!of.hides) {
      return content;
    }
    Map<Reply, Reply> fields = new HashMap<>();
    List<Reply> flat = content.elements();
    for (int i = 0; i < flat.size(); i += 2) {
      Reply value = flat.get(i + 1);
      fields.put(flat.get(i), value.equals(NEGATIVE_ZERO) ? ZERO : value);
    }
    return fields;
  }

  /** RESTORE accepts each DUMP and yields the same value. */
  private void dumps(List<Accepted> keys) throws IOException {
    List<byte[][]> requests = new ArrayList<>();
    for (Accepted key : keys) {
      requests.add(words("DUMP", key.key));
      requests.add(content(key, key.key));
    }
    List<Reply> dumps = all(requests);
    requests.clear();
    for (int i = 0; i < keys.size(); i++) {
      if (dumps.get(2 * i).isNull()) {
        assertThat(keys.get(i).hides).as("%s", keys.get(i)).isTrue();
        requests.add(words("DEL", "d"));
      } else {
        byte[] payload = ((Reply.Bulk) dumps.get(2 * i)).bytes();
        requests.add(
            new byte[][] {latin("RESTORE"), latin("d"), latin("0"), payload, latin("REPLACE")});
      }
      requests.add(content(keys.get(i), "d"));
    }
    List<Reply> restored = all(requests);
    for (int i = 0; i < keys.size(); i++) {
      Accepted key = keys.get(i);
      assertThat(restored.get(2 * i).isError()).as("%s", key).isFalse();
      assertThat(comparable(key, restored.get(2 * i + 1)))
          .as("%s", key)
          .isEqualTo(comparable(key, dumps.get(2 * i + 1)));
    }
    reply("DEL", "d");
  }

  /** Counts agree with contents, and no element occurs twice. */
  private void checkAll(List<Accepted> keys) throws IOException {
    List<byte[][]> requests = new ArrayList<>();
    for (Accepted key : keys) {
      for (String[] read : TypedCommands.reads(key.type, key.key)) {
        requests.add(words(read));
      }
    }
    List<Reply> replies = all(requests);
    for (int i = 0; i < keys.size(); i++) {
      Accepted key = keys.get(i);
      long count = replies.get(2 * i).number();
      Reply read = replies.get(2 * i + 1);
      if (key.type.equals("string")) {
        assertThat(((Reply.Bulk) read).bytes()).as("%s", key).hasSize((int) count);
        continue;
      }
      List<Reply> elements = read.elements();
      if (!key.type.equals("list")) {
        assertThat(new HashSet<>(elements)).as("%s", key).hasSameSizeAs(elements);
      }
      assertThat(elements).as("%s", key).hasSize((int) count);
    }
  }

  /** A save and a load, and occasionally a rewrite and its load, yield the same values. */
  private void reload(List<Accepted> keys, boolean rewrites) throws IOException {
    List<Object> contents = contents(keys);
    assertThat(reply("DEBUG", "RELOAD").text()).isEqualTo("OK");
    same(keys, contents, "saved and loaded");
    if (!rewrites) {
      return;
    }
    reply("CONFIG", "SET", "appendonly", "yes");
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(() -> {
          String info = redis.text("INFO persistence");
          return info.contains("aof_rewrite_in_progress:0")
              && info.contains("aof_rewrite_scheduled:0");
        });
    assertThat(redis.text("INFO persistence")).contains("aof_last_bgrewrite_status:ok");
    assertThat(reply("DEBUG", "LOADAOF").text()).isEqualTo("OK");
    same(keys, contents, "rewritten and loaded");
    reply("CONFIG", "SET", "appendonly", "no");
  }

  /** Returns the contents of the keys, and the digest of all if no key hides anything. */
  private List<Object> contents(List<Accepted> keys) throws IOException {
    List<byte[][]> requests = new ArrayList<>();
    boolean hides = false;
    for (Accepted key : keys) {
      requests.add(content(key, key.key));
      hides |= key.hides;
    }
    requests.add(hides ? words("PING") : words("DEBUG", "DIGEST"));
    List<Reply> replies = all(requests);
    List<Object> contents = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      contents.add(comparable(keys.get(i), replies.get(i)));
    }
    contents.add(replies.getLast());
    return contents;
  }

  private void same(List<Accepted> keys, List<Object> before, String occasion) throws IOException {
    List<Object> after = contents(keys);
    for (int i = 0; i < keys.size(); i++) {
      assertThat(after.get(i)).as("%s: %s", occasion, keys.get(i)).isEqualTo(before.get(i));
    }
    assertThat(after.getLast()).as("%s", occasion).isEqualTo(before.getLast());
  }

  /** Runs commands of the key's type on each key. */
  private void use(List<Accepted> keys) throws IOException {
    List<byte[][]> requests = new ArrayList<>();
    List<Accepted> of = new ArrayList<>();
    List<List<String>> samples = elements(keys);
    reply("SET", OTHER_KEY, OTHER_VALUE);
    for (int k = 0; k < keys.size(); k++) {
      Accepted key = keys.get(k);
      List<String> elements = samples.get(k);
      for (int i = 0; i < COMMANDS; i++) {
        String[] words = commands.next(key.type, key.key, elements);
        requests.add(words(words));
        of.add(key);
        key.used.append('\n').append(String.join(" ", words));
      }
    }
    List<Reply> replies = all(requests);
    for (int i = 0; i < replies.size(); i++) {
      if (replies.get(i) instanceof Reply.Error error) {
        assertThat(error.message())
            .as("%s %s", line(requests.get(i)), of.get(i))
            .doesNotStartWith("ERR internal")
            .doesNotStartWith("ERR unknown command")
            .doesNotStartWith("ERR wrong number")
            .doesNotStartWith("ERR syntax");
      }
    }
    reply("DEL", RESULT_KEY, OTHER_KEY);
    for (Accepted key : keys) {
      reply("PERSIST", key.key); // the digest includes the expiry, which payloads lack
    }
  }

  private static String line(byte[][] words) {
    StringBuilder line = new StringBuilder();
    for (byte[] word : words) {
      line.append(new String(word, ISO_8859_1)).append(' ');
    }
    return line.toString();
  }

  /** Returns up to three elements of each key; for a stream, ids. */
  private List<List<String>> elements(List<Accepted> keys) throws IOException {
    List<byte[][]> requests = new ArrayList<>();
    for (Accepted key : keys) {
      requests.add(words(TypedCommands.sample(key.type, key.key)));
    }
    List<List<String>> all = new ArrayList<>();
    for (Reply reply : all(requests)) {
      List<String> elements = new ArrayList<>(List.of("1-1"));
      if (reply instanceof Reply.Array array) {
        array.elements().forEach(element -> elements.add(latin(element)));
      }
      all.add(elements);
    }
    return all;
  }

  /** Returns the id of the server's command thread; other servers of the JVM have one, too. */
  private long loop() {
    Map<Long, Long> cpuNanos = new HashMap<>();
    for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().equals("redis-server")) {
        cpuNanos.put(thread.getThreadId(), THREADS.getThreadCpuTime(thread.getThreadId()));
      }
    }
    assertThat(reply("EVAL", "for i = 1, 1e7 do end", "0")).isInstanceOf(Reply.Null.class);
    cpuNanos.replaceAll((id, before) -> THREADS.getThreadCpuTime(id) - before);
    return Collections.max(cpuNanos.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  /**
   * Sends requests and returns their replies, at most as many at a time as sockets are sure to
   * hold.
   */
  private List<Reply> all(List<byte[][]> requests) throws IOException {
    RespClient client = redis.client();
    List<Reply> replies = new ArrayList<>();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int sent = 0;
    for (int i = 0; i < requests.size(); i++) {
      out.writeBytes(RequestEncoder.encode(requests.get(i)));
      if (out.size() > SENT_BYTES || i == requests.size() - 1) {
        int first = sent;
        long start = THREADS.getThreadCpuTime(loop);
        client.sendRaw(out.toByteArray());
        out.reset();
        for (; sent <= i; sent++) {
          try {
            replies.add(client.receive());
          } catch (IOException e) {
            throw new IOException(line(requests.get(sent)), e);
          }
        }
        Duration time = Duration.ofNanos(THREADS.getThreadCpuTime(loop) - start);
        slowest = time.compareTo(slowest) > 0 ? time : slowest;
        if (time.compareTo(LONGEST_PIPELINE) > 0) {
          fail(
              "%s for %s",
              time, requests.subList(first, sent).stream().map(RestoreMutationTest::line).toList());
        }
      }
    }
    return replies;
  }

  private Reply reply(String... words) {
    try {
      return redis.client().call(words(words));
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", words), e);
    }
  }

  private static byte[][] words(String... words) {
    byte[][] bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = latin(words[i]);
    }
    return bytes;
  }

  private static byte[] latin(String text) {
    return text.getBytes(ISO_8859_1);
  }

  /** The bytes of an element; for an entry of a stream, its id. */
  private static String latin(Reply element) {
    return element instanceof Reply.Array entry
        ? latin(entry.elements().get(0))
        : new String(((Reply.Bulk) element).bytes(), ISO_8859_1);
  }
}
