package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.FailingSlabs;
import io.redoubt.server.memory.Shortage;
import io.redoubt.server.memory.Slabs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests each command with a failure of each of its allocations in turn: keys stay whole, little
 * memory is lost, and the server continues to serve.
 */
final class AllocationFailureTest {
  private static final int MAX_ALLOCATIONS = 400;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** A value under construction may be lost, which is acceptable in an emergency. */
  private static final int MAX_LOST_BLOCKS = 24;

  /** A request that adds keys whose expiry times, in order, fill the leaves of their tree. */
  private static final String FILL = "FILL";

  private static final int FILLED_KEYS = 300;

  private static final String[] KEYS = {"a", "b", "c", "d"};

  /** Requests that prepare keys, followed by the one whose allocations fail. */
  private static final String[] SCENARIOS = {
    "SET a $100",
    "SET a $30",
    "SET a $100 EX 100",
    "SET a 1 | SET a $100 EX 100",
    "SET a $100 EX 100 | SET a $5000 EX 50",
    "SET a $100 | GETSET a $300",
    "SET a $100 EX 100 | SET a b KEEPTTL",
    "RPUSH a #600 | SET a $100 EX 10",
    "SETEX a 100 $100",
    "MSET a $100 b 1 c $50 d $5000",
    "MSETNX a $100 b 1 c $50 d $5000",
    "APPEND a $100",
    "SET a $100 | APPEND a $5000",
    "SET a 12345 | APPEND a $5000",
    "SETRANGE a 500 x",
    "SET a $20 | SETRANGE a 500 x",
    "SETBIT a 4000 1",
    "SET a $20 | BITFIELD a SET u8 8000 1",
    "SET a $100 | SET b $300 | BITOP OR c a b",
    "INCR a",
    "SET a 1 | INCRBYFLOAT a 1.5",
    "SET a $100 | GETEX a EX 100",
    "SET a $100 | EXPIRE a 100",
    "SET a $100 EX 100 | PERSIST a",
    "SET a $100 EX 100 | EXPIRE a 200",
    FILL + " | SET a $100 | PEXPIREAT a 4102444800150",
    FILL + " | SET a $100 PXAT 4102444900000 | PEXPIREAT a 4102444800150",
    FILL + " | SET a v PXAT 4102444900000 | SET a $100 PXAT 4102444800150",
    FILL + " | SET a v | SET a $100 PXAT 4102444800150",
    FILL + " | SET a v PXAT 4102444800150 | APPEND a $5000",
    FILL + " | SET a $100 PXAT 4102444800150 | PERSIST a",
    FILL + " | HSET a #600 | HEXPIREAT a 4102444800 FIELDS 1 1 | PEXPIREAT a 4102444800150",
    "SET a $100 EX 100 | RENAME a b",
    "SET a $100 EX 100 | COPY a b",
    "SET a $100 EX 100 | MOVE a 1",
    "RPUSH a #3 | RENAME a b",
    "SET a $100 EX 100 | SET b $300 | RENAME a b",
    "RPUSH a #600 | HSET b #600 | RENAME a b",
    "SET a $100 EX 100 | SET b $300 | COPY a b REPLACE",
    "RPUSH a #600 | HSET b #600 | COPY a b REPLACE",
    "RPUSH a #600 | HSET b #600 | DUMPED a b",
    "RPUSH a #6 | HSET b #6 | DUMPED a b",
    "HSET a #6 | HSET b #6 | DUMPED a b",
    "SADD a #600 x | HSET b #6 | SUNIONSTORE b a",
    "ZADD a #600 | HSET b #6 | ZUNIONSTORE b 1 a",
    "ZADD a #600 | HSET b #6 | ZRANGESTORE b a 0 -1",
    "RPUSH a #600 | HSET b #6 | SORT a STORE b",
    "SET a $100 | HSET b #6 | BITOP OR b a",
    "RPUSH a #3",
    "RPUSH a #600",
    "RPUSH a #3 | LPUSH a #600",
    "RPUSH a #600 | LPUSH a $5000",
    "RPUSH a #600 | LINSERT a BEFORE 300 $5000",
    "RPUSH a #600 | LSET a 300 $5000",
    "RPUSH a #600 | LREM a 0 300",
    "RPUSH a #600 | LTRIM a 250 260",
    "RPUSH a #600 | LPOP a 590",
    "RPUSH a #600 | LMOVE a b LEFT RIGHT",
    "RPUSH a #600 | COPY a b",
    "RPUSH a #3 | SORT a STORE b",
    "RPUSH a #600 | SORT a ALPHA DESC STORE b",
    "SADD a #5",
    "SADD a #5 | SADD a x",
    "SADD a #600",
    "SADD a x y z | SADD a $100",
    "SADD a x y z | SADD a #200",
    "SADD a #600 x | SREM a #598",
    "SADD a #600 x | SPOP a 500",
    "SADD a #600 x | SMOVE a b x",
    "SADD a #600 x | COPY a b",
    "SADD a #600 x | SADD b #300 y | SUNIONSTORE c a b",
    "SADD a #600 x | SADD b #300 y | SINTERSTORE c a b",
    "SADD a #600 x | SADD b #300 y | SDIFFSTORE a a b",
    "HSET a f v",
    "HSET a #6",
    "HSET a #600",
    "HSET a #6 | HSET a f $100",
    "HSET a #600 | HSET a f $5000",
    "HSET a #600 f $5000 | HSET a f $100",
    "HSET a #600 | HINCRBY a n 1",
    "HSET a #600 | HDEL a #550",
    "HSET a #600 | COPY a b",
    "HSET a #6 | HEXPIRE a 100 FIELDS 1 1",
    "HSET a #600 | HEXPIRE a 100 FIELDS 2 1 3",
    "HSET a #600 | HEXPIRE a 100 FIELDS 1 1 | HPERSIST a FIELDS 1 1",
    "HSET a #600 | HEXPIRE a 100 FIELDS 1 1 | HEXPIRE a 90 FIELDS 1 3",
    "HSET a #600 | HEXPIRE a 100 FIELDS 1 1 | COPY a b",
    "ZADD a 1 x",
    "ZADD a #6",
    "ZADD a #600",
    "ZADD a 1 x | ZADD a 1 $100",
    "ZADD a #600 | ZADD a 5.5 $100",
    "ZADD a #600 | ZINCRBY a 1000 2",
    "ZADD a #600 | ZREM a #550",
    "ZADD a #600 | ZREMRANGEBYRANK a 2 -3",
    "ZADD a #600 | ZPOPMIN a 290",
    "ZADD a #600 | ZRANGESTORE b a 0 -1",
    "ZADD a #600 | ZADD b #300 | ZUNIONSTORE c 2 a b",
    "ZADD a #600 | ZADD b #300 | ZINTERSTORE c 2 a b",
    "ZADD a #600 | ZADD b #300 | ZDIFFSTORE c 2 a b",
    "ZADD a #600 | COPY a b",
    "GEOADD a 13.361389 38.115556 x 15.087269 37.502669 y",
    "GEOADD a 13.3 38.1 x 15.0 37.5 y | GEOSEARCHSTORE b a FROMMEMBER x BYRADIUS 500 km",
    "XADD a 1-1 f v",
    "XADD a 1-1 f v | XADD a 2-1 f $5000",
    "XADD a 1-1 f v | XADD a 2-1 f $3000 g $3000",
    "XADD a 1-1 f v | XGROUP CREATE a g 0",
    "XADD a 1-1 f v | XADD a 2-1 f v | XGROUP CREATE a g 0 | XREADGROUP GROUP g c STREAMS a >",
    "XADD a 1-1 f v | XGROUP CREATE a g 0 | XREADGROUP GROUP g c STREAMS a > |"
        + " XCLAIM a g other 0 1-1",
    "XADD a 1-1 f v | XGROUP CREATE a g 0 | XREADGROUP GROUP g c STREAMS a > | XACK a g 1-1",
    "XADD a 1-1 f v | XGROUP CREATE a g 0 | XREADGROUP GROUP g c STREAMS a > |"
        + " XNACK a g FAIL IDS 1 1-1 | XREADGROUP GROUP g d CLAIM 0 STREAMS a >",
    "XADD a IDMP p i * f v | XADD a IDMP p j * f $5000 | XADD a IDMP p i * f v",
    "XADD a IDMP p i * f v | COPY a b | XCFGSET a IDMP-MAXSIZE 7 | XADD b IDMPAUTO q * f v",
    "XADD a 1-1 f v | XADD a 2-1 f v | XDEL a 1-1",
    "XADD a 1-1 f v | XADD a 2-1 f v | XTRIM a MAXLEN 1",
    "XADD a 1-1 f v | XGROUP CREATE a g 0 | XREADGROUP GROUP g c STREAMS a > | COPY a b",
    "XADD a 1-1 f v | XGROUP CREATE a g 0 | XGROUP CREATECONSUMER a g c",
    "PFADD a #10",
    "PFADD a #10 | PFADD a #600",
    "PFADD a #10 | PFADD b #600 | PFMERGE c a b",
    "PFADD a #10 | PFCOUNT a",
    "MULTI | SET a $100 | RPUSH b #600 | HSET c #600 | EXEC",
    "SET a $100 | WATCH a | MULTI | SET a $200 | EXEC",
    "SELECT 1 | SET a $100 | SELECT 0 | SET a $50 | SWAPDB 0 1",
    "SET a $100 | RPUSH b #600 | DUMP b",
    "RPUSH a #600 | DUMPED a b",
    "SADD a #600 x | DUMPED a b",
    "HSET a #600 | DUMPED a b",
    "ZADD a #600 | DUMPED a b",
    "RPUSH a #6 | DUMPED a b",
    "SADD a #6 | DUMPED a b",
    "SADD a x y | DUMPED a b",
    "HSET a #6 | DUMPED a b",
    "HSET a #600 | HEXPIRE a 100 FIELDS 1 1 | DUMPED a b",
    "ZADD a #6 | DUMPED a b",
    "SET a $5000 | DUMPED a b",
    "XADD a 1-1 f v | XADD a 2-1 f v | XGROUP CREATE a g 0 | XREADGROUP GROUP g c STREAMS a > |"
        + " DUMPED a b",
    "SUBSCRIBE a b c",
    "CONFIG SET maxmemory-policy allkeys-lru | SET a $100",
    "BLPOP a 0.01",
    "EVAL return(redis.call('SET','a',string.rep('x',500))) 0",
    "ACL SETUSER someone on ~* +@all",
    "CLIENT SETNAME somebody",
  };

  @TempDir private Path folder;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private FailingSlabs slabs;
  private RedisServer server;
  private RespClient client;
  private long lost;

  @BeforeEach
  void start() throws Exception {
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, output);
    server = TestServers.make(log, this::failing, "dir " + folder);
    server.start().get();
    client = connect();
  }

  private Slabs failing(Consumer<Shortage> onShortage) {
    slabs = new FailingSlabs(onShortage);
    return slabs;
  }

  @AfterEach
  void stop() throws IOException {
    System.out.println("AllocationFailureTest: " + lost + " blocks lost");
    client.close();
    server.close();
  }

  private RespClient connect() throws IOException {
    return RespClient.connect("127.0.0.1", server.port(), 20_000);
  }

  @TestFactory
  List<DynamicTest> survivesAFailureOfEachAllocation() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String scenario : SCENARIOS) {
      tests.add(DynamicTest.dynamicTest(scenario, () -> failAtEachAllocation(scenario)));
    }
    return tests;
  }

  private void failAtEachAllocation(String scenario) throws Exception {
    output.reset();
    long baseline = emptied(scenario);
    baseline = Math.max(baseline, emptied(scenario));
    for (boolean once : new boolean[] {true, false}) {
      boolean failed = true;
      for (int n = 0; failed && n < MAX_ALLOCATIONS; n += 1 + n / 6) {
        String[] requests = scenario.split(" \\| ");
        for (int i = 0; i < requests.length - 1; i++) {
          request(requests[i]);
        }
        byte[][] last = last(requests[requests.length - 1]);
        List<String> existing = existingKeys();
        boolean refused = false;
        slabs.failAfter(n, once);
        try {
          refused = client.call(last) instanceof Reply.Error;
        } catch (IOException closed) {
          // the server may close a connection that has no memory left
        }
        failed = slabs.recover();
        reconnect();
        String where = scenario + ", allocation " + n + (once ? " only" : " and all after");
        checkKeys(where);
        if (refused) {
          assertThat(existingKeys()).as(where).containsAll(existing);
        }
        long before = baseline;
        // Large values are freed in slices.
        long left =
            await(where)
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .until(() -> emptied(""), blocks -> blocks - before <= MAX_LOST_BLOCKS);
        lost += Math.max(0, left - baseline);
        baseline = Math.max(baseline, left);
      }
    }
    assertThat(output.toString(StandardCharsets.UTF_8)).doesNotContain("\tat ");
  }

  /** Executes a scenario, removes all keys and returns the number of remaining blocks. */
  private long emptied(String scenario) throws IOException {
    for (String request : scenario.isEmpty() ? new String[0] : scenario.split(" \\| ")) {
      request(request);
    }
    reconnect();
    client.call("SADD", "set", "1");
    client.call("SUNIONSTORE", "set", "set"); // frees the remains of a failed command
    client.call("ZUNIONSTORE", "zset", "1", "set");
    client.call("FLUSHALL", "SYNC");
    client.call("SCRIPT", "FLUSH");
    reconnect();
    return slabs.liveBlocks();
  }

  private void request(String request) throws IOException {
    if (!request.equals(FILL)) {
      client.call(last(request));
      return;
    }
    for (int i = 0; i < FILLED_KEYS; i++) {
      client.call("SET", "filled:" + i, "v", "PXAT", Long.toString(4102444800000L + i));
    }
  }

  private List<String> existingKeys() throws IOException {
    List<String> existing = new ArrayList<>();
    try (RespClient observer = connect()) {
      for (String database : new String[] {"0", "1"}) {
        observer.call("SELECT", database);
        for (String key : KEYS) {
          if (observer.call("EXISTS", key).number() == 1) {
            existing.add(database + " " + key);
          }
        }
      }
    }
    return existing;
  }

  private void reconnect() throws IOException {
    client.close();
    client = connect();
    client.call("PING");
  }

  private void checkKeys(String where) throws IOException {
    for (String database : new String[] {"0", "1"}) {
      client.call("SELECT", database);
      assertThat(client.call("DEBUG", "DIGEST").toString()).as(where).startsWith("Simple");
      for (String key : KEYS) {
        assertThat(client.call("DUMP", key).toString()).as(where).doesNotContain("Error");
        assertThat(client.call("OBJECT", "ENCODING", key).toString())
            .as(where)
            .doesNotContain("Error");
        assertThat(client.call("DEBUG", "DIGEST-VALUE", key).toString())
            .as(where)
            .doesNotContain("Error");
      }
      checkExpiring(database, where);
    }
    client.call("SELECT", "0");
  }

  /** Checks that the order of expiries contains exactly the keys with a time to live. */
  private void checkExpiring(String database, String where) throws IOException {
    boolean filled = where.startsWith(FILL) && database.equals("0");
    long expiring = filled ? FILLED_KEYS : 0;
    for (String key : KEYS) {
      expiring += client.call("PTTL", key).number() >= 0 ? 1 : 0;
    }
    String keyspace = client.call("INFO", "keyspace").text();
    Matcher counted = Pattern.compile("db" + database + ":.*,expires=(\\d+),").matcher(keyspace);
    assertThat(counted.find() ? Long.parseLong(counted.group(1)) : 0).as(where).isEqualTo(expiring);
  }

  private byte[][] last(String request) throws IOException {
    if (!request.startsWith("DUMPED ")) {
      return bytes(words(request));
    }
    String[] names = request.split(" ");
    byte[] payload = ((Reply.Bulk) client.call("DUMP", names[1])).bytes();
    byte[][] words = bytes(new String[] {"RESTORE", names[2], "100000", "", "REPLACE"});
    words[3] = payload;
    return words;
  }

  private static byte[][] bytes(String[] words) {
    byte[][] bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].getBytes(StandardCharsets.UTF_8);
    }
    return bytes;
  }

  /** Replaces {@code $N} by a text of N bytes and {@code #N} by the numbers from 1 to N. */
  private static String[] words(String request) {
    List<String> words = new ArrayList<>();
    for (String word : request.split(" ")) {
      if (word.startsWith("$")) {
        words.add("v".repeat(Integer.parseInt(word.substring(1))));
      } else if (word.startsWith("#")) {
        for (int i = 1; i <= Integer.parseInt(word.substring(1)); i++) {
          words.add(Integer.toString(i));
        }
      } else {
        words.add(word);
      }
    }
    return words.toArray(String[]::new);
  }
}
