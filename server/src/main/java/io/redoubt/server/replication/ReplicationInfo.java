package io.redoubt.server.replication;

import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.info.Section;
import io.redoubt.server.replication.group.GroupParts;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.replica.Transfer;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.settings.ServerDirectives;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The section Replication of INFO. */
public final class ReplicationInfo {
  private final ServerDirectives settings;
  private final Role role;
  private final ReplicationStream stream;
  private final ReplicaFeeds feeds;
  private final GroupParts group;
  private final MasterLink link;
  private final Failover failover;
  private final SpillSpace spillSpace;

  ReplicationInfo(
      ServerDirectives settings,
      Role role,
      ReplicationStream stream,
      ReplicaFeeds feeds,
      GroupParts group,
      MasterLink link,
      Failover failover,
      SpillSpace spillSpace) {
    this.settings = settings;
    this.role = role;
    this.stream = stream;
    this.feeds = feeds;
    this.group = group;
    this.link = link;
    this.failover = failover;
    this.spillSpace = spillSpace;
  }

  /** Declares the fields of the section Replication, in Redis' order. */
  public void declare(Section section) {
    section.text("role", () -> role.isReplica() ? "slave" : "master");
    section.when(role::isReplica);
    section
        .text("master_host", link::masterHost)
        .number("master_port", link::masterPort)
        .text("master_link_status", () -> link.isConnected() ? "up" : "down")
        .number("master_last_io_seconds_ago", link::silentSeconds)
        .flag("master_sync_in_progress", () -> link.transfer() != null)
        .number("slave_read_repl_offset", () -> stream.dataOffset() + link.unappliedBytes())
        .number("slave_repl_offset", stream::dataOffset)
        .lines(this::transfer)
        .lines(this::down)
        .number("slave_priority", () -> settings.replication.replicaPriority.value())
        .flag("slave_read_only", () -> settings.replication.replicaReadOnly.value())
        .flag("replica_announced", () -> settings.replication.replicaAnnounced.value())
        .always();
    section
        .number("connected_slaves", () -> feeds.all().size())
        .when(settings.replication::needsGoodReplicas)
        .number("min_slaves_good_slaves", () -> feeds.good())
        .always()
        .lines(this::replicas)
        .text("master_failover_state", () -> failover.step().label())
        .text("master_replid", () -> stream.history().id())
        .text("master_replid2", () -> stream.history().secondId())
        .number("master_repl_offset", stream::offset)
        .number("second_repl_offset", () -> stream.history().secondOffset())
        .flag("repl_backlog_active", () -> stream.backlog() != null)
        .number("repl_backlog_size", () -> settings.replication.replBacklogSize.value())
        .number("repl_backlog_first_byte_offset", this::firstByteOffset)
        .number("repl_backlog_histlen", this::historyBytes)
        .number("repl_spill_bytes", () -> spillSpace.usedBytes())
        .when(group.replies()::isShown)
        .number("write_acks_required", () -> group.replies().required())
        .number("write_acks_waiting_clients", () -> group.replies().waitingClients())
        .number("write_acks_timeouts", () -> group.replies().timeouts())
        .when(() -> group.replies().isShown() || group.membership().isActive())
        .text("write_acks_node", () -> group.membership().id())
        .text("write_acks_group", this::group)
        .text("write_acks_group_state", () -> group.acks().state())
        .always();
  }

  /**
   * Returns the configuration in force; a pending one might never be, and sentinels must not use
   * it.
   */
  private String group() {
    GroupConfig committed = group.membership().chain().committed();
    return committed == null ? "-" : committed.format();
  }

  private long firstByteOffset() {
    Backlog backlog = stream.backlog();
    return backlog == null ? 0 : backlog.firstOffset();
  }

  private long historyBytes() {
    Backlog backlog = stream.backlog();
    return backlog == null ? 0 : backlog.historyBytes();
  }

  private void transfer(InfoLines lines) {
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
    for (ReplicaFeed feed : feeds.all()) {
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
