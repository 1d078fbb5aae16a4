package io.redoubt.sentinel;

import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.metrics.CommandMetrics;
import io.redoubt.protocol.metrics.InfoMetrics;
import io.redoubt.protocol.metrics.Labels;
import io.redoubt.protocol.metrics.Metric;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.process.Version;
import io.redoubt.sentinel.core.Instance;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Replica;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelPeer;
import java.util.Set;

/** The metrics of a sentinel: its INFO, and its view of each master. Confined to the event loop. */
final class SentinelSamples {
  private static final double MILLIS_PER_SECOND = 1e3;

  private static final Metric UP = Metric.gauge("redis_up", "1: the sentinel answers.");
  private static final Metric INSTANCE =
      Metric.gauge("redis_instance_info", "The sentinel, in labels.");
  private static final Metric START =
      Metric.gauge("redis_start_time_seconds", "Time of the start, Unix time.");
  private static final Metric STATUS =
      Metric.gauge("redis_sentinel_master_status", "1 if the master is up, by state.");
  private static final Metric REPLICAS =
      Metric.gauge("redis_sentinel_master_slaves", "Known replicas of a master.");
  private static final Metric OK_REPLICAS =
      Metric.gauge("redis_sentinel_master_ok_slaves", "Replicas of a master that are up.");
  private static final Metric SENTINELS =
      Metric.gauge("redis_sentinel_master_sentinels", "Sentinels of a master, this one included.");
  private static final Metric OK_SENTINELS =
      Metric.gauge("redis_sentinel_master_ok_sentinels", "Sentinels of a master that are up.");
  private static final Metric CKQUORUM =
      Metric.gauge(
          "redis_sentinel_master_ckquorum_status",
          "1 if enough sentinels are reachable for the quorum and for a majority.");
  private static final Metric QUORUM =
      Metric.gauge("redis_sentinel_master_setting_ckquorum", "Quorum of a master.");
  private static final Metric FAILOVER_TIMEOUT =
      Metric.gauge("redis_sentinel_master_setting_failover_timeout", "Option failover-timeout.");
  private static final Metric PARALLEL_SYNCS =
      Metric.gauge("redis_sentinel_master_setting_parallel_syncs", "Option parallel-syncs.");
  private static final Metric DOWN_AFTER =
      Metric.gauge(
          "redis_sentinel_master_setting_down_after_milliseconds",
          "Option down-after-milliseconds.");
  private static final Metric CONFIG_EPOCH =
      Metric.gauge("redis_sentinel_master_config_epoch", "Epoch of the last failover.");
  private static final Metric LAST_OK =
      Metric.gauge(
          "redis_sentinel_master_last_ok_ping_reply_seconds",
          "Age of the last good reply to PING.");
  private static final Metric EPOCH =
      Metric.gauge("redoubt_sentinel_current_epoch", "Greatest known epoch.");
  private static final Metric STATE =
      Metric.gauge(
          "redoubt_sentinel_instance_up", "1 if a monitored process is up in this one's view.");
  private static final Metric PONG =
      Metric.gauge(
          "redoubt_sentinel_instance_last_pong_seconds", "Age of a process's last reply to PING.");
  private static final Metric OFFSET =
      Metric.gauge(
          "redoubt_sentinel_replica_offset_bytes", "Offset that a replica reported by INFO.");
  private static final Metric FAILOVER =
      Metric.gauge(
          "redoubt_sentinel_failover_in_progress",
          "1 if this sentinel leads a failover or tries to.");
  private static final Metric SWITCHES =
      Metric.counter("redoubt_sentinel_switches_total", "Changes of a master since the start.");
  private static final Metric ABORTS =
      Metric.counter("redoubt_sentinel_failovers_aborted_total", "Failovers given up here.");
  private static final Metric PHASES =
      Metric.counter(
          "redoubt_sentinel_failover_seconds_total",
          "Time of failovers by phase, from the last valid reply of the old master.");
  private static final Metric LAST_PHASE =
      Metric.gauge("redoubt_sentinel_last_failover_seconds", "Time of the last one by phase.");

  private final Sentinel sentinel;
  private final FailoverPhases phases;
  private final InfoMetrics fields;
  private final CommandMetrics commands;
  private final int port;
  private final double startSeconds;

  /**
   * Creates the metrics of a sentinel.
   *
   * @param startMillis the start of the sentinel, Unix time
   */
  SentinelSamples(
      Sentinel sentinel,
      FailoverPhases phases,
      Info info,
      CommandTable<?> table,
      int port,
      long startMillis) {
    this.sentinel = sentinel;
    this.phases = phases;
    this.port = port;
    fields = new InfoMetrics(info);
    commands = new CommandMetrics(table);
    startSeconds = startMillis / MILLIS_PER_SECOND;
  }

  MetricsSnapshot take() {
    MetricsSnapshot snapshot = new MetricsSnapshot();
    snapshot.add(UP, 1);
    String labels =
        Labels.of(
            "role",
            "sentinel",
            "redis_version",
            Version.REDIS,
            "redis_mode",
            "sentinel",
            "tcp_port",
            Integer.toString(port),
            "run_id",
            sentinel.myId(),
            "process_id",
            Long.toString(ProcessHandle.current().pid()));
    snapshot.add(INSTANCE, labels, 1);
    snapshot.add(START, startSeconds);
    snapshot.add(EPOCH, sentinel.currentEpoch());
    fields.addTo(snapshot, Set.of(), Labels.NONE);
    commands.addTo(snapshot);
    for (Master master : sentinel.masters()) {
      add(snapshot, master);
    }
    phases.totals().forEach((master, totals) -> add(snapshot, master, totals));
    return snapshot;
  }

  private void add(MetricsSnapshot snapshot, Master master) {
    String name = master.name();
    String address = sentinel.displayed(master.address()).toString();
    String labels = Labels.of("master_name", name, "master_address", address);
    String status = SentinelPage.state(master);
    snapshot.add(
        STATUS,
        Labels.of("master_name", name, "master_address", address, "master_status", status),
        status.equals("ok") ? 1 : 0);
    long upReplicas = master.replicas().stream().filter(each -> !each.isSubjectivelyDown()).count();
    long upSentinels =
        master.sentinels().stream().filter(each -> !each.isSubjectivelyDown()).count() + 1;
    int voters = master.sentinels().size() + 1;
    snapshot.add(REPLICAS, labels, master.replicas().size());
    snapshot.add(OK_REPLICAS, labels, upReplicas);
    snapshot.add(SENTINELS, labels, voters);
    snapshot.add(OK_SENTINELS, labels, upSentinels);
    int needed = Math.max(master.options().quorum(), voters / 2 + 1);
    boolean enough = sentinel.reachableSentinels(master) >= needed;
    snapshot.add(CKQUORUM, Labels.of("master_name", name), enough ? 1 : 0);
    snapshot.add(QUORUM, labels, master.options().quorum());
    snapshot.add(FAILOVER_TIMEOUT, labels, master.options().failoverTimeoutMillis());
    snapshot.add(PARALLEL_SYNCS, labels, master.options().parallelSyncs());
    snapshot.add(DOWN_AFTER, labels, master.options().downAfterMillis());
    snapshot.add(CONFIG_EPOCH, labels, master.configEpoch());
    double lastOkMillis = master.link().sinceAvailableMillis(sentinel.nowMillis());
    snapshot.add(LAST_OK, labels, lastOkMillis / MILLIS_PER_SECOND);
    snapshot.add(FAILOVER, labels, master.isFailoverInProgress() ? 1 : 0);
    instance(snapshot, name, master);
    for (Replica replica : master.replicas()) {
      String own = instance(snapshot, name, replica);
      var info = replica.info();
      if (info != null) {
        snapshot.add(OFFSET, own, info.offset());
      }
    }
    for (SentinelPeer peer : master.sentinels()) {
      instance(snapshot, name, peer);
    }
  }

  private String instance(MetricsSnapshot snapshot, String master, Instance instance) {
    String labels =
        Labels.of(
            "master_name", master,
            "kind", instance.kind(),
            "address", sentinel.displayed(instance.address()).toString());
    snapshot.add(STATE, labels, instance.isSubjectivelyDown() ? 0 : 1);
    double pongMillis = instance.link().sincePongMillis(sentinel.nowMillis());
    snapshot.add(PONG, labels, pongMillis / MILLIS_PER_SECOND);
    return labels;
  }

  private static void add(MetricsSnapshot snapshot, String master, FailoverPhases.Totals totals) {
    String labels = Labels.of("master_name", master);
    snapshot.add(SWITCHES, labels, totals.switches());
    snapshot.add(ABORTS, labels, totals.aborted());
    for (String phase : FailoverPhases.PHASES) {
      String own = Labels.of("master_name", master, "phase", phase);
      snapshot.add(PHASES, own, totals.millis().getOrDefault(phase, 0L) / MILLIS_PER_SECOND);
      snapshot.add(
          LAST_PHASE, own, totals.lastMillis().getOrDefault(phase, 0L) / MILLIS_PER_SECOND);
    }
  }
}
