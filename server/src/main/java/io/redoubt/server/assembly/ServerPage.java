package io.redoubt.server.assembly;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.DurationHistogram;
import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientLine;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.execution.monitoring.SlowLog;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.replication.ReplicationView;
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
  private static final double NANOS_PER_MICRO = 1000;

  /** The names of the numbers of a sample. */
  static final List<String> SAMPLE = List.of("at", "commands", "input", "output", "busyNanos");

  private final ServerParts parts;
  private final ReplicationView replication;
  private final PageKeys keys;
  private final ServerEvents events;
  private final PageTopology topology;
  private final PageFindings findings;
  private final PageActions actions;

  ServerPage(ServerParts parts, ReplicationView replication, PageKeys keys, ServerEvents events) {
    this.parts = parts;
    this.replication = replication;
    this.keys = keys;
    this.events = events;
    topology = new PageTopology(parts, replication);
    findings = new PageFindings(parts);
    actions = new PageActions(parts, replication);
  }

  /** Returns the totals from which charts are drawn, by {@link #SAMPLE}. */
  long[] sample() {
    return new long[] {
      parts.clock.wallMillis(),
      parts.data.stats.commands(),
      parts.rates.traffic().input().getAsLong(),
      parts.rates.traffic().output().getAsLong(),
      parts.clients.transport.stats().busyNanos()
    };
  }

  /**
   * Returns the current state.
   *
   * @param unready the reason why the server is not ready, empty if it is
   */
  String state(String unready) {
    Json json = new Json().object();
    json.member("kind", "server")
        .member("version", Version.ofThisProcess().describe())
        .member("at", parts.clock.wallMillis())
        .member("port", parts.clients.listeners.port())
        .member("role", replication.isReplica() ? "replica" : "master")
        .member("unready", unready);
    json.member(
        "sentence",
        PageSentence.of(
            replication,
            parts.replication.clusterNode == null ? null : parts.replication.clusterNode.cluster(),
            events.gone().size()));
    topology.write(json, events.gone());
    totals(json);
    commands(json);
    memory(json);
    databases(json);
    slow(json);
    boolean showsKeys = parts.settings.metrics.pageShowKeys.value();
    json.member("showsKeys", showsKeys);
    keys.write(json, showsKeys);
    clients(json);
    findings.write(json);
    actions.write(json);
    return json.endObject().toString();
  }

  private void totals(Json json) {
    json.object("totals")
        .member("commands", parts.data.stats.commands())
        .member("input", parts.rates.traffic().input().getAsLong())
        .member("output", parts.rates.traffic().output().getAsLong())
        .member("hits", parts.data.stats.hits())
        .member("misses", parts.data.stats.misses())
        .member("expired", parts.data.stats.expiredKeys.getAsLong())
        .member("evicted", parts.data.stats.evictedKeys.getAsLong())
        .member("busyNanos", parts.clients.transport.stats().busyNanos())
        .member("longestNanos", parts.clients.transport.stats().longestNanos())
        .member("clients", parts.clients.registry.count())
        .member("blocked", parts.clients.registry.blockedCount())
        .endObject();
  }

  private void commands(Json json) {
    List<Command<?>> called = new ArrayList<>();
    for (Command<?> command : parts.clients.table.numbered()) {
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
    MemoryUse memory = parts.clients.memory;
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
    kind(json, "scripts", parts.clients.scripting.engineBytes());
    kind(json, "Java heap", ProcessUsage.heapBytes());
    json.endArray().endObject();
  }

  private static void kind(Json json, String name, long bytes) {
    json.object().member("name", name).member("bytes", bytes).endObject();
  }

  private void databases(Json json) {
    json.array("databases");
    for (int i = 0; i < parts.data.keyspace.count(); i++) {
      Database database = parts.data.keyspace.database(i);
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
    for (SlowLog.Entry entry : parts.data.slowLog.newest(MAX_SLOW)) {
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
    Command<?> command = parts.clients.table.byName(words.getFirst());
    int index = command == null || command.isContainer() ? 0 : command.firstKey();
    return index > 0 && index < words.size() ? words.get(index) : "";
  }

  private void clients(Json json) {
    long now = parts.clock.wallMillis();
    json.array("clients");
    int shown = 0;
    for (Client client : parts.clients.registry.view()) {
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
}
