package io.redoubt.server.replication;

import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.info.Section;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.replica.Transfer;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.settings.ServerDirectives;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The section Replication of INFO. */
public final class ReplicationInfo {
  private final Replication replication;
  private final ServerDirectives settings;

  /** Creates the section of a server. */
  public ReplicationInfo(Replication replication, ServerDirectives settings) {
    this.replication = replication;
    this.settings = settings;
  }

  /** Declares the fields of the section Replication, in Redis' order. */
  public void declare(Section section) {
    section.text("role", () -> replication.isReplica() ? "slave" : "master");
    section.when(replication::isReplica);
    MasterLink link = replication.link();
    section
        .text("master_host", link::masterHost)
        .number("master_port", link::masterPort)
        .text("master_link_status", () -> link.isConnected() ? "up" : "down")
        .number("master_last_io_seconds_ago", link::silentSeconds)
        .flag("master_sync_in_progress", () -> link.transfer() != null)
        .number("slave_read_repl_offset", () -> replication.dataOffset() + link.unappliedBytes())
        .number("slave_repl_offset", replication::dataOffset)
        .lines(this::transfer)
        .lines(this::down)
        .number("slave_priority", () -> settings.replication.replicaPriority.value())
        .flag("slave_read_only", () -> settings.replication.replicaReadOnly.value())
        .flag("replica_announced", () -> settings.replication.replicaAnnounced.value())
        .always();
    section
        .number("connected_slaves", replication::replicaCount)
        .when(replication::needsGoodReplicas)
        .number("min_slaves_good_slaves", () -> replication.feeds().good())
        .always()
        .lines(this::replicas)
        .text("master_failover_state", () -> replication.failover().step().label())
        .text("master_replid", replication::id)
        .text("master_replid2", () -> replication.history().secondId())
        .number("master_repl_offset", replication::offset)
        .number("second_repl_offset", () -> replication.history().secondOffset())
        .flag("repl_backlog_active", () -> replication.backlog() != null)
        .number("repl_backlog_size", () -> settings.replication.replBacklogSize.value())
        .number("repl_backlog_first_byte_offset", this::firstByteOffset)
        .number("repl_backlog_histlen", this::historyBytes)
        .number("repl_spill_bytes", () -> replication.spillSpace().usedBytes())
        .when(replication.writeAcks()::isShown)
        .number("write_acks_required", () -> replication.writeAcks().required())
        .number("write_acks_waiting_clients", () -> replication.writeAcks().waitingClients())
        .number("write_acks_timeouts", () -> replication.writeAcks().timeouts())
        .when(() -> replication.writeAcks().isShown() || replication.membership().isActive())
        .text("write_acks_node", () -> replication.membership().id())
        .text("write_acks_group", this::group)
        .text("write_acks_group_state", () -> replication.ackGroup().state())
        .always();
  }

  /**
   * Returns the configuration in force; a pending one might never be, and sentinels must not use
   * it.
   */
  private String group() {
    GroupConfig committed = replication.membership().chain().committed();
    return committed == null ? "-" : committed.format();
  }

  private long firstByteOffset() {
    Backlog backlog = replication.backlog();
    return backlog == null ? 0 : backlog.firstOffset();
  }

  private long historyBytes() {
    Backlog backlog = replication.backlog();
    return backlog == null ? 0 : backlog.historyBytes();
  }

  private void transfer(InfoLines lines) {
    MasterLink link = replication.link();
    Transfer transfer = link.transfer();
    if (transfer == null) {
      return;
    }
    long total = Math.max(transfer.totalBytes(), 0);
    long received = transfer.receivedBytes();
    double percent = total == 0 ? 0 : 100.0 * received / total;
    lines
        .field("master_sync_total_bytes", total)
        .field("master_sync_read_bytes", received)
        .field("master_sync_left_bytes", total == 0 ? -received : total - received)
        .field("master_sync_perc", String.format(Locale.ROOT, "%.2f", percent))
        .field("master_sync_last_io_seconds_ago", link.transferSilentSeconds());
    if (transfer.isInterleaved()) {
      lines.field("master_sync_stream_bytes", link.aheadBytes());
    }
  }

  private void down(InfoLines lines) {
    MasterLink link = replication.link();
    if (!link.isConnected()) {
      lines.field("master_link_down_since_seconds", link.downSeconds());
      String refusal = link.refusal();
      if (refusal != null) {
        lines.field("master_link_down_reason", refusal);
      }
    }
  }

  private void replicas(InfoLines lines) {
    int index = 0;
    for (ReplicaFeed feed : replication.feeds().all()) {
      @Nullable String address = feed.address();
      if (address != null) {
        lines.field(
            "slave" + index++,
            String.format(
                Locale.ROOT,
                "ip=%s,port=%d,state=%s,offset=%d,lag=%d",
                address,
                feed.listeningPort(),
                feed.state().label(),
                feed.ackOffset(),
                feed.lagSeconds()));
      }
    }
  }
}
