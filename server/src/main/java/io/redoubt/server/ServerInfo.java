package io.redoubt.server;

import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.launch.ProcessInfo;
import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.server.execution.BlockedClients;
import io.redoubt.server.execution.ServerStats;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.ServerDirectives;
import java.util.Locale;

/** The sections of INFO about the server as a whole; other parts declare their own fields. */
final class ServerInfo {
  private final ServerDirectives settings;
  private final Keyspace keyspace;
  private final WatchedKeys watchedKeys;
  private final BlockedClients blockedClients;
  private final ServerStats stats;
  private final ProcessInfo process;
  private long peakBytes;

  ServerInfo(
      ServerDirectives settings,
      Keyspace keyspace,
      WatchedKeys watchedKeys,
      BlockedClients blockedClients,
      ServerStats stats,
      ProcessInfo process) {
    this.settings = settings;
    this.keyspace = keyspace;
    this.watchedKeys = watchedKeys;
    this.blockedClients = blockedClients;
    this.stats = stats;
    this.process = process;
  }

  void declareClients(Section clients) {
    clients
        .number("watching_clients", watchedKeys::watchers)
        .number("total_watched_keys", watchedKeys::size)
        .number("total_blocking_keys", blockedClients::keys)
        .number("total_blocking_keys_on_nokey", blockedClients::keysOrTheirLoss);
  }

  void declareMemory(Info info) {
    Slabs slabs = keyspace.slabs();
    ProcessUsage usage = process.usage();
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
    Section section = info.section("Stats", "stats");
    process.declareTraffic(section);
    section
        .number("total_commands_processed", stats::commands)
        .number("instantaneous_ops_per_sec", stats::commandsPerSecond)
        .number("expired_keys", stats::expiredKeys)
        .number("evicted_keys", stats::evictedKeys)
        .number("keyspace_hits", stats::hits)
        .number("keyspace_misses", stats::misses)
        .number("latest_fork_usec", () -> 0)
        .number("total_forks", () -> 0)
        .number("total_error_replies", stats::errorReplies)
        .number("unexpected_error_replies", stats::unexpectedErrors);
  }

  void declareRest(Info info) {
    info.section("Modules", "modules");
    info.section("Errorstats", "errorstats").lines(this::errorLines);
    info.section("Cluster", "cluster").number("cluster_enabled", () -> 0);
    info.section("Keyspace", "keyspace").lines(this::databaseLines);
  }

  private void errorLines(InfoLines lines) {
    stats.errors().forEach((code, n) -> lines.field("errorstat_" + code, "count=" + n[0]));
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
