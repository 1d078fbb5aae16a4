package io.redoubt.server;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.pubsub.ChannelKind;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.ServerStats;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.ServerDirectives;
import java.nio.file.Path;
import java.util.Locale;

/** The sections of INFO about the server as a whole; other parts declare their own fields. */
final class ServerInfo {
  private static final String ZEROS = "0".repeat(8);

  private final ServerDirectives settings;
  private final Clock clock;
  private final Keyspace keyspace;
  private final ClientRegistry clients;
  private final WatchedKeys watchedKeys;
  private final ServerStats stats;
  private final CommandTable<Call> table;
  private final ProcessUsage usage = new ProcessUsage();
  private final Identity identity;
  private long peakBytes;

  /** What a server is called and how it runs. */
  record Identity(String runId, long processId, String transport, boolean supervised) {}

  ServerInfo(
      ServerDirectives settings,
      Clock clock,
      Keyspace keyspace,
      ClientRegistry clients,
      WatchedKeys watchedKeys,
      ServerStats stats,
      CommandTable<Call> table,
      Identity identity) {
    this.settings = settings;
    this.clock = clock;
    this.keyspace = keyspace;
    this.clients = clients;
    this.watchedKeys = watchedKeys;
    this.stats = stats;
    this.table = table;
    this.identity = identity;
  }

  void declareServer(Info info) {
    long startMicros = clock.wallMicros();
    info.section("Server", "server")
        .text("redis_version", () -> Version.REDIS)
        .text("redis_git_sha1", () -> ZEROS)
        .number("redis_git_dirty", () -> 0)
        .text("redis_build_id", () -> ZEROS + ZEROS)
        .text("redis_mode", () -> "standalone")
        .text("os", () -> property("os.name") + ' ' + property("os.version") + ' ' + architecture())
        .number("arch_bits", () -> 64)
        .text("monotonic_clock", () -> "POSIX clock_gettime")
        .text("multiplexing_api", identity::transport)
        .text("atomicvar_api", () -> "java")
        .text("java_version", () -> Runtime.version().toString())
        .number("process_id", identity::processId)
        .text("process_supervised", () -> identity.supervised() ? "systemd" : "no")
        .text("run_id", identity::runId)
        .number("tcp_port", () -> settings.port.value())
        .number("server_time_usec", clock::wallMicros)
        .number("uptime_in_seconds", () -> (clock.wallMicros() - startMicros) / 1_000_000)
        .number("uptime_in_days", () -> (clock.wallMicros() - startMicros) / 86_400_000_000L)
        .number("hz", () -> settings.hz.value())
        .number("configured_hz", () -> settings.hz.value())
        .number("lru_clock", () -> clock.wallMillis() / 1000 & 0xff_ffff)
        .text("executable", () -> property("redoubt.executable"))
        .text("config_file", this::configFile)
        .number("io_threads_active", () -> 0);
  }

  private static String property(String name) {
    return System.getProperty(name, "");
  }

  private static String architecture() {
    String name = property("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }

  private String configFile() {
    Path file = settings.configFile();
    return file == null ? "" : file.toString();
  }

  void declareClients(Info info) {
    info.section("Clients", "clients")
        .number("connected_clients", this::connectedClients)
        .number("cluster_connections", () -> 0)
        .number("maxclients", () -> settings.maxclients.value())
        .number("blocked_clients", clients::blockedCount)
        .number("pubsub_clients", () -> clients.count(ClientType.PUBSUB))
        .number("watching_clients", watchedKeys::watchers)
        .number("total_watched_keys", watchedKeys::size);
  }

  private long connectedClients() {
    int others = clients.count(ClientType.REPLICA) + clients.count(ClientType.MASTER);
    return (long) clients.count() - others;
  }

  void declareMemory(Info info) {
    Slabs slabs = keyspace.slabs();
    info.section("Memory", "memory")
        .number("used_memory", slabs::usedBytes)
        .text("used_memory_human", () -> human(slabs.usedBytes()))
        .number("used_memory_rss", usage::residentBytes)
        .text("used_memory_rss_human", () -> human(usage.residentBytes()))
        .number("used_memory_peak", this::peak)
        .text("used_memory_peak_human", () -> human(peak()))
        .number("used_memory_reserved", slabs::reservedBytes)
        .number("used_memory_heap", ProcessUsage::heapBytes)
        .number("total_system_memory", ProcessUsage::totalMemoryBytes)
        .text("total_system_memory_human", () -> human(ProcessUsage.totalMemoryBytes()))
        .number("maxmemory", () -> settings.maxmemory.value())
        .text("maxmemory_human", () -> human(settings.maxmemory.value()))
        .text("maxmemory_policy", () -> settings.maxmemoryPolicy.text())
        .decimal("allocator_frag_ratio", 2, () -> 1 + slabs.fragmentation())
        .decimal(
            "mem_fragmentation_ratio",
            2,
            () -> (double) usage.residentBytes() / Math.max(slabs.usedBytes(), 1))
        .text("mem_allocator", () -> "slabs")
        .number("lazyfree_pending_objects", keyspace::garbageCount);
  }

  /** Looks whether more memory is in use than ever before. */
  void notePeak() {
    peakBytes = Math.max(peakBytes, keyspace.slabs().usedBytes());
  }

  private long peak() {
    notePeak();
    return peakBytes;
  }

  private static String human(long bytes) {
    if (bytes < 1024) {
      return bytes + "B";
    }
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < 4) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.2f%c", value, " KMGT".charAt(unit));
  }

  void declareStats(Info info) {
    info.section("Stats", "stats")
        .number("total_connections_received", clients::connectionsReceived)
        .number("total_commands_processed", stats::commands)
        .number("instantaneous_ops_per_sec", stats::commandsPerSecond)
        .number("total_net_input_bytes", clients::inputBytes)
        .number("total_net_output_bytes", clients::outputBytes)
        .number("rejected_connections", clients::connectionsRejected)
        .number("expired_keys", stats::expiredKeys)
        .number("keyspace_hits", stats::hits)
        .number("keyspace_misses", stats::misses)
        .number("pubsub_channels", () -> clients.channels().active(ChannelKind.CHANNEL).size())
        .number("pubsub_patterns", () -> clients.channels().active(ChannelKind.PATTERN).size())
        .number(
            "pubsubshard_channels",
            () -> clients.channels().active(ChannelKind.SHARD_CHANNEL).size())
        .number("latest_fork_usec", () -> 0)
        .number("total_forks", () -> 0)
        .number("client_query_buffer_limit_disconnections", clients::queryLimitDisconnections)
        .number("client_output_buffer_limit_disconnections", clients::outputLimitDisconnections)
        .number("total_error_replies", stats::errorReplies)
        .number("unexpected_error_replies", stats::unexpectedErrors);
  }

  void declareCpu(Info info) {
    info.section("CPU", "cpu")
        .decimal("used_cpu_sys", 6, usage::systemSeconds)
        .decimal("used_cpu_user", 6, usage::userSeconds);
  }

  void declareRest(Info info) {
    info.section("Modules", "modules");
    info.section("Commandstats", "commandstats").notInDefault().lines(this::commandLines);
    info.section("Errorstats", "errorstats")
        .lines(lines ->
            stats.errors().forEach((code, n) -> lines.field("errorstat_" + code, "count=" + n[0])));
    info.section("Cluster", "cluster").number("cluster_enabled", () -> 0);
    info.section("Keyspace", "keyspace").lines(this::databaseLines);
  }

  private void commandLines(InfoLines lines) {
    for (Command<Call> command : table.numbered()) {
      if (command.calls() > 0 || command.rejectedCalls() > 0 || command.failedCalls() > 0) {
        double perCall =
            command.calls() == 0 ? 0 : (double) command.microseconds() / command.calls();
        lines.field(
            "cmdstat_" + command.name(),
            String.format(
                Locale.ROOT,
                "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
                command.calls(),
                command.microseconds(),
                perCall,
                command.rejectedCalls(),
                command.failedCalls()));
      }
    }
  }

  private void databaseLines(InfoLines lines) {
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      if (database.size() > 0) {
        lines.field(
            "db" + i,
            "keys=%d,expires=%d,avg_ttl=%d"
                .formatted(database.size(), database.expires(), database.averageTtlMillis()));
      }
    }
  }
}
