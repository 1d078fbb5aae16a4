package io.redoubt.server.assembly;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.DurationHistogram;
import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientLine;
import io.redoubt.server.command.admin.LatencyDiagnosis;
import io.redoubt.server.command.admin.MemoryDiagnosis;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.execution.monitoring.SlowLog;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.lifecycle.HeardSentinels;
import io.redoubt.server.replication.ReplicationView;
import io.redoubt.server.replication.ReplicationView.ReplicaState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The state of a data server for its page, as JSON. Every list is bounded, so that a second's state
 * takes a fraction of a millisecond. Confined to the event loop.
 */
final class ServerPage {
  private static final int MAX_COMMANDS = 12;
  private static final int MAX_CLIENTS = 40;
  private static final int MAX_SLOW = 12;
  private static final int MAX_REPLICAS = 30;
  private static final double NANOS_PER_MICRO = 1000;

  /** The time after which a sentinel, which announces itself every two seconds, is silent. */
  private static final long SILENT_MILLIS = 10_000;

  private final ServerParts parts;
  private final ReplicationView replication;
  private final MemoryDiagnosis memoryDiagnosis;
  private final LatencyDiagnosis latencyDiagnosis;
  private final PageKeys keys;

  ServerPage(ServerParts parts, ReplicationView replication, PageKeys keys) {
    this.parts = parts;
    this.replication = replication;
    this.keys = keys;
    memoryDiagnosis = new MemoryDiagnosis(parts.memory);
    latencyDiagnosis = new LatencyDiagnosis(parts.latency, parts.settings);
  }

  /**
   * Returns the state of now.
   *
   * @param unready the reason for not being ready, empty if there is none
   */
  String state(String unready) {
    Json json = new Json().object();
    json.member("kind", "server")
        .member("version", Version.ofThisProcess().describe())
        .member("at", parts.clock.wallMillis())
        .member("port", parts.listeners.port())
        .member("role", replication.isReplica() ? "replica" : "master")
        .member("unready", unready);
    group(json);
    totals(json);
    commands(json);
    memory(json);
    databases(json);
    slow(json);
    keys.write(json, parts.settings.metrics.pageShowKeys.value());
    clients(json);
    findings(json);
    return json.endObject().toString();
  }

  private void group(Json json) {
    String self = "this server, port " + parts.listeners.port();
    json.array("groups").object().member("name", "").array("nodes");
    String upstream = "";
    if (replication.isReplica()) {
      upstream = Addresses.describe(replication.masterHost(), replication.masterPort());
      String link =
          replication.isLinkUp() ? "ok" : replication.isSyncing() ? "syncing" : "link down";
      json.object().member("id", upstream).member("role", "master").member("state", link);
      json.endObject();
    }
    json.object()
        .member("id", self)
        .member("self", true)
        .member("role", replication.isReplica() ? "replica" : "master")
        .member("of", upstream)
        .member("state", "ok")
        .member("offset", replication.offset())
        .endObject();
    List<ReplicaState> replicas = replication.replicas();
    for (ReplicaState replica : replicas.subList(0, Math.min(replicas.size(), MAX_REPLICAS))) {
      json.object()
          .member("id", Addresses.describe(replica.host(), replica.port()))
          .member("role", "replica")
          .member("of", self)
          .member("state", replica.state().equals("online") ? "ok" : replica.state())
          .member("offset", replica.ackOffset())
          .member("lagBytes", replica.lagBytes())
          .member("lagMillis", replica.lagMillis())
          .endObject();
    }
    json.endArray().array("sentinels");
    for (HeardSentinels.Heard sentinel : parts.heardSentinels.list()) {
      json.object()
          .member("id", sentinel.address())
          .member("state", sentinel.silentMillis() > SILENT_MILLIS ? "silent" : "ok")
          .member("silentMillis", sentinel.silentMillis())
          .endObject();
    }
    json.endArray().endObject().endArray();
  }

  private void totals(Json json) {
    json.object("totals")
        .member("commands", parts.stats.commands())
        .member("input", parts.rates.traffic().input().getAsLong())
        .member("output", parts.rates.traffic().output().getAsLong())
        .member("hits", parts.stats.hits())
        .member("misses", parts.stats.misses())
        .member("expired", parts.stats.expiredKeys())
        .member("evicted", parts.stats.evictedKeys())
        .member("busyNanos", parts.transport.stats().busyNanos())
        .member("longestNanos", parts.transport.stats().longestNanos())
        .member("clients", parts.clients.count())
        .member("blocked", parts.clients.blockedCount())
        .endObject();
  }

  private void commands(Json json) {
    List<Command<?>> called = new ArrayList<>();
    for (Command<?> command : parts.table.numbered()) {
      if (command.calls() + command.rejectedCalls() > 0) {
        called.add(command);
      }
    }
    called.sort(Comparator.<Command<?>>comparingLong(Command::microseconds).reversed());
    json.array("commands");
    for (Command<?> command : called.subList(0, Math.min(called.size(), MAX_COMMANDS))) {
      DurationHistogram durations = command.durations();
      json.object()
          .member("name", command.name())
          .member("calls", command.calls())
          .member("failed", command.failedCalls())
          .member("rejected", command.rejectedCalls())
          .member("micros", command.microseconds())
          .decimal("p50", durations.percentileNanos(50) / NANOS_PER_MICRO)
          .decimal("p99", durations.percentileNanos(99) / NANOS_PER_MICRO)
          .decimal("p999", durations.percentileNanos(99.9) / NANOS_PER_MICRO)
          .endObject();
    }
    json.endArray();
  }

  private void memory(Json json) {
    MemoryUse memory = parts.memory;
    MemoryUse.Buffers buffers = memory.buffers();
    json.object("memory")
        .member("used", memory.usedBytes())
        .member("limit", parts.settings.memory.maxmemory.value())
        .member("resident", parts.processUsage.residentBytes())
        .array("kinds");
    kind(json, "data set", memory.datasetBytes());
    kind(json, "clients", buffers.clientsBytes());
    kind(json, "replicas", buffers.replicasBytes());
    kind(json, "backlog", buffers.backlogBytes());
    kind(json, "append-only file", buffers.appendBytes());
    kind(json, "scripts", parts.scripting.engineBytes());
    kind(json, "Java heap", ProcessUsage.heapBytes());
    json.endArray().endObject();
  }

  private static void kind(Json json, String name, long bytes) {
    json.object().member("name", name).member("bytes", bytes).endObject();
  }

  private void databases(Json json) {
    json.array("databases");
    for (int i = 0; i < parts.keyspace.count(); i++) {
      Database database = parts.keyspace.database(i);
      if (database.size() > 0) {
        json.object()
            .member("index", i)
            .member("keys", database.size())
            .member("expiring", database.expiries().size())
            .endObject();
      }
    }
    json.endArray();
  }

  private void slow(Json json) {
    boolean keys = parts.settings.metrics.pageShowKeys.value();
    json.array("slow");
    for (SlowLog.Entry entry : parts.slowLog.newest(MAX_SLOW)) {
      json.object()
          .member("id", entry.id())
          .member("at", entry.seconds())
          .member("micros", entry.micros())
          .member("command", entry.words().getFirst())
          .member("arguments", entry.words().size() - 1);
      if (keys) {
        json.member("key", key(entry.words()));
      }
      json.endObject();
    }
    json.endArray();
  }

  /** Returns the first key of a request, empty if the command has none. */
  private String key(List<String> words) {
    Command<?> command = parts.table.byName(words.getFirst());
    int index = command == null || command.isContainer() ? 0 : command.firstKey();
    return index > 0 && index < words.size() ? words.get(index) : "";
  }

  private void clients(Json json) {
    long now = parts.clock.wallMillis();
    json.array("clients");
    int shown = 0;
    for (Client client : parts.clients.view()) {
      if (shown++ == MAX_CLIENTS) {
        break;
      }
      Command<?> command = client.lastCommand();
      json.object()
          .member("id", client.id())
          .member("address", client.address())
          .member("name", client.names().name().toString())
          .member("user", client.user().name().toString())
          .member("flags", ClientLine.flags(client))
          .member("age", Math.max(0, now - client.createdMillis()) / 1000)
          .member("idle", Math.max(0, now - client.lastInteractionMillis()) / 1000)
          .member("output", client.queuedOutputBytes())
          .member("command", command == null ? "" : command.name())
          .endObject();
    }
    json.endArray();
  }

  private void findings(Json json) {
    json.array("findings");
    memoryDiagnosis.findings(parts.keyspace).forEach(json::element);
    if (!parts.latency.events().isEmpty()) {
      latencyDiagnosis.text().lines().filter(line -> !line.isBlank()).forEach(json::element);
    }
    json.endArray();
  }
}
