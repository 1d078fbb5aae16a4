package io.redoubt.server.assembly;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.metrics.CommandMetrics;
import io.redoubt.protocol.metrics.InfoMetrics;
import io.redoubt.protocol.metrics.Labels;
import io.redoubt.protocol.metrics.Metric;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.LoopStats;
import io.redoubt.protocol.process.Version;
import io.redoubt.server.cluster.bus.BusStats;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.replication.ReplicationView;
import io.redoubt.server.replication.ReplicationView.ReplicaState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The metrics of a data server: every numeric INFO field, and metrics with labels. Confined to the
 * event loop.
 */
final class ServerSamples {
  private static final double MICROS_PER_SECOND = 1e6;
  private static final double MILLIS_PER_SECOND = 1e3;
  private static final double NANOS_PER_SECOND = 1e9;

  /** The length of a slice; the metrics of a command take about a microsecond in compiled code. */
  private static final long SLICE_NANOS = 400_000;

  private static final int COMMANDS_AT_ONCE = 8;

  /**
   * The shortest span of the utilisation: scrape, push and meters may follow each other closely.
   */
  private static final long LEAST_SPAN_NANOS = 900_000_000;

  private static final Metric UP = Metric.gauge("redis_up", "1: the server answers.");
  private static final Metric INSTANCE =
      Metric.gauge("redis_instance_info", "The server, in labels.");
  private static final Metric START =
      Metric.gauge("redis_start_time_seconds", "Time of the start, Unix time.");
  private static final Metric REPLICA =
      Metric.gauge("redis_slave_info", "The master of a replica, in labels.");
  private static final Metric LINK =
      Metric.gauge("redis_master_link_up", "1 if the link to the master is up.");
  private static final Metric REPLICA_OFFSET =
      Metric.gauge("redis_connected_slave_offset_bytes", "Acknowledged offset of a replica.");
  private static final Metric REPLICA_LAG =
      Metric.gauge(
          "redis_connected_slave_lag_seconds", "Time since a replica's last acknowledgement.");
  private static final Metric REPLICA_LAG_BYTES =
      Metric.gauge(
          "redoubt_connected_slave_lag_bytes",
          "Bytes of the stream that a replica has not acknowledged.");
  private static final Metric KEYS = Metric.gauge("redis_db_keys", "Keys by database.");
  private static final Metric EXPIRING =
      Metric.gauge("redis_db_keys_expiring", "Keys with an expiry time by database.");
  private static final Metric TTL =
      Metric.gauge("redis_db_avg_ttl_seconds", "Mean time to live by database.");
  private static final Metric ERRORS =
      Metric.counter("redis_errors_total", "Error replies by error code.");
  private static final Metric MAXCLIENTS =
      Metric.gauge("redis_config_maxclients", "Directive maxclients.");
  private static final Metric MAXMEMORY =
      Metric.gauge("redis_config_maxmemory", "Directive maxmemory.");
  private static final Metric SLOW = Metric.gauge("redis_slowlog_length", "Entries of SLOWLOG.");
  private static final Metric SLOW_ID =
      Metric.gauge("redis_slowlog_last_id", "Id of the last entry of SLOWLOG, 0 for none.");
  private static final Metric SLOW_LAST =
      Metric.gauge(
          "redis_last_slow_execution_duration_seconds", "Duration of SLOWLOG's last entry.");
  private static final Metric SPIKE_LAST =
      Metric.gauge("redis_latency_spike_last", "Time of an event's last spike, Unix time.");
  private static final Metric SPIKE =
      Metric.gauge("redis_latency_spike_duration_seconds", "Duration of an event's last spike.");
  private static final Metric CLUSTER_SENT =
      Metric.counter("redis_cluster_messages_sent_total", "Messages to other nodes of a cluster.");
  private static final Metric CLUSTER_RECEIVED =
      Metric.counter("redis_cluster_messages_received_total", "Messages of these.");
  private static final Metric SAVE_BYTES =
      Metric.gauge(
          "redoubt_rdb_last_save_size_bytes",
          "Size of the RDB file that this process saved last, 0 for none.");
  private static final Metric UTILISATION =
      Metric.gauge("redoubt_eventloop_utilisation", "Share of time in which the loop is busy.");
  private static final Metric STALL =
      Metric.gauge(
          "redoubt_eventloop_longest_turn_seconds",
          "Longest turn of the event loop since the start or CONFIG RESETSTAT.");
  private static final Metric SLICE =
      Metric.gauge(
          "redoubt_scrape_longest_slice_seconds",
          "Longest time for which the previous scrape blocked the event loop.");

  /** The fields of INFO that redis_exporter labels by the master. */
  private static final Set<String> OF_MASTER =
      Set.of("master_last_io_seconds_ago", "master_sync_in_progress", "slave_repl_offset");

  private final ServerParts parts;
  private final ReplicationView replication;
  private final String runId;
  private final InfoMetrics fields;
  private final CommandMetrics commands;
  private final double startSeconds;
  private double utilisation;
  private boolean measured;
  private long busyNanos;
  private long takenNanos;
  private long longestSliceNanos;

  /**
   * Creates the metrics of a server.
   *
   * @param startMillis the start of the server, Unix time
   */
  ServerSamples(
      ServerParts parts, Info info, ReplicationView replication, String runId, long startMillis) {
    this.parts = parts;
    this.replication = replication;
    this.runId = runId;
    fields = new InfoMetrics(info);
    commands = new CommandMetrics(parts.clients.table);
    startSeconds = startMillis / MILLIS_PER_SECOND;
    long ageMillis = Math.max(0, parts.clock.wallMillis() - startMillis);
    takenNanos = parts.clock.monotonicNanos() - TimeUnit.MILLISECONDS.toNanos(ageMillis);
  }

  /** Starts to take metrics. */
  Taking start() {
    return new Taking();
  }

  /**
   * Metrics that are being taken in slices, so that no turn of the event loop gets long: a scrape
   * comes too rarely for its code to be compiled soon.
   */
  final class Taking {
    private final MetricsSnapshot snapshot = new MetricsSnapshot();
    private final Deque<Runnable> left = new ArrayDeque<>();
    private long longestNanos;

    private Taking() {
      left.add(() -> addGeneral(snapshot));
      for (Section section : fields.sections()) {
        left.add(() -> fields.addTo(snapshot, section, OF_MASTER, masterLabels()));
      }
      left.add(() -> addReplicas(snapshot));
      int count = commands.count();
      for (int i = 0; i < count; i += COMMANDS_AT_ONCE) {
        int from = i;
        left.add(() -> commands.addTo(snapshot, from, Math.min(count, from + COMMANDS_AT_ONCE)));
      }
      left.add(() -> addDatabases(snapshot));
      left.add(() -> addErrors(snapshot));
      left.add(() -> addSlow(snapshot));
      left.add(() -> addLoop(snapshot));
    }

    /** Takes a slice; returns true if everything is taken. */
    boolean slice() {
      long startNanos = parts.clock.monotonicNanos();
      long nanos = 0;
      while (nanos < SLICE_NANOS && !left.isEmpty()) {
        left.remove().run();
        nanos = parts.clock.monotonicNanos() - startNanos;
      }
      longestNanos = Math.max(longestNanos, nanos);
      if (!left.isEmpty()) {
        return false;
      }
      longestSliceNanos = longestNanos;
      return true;
    }

    /** Returns the metrics, once they are taken. */
    MetricsSnapshot snapshot() {
      return snapshot;
    }
  }

  private void addGeneral(MetricsSnapshot snapshot) {
    snapshot.add(UP, 1);
    snapshot.add(INSTANCE, instance(), 1);
    snapshot.add(START, startSeconds);
    snapshot.add(MAXCLIENTS, parts.settings.common.maxclients.value());
    snapshot.add(MAXMEMORY, parts.settings.memory.maxmemory.value());
    snapshot.add(SAVE_BYTES, parts.persistence.snapshots.lastSaveBytes());
    ClusterNode node = parts.replication.clusterNode;
    BusStats bus = node == null || !node.isOpen() ? null : node.bus().stats();
    snapshot.add(CLUSTER_SENT, bus == null ? 0 : bus.sent());
    snapshot.add(CLUSTER_RECEIVED, bus == null ? 0 : bus.received());
    if (replication.isReplica()) {
      String labels = masterLabels();
      snapshot.add(LINK, labels, replication.isLinkUp() ? 1 : 0);
      String readOnly = parts.settings.replication.replicaReadOnly.value() ? "1" : "0";
      snapshot.add(REPLICA, labels + ',' + Labels.of("read_only", readOnly), 1);
    }
  }

  /** Returns the labels of metrics about the master, none if this server is a master. */
  private String masterLabels() {
    return replication.isReplica()
        ? Labels.of(
            "master_host",
            IpAddress.canonical(replication.masterHost()),
            "master_port",
            Integer.toString(replication.masterPort()))
        : Labels.NONE;
  }

  private String instance() {
    return Labels.of(
        "role",
        replication.isReplica() ? "slave" : "master",
        "redis_version",
        Version.REDIS,
        "redis_mode",
        parts.replication.mode(),
        "maxmemory_policy",
        parts.settings.memory.maxmemoryPolicy.text(),
        "tcp_port",
        Integer.toString(parts.clients.listeners.port()),
        "run_id",
        runId,
        "process_id",
        Long.toString(ProcessHandle.current().pid()),
        "master_replid",
        replication.id(),
        "availability_zone",
        parts.settings.availabilityZone.value());
  }

  private void addReplicas(MetricsSnapshot snapshot) {
    Set<String> seen = new HashSet<>();
    for (ReplicaState replica : replication.replicas()) {
      String labels =
          Labels.of(
              "slave_ip", replica.host(),
              "slave_port", Integer.toString(replica.port()),
              "slave_state", replica.state());
      if (seen.add(labels)) { // replicas may announce the same address, a scrape must not
        snapshot.add(REPLICA_OFFSET, labels, replica.ackOffset());
        snapshot.add(REPLICA_LAG, labels, replica.lagMillis() / MILLIS_PER_SECOND);
        snapshot.add(REPLICA_LAG_BYTES, labels, replica.lagBytes());
      }
    }
  }

  private void addDatabases(MetricsSnapshot snapshot) {
    for (int i = 0; i < parts.data.keyspace.count(); i++) {
      Database database = parts.data.keyspace.database(i);
      if (i == 0 || database.size() > 0) {
        String label = Labels.of("db", "db" + i);
        double ttl = database.expiries().averageTtlMillis(parts.data.keyspace.nowMillis());
        snapshot.add(KEYS, label, database.size());
        snapshot.add(EXPIRING, label, database.expiries().size());
        snapshot.add(TTL, label, ttl / MILLIS_PER_SECOND);
      }
    }
  }

  private void addErrors(MetricsSnapshot snapshot) {
    parts
        .data
        .stats
        .errors()
        .forEach((code, n) -> snapshot.add(ERRORS, Labels.of("err", code), n[0]));
  }

  private void addSlow(MetricsSnapshot snapshot) {
    snapshot.add(SLOW, parts.data.slowLog.count());
    snapshot.add(SLOW_ID, parts.data.slowLog.lastId());
    snapshot.add(SLOW_LAST, parts.data.slowLog.lastMicros() / MICROS_PER_SECOND);
    for (LatencyEvent event : parts.data.latency.events()) {
      Latency.Sample last = parts.data.latency.samples(event).getLast();
      String label = Labels.of("event_name", event.label());
      snapshot.add(SPIKE_LAST, label, last.seconds());
      snapshot.add(SPIKE, label, last.millis() / MILLIS_PER_SECOND);
    }
  }

  private void addLoop(MetricsSnapshot snapshot) {
    LoopStats loop = parts.clients.transport.stats();
    long now = parts.clock.monotonicNanos();
    if (now - takenNanos >= LEAST_SPAN_NANOS || !measured) {
      double busy = loop.busyNanos() - busyNanos;
      double passed = Math.max(1, now - takenNanos);
      utilisation = Math.clamp(busy / passed, 0, 1); // a reset makes it negative
      busyNanos = loop.busyNanos();
      takenNanos = now;
      measured = true;
    }
    snapshot.add(UTILISATION, utilisation);
    snapshot.add(STALL, loop.longestNanos() / NANOS_PER_SECOND);
    snapshot.add(SLICE, longestSliceNanos / NANOS_PER_SECOND);
  }
}
