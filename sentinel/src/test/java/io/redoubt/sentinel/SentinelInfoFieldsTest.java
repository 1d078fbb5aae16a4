package io.redoubt.sentinel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the sections and fields of a sentinel's INFO with those of Redis 7.2.6. */
final class SentinelInfoFieldsTest {
  /** The fields that Redis 7.2.6 lacks, and the section that it hides. */
  private static final Set<String> OWN =
      Set.of(
          "java_version",
          "server_name",
          "redoubt_version",
          "tls_provider",
          "pubsub_clients",
          "acl_access_denied_db",
          "acl_access_denied_tls_cert",
          "client_query_buffer_limit_disconnections",
          "client_output_buffer_limit_disconnections",
          "# Commandstats");

  /** Fields about keys, replication, forks and tracking: always 0 in a sentinel of Redis. */
  private static final Set<String> WITHOUT_DATA =
      Set.of(
          "total_blocking_keys",
          "total_blocking_keys_on_nokey",
          "total_net_repl_input_bytes",
          "total_net_repl_output_bytes",
          "instantaneous_input_repl_kbps",
          "instantaneous_output_repl_kbps",
          "sync_full",
          "sync_partial_ok",
          "sync_partial_err",
          "expired_keys",
          "expired_stale_perc",
          "expired_time_cap_reached_count",
          "expire_cycle_cpu_milliseconds",
          "evicted_keys",
          "evicted_clients",
          "total_eviction_exceeded_time",
          "current_eviction_exceeded_time",
          "keyspace_hits",
          "keyspace_misses",
          "latest_fork_usec",
          "total_forks",
          "migrate_cached_sockets",
          "slave_expires_tracked_keys",
          "active_defrag_hits",
          "active_defrag_misses",
          "active_defrag_key_hits",
          "active_defrag_key_misses",
          "total_active_defrag_time",
          "current_active_defrag_time",
          "tracking_total_keys",
          "tracking_total_items",
          "tracking_total_prefixes",
          "dump_payload_sanitizations",
          "io_threaded_reads_processed",
          "io_threaded_writes_processed",
          "reply_buffer_shrinks",
          "reply_buffer_expands");

  /** Figures of the event loop and rates, which Redoubt's sentinel does not measure. */
  private static final Set<String> NOT_MEASURED =
      Set.of(
          "listener0",
          "instantaneous_ops_per_sec",
          "instantaneous_input_kbps",
          "instantaneous_output_kbps",
          "unexpected_error_replies",
          "total_error_replies",
          "total_reads_processed",
          "total_writes_processed",
          "eventloop_cycles",
          "eventloop_duration_sum",
          "eventloop_duration_cmd_sum",
          "instantaneous_eventloop_cycles_per_sec",
          "instantaneous_eventloop_duration_usec");

  @TempDir private Path folder;

  @Test
  void hasTheFieldsOfRedisInItsOrder() throws Exception {
    List<String> expected = new ArrayList<>(kept());
    assertThat(expected).containsAll(WITHOUT_DATA).containsAll(NOT_MEASURED);
    assertThat(expected).doesNotContainAnyElementsOf(OWN);
    expected.removeAll(WITHOUT_DATA);
    expected.removeAll(NOT_MEASURED);
    List<String> own = own();
    assertThat(own).containsAll(OWN);
    own.removeIf(name -> OWN.contains(name) || name.startsWith("cmdstat_"));
    assertThat(own).isEqualTo(expected);
  }

  private static List<String> kept() throws IOException {
    try (var in = SentinelInfoFieldsTest.class.getResourceAsStream("sentinel-info-7.2.6.txt")) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }

  /** Returns the titles and field names. */
  private List<String> own() throws Exception {
    int port = FreePorts.one();
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(file, "port " + port + "\nbind 127.0.0.1\n");
    try (SentinelServer sentinel = TestSentinels.start(TestSentinels.load(file));
        RespClient client = RespClient.connect("127.0.0.1", port)) {
      assertThat(sentinel.loop()).isNotNull();
      List<String> names = new ArrayList<>();
      for (String line : client.call("INFO", "everything").text().lines().toList()) {
        if (!line.isEmpty()) {
          names.add(line.startsWith("#") ? line : line.substring(0, line.indexOf(':')));
        }
      }
      return names;
    }
  }
}
