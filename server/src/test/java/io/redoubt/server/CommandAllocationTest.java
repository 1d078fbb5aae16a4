package io.redoubt.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ordinary commands allocate nothing on the Java heap, from the socket to the store and back.
 * Measures the allocation of the server's thread while they run.
 */
@Tag("optimized")
final class CommandAllocationTest {
  private static final String LAST_REPLY = "end\r\n";
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** The budget per command; the cron and the event loop occasionally allocate a little. */
  private static final double BUDGET_BYTES = 4;

  private static final double SMALLEST_OBJECT_BYTES = 16;

  private static final int WARM_UP = 20_000;
  private static final int MEASURED = 20_000;

  /**
   * The attempts of a measurement: on a busy machine the compiler, which removes some allocations,
   * needs longer.
   */
  private static final int ATTEMPTS = 5;

  private static final int SUBSCRIBERS = 50;
  private static final int TIMEOUT_MILLIS = 10_000;

  private static RedisServer server;
  private static Set<Long> serverThreads;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    Set<Long> before = threads();
    server = TestServers.start("dir " + folder);
    serverThreads = threads();
    serverThreads.removeAll(before);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "GET key:%d, 16",
    "SET key:%d value-of-sixteen, 16",
    "INCR counter:%d, 16",
    "EXISTS key:%d, 16",
    "EXPIRE key:%d 1000, 16",
    "SETEX key:%d 1000 value-of-sixteen, 16",
    "SET key:%d value-of-sixteen EX 1000, 16",
    "SET key:%d value-of-sixteen IFEQ value-of-sixteen, 16",
    "DELIFEQ key:%d other, 16",
    "MSETEX 2 key:%d value-of-sixteen other 1 EX 1000, 16",
    "INCREX counter:%d UBOUND 1000000000 EX 60 ENX, 16",
    "MGET key:%d key:1 nothing, 16",
    "TTL key:%d, 16",
    "APPEND log:%d x, 16",
    "GETRANGE key:%d 2 5, 16",
    "SETNX key:%d 1, 16",
    "PING, 16",
    "HSET hash:%d field value, 16",
    "HSET hash field:%d value, 16",
    "HSET new:%d a 1 b value-of-sixteen c 3 d 4, 16",
    "HGET hash:%d field, 16",
    "HSETEX expiring:%d EX 1000 FIELDS 2 a 1 b value-of-sixteen, 16",
    "HSETEX hash XX FIELDS 1 a value-of-sixteen, 16",
    "HGETEX expiring:%d PERSIST FIELDS 2 a c, 16",
    "HGETDEL hash:%d FIELDS 1 none, 16",
    "HGET hash field:%d, 16",
    "HMGET hash field:%d field:2 nothing, 16",
    "HINCRBY counters counter:%d 1, 16",
    "HGETALL hash:%d, 16",
    "HEXISTS hash field:%d, 16",
    "HDEL hash field:%d, 16",
    "SADD set member:%d, 16",
    "SADD small:%d 7 word, 16",
    "SISMEMBER set member:%d, 16",
    "SMISMEMBER set 1 2 member:%d, 16",
    "SMEMBERS small:%d, 16",
    "SINTER small:%d set, 16",
    "SINTERSTORE stored small:1 small:%d, 16",
    "SUNION small:%d small:1, 16",
    "SDIFF set:%d set, 16",
    "SRANDMEMBER set, 16",
    "SMOVE set moved member:%d, 16",
    "SMOVE moved set member:%d, 16",
    "SREM small:%d word, 16",
    "SPOP small:%d, 16",
    "DEL key:%d, 16",
    "LPUSH list:%d value-of-sixteen, 16",
    "RPUSH list:%d value-of-sixteen 17, 16",
    "LPOP list:%d, 16",
    "RPOP list:%d 2, 16",
    "LRANGE list:%d 0 9, 16",
    "LMOVE list:%d list:1 LEFT RIGHT, 16",
    "LINDEX list:%d 5, 16",
    "XADD stream:%d * field value-of-sixteen, 16",
    "XADD short:%d MAXLEN ~ 100 * field 17 other value, 16",
    "XRANGE stream:%d - + COUNT 3, 16",
    "XREAD COUNT 2 STREAMS stream:%d 0, 16",
    "XLEN stream:%d, 16",
    "SET key:%d value-of-sixteen, 1",
    "GET key:%d, 1",
    "ZADD small:%d 1 one 2.5 two, 16",
    "ZADD z 1 member:%d, 16",
    "ZADD z CH %d member:7, 16",
    "ZADD z 0.8474337369372%d member:7, 16",
    "ZINCRBY z 1 member:%d, 16",
    "ZSCORE z member:%d, 16",
    "ZRANK z member:%d, 16",
    "ZCOUNT z (1 %d, 16",
    "ZRANGEBYSCORE z 1 +inf LIMIT %d 10, 16",
    "ZREVRANGE z 0 10 WITHSCORES, 16",
    "ZRANGE small:%d 0 -1, 16",
    "ZREM z member:%d, 16",
    "ZPOPMIN small:%d, 16",
  })
  void commandsAllocateNothing(String request, int pipeline) throws IOException {
    assertThat(bytesEach(request, pipeline)).as("bytes a %s", request).isLessThan(BUDGET_BYTES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET key:%d 1",
        "INCR counter:%d",
        "EXPIRE key:%d 1000",
        "GETDEL key:%d",
        "XADD stream:%d * f v"
      })
  void replicationAllocatesNothing(String request) throws IOException {
    try (Socket replica = connect()) {
      replica.getOutputStream().write("SYNC\r\n".getBytes(US_ASCII));
      Thread.startVirtualThread(() -> readToTheEnd(replica));
      await().untilAsserted(() -> assertThat(replication()).contains("state=online"));
      assertThat(bytesEach(request, 16)).as("bytes a %s", request).isLessThan(BUDGET_BYTES);
    }
  }

  /** A message is encoded once. That allocates a little, but no object for each receiver. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void subscribersAllocateNothing(int pipeline) throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < SUBSCRIBERS; i++) {
        Socket subscriber = connect();
        sockets.add(subscriber);
        subscriber.getOutputStream().write(RequestEncoder.encode("SUBSCRIBE", "channel"));
        Thread.startVirtualThread(() -> readToTheEnd(subscriber));
      }
      assertThat(bytesEach("PUBLISH channel message:%d", pipeline))
          .isLessThan(SMALLEST_OBJECT_BYTES * SUBSCRIBERS);
    } finally {
      for (Socket each : sockets) {
        each.close();
      }
    }
  }

  @Test
  void detectsAnAllocation() throws IOException {
    assertThat(bytesEach("CLIENT INFO", 16)).isGreaterThan(BUDGET_BYTES);
  }

  private static double bytesEach(String request, int pipeline) throws IOException {
    try (Socket socket = connect()) {
      run(socket, request, pipeline, WARM_UP / (pipeline == 1 ? 4 : 1));
      int commands = MEASURED / (pipeline == 1 ? 4 : 1);
      double least = Double.MAX_VALUE;
      for (int i = 0; i < ATTEMPTS && least >= BUDGET_BYTES; i++) {
        long before = allocated();
        run(socket, request, pipeline, commands);
        least = Math.min(least, (double) (allocated() - before) / commands);
      }
      return least;
    }
  }

  private static String replication() throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", server.port(), TIMEOUT_MILLIS)) {
      return client.call("INFO", "replication").text();
    }
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setTcpNoDelay(true);
    return socket;
  }

  private static void readToTheEnd(Socket socket) {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException closed) {
      // the test has ended
    }
  }

  /** Sends a number of commands with repeating keys, and waits for the replies of each batch. */
  private static void run(Socket socket, String request, int pipeline, int commands)
      throws IOException {
    byte[] replies = new byte[64 * 1024];
    InputStream in = socket.getInputStream();
    for (int sent = 0; sent < commands; sent += pipeline) {
      var batch = new ByteArrayOutputStream();
      for (int i = 0; i < pipeline; i++) {
        batch.writeBytes(RequestEncoder.encode(request.formatted((sent + i) % 997).split(" ")));
      }
      batch.writeBytes(RequestEncoder.encode("ECHO", "end"));
      socket.getOutputStream().write(batch.toByteArray());
      String tail = "";
      do {
        int length = in.read(replies);
        assertThat(length).as("bytes before the end").isPositive();
        String last = tail + new String(replies, 0, length, US_ASCII);
        tail = last.substring(Math.max(0, last.length() - LAST_REPLY.length()));
      } while (!tail.equals(LAST_REPLY));
    }
  }

  private static Set<Long> threads() {
    Set<Long> ids = new HashSet<>();
    for (long id : THREADS.getAllThreadIds()) {
      ids.add(id);
    }
    return ids;
  }

  private static long allocated() {
    long sum = 0;
    for (long id : serverThreads) {
      sum += Math.max(0, THREADS.getThreadAllocatedBytes(id));
    }
    return sum;
  }
}
