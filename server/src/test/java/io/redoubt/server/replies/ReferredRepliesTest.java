package io.redoubt.server.replies;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.memory.CheckingSlabs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Replies that refer to large values, to clients that read them after the values have changed. With
 * one loop and with I/O threads, plain and with TLS, and held back by {@code appendfsync always}.
 */
@ParameterizedClass
@CsvSource({"1,false,no", "3,false,yes", "1,true,yes", "3,true,no"})
final class ReferredRepliesTest {

  /** A disk may take half a minute for an fsync while everything else writes. */
  private static final int TIMEOUT_MILLIS = 120_000;

  private static final int VALUE_BYTES = 200_000;
  private static final String OLD = "o".repeat(VALUE_BYTES);
  private static final String OTHER = "z".repeat(VALUE_BYTES);

  /** Together more than the buffers of both sockets hold, see {@link NarrowSockets}. */
  private static final String PADDING = "p".repeat(1 << 20);

  private static final int PADDINGS = 6;

  private static final int SPARSE_REGISTERS = 16_384;

  private static final List<String> CHANGES =
      List.of(
          "APPEND key more",
          "SETRANGE key 0 new",
          "SETRANGE key 199995 longer-than-before",
          "SETBIT key 5 1",
          "BITFIELD key SET u8 #7 255 INCRBY u8 #100000 1",
          "SET key new",
          "SET key new GET",
          "GETSET key new",
          "GETDEL key",
          "DEL key",
          "UNLINK key",
          "PEXPIREAT key 1",
          "RENAME other key",
          "COPY other key REPLACE",
          "BITOP NOT key key",
          "BITOP AND key key other",
          "MOVE key 1",
          "EVAL \"redis.call('append','key','x') redis.call('setrange','key',3,'y')\" 0");

  private static final List<String> CHANGES_OF_ALL =
      List.of("FLUSHDB", "FLUSHALL ASYNC", "SWAPDB 0 1", "CONFIG SET maxmemory 1");

  private static Tls.Identity identity;

  @Parameter(0)
  private int threads;

  @Parameter(1)
  private boolean tls;

  @Parameter(2)
  private String durable;

  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private int tlsPort;
  private RedisServer server;
  private Dialogue redis;
  private boolean closed;

  @BeforeAll
  static void makeIdentity(@TempDir Path folder) throws Exception {
    identity = SelfSigned.make(folder, "server");
  }

  @BeforeEach
  void start() throws Exception {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "io-threads " + threads,
                "io-threads-always-active yes",
                "maxmemory-policy allkeys-random",
                "appendonly " + durable,
                "appendfsync always"));
    if (tls) {
      tlsPort = FreePorts.one();
      lines.add("tls-port " + tlsPort);
      lines.add("tls-auth-clients no");
      lines.add("tls-cert-file " + identity.certificate());
      lines.add("tls-key-file " + identity.key());
    }
    server =
        TestServers.make(
            new Log(Clock.system(), ZoneOffset.UTC, 1, log),
            CheckingSlabs::new,
            lines.toArray(String[]::new));
    server.start().get();
    redis = new Dialogue(server.port());
  }

  /** Closes the server, which finds blocks that were not freed. */
  @AfterEach
  void end() {
    redis.close();
    if (!closed) {
      server.close();
    }
    assertThat(log.toString(UTF_8)).doesNotContain("Error").doesNotContain("Exception");
  }

  private RespClient connect() throws IOException {
    if (!tls) {
      return RespClient.connect(
          "127.0.0.1",
          server.port(),
          TIMEOUT_MILLIS,
          new NarrowSockets(SocketFactory.getDefault()));
    }
    Tls trusting =
        Tls.client(
            null,
            new Tls.Authorities(identity.certificate(), null),
            new Tls.Terms(List.of("TLSv1.3"), "", List.of()));
    return RespClient.connect(
        "127.0.0.1", tlsPort, TIMEOUT_MILLIS, new NarrowSockets(trusting.sockets()));
  }

  /** Sets a key without TLS, which costs a test some time. */
  private void set(String key, String value) throws IOException {
    assertThat(redis.client().call("SET", key, value).text()).isEqualTo("OK");
  }

  /** Sends a request for padding and some keys, and returns once it has been executed. */
  private void request(RespClient slow, int keys) throws IOException {
    set("padding", PADDING);
    set("other", OTHER);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < keys; i++) {
      set("key" + i, OLD);
      names.add("key" + i);
    }
    requestKeys(slow, names);
  }

  private void requestKeys(RespClient slow, List<String> keys) throws IOException {
    List<String> words = new ArrayList<>(List.of("MGET"));
    words.addAll(Collections.nCopies(PADDINGS, "padding"));
    words.addAll(keys);
    redis.says("CONFIG RESETSTAT", "OK");
    slow.send(words.toArray(String[]::new));
    await().until(() -> redis.text("INFO commandstats").contains("cmdstat_mget:calls=1,"));
  }

  private void receivesOldValues(RespClient slow, int keys) throws IOException {
    redis.says("CONFIG SET maxmemory 0", "OK");
    for (int i = 0; i < keys + 3; i++) { // into the memory of the old values, if it were free
      redis.says("SET filler" + i + " " + OTHER, "OK");
    }
    List<Reply> values = ((Reply.Array) slow.receive()).elements();
    assertThat(values).hasSize(PADDINGS + keys);
    for (int i = 0; i < values.size(); i++) {
      String old = i < PADDINGS ? PADDING : OLD;
      assertThat(text(values.get(i)).equals(old)).as("value %d", i - PADDINGS).isTrue();
    }
  }

  private static String text(Reply reply) {
    return switch (reply) {
      case Reply.Bulk bulk -> new String(bulk.bytes(), ISO_8859_1);
      case Reply.Array array ->
          array.elements().stream().map(ReferredRepliesTest::text).collect(Collectors.joining(","));
      default -> reply.text();
    };
  }

  @Test
  void sendsTheValueAsItWas() throws Exception {
    try (RespClient slow = connect()) {
      request(slow, CHANGES.size());
      for (int i = 0; i < CHANGES.size(); i++) {
        String change = CHANGES.get(i).replace("key", "key" + i);
        assertThat(redis.ask(change)).as(change).doesNotStartWith("(error)");
      }
      receivesOldValues(slow, CHANGES.size());
      redis.says("GETRANGE key0 199999 -1", "\"omore\"");
      redis.says("GETRANGE key1 0 3", "\"newo\"");
    }
  }

  @Test
  void sendsTheValueOfADatabaseThatIsGone() throws Exception {
    try (RespClient slow = connect()) {
      for (String change : CHANGES_OF_ALL) {
        request(slow, 2);
        redis.says(change, "OK");
        receivesOldValues(slow, 2);
        redis.says("FLUSHALL", "OK");
      }
      assertThat(redis.text("INFO stats")).doesNotContain("\nevicted_keys:0\r");
    }
  }

  @Test
  void freesWhatAKilledClientReferredTo() throws Exception {
    try (RespClient slow = connect()) {
      request(slow, 1);
      long used = redis.usedMemory();
      redis.says("DEL padding", "(integer) 1");
      if (!tls || threads > 1) { // otherwise a chunk is free once it is encrypted
        assertThat(redis.usedMemory()).isGreaterThan(used - PADDING.length() / 2);
      }
      assertThat(redis.text("CLIENT LIST")).containsPattern(" omem=[1-9][0-9]{6} ");
      redis.says("CLIENT KILL TYPE normal SKIPME yes", "(integer) 1");
      await().until(() -> redis.usedMemory() < used - PADDING.length() / 2);
    }
  }

  @Test
  void countsReferredBytesAgainstTheLimit() throws Exception {
    redis.says("CONFIG SET client-output-buffer-limit \"normal 2097152 0 0\"", "OK");
    try (RespClient slow = connect()) {
      request(slow, 1);
      await()
          .until(() ->
              redis.text("INFO stats").contains("client_output_buffer_limit_disconnections:1\r"));
      assertThatThrownBy(slow::receive).isInstanceOf(IOException.class);
    }
  }

  /** PFCOUNT writes the cardinality into the value. */
  @Test
  void sendsAHyperLogLogAsItWas() throws Exception {
    byte[] sparse = new byte[16 + SPARSE_REGISTERS];
    System.arraycopy("HYLL\1".getBytes(ISO_8859_1), 0, sparse, 0, 5);
    sparse[15] = (byte) 0x80; // no cardinality
    for (int i = 0; i < SPARSE_REGISTERS; i++) {
      sparse[16 + i] = (byte) (0x80 | i % 2 << 2); // runs of one register with the value 1 or 2
    }
    try (RespClient slow = connect()) {
      set("padding", PADDING);
      redis.client().call("SET".getBytes(UTF_8), "logs".getBytes(UTF_8), sparse);
      requestKeys(slow, List.of("logs"));
      assertThat(redis.integer("PFCOUNT logs")).isPositive();
      redis.ask("PFADD logs a b c d e f");
      redis.says("SET filler " + OTHER, "OK");
      List<Reply> values = ((Reply.Array) slow.receive()).elements();
      assertThat(values.getLast()).isEqualTo(new Reply.Bulk(sparse));
    }
  }

  @Test
  void shutsDownWhileRepliesReferToValues() throws Exception {
    try (RespClient slow = connect()) {
      request(slow, 1);
      redis.says("DEL padding", "(integer) 1");
      redis.client().send("SHUTDOWN", "NOSAVE");
      assertThat(server.ended().get(20, TimeUnit.SECONDS)).isZero();
    }
  }

  @Test
  void endsWhileRepliesReferToValues() throws Exception {
    try (RespClient slow = connect()) {
      request(slow, 1);
      redis.says("DEL padding key0", "(integer) 2");
      server.close();
      closed = true;
    }
  }

  /** A short range of a long value would keep much more memory than the client's output counts. */
  @Test
  void copiesShortRangesOfLongValues() throws Exception {
    try (RespClient slow = connect()) {
      set("key", PADDING);
      long used = redis.usedMemory();
      slow.sendRaw("GETRANGE key 0 19999\r\n".repeat(400));
      await().until(() -> redis.text("INFO commandstats").contains("cmdstat_getrange:calls=400,"));
      redis.says("SET key \"\"", "OK");
      slow.receive();
      assertThat(redis.text("CLIENT LIST")).containsPattern(" cmd=getrange ");
      for (int i = 1; i < 400; i++) {
        assertThat(text(slow.receive()).equals(PADDING.substring(0, 20_000))).isTrue();
      }
      await().until(() -> redis.usedMemory() < used - PADDING.length() / 2);
    }
  }

  /** Each reply to a pipeline equals the value at the time of the command. */
  @Test
  void repliesToRandomPipelines() throws Exception {
    Random random = Seed.random("ReferredRepliesTest");
    try (RespClient client = connect()) {
      Map<String, StringBuilder> model = new HashMap<>();
      for (int round = 0; round < 4; round++) {
        client.call("HELLO", random.nextBoolean() ? "2" : "3");
        List<String> expected = new ArrayList<>();
        boolean threadsChange = threads > 1 && round % 2 == 1;
        for (int i = 0; i < 150; i++) {
          step(client, random, model, expected);
        }
        if (threadsChange) {
          redis.says("CONFIG SET io-threads " + (1 + random.nextInt(4)), "OK");
        }
        for (int i = 0; i < expected.size(); i++) {
          String reply = text(client.receive());
          if (expected.get(i) != null) {
            assertThat(reply.equals(expected.get(i))).as("round %d, reply %d", round, i).isTrue();
          }
        }
      }
    }
  }

  private static String value(Random random) {
    int length = (int) Math.exp(random.nextDouble(Math.log(1000), Math.log(400_000)));
    return Character.toString('a' + random.nextInt(26)).repeat(length);
  }

  /** Sends a command and applies it to the model; null is expected where the reply is no value. */
  private static void step(
      RespClient client, Random random, Map<String, StringBuilder> model, List<String> expected)
      throws IOException {
    String key = "key" + random.nextInt(3);
    StringBuilder current = model.get(key);
    if (current == null) {
      String fresh = value(random);
      client.send("SET", key, fresh);
      model.put(key, new StringBuilder(fresh));
      expected.add(null);
      return;
    }
    int at = random.nextInt(current.length());
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> {
        client.send("GET", key);
        expected.add(current.toString());
      }
      case 3 -> {
        client.send("GETRANGE", key, "" + at, "-1");
        expected.add(current.substring(at));
      }
      case 4 -> {
        client.send("APPEND", key, "tail");
        current.append("tail");
        expected.add(null);
      }
      case 5 -> {
        client.send("SETRANGE", key, "" + at, "middle");
        current.replace(at, Math.min(at + 6, current.length()), "middle");
        expected.add(null);
      }
      case 6 -> {
        client.send("GETDEL", key);
        expected.add(model.remove(key).toString());
      }
      case 7 -> {
        String fresh = value(random);
        client.send("SET", key, fresh, "GET");
        expected.add(model.put(key, new StringBuilder(fresh)).toString());
      }
      case 8 -> {
        client.send("EVAL", "return redis.call('GET', KEYS[1])", "1", key);
        expected.add(current.toString());
      }
      case 9 -> {
        client.send("MULTI");
        client.send("GET", key);
        client.send("APPEND", key, "tail");
        client.send("GET", key);
        client.send("EXEC");
        expected.addAll(Collections.nCopies(4, null));
        String before = current.toString();
        current.append("tail");
        expected.add(before + "," + current.length() + "," + current);
      }
      case 10 -> {
        boolean skips = random.nextBoolean();
        client.send("CLIENT", "REPLY", skips ? "SKIP" : "OFF");
        client.send("GET", key);
        if (!skips) {
          client.send("CLIENT", "REPLY", "ON");
          expected.add("OK");
        }
      }
      default -> {
        client.send("FLUSHALL");
        model.clear();
        expected.add(null);
      }
    }
  }
}
