package io.redoubt.server.command.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares the fields of INFO with those of Redis 7.2.6, and checks their counters. */
final class InfoFieldsTest {
  /** The fields that Redis 7.2.6 does not have. */
  private static final Set<String> OWN =
      Set.of(
          "availability_zone",
          "java_version",
          "server_name",
          "redoubt_version",
          "tls_provider",
          "pubsub_clients",
          "watching_clients",
          "total_watched_keys",
          "used_memory_heap",
          "sync_interleaved",
          "acl_access_denied_db",
          "acl_access_denied_tls_cert",
          "client_query_buffer_limit_disconnections",
          "client_output_buffer_limit_disconnections",
          "evicted_scripts",
          "repl_spill_bytes",
          "sentinel_lease",
          "aof_fsyncs",
          "aof_fsync_usec",
          "aof_fsync_usec_max",
          "master_link_down_reason",
          "io_threads_serving",
          "io_threads_joins",
          "io_threads_leaves",
          "io_threads_moves");

  private RedisServer server;
  private Dialogue redis;

  @BeforeEach
  void start() throws Exception {
    restart();
  }

  private void restart(String... lines) throws Exception {
    server = TestServers.start(lines);
    redis = new Dialogue(server.port());
  }

  @AfterEach
  void stop() {
    redis.close();
    server.close();
  }

  /** Returns the lines of one part of the recorded facts about 7.2.6. */
  private static List<String> facts(String title) throws IOException {
    List<String> part = new ArrayList<>();
    boolean within = false;
    try (var in = InfoFieldsTest.class.getResourceAsStream("info-7.2.6.txt")) {
      for (String line : new String(in.readAllBytes(), UTF_8).split("\n")) {
        if (line.startsWith("= ")) {
          within = line.equals("= " + title);
        } else if (within) {
          part.add(line);
        }
      }
    }
    return part;
  }

  private List<String> names(String selectors) {
    return redis
        .text("INFO " + selectors)
        .lines()
        .filter(line -> !line.isEmpty())
        .map(line -> line.startsWith("#") ? line.strip() : line.substring(0, line.indexOf(':')))
        .filter(name -> !OWN.contains(name))
        .toList();
  }

  private Map<String, String> fields(String selectors) {
    Map<String, String> fields = new LinkedHashMap<>();
    redis
        .text("INFO " + selectors)
        .lines()
        .filter(line -> line.contains(":"))
        .forEach(line -> fields.put(line.substring(0, line.indexOf(':')), line.split(":", 2)[1]));
    return fields;
  }

  private long number(String field) {
    return Long.parseLong(fields("everything").get(field));
  }

  @Test
  void hasTheFieldsOfRedisInItsOrder() throws Exception {
    stop();
    restart("io-threads 1"); // each further thread has a field
    List<String> names = new ArrayList<>(names("everything"));
    names.addAll(names("debug"));
    assertThat(names).isEqualTo(facts("master"));
  }

  @ParameterizedTest
  @CsvSource({
    "replica, replication, replicaof 127.0.0.1 1",
    "append-only, persistence, appendonly yes",
    "min-replicas, replication, min-replicas-to-write 1"
  })
  void hasTheFieldsOfAConfiguration(String title, String section, String line) throws Exception {
    stop();
    restart(line);
    assertThat(names(section)).isEqualTo(facts(title));
  }

  @Test
  void selectsTheSectionsThatRedisSelects() throws Exception {
    for (String selectors :
        List.of(
            "",
            "default",
            "all",
            "everything",
            "server",
            "memory stats",
            "keyspace debug",
            "debug all",
            "default commandstats",
            "nosuch")) {
      List<String> sections = names(selectors).stream().filter(n -> n.startsWith("#")).toList();
      assertThat(sections).as(selectors).isEqualTo(facts(("INFO " + selectors).strip()));
    }
  }

  @Test
  void namesItsListeners() {
    assertThat(fields("server").get("listener0"))
        .isEqualTo("name=tcp,bind=127.0.0.1,port=" + server.port());
  }

  @Test
  void countsReadsWritesAndCyclesOfTheLoop() {
    Map<String, String> before = fields("stats");
    redis.says("PING", "PONG");
    redis.says("PING", "PONG");
    Map<String, String> after = fields("stats");
    for (String field :
        List.of("total_reads_processed", "total_writes_processed", "eventloop_cycles")) {
      assertThat(Long.parseLong(after.get(field)) - Long.parseLong(before.get(field)))
          .as(field)
          .isGreaterThanOrEqualTo(3);
    }
  }

  @Test
  void countsTheTimeOfCommandsOnceAndWithinTheLoops() {
    redis.says("CONFIG RESETSTAT", "OK");
    redis.ask("EVAL \"local n=0 for i=1,2000000 do n=n+i end return redis.call('PING')\" 0");
    Map<String, String> stats = fields("stats");
    long commands = Long.parseLong(stats.get("eventloop_duration_cmd_sum"));
    long script = Long.parseLong(fields("commandstats").get("cmdstat_eval").split("[=,]")[3]);
    assertThat(commands).isGreaterThanOrEqualTo(script);
    assertThat(number("eventloop_duration_sum")).isGreaterThanOrEqualTo(script);
    assertThat(Long.parseLong(fields("debug").get("eventloop_duration_max")))
        .isGreaterThanOrEqualTo(script);
  }

  @Test
  void countsTheMostCommandsOfACycle() throws Exception {
    redis.says("CONFIG RESETSTAT", "OK");
    try (RespClient pipeline = RespClient.connect("127.0.0.1", server.port())) {
      pipeline.sendRaw("PING\r\n".repeat(20));
      for (int i = 0; i < 20; i++) {
        pipeline.receive();
      }
    }
    assertThat(Long.parseLong(fields("debug").get("eventloop_cmd_per_cycle_max")))
        .isGreaterThanOrEqualTo(20);
  }

  @Test
  void countsDenialsByTheirReason() throws Exception {
    redis.says("ACL SETUSER alice on >secret ~a* &a* +@all -get db=0", "OK");
    try (Dialogue alice = new Dialogue(server.port())) {
      alice.ask("AUTH alice wrong");
      alice.says("AUTH alice secret", "OK");
      alice.ask("GET a");
      alice.ask("SET b 1");
      alice.ask("PUBLISH b x");
      alice.ask("SELECT 1");
    }
    for (String reason : List.of("auth", "cmd", "key", "channel", "db")) {
      assertThat(number("acl_access_denied_" + reason)).as(reason).isEqualTo(1);
    }
    redis.says("CONFIG RESETSTAT", "OK");
    assertThat(number("acl_access_denied_auth")).isZero();
    assertThat(number("acl_access_denied_tls_cert")).isZero();
  }

  @Test
  void countsWaitsWithATimeout() throws Exception {
    try (RespClient timed = RespClient.connect("127.0.0.1", server.port());
        RespClient endless = RespClient.connect("127.0.0.1", server.port())) {
      timed.send("BLPOP", "list", "100");
      endless.send("BLPOP", "list", "0");
      await().until(() -> number("blocked_clients") == 2);
      assertThat(number("clients_in_timeout_table")).isEqualTo(1);
      redis.ask("RPUSH list 1 2");
      assertThat(number("clients_in_timeout_table")).isZero();
    }
  }

  @Test
  void showsThePeakOfRecentBuffers() throws Exception {
    try (RespClient half = RespClient.connect("127.0.0.1", server.port())) {
      half.sendRaw("*2\r\n$4\r\nECHO\r\n$200000\r\n" + "x".repeat(100_000));
      await().until(() -> number("client_recent_max_input_buffer") >= 100_000);
    }
  }

  @Test
  void countsValidatedPayloads() {
    redis.says("RPUSH list a b", "(integer) 2");
    redis.says("EVAL \"return redis.call('RESTORE','copy',0,redis.call('DUMP','list'))\" 0", "OK");
    assertThat(number("dump_payload_sanitizations")).isEqualTo(1);
  }

  @Test
  void samplesTheRatesOfTraffic() {
    await()
        .until(() -> {
          redis.ask("ECHO " + "x".repeat(50_000));
          Map<String, String> stats = fields("stats");
          return Double.parseDouble(stats.get("instantaneous_input_kbps")) > 1
              && Double.parseDouble(stats.get("instantaneous_output_kbps")) > 1
              && Long.parseLong(stats.get("instantaneous_eventloop_cycles_per_sec")) > 0;
        });
    redis.says("CONFIG RESETSTAT", "OK");
    assertThat(fields("stats").get("instantaneous_output_kbps")).isEqualTo("0.00");
  }

  @Test
  void countsTheBytesOfReplication() throws Exception {
    try (RedisServer replica = TestServers.start("replicaof 127.0.0.1 " + server.port());
        Dialogue other = new Dialogue(replica.port())) {
      await().until(() -> other.text("INFO replication").contains("master_link_status:up"));
      long before = number("total_net_repl_output_bytes");
      redis.says("SET key " + "x".repeat(10_000), "OK");
      redis.says("WAIT 1 10000", "(integer) 1");
      assertThat(number("total_net_repl_output_bytes") - before).isGreaterThan(10_000);
      assertThat(number("total_net_repl_input_bytes")).isZero();
      String received = other.text("INFO stats").split("total_net_repl_input_bytes:")[1];
      assertThat(Long.parseLong(received.substring(0, received.indexOf('\r'))))
          .isGreaterThan(10_000);
    }
  }
}
