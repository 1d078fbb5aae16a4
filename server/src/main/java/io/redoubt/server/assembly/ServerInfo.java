package io.redoubt.server.assembly;

import io.redoubt.protocol.bytes.Decimals;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.DurationHistogram;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.launch.ProcessInfo;
import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.net.LoopStats;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.execution.Scripting;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.execution.monitoring.Rates;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Defragmentation;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.PercentilesDirective;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.KeySizes;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The sections of INFO: fields about the server as a whole, and the fields declared by its parts.
 */
final class ServerInfo {
  private static final long NANOS_PER_MICRO = 1000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final ServerParts parts;
  private final ServerDirectives settings;
  private final Keyspace keyspace;
  private final MemoryUse memory;
  private final Scripting scripting;
  private final ClientRegistry clients;
  private final ServerStats stats;
  private final Rates rates;
  private final Clock clock;
  private final ProcessUsage usage;
  private final ProcessInfo process;
  private final IoThreadInfo ioThreads;

  ServerInfo(ServerParts parts) {
    this.parts = parts;
    settings = parts.settings;
    keyspace = parts.data.keyspace;
    memory = parts.clients.memory;
    scripting = parts.clients.scripting;
    clients = parts.clients.registry;
    stats = parts.data.stats;
    rates = parts.rates;
    clock = parts.clock;
    usage = parts.processUsage;
    ioThreads = new IoThreadInfo(parts.clients.transport);
    process =
        new ProcessInfo(
            settings, clock, clients, parts.clients.table, usage, parts.environment.random());
  }

  String runId() {
    return process.runId();
  }

  void declare(Info info) {
    process.declareServer(
        info,
        parts.replication.mode(),
        parts.clients.transport.name(),
        ioThreads::areActive,
        settings.hz::value,
        parts.clients.tls::provider);
    Section server = info.section("Server", "server");
    parts.shutdown.declareInfo(server);
    parts.clients.listeners.declareInfo(server);
    server.text("availability_zone", settings.availabilityZone::value);
    declareClients(process.declareClients(info, this::clusterConnections));
    declareMemory(info);
    declarePersistence(info);
    declareStats(info.section("Stats", "stats"));
    ioThreads.declare(info.section("Stats", "stats"));
    Section replication = info.section("Replication", "replication");
    parts.replication.core.info().declare(replication);
    replication.text("sentinel_lease", parts.replication.lease::state);
    process.declareCpu(info);
    info.section("Modules", "modules");
    process.declareCommands(info);
    declareRest(info);
  }

  private void declarePersistence(Info info) {
    Section section = info.section("Persistence", "persistence");
    section.flag("loading", parts.persistence.dataSet.progress()::isLoading);
    section.flag("async_loading", parts.persistence.dataSet.progress()::isLoadingBeside);
    parts.persistence.snapshots.declareInfo(section::number, section::text);
    parts.persistence.dataSet.progress().declareInfo(section::number);
    parts.persistence.appendOnlyFile.info().declare(section::number, section::text);
    section.when(parts.persistence.appendOnlyFile::isEnabled);
    parts.persistence.appendOnlyFile.info().declareFiles(section::number, section::counter);
    section
        .always()
        .lines(
            lines -> parts.persistence.dataSet.progress().report(clock.wallMillis(), lines::field));
  }

  private long clusterConnections() {
    ClusterNode node = parts.replication.clusterNode;
    return node == null || !node.isOpen() ? 0 : node.bus().connectionCount();
  }

  private void declareClients(Section section) {
    section
        .number("total_blocking_keys", parts.data.blockedClients::keys)
        .number("total_blocking_keys_on_nokey", parts.data.blockedClients::keysOrTheirLoss);
    process.declareSubscribers(section);
    section
        .number("watching_clients", parts.data.watchedKeys::watchers)
        .number("total_watched_keys", parts.data.watchedKeys::size);
  }

  private void declareMemory(Info info) {
    Section section = info.section("Memory", "memory");
    bytes(section, "used_memory", memory::usedBytes);
    bytes(section, "used_memory_rss", usage::residentBytes);
    bytes(section, "used_memory_peak", memory::peakBytes);
    section
        .text("used_memory_peak_perc", () -> percent(memory.peakPercent()))
        .number("used_memory_overhead", memory::overheadBytes)
        .number("used_memory_startup", memory::startupBytes)
        .number("used_memory_dataset", memory::datasetBytes)
        .text("used_memory_dataset_perc", () -> percent(memory.datasetPercent()))
        .number("allocator_allocated", memory::usedBytes)
        .number("allocator_active", memory::heldBytes)
        .number("allocator_resident", memory::heldBytes);
    bytes(section, "total_system_memory", usage::totalMemoryBytes);
    declareScripts(section);
    bytes(section, "maxmemory", settings.memory.maxmemory::value);
    section
        .text("maxmemory_policy", settings.memory.maxmemoryPolicy::text)
        .decimal("allocator_frag_ratio", 2, memory::fragmentation)
        .number("allocator_frag_bytes", () -> memory.heldBytes() - memory.usedBytes())
        .decimal("allocator_rss_ratio", 2, () -> 1)
        .number("allocator_rss_bytes", () -> 0)
        .decimal("rss_overhead_ratio", 2, () -> residentBy(memory.heldBytes()))
        .number("rss_overhead_bytes", () -> usage.residentBytes() - memory.heldBytes())
        .decimal("mem_fragmentation_ratio", 2, () -> residentBy(memory.usedBytes()))
        .number("mem_fragmentation_bytes", () -> usage.residentBytes() - memory.usedBytes());
    MemoryUse.Buffers buffers = memory.buffers();
    section
        .number("mem_not_counted_for_evict", buffers::unlimitedBytes)
        .number("mem_replication_backlog", buffers::backlogBytes)
        .number("mem_total_replication_buffers", buffers::replicationBufferBytes)
        .number("mem_clients_slaves", buffers::replicasBytes)
        .number("mem_clients_normal", buffers::clientsBytes)
        .number("mem_cluster_links", buffers::clusterLinkBytes)
        .number("mem_aof_buffer", buffers::appendBytes)
        .text("mem_allocator", "slabs")
        .number("active_defrag_running", parts.defrag::percent)
        .number("lazyfree_pending_objects", keyspace::garbageCount)
        .counter("lazyfreed_objects", keyspace::freedCount)
        .number("used_memory_heap", ProcessUsage::heapBytes);
  }

  /** Scripts and functions share one engine, whose memory is reported as that of scripts. */
  private void declareScripts(Section section) {
    section
        .number("used_memory_lua", scripting::engineBytes)
        .number("used_memory_vm_eval", scripting::engineBytes)
        .text("used_memory_lua_human", () -> human(scripting.engineBytes()))
        .number("used_memory_scripts_eval", () -> scripting.scripts().textBytes())
        .number("number_of_cached_scripts", () -> scripting.scripts().count())
        .number("number_of_functions", () -> scripting.functions().count())
        .number("number_of_libraries", () -> scripting.functions().libraries().size())
        .number("used_memory_vm_functions", () -> 0);
    bytes(section, "used_memory_vm_total", scripting::engineBytes);
    section.number("used_memory_functions", () -> scripting.functions().textBytes());
    bytes(
        section,
        "used_memory_scripts",
        () -> scripting.scripts().textBytes() + scripting.functions().textBytes());
  }

  private static void bytes(Section section, String name, LongSupplier value) {
    section.number(name, value).text(name + "_human", () -> human(value.getAsLong()));
  }

  private double residentBy(long bytes) {
    return (double) usage.residentBytes() / Math.max(bytes, 1);
  }

  private static String percent(double value) {
    return Decimals.format(value, 2) + "%";
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
    return Decimals.format(value, 2) + " KMGT".charAt(unit);
  }

  private void declareStats(Section section) {
    process.declareReceived(section);
    section
        .counter("total_commands_processed", stats::commands)
        .number("instantaneous_ops_per_sec", rates::commands);
    Rates.Traffic traffic = rates.traffic();
    process.declareBytes(section, traffic.input(), traffic.output());
    section
        .counter("total_net_repl_input_bytes", traffic.replicationInput())
        .counter("total_net_repl_output_bytes", traffic.replicationOutput())
        .decimal("instantaneous_input_kbps", 2, rates::inputKib)
        .decimal("instantaneous_output_kbps", 2, rates::outputKib)
        .decimal("instantaneous_input_repl_kbps", 2, rates::replicationInputKib)
        .decimal("instantaneous_output_repl_kbps", 2, rates::replicationOutputKib);
    process.declareRejected(section);
    parts.replication.core.counts().declare(section);
    declareKeys(section);
    process.declareChannels(section);
    declareSideWork(section);
    declareLoop(section);
    process.declareDenials(section);
    section.counter("sync_interleaved", parts.replication.core.counts().interleavedSyncs);
    process.declareDisconnections(section);
    section.counter("evicted_scripts", () -> scripting.scripts().evicted());
  }

  private void declareKeys(Section section) {
    section
        .counter("expired_keys", stats.expiredKeys)
        .decimal("expired_stale_perc", 2, this::stalePercent)
        .counter("expired_time_cap_reached_count", stats.expiringUnfinished)
        .counter(
            "expire_cycle_cpu_milliseconds",
            () -> stats.expiringNanos.getAsLong() / NANOS_PER_MILLI)
        .counter("evicted_keys", stats.evictedKeys)
        .counter("evicted_clients", clients::clientsEvicted)
        .counter("total_eviction_exceeded_time", () -> stats.shortMillis(clock.monotonicNanos()))
        .number(
            "current_eviction_exceeded_time",
            () -> stats.currentlyShortMillis(clock.monotonicNanos()))
        .counter("keyspace_hits", stats::hits)
        .counter("keyspace_misses", stats::misses);
  }

  private long cachedSockets() {
    return parts.replication.migrationTargets.size()
        + (long) parts.replication.keyMigrations.idleCount();
  }

  /** Forks and I/O threads do not exist here; their fields are 0. */
  private void declareSideWork(Section section) {
    Defragmentation defragmentation = parts.defrag.counts();
    section
        .number("latest_fork_usec", () -> 0)
        .number("total_forks", () -> 0)
        .number("migrate_cached_sockets", this::cachedSockets)
        .number("slave_expires_tracked_keys", () -> keyspace.localExpiries().size())
        .counter("active_defrag_hits", defragmentation::hits)
        .counter("active_defrag_misses", defragmentation::misses)
        .counter("active_defrag_key_hits", defragmentation::keyHits)
        .counter("active_defrag_key_misses", defragmentation::keyMisses)
        .counter("total_active_defrag_time", parts.defrag::totalMillis)
        .number("current_active_defrag_time", parts.defrag::currentMillis)
        .number("tracking_total_keys", parts.clients.trackedKeys::size)
        .number("tracking_total_items", parts.clients.trackedKeys::items)
        .number("tracking_total_prefixes", parts.clients.trackedClients::prefixes)
        .counter("unexpected_error_replies", stats.unexpectedErrors)
        .counter("total_error_replies", stats.errorReplies)
        .counter("dump_payload_sanitizations", stats.checkedPayloads);
  }

  private void declareLoop(Section section) {
    LoopStats loop = parts.clients.transport.stats();
    section
        .counter("total_reads_processed", loop::reads)
        .counter("total_writes_processed", loop::writes)
        .counter("io_threaded_reads_processed", ioThreads::reads)
        .counter("io_threaded_writes_processed", ioThreads::writes)
        .number("reply_buffer_shrinks", () -> 0)
        .number("reply_buffer_expands", () -> 0)
        .counter("eventloop_cycles", loop::cycles)
        .counter("eventloop_duration_sum", () -> loop.busyNanos() / NANOS_PER_MICRO)
        .counter("eventloop_duration_cmd_sum", () -> stats.commandNanos() / NANOS_PER_MICRO)
        .number("instantaneous_eventloop_cycles_per_sec", rates::cycles)
        .number("instantaneous_eventloop_duration_usec", rates::microsPerCycle);
  }

  private void declareDebug(Section section) {
    LoopStats loop = parts.clients.transport.stats();
    section
        .onlyByName()
        .counter("eventloop_duration_aof_sum", () -> loop.endNanos() / NANOS_PER_MICRO)
        .counter("eventloop_duration_cron_sum", () -> stats.cronNanos.getAsLong() / NANOS_PER_MICRO)
        .number("eventloop_duration_max", () -> loop.longestNanos() / NANOS_PER_MICRO)
        .number("eventloop_cmd_per_cycle_max", loop::mostCommands);
  }

  /** Returns the percentage of keys with an expiry time that are due and not deleted yet. */
  private double stalePercent() {
    long due = 0;
    long expires = 0;
    for (int i = 0; i < keyspace.count(); i++) {
      due += keyspace.database(i).expiries().due(keyspace.nowMillis());
      expires += keyspace.database(i).expiries().size();
    }
    return expires == 0 ? 0 : 100.0 * due / expires;
  }

  private void declareRest(Info info) {
    info.section("Errorstats", "errorstats").lines(this::errorLines);
    info.section("Latencystats", "latencystats").notInDefault().lines(this::latencyLines);
    info.section("Cluster", "cluster")
        .number("cluster_enabled", () -> parts.replication.clusterNode == null ? 0 : 1);
    info.section("Keyspace", "keyspace").lines(this::databaseLines);
    var sizes = new KeySizes(parts.data.values);
    info.section("Keysizes", "keysizes")
        .onlyByName()
        .lines(lines -> sizes.forEach((name, value) -> lines.field(name, value)));
    declareDebug(info.section("Debug", "debug"));
  }

  private void errorLines(InfoLines lines) {
    stats.errors().forEach((code, n) -> lines.field("errorstat_" + code, "count=" + n[0]));
  }

  private void latencyLines(InfoLines lines) {
    if (!settings.latencyTracking.value()) {
      return;
    }
    for (Command<?> command : parts.clients.table.numbered()) {
      if (command.calls() > 0 && command.durations().total() > 0) {
        String percentiles =
            settings.latencyTrackingInfoPercentiles.value().stream()
                .map(each -> percentile(command.durations(), each))
                .collect(Collectors.joining(","));
        lines.field("latency_percentiles_usec_" + command.name(), percentiles);
      }
    }
  }

  private static String percentile(DurationHistogram durations, double percent) {
    double micros = durations.percentileNanos(percent) / 1000.0;
    return "p" + PercentilesDirective.format(percent) + "=" + Decimals.format(micros, 3);
  }

  private void databaseLines(InfoLines lines) {
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      if (database.size() > 0) {
        lines.field(
            "db" + i,
            "keys="
                + database.size()
                + ",expires="
                + database.expiries().size()
                + ",avg_ttl="
                + database.expiries().averageTtlMillis(keyspace.nowMillis()));
      }
    }
  }
}
