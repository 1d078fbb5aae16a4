package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RespClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients whose sockets are read and written by the threads of {@code io-threads}. */
final class IoThreadsTest {
  private static final String ACTIVE = "io-threads-always-active yes";
  private static final int CLIENTS = 6;
  private static final int CHANGES = 1000;
  private static final int MOST_REQUESTS = 200;

  private static String field(Dialogue redis, String section, String name) {
    return redis
        .text("INFO " + section)
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElse("");
  }

  @Test
  void showsWhatEachThreadDoes() throws Exception {
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 3");
        Dialogue redis = new Dialogue(server.port())) {
      redis.says("CONFIG GET io-threads", "1) \"io-threads\"\n2) \"3\"");
      assertThat(field(redis, "server", "io_threads_active")).isEqualTo("1");
      assertThat(field(redis, "stats", "io_thread_1")).startsWith("clients=1,reads=");
      assertThat(field(redis, "stats", "io_thread_2")).startsWith("clients=0,reads=0,writes=0,");
      try (Dialogue other = new Dialogue(server.port())) {
        other.says("PING", "PONG");
        assertThat(field(redis, "stats", "io_thread_2")).startsWith("clients=1,reads=1,writes=1,");
      }
      await().until(() -> field(redis, "stats", "io_thread_2").startsWith("clients=0,"));
      assertThat(Long.parseLong(field(redis, "stats", "io_threaded_reads_processed")))
          .isGreaterThanOrEqualTo(6);
      redis.says("CONFIG SET io-threads 1", "OK");
      assertThat(field(redis, "server", "io_threads_active")).isEqualTo("0");
      await().until(() -> field(redis, "stats", "io_thread_1").isEmpty());
      assertThat(field(redis, "stats", "io_threads_serving")).isEqualTo("0");
      assertThat(field(redis, "stats", "io_threads_joins")).isEqualTo("2");
      assertThat(field(redis, "stats", "io_threads_leaves")).isEqualTo("2");
      assertThat(field(redis, "stats", "io_threads_moves")).isEqualTo("1");
    }
  }

  /** Without load the event loop does everything itself, whatever the number of threads. */
  @Test
  void noThreadServesAQuietServer() throws Exception {
    try (RedisServer server = TestServers.start("io-threads-always-active no", "io-threads 3");
        Dialogue redis = new Dialogue(server.port())) {
      for (int i = 0; i < 20; i++) {
        redis.says("PING", "PONG");
      }
      assertThat(field(redis, "server", "io_threads_active")).isEqualTo("0");
      assertThat(field(redis, "stats", "io_thread_1")).as("no thread has started").isEmpty();
      redis.says("CONFIG SET io-threads-always-active yes", "OK");
      await().until(() -> !field(redis, "stats", "io_threads_moves").equals("0"));
      assertThat(field(redis, "stats", "io_threads_serving")).isEqualTo("2");
    }
  }

  /** A thread that serves no connections any more ends. */
  @Test
  void endsThreadsWithoutConnections() throws Exception {
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 1");
        Dialogue redis = new Dialogue(server.port())) {
      for (int i = 0; i < 20; i++) {
        redis.says("CONFIG SET io-threads 3", "OK");
        long readsBefore = Long.parseLong(field(redis, "stats", "io_threaded_reads_processed"));
        try (Dialogue lent = new Dialogue(server.port())) {
          lent.says("PING", "PONG");
          redis.says("CONFIG SET io-threads 1", "OK");
          lent.says("ECHO later", "\"later\"");
        }
        await().until(() -> field(redis, "stats", "io_thread_1").isEmpty());
        assertThat(Long.parseLong(field(redis, "stats", "io_threaded_reads_processed")))
            .isGreaterThanOrEqualTo(readsBefore + 1);
      }
    }
  }

  @Test
  void showsTheNumberThatAutoStandsFor() throws Exception {
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads auto");
        Dialogue redis = new Dialogue(server.port())) {
      String first = redis.ask("CONFIG GET io-threads");
      int threads = Integer.parseInt(first.replaceAll("(?s).*\"(\\d+)\"$", "$1"));
      assertThat(threads).isBetween(1, 8);
      assertThat(field(redis, "server", "io_threads_active")).isEqualTo(threads > 1 ? "1" : "0");
      redis.says("CONFIG SET io-threads 3", "OK");
      assertThat(field(redis, "server", "io_threads_active")).isEqualTo("1");
      redis.says("CONFIG SET io-threads AUTO", "OK");
      assertThat(redis.ask("CONFIG GET io-threads")).isEqualTo(first);
    }
  }

  /** No request is lost, doubled or reordered while connections move between threads. */
  @Test
  void keepsEveryRequestWhileTheNumberOfThreadsChanges() throws Exception {
    Random random = Seed.random("IoThreadsTest");
    AtomicBoolean done = new AtomicBoolean();
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 2");
        Dialogue redis = new Dialogue(server.port());
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> counts = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        counts.add(pool.submit(worker(server.port(), i, random.nextLong(), done)));
      }
      try {
        for (int i = 0; i < CHANGES; i++) {
          redis.says("CONFIG SET io-threads " + (1 + random.nextInt(4)), "OK");
        }
      } finally {
        done.set(true);
      }
      List<Integer> sent = new ArrayList<>();
      for (Future<Integer> each : counts) {
        sent.add(each.get());
      }
      assertThat(Long.parseLong(field(redis, "stats", "io_threads_moves")))
          .isGreaterThan(CHANGES / 2);
      for (int i = 0; i < CLIENTS; i++) {
        redis.says("GET count" + i, "\"" + sent.get(i) + "\"");
        assertThat(redis.integer("LLEN list" + i)).isEqualTo(sent.get(i).longValue());
      }
    }
  }

  /** Subscribed, blocked, monitoring, tracking and silent clients move like all others. */
  @Test
  void movesClientsOfEveryKind() throws Exception {
    Random random = Seed.random("IoThreadsTest");
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 2");
        Dialogue redis = new Dialogue(server.port());
        RespClient subscribed = RespClient.connect("127.0.0.1", server.port());
        RespClient blocked = RespClient.connect("127.0.0.1", server.port());
        RespClient monitoring = RespClient.connect("127.0.0.1", server.port());
        RespClient tracking = RespClient.connect("127.0.0.1", server.port());
        RespClient silent = RespClient.connect("127.0.0.1", server.port())) {
      subscribed.call("SUBSCRIBE", "news");
      tracking.call("HELLO", "3");
      tracking.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "tracked");
      monitoring.call("MONITOR");
      silent.send("CLIENT", "REPLY", "OFF");
      for (int i = 0; i < 300; i++) {
        String number = Integer.toString(i);
        blocked.send("BLPOP", "queue", "0");
        silent.send("INCR", "silent");
        redis.says("CONFIG SET io-threads " + (1 + random.nextInt(4)), "OK");
        if (random.nextInt(4) == 0) {
          redis.says("CLIENT PAUSE 5 WRITE", "OK");
        }
        redis.says("PUBLISH news " + number, "(integer) 1");
        redis.says("RPUSH queue " + number, "(integer) 1");
        redis.says("SET tracked" + number + " 1", "OK");
        assertThat(subscribed.receive().toString()).contains(number);
        assertThat(blocked.receive().toString()).contains(number);
        assertThat(tracking.receive().toString()).contains("tracked" + number);
        String seen = monitoring.receive().toString();
        while (!seen.contains("tracked" + number)) {
          seen = monitoring.receive().toString();
        }
      }
      await().until(() -> redis.ask("GET silent").equals("\"300\""));
      assertThat(Long.parseLong(field(redis, "stats", "io_threads_moves"))).isGreaterThan(300);
    }
  }

  /** Sends pipelines over changing connections, and expects each reply in its place. */
  private static Callable<Integer> worker(int port, int number, long seed, AtomicBoolean done) {
    return () -> {
      Random random = Seed.from(seed);
      int count = 0;
      RespClient client = RespClient.connect("127.0.0.1", port);
      while (!done.get()) {
        if (random.nextInt(4) == 0) {
          client.close();
          client = RespClient.connect("127.0.0.1", port);
        }
        int requests = 1 + random.nextInt(MOST_REQUESTS);
        String value = "v".repeat(random.nextInt(10) == 0 ? random.nextInt(100_000) : 10);
        for (int i = 0; i < requests; i++) {
          client.send("INCR", "count" + number);
          client.send("RPUSH", "list" + number, "x");
        }
        client.send("ECHO", value);
        for (int i = 0; i < requests; i++) {
          count++;
          assertThat(client.receive().text()).isEqualTo(Integer.toString(count));
          assertThat(client.receive().text()).isEqualTo(Integer.toString(count));
        }
        assertThat(client.receive().text()).isEqualTo(value);
      }
      client.close();
      return count;
    };
  }

  /** A slow script leaves other clients served, and its own pipeline continues after it. */
  @Test
  void defersTheInputOfAClientWhoseScriptIsSlow() throws Exception {
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 2", "busy-reply-threshold 10");
        RespClient slow = RespClient.connect("127.0.0.1", server.port());
        Dialogue other = new Dialogue(server.port())) {
      slow.send("EVAL", "while true do end", "0");
      await().until(() -> other.ask("PING").startsWith("(error) BUSY"));
      String value = "y".repeat(300);
      for (int i = 0; i < 5000; i++) {
        slow.send("ECHO", value + i);
      }
      for (int i = 0; i < 100; i++) {
        assertThat(other.ask("PING")).startsWith("(error) BUSY");
      }
      other.says("SCRIPT KILL", "OK");
      assertThat(slow.receive().text()).contains("killed");
      for (int i = 0; i < 5000; i++) {
        assertThat(slow.receive().text()).isEqualTo(value + i);
      }
      await().until(() -> other.ask("PING").equals("PONG"));
    }
  }

  /** A client that does not read exerts back-pressure and gets everything later. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void sendsAllToAClientThatReadsLate(int threads) throws Exception {
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads " + threads);
        RespClient late = RespClient.connect("127.0.0.1", server.port());
        Dialogue other = new Dialogue(server.port())) {
      String value = "z".repeat(1 << 20);
      assertThat(late.call("SET", "large", value).text()).isEqualTo("OK");
      for (int i = 0; i < 60; i++) {
        late.send("GET", "large");
      }
      late.send("PING");
      other.says("PING", "PONG");
      for (int i = 0; i < 60; i++) {
        assertThat(late.receive().text()).isEqualTo(value);
      }
      assertThat(late.receive().text()).isEqualTo("PONG");
    }
  }

  /** A reply that does not fill the socket follows one that does, at any time between the two. */
  @Test
  void sendsASmallReplyWhileALargeOneIsReportedAsWritten() throws Exception {
    Random random = Seed.random("IoThreadsTest");
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 2");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      int sizes = 14;
      for (int i = 0; i < sizes; i++) {
        assertThat(client.call("SET", "size" + i, "w".repeat(10_000 * i + 1)).text())
            .isEqualTo("OK");
      }
      for (int i = 0; i < 1500; i++) {
        int size = random.nextInt(sizes);
        assertThat(client.call("GET", "size" + size).text()).hasSize(10_000 * size + 1);
      }
    }
  }

  @Test
  void aKilledClientLeavesItsThread() throws Exception {
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 2");
        Dialogue redis = new Dialogue(server.port())) {
      for (int i = 0; i < 50; i++) {
        try (RespClient other = RespClient.connect("127.0.0.1", server.port())) {
          String id = other.call("CLIENT", "ID").text();
          redis.says("CLIENT KILL ID " + id, "(integer) 1");
          assertThat(other.isAtEnd()).isTrue();
        }
      }
      assertThat(field(redis, "stats", "io_thread_1")).startsWith("clients=1,");
    }
  }

  /** The thread reports what it has written, though nothing else happens on its sockets. */
  @Test
  void closesAfterTheLastReply() throws Exception {
    try (RedisServer server = TestServers.start(ACTIVE, "io-threads 2")) {
      for (int i = 0; i < 300; i++) {
        try (RespClient client = RespClient.connect("127.0.0.1", server.port(), 10_000)) {
          client.send("ECHO", "q".repeat(i % 3 * 20_000));
          client.send("QUIT");
          client.receive();
          assertThat(client.receive().text()).isEqualTo("OK");
          assertThat(client.isAtEnd()).isTrue();
        }
      }
    }
  }
}
