package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.cluster.node.TestNodes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The endpoint of {@code metrics-port}, seen from outside. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class MetricsTest {
  /** A line of Prometheus' text format 0.0.4: name, labels, value. */
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-z_:][a-z0-9_:]*)(\\{([a-z_]+=\"[^\"\\n]*\")(,[a-z_]+=\"[^\"\\n]*\")*})? (\\S+)");

  private final int port = FreePorts.one();

  @Test
  void countsTheMessagesOfACluster() throws Exception {
    try (TestNodes nodes = new TestNodes()) {
      nodes.start("metrics-port " + port);
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(get("/metrics"))
                  .contains("redis_cluster_messages_sent_total 0")
                  .contains("redis_cluster_messages_received_total 0"));
    }
  }

  @Test
  void servesWellFormedMetrics() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("SET", "key", "value");
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () -> assertThat(get("/metrics")).contains("redis_commands_total{cmd=\"set\"} 1"));
      String reply = get("/metrics");
      assertThat(reply).startsWith("HTTP/1.1 200").contains("text/plain; version=0.0.4");
      String body = reply.substring(reply.indexOf("\r\n\r\n") + 4);
      assertWellFormed(body);
      assertThat(body)
          .contains("redis_up 1", "redis_db_keys{db=\"db0\"} 1", "redis_instance_info{")
          .contains("# TYPE redis_connected_clients gauge", "redis_connected_clients 1")
          .contains("# TYPE redis_keyspace_hits_total counter", "redis_memory_used_bytes ")
          .contains("redoubt_eventloop_cycles_total ", "redoubt_jvm_threads ")
          .contains("redis_commands_latencies_usec_bucket{cmd=\"set\",le=\"+Inf\"} 1")
          .doesNotContain("key\"");
    }
  }

  private static void assertWellFormed(String body) {
    assertThat(body).endsWith("\n");
    Set<String> families = new HashSet<>();
    Set<String> series = new HashSet<>();
    String family = "";
    for (String line : body.split("\n", -1)) {
      if (line.startsWith("# TYPE ")) {
        family = line.split(" ")[2];
        assertThat(families.add(family)).as(line).isTrue();
      } else if (!line.isEmpty() && !line.startsWith("# HELP ")) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        assertThat(sample.group(1)).startsWith(family);
        assertThat(series.add(line.substring(0, line.lastIndexOf(' ')))).as(line).isTrue();
        assertThat(Double.parseDouble(sample.group(5))).as(line).isNotNaN();
      }
    }
    assertThat(series).hasSizeGreaterThan(100);
  }

  @Test
  void isReadyUnlessPausedOrWithoutMaster() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      awaitReady("ok");
      client.call("CLIENT", "PAUSE", "60000", "WRITE");
      awaitReady("paused");
      client.call("CLIENT", "UNPAUSE");
      awaitReady("ok");
      client.call("REPLICAOF", "127.0.0.1", Integer.toString(FreePorts.one()));
      awaitReady("not in step with the master");
      assertThat(get("/healthz")).startsWith("HTTP/1.1 200");
      client.call("REPLICAOF", "NO", "ONE");
      awaitReady("ok");
    }
  }

  @Test
  void aReplicaIsReadyOnceInStep() throws Exception {
    try (RedisServer master = TestServers.start();
        RedisServer replica =
            TestServers.start("metrics-port " + port, "replicaof 127.0.0.1 " + master.port())) {
      assertThat(replica.port()).isPositive();
      awaitReady("ok");
      assertThat(get("/metrics")).contains("redis_master_link_up 1");
    }
  }

  private void awaitReady(String state) {
    String status = state.equals("ok") ? "HTTP/1.1 200" : "HTTP/1.1 503";
    await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() ->
            assertThat(get("/readyz")).startsWith(status).endsWith("\r\n\r\n" + state + "\n"));
  }

  @Test
  void reportsALoopThatDoesNotAnswer() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port)) {
      assertThat(get("/healthz")).startsWith("HTTP/1.1 200");
      try (HeldLoop _ = new HeldLoop(server)) {
        await().untilAsserted(() -> assertThat(get("/healthz")).startsWith("HTTP/1.1 503"));
        assertThat(get("/readyz")).startsWith("HTTP/1.1 503");
      }
    }
  }

  @Test
  void refusesToStartOnAPortInUse() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port)) {
      assertThat(server.port()).isPositive();
      assertThatThrownBy(() -> TestServers.start("metrics-port " + port))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("metrics-port");
    }
  }

  @Test
  void isNotReadyWhileLoading(@TempDir Path folder) throws Exception {
    try (RedisServer server = TestServers.start("dir " + folder, "rdbcompression no");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      for (int i = 0; i < 20; i++) {
        client.call("SET", "key:" + i, "x".repeat(100_000));
      }
      client.call("SAVE");
    }
    String[] lines = {"dir " + folder, "metrics-port " + port, "key-load-delay 100000000"};
    try (RedisServer server = TestServers.make(Log.silent(Clock.system()), new OsDisk(), lines)) {
      var loaded = server.start();
      awaitReady("loading the data set");
      assertThat(get("/healthz")).startsWith("HTTP/1.1 200");
      assertThat(get("/metrics")).contains("redis_loading_dump_file 1");
      assertThat(loaded).isNotDone();
    }
  }

  @Test
  void isNotReadyDuringAFullSync() throws Exception {
    try (RedisServer master = TestServers.start("rdb-key-save-delay 2000");
        RespClient client = RespClient.connect("127.0.0.1", master.port())) {
      client.call("DEBUG", "POPULATE", "2000");
      try (RedisServer replica =
          TestServers.start("metrics-port " + port, "replicaof 127.0.0.1 " + master.port())) {
        assertThat(replica.port()).isPositive();
        awaitReady("full sync");
        client.call("CONFIG", "SET", "rdb-key-save-delay", "0");
        awaitReady("ok");
      }
    }
  }

  @Test
  void isNotReadyWhileTheMasterIsSilentForTooLong() throws Exception {
    try (RedisServer master = TestServers.start("repl-ping-replica-period 600");
        RedisServer replica =
            TestServers.start(
                "metrics-port " + port, "ready-max-lag 2", "replicaof 127.0.0.1 " + master.port());
        RespClient client = RespClient.connect("127.0.0.1", master.port())) {
      assertThat(replica.port()).isPositive();
      awaitReady("ok");
      awaitReady("the master has been silent for longer than ready-max-lag");
      client.call("SET", "key", "value");
      awaitReady("ok");
    }
  }

  @Test
  void isNotReadyDuringAFailoverAndAShutdown() throws Exception {
    try (RedisServer master = TestServers.start("metrics-port " + port, "shutdown-timeout 60");
        RedisServer replica = TestServers.start("replicaof 127.0.0.1 " + master.port());
        RespClient client = RespClient.connect("127.0.0.1", master.port())) {
      await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> client.call("INFO", "replication").text().contains("state=online"));
      awaitReady("ok");
      try (HeldLoop _ = new HeldLoop(replica)) {
        client.call("SET", "key", "value");
        client.call("FAILOVER");
        awaitReady("handing over to a replica");
        client.call("FAILOVER", "ABORT");
        awaitReady("ok");
        client.send("SHUTDOWN");
        awaitReady("shutting down");
      }
    }
  }

  @Test
  void asksForTheUsersOfTheServer() throws Exception {
    try (RedisServer server =
        TestServers.start(
            "metrics-port " + port,
            "requirepass secret",
            "user scraper on >scrape ~* -@all +info",
            "user other on >other ~* +@all -info")) {
      assertThat(server.port()).isPositive();
      assertThat(get("/metrics")).startsWith("HTTP/1.1 401").doesNotContain("redis_up");
      assertThat(get("/metrics", "default:secret")).startsWith("HTTP/1.1 200");
      assertThat(get("/metrics", "scraper:scrape")).startsWith("HTTP/1.1 200");
      assertThat(get("/", "scraper:scrape")).startsWith("HTTP/1.1 401");
      assertThat(get("/", "default:secret")).startsWith("HTTP/1.1 200");
      assertThat(get("/metrics", "other:other")).startsWith("HTTP/1.1 401");
      assertThat(get("/readyz")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void usesTlsWhereTheServerDoes(@TempDir Path folder) throws Exception {
    Tls.Identity identity = SelfSigned.make(folder, "server");
    try (RedisServer server =
        TestServers.start(
            "metrics-port " + port,
            "tls-port " + FreePorts.one(),
            "tls-auth-clients no",
            "tls-cert-file " + identity.certificate(),
            "tls-key-file " + identity.key())) {
      assertThat(server.port()).isPositive();
      Tls trusting =
          Tls.client(
              null,
              new Tls.Authorities(identity.certificate(), null),
              new Tls.Terms(List.of(), "", List.of()));
      try (Socket socket = trusting.sockets().createSocket("127.0.0.1", port)) {
        socket.setSoTimeout(20_000);
        socket
            .getOutputStream()
            .write(
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .startsWith("HTTP/1.1 200")
            .contains("redis_up 1");
      }
    }
  }

  @Test
  void showsNeitherValuesNorKeysUnlessKeysAreWanted() throws Exception {
    try (RedisServer server =
            TestServers.start("metrics-port " + port, "slowlog-log-slower-than 0");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("SET", "the-key", "the-value");
      assertThat(state())
          .contains("\"kind\":\"server\"", "\"command\":\"set\"")
          .doesNotContain("the-value", "the-key");
      client.call("CONFIG", "SET", "page-show-keys", "yes");
      assertThat(state()).contains("the-key").doesNotContain("the-value");
    }
  }

  @Test
  void showsHotAndBigKeys() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port, "page-show-keys yes");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("SELECT", "3");
      client.call("SET", "the-big-one", "x".repeat(500_000));
      for (int i = 0; i < 100; i++) {
        client.call("SET", "small:" + i, "x");
      }
      Thread hot =
          Thread.ofVirtual()
              .start(() -> {
                try (RespClient busy = RespClient.connect("127.0.0.1", server.port())) {
                  while (!Thread.currentThread().isInterrupted()) {
                    busy.call("GET", "the-hot-one");
                  }
                } catch (IOException e) {
                  // the interrupt closes the socket
                }
              });
      try {
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(state())
                    .containsPattern(
                        "\"hotKeys\":\\[\\{\"database\":0,\"command\":\"get\",\"percent\":[0-9.]+,"
                            + "\"key\":\"the-hot-one\"")
                    .containsPattern(
                        "\"bigKeys\":\\[\\{\"database\":3,\"type\":\"string\",\"bytes\":5[0-9]{5},"
                            + "\"key\":\"the-big-one\""));
        client.call("CONFIG", "SET", "page-show-keys", "no");
        assertThat(state())
            .contains("\"hotKeys\":[{", "\"bigKeys\":[{")
            .doesNotContain("the-hot-one", "the-big-one", "small:");
        client.call("DEL", "the-big-one");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() -> assertThat(state()).doesNotContain("\"bytes\":50"));
      } finally {
        hot.interrupt();
        hot.join();
      }
    }
  }

  @Test
  void showsTheSentinelsThatItHears() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      String hello = "127.0.0.1,26379," + "a".repeat(40) + ",1,mymaster,127.0.0.1,1,1";
      client.call("PUBLISH", "__sentinel__:hello", hello);
      client.call("PUBLISH", "__sentinel__:hello", "127.0.0.1,26380,nonsense");
      assertThat(state())
          .containsPattern(
              "\"sentinels\":\\[\\{\"id\":\"127.0.0.1:26379\",\"state\":\"ok\",\"silentMillis\":[0-9]+}]");
    }
  }

  @Test
  void saysItsStateInASentence() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      assertThat(state()).contains("\"sentence\":\"Master without a replica.\"");
      try (RedisServer replica = TestServers.start("replicaof 127.0.0.1 " + server.port())) {
        assertThat(replica.port()).isPositive();
        await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(() ->
                assertThat(state())
                    .containsPattern("\"sentence\":\"Master; 1 replica in step[^\"]*\\.\"")
                    .contains("[\"failover\"]"));
        try (HeldLoop _ = new HeldLoop(replica)) {
          await()
              .atMost(Duration.ofSeconds(20))
              .untilAsserted(() ->
                  assertThat(state())
                      .contains("Master; 0 of 1 replica in step, 1 silent.")
                      .contains("\"state\":\"silent\",\"silentMillis\":")
                      .doesNotContain("[\"failover\"]"));
        }
      }
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(state())
                  .contains("Master; 1 gone.", "\"state\":\"gone\",\"silentMillis\":"));
      client.call("REPLICAOF", "127.0.0.1", Integer.toString(FreePorts.one()));
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(state())
                  .containsPattern("Replica of 127.0.0.1:[0-9]+, which it can't reach\\.")
                  .contains("[\"replicaof\",\"no\",\"one\"]")
                  .doesNotContain("\"state\":\"gone\""));
    }
  }

  @Test
  void offersTheSentinelsFailoverWhereThereIsOne() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      String hello = "127.0.0.1,26379," + "a".repeat(40) + ",1,my master,127.0.0.1,1,1";
      client.call("PUBLISH", "__sentinel__:hello", hello);
      assertThat(state())
          .contains(
              "{\"host\":\"127.0.0.1\",\"port\":26379,\"words\":[\"sentinel\",\"failover\",\"my"
                  + " master\"]}")
          .contains("\"shell\":{\"hosts\":[\"127.0.0.1\"],\"port\":" + server.port())
          .doesNotContain("[\"failover\"]", "[\"replicaof\"");
    }
  }

  @Test
  void asksAllDoctorsAndOffersNoRenamedCommand() throws Exception {
    try (RedisServer server =
            TestServers.start(
                "metrics-port " + port,
                "latency-monitor-threshold 1",
                "enable-debug-command yes",
                "rename-command BGSAVE secret-name");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("DEBUG", "SLEEP", "0.05");
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(state())
                  .contains("\"doctors\":[\"MEMORY DOCTOR\",\"LATENCY DOCTOR\"]")
                  .contains("\"doctor\":\"LATENCY DOCTOR\",\"text\":\"command: ")
                  .doesNotContain("secret-name", "bgsave"));
    }
  }

  @Test
  void showsTheClusterOfANode() throws Exception {
    try (TestNodes nodes = new TestNodes()) {
      nodes.start("metrics-port " + port);
      assertThat(state())
          .contains("\"sentence\":\"Cluster down: 16,384 slots are not served, 1 node known.")
          .contains("\"cluster\":{\"state\":\"fail\",\"slotsAssigned\":0,\"nodes\":1")
          .contains("\"slots\":\"\",\"slotCount\":0,\"nodes\":[{\"id\":\"this server, port ")
          .contains("\"doctor\":\"CLUSTER DOCTOR\",\"text\":\"slots-unassigned cluster: ")
          .contains("[\"cluster\",\"doctor\"]")
          .doesNotContain("[\"failover\"]", "[\"replicaof\"");
    }
  }

  @Test
  void keepsTheLastMinutesForThePageWhetherOneIsOpenOrNot() throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("PING");
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(history())
                  .startsWith(
                      "data: {\"names\":[\"at\",\"commands\",\"input\",\"output\",\"busyNanos\"],"
                          + "\"samples\":[[")
                  .matches(".*(\\[[0-9,]+],){3,}.*"));
    }
  }

  /** Returns the data that a new page receives before the first state. */
  private String history() throws IOException {
    return awaitEvent("data: {\"names\"", 1);
  }

  @Test
  void tellsTheSizeOfTheLastSave(@TempDir Path folder) throws Exception {
    try (RedisServer server = TestServers.start("metrics-port " + port, "dir " + folder);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      assertThat(get("/metrics")).contains("\nredoubt_rdb_last_save_size_bytes 0\n");
      client.call("SET", "key", "value");
      client.call("SAVE");
      long size = Files.size(folder.resolve("dump.rdb"));
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(get("/metrics"))
                  .contains("\nredoubt_rdb_last_save_size_bytes " + size + "\n"));
    }
  }

  /** Returns the third state sent to a page: the first may predate it. */
  private String state() throws IOException {
    return awaitEvent("data: {\"kind\"", 3);
  }

  /** Returns the last of a number of lines with a prefix; empty after as many states. */
  private String awaitEvent(String start, int number) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      var reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String last = "";
      int seen = 0;
      int states = 0;
      while (seen < number && states < number) {
        String line = reader.readLine();
        assertThat(line).isNotNull();
        if (line.startsWith(start)) {
          last = line;
          seen++;
        }
        if (line.startsWith("data: {\"kind\"")) {
          states++;
        }
      }
      return last;
    }
  }

  private String get(String path) throws IOException {
    return HttpText.get(port, path);
  }

  private String get(String path, String user) throws IOException {
    String pair = Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    return HttpText.get(port, path, "Authorization: Basic " + pair);
  }
}
