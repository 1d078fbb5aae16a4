package io.redoubt.server.replication;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.replication.master.FeedState;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.settings.HostPort;
import org.jspecify.annotations.Nullable;

/** FAILOVER: a master and one of its replicas exchange roles. */
public final class FailoverCommand extends CommandGroup<Call> {
  private static final CommandError NONE_IN_PROGRESS =
      new CommandError("ERR No failover in progress.");
  private static final CommandError IN_PROGRESS =
      new CommandError("ERR FAILOVER already in progress.");
  private static final CommandError TIMEOUT_NOT_POSITIVE =
      new CommandError("ERR FAILOVER timeout must be greater than 0");
  private static final CommandError FORCE_NEEDS_MORE =
      new CommandError(
          "ERR FAILOVER with force option requires both a timeout and target HOST and IP.");
  private static final CommandError ON_REPLICA =
      new CommandError("ERR FAILOVER is not valid when server is a replica.");
  private static final CommandError NO_REPLICAS =
      new CommandError("ERR FAILOVER requires connected replicas.");
  private static final CommandError NOT_A_REPLICA =
      new CommandError("ERR FAILOVER target HOST and PORT is not a replica.");
  private static final CommandError NOT_ONLINE =
      new CommandError("ERR FAILOVER target replica is not online.");

  private static final CommandError IN_CLUSTER =
      new CommandError(
          "ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.");

  private final Failover roleTransfer;
  private final Role role;
  private final ReplicaFeeds feeds;

  final Command<Call> failover =
      command("FAILOVER [TO (host port [FORCE])]{target} [ABORT] [TIMEOUT milliseconds]")
          .does("Makes a replica the master after it has caught up.")
          .since("6.2.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, STALE)
          .runs(this::failover);

  FailoverCommand(Failover roleTransfer, Role role, ReplicaFeeds feeds) {
    super(Group.SERVER);
    this.roleTransfer = roleTransfer;
    this.role = role;
    this.feeds = feeds;
  }

  private void failover(Call call) {
    if (call.isInCluster()) {
      throw IN_CLUSTER;
    }
    long timeoutMillis = 0;
    boolean force = false;
    @Nullable HostPort target = null;
    for (int i = 1; i < call.count(); i++) {
      boolean hasNext = i + 1 < call.count();
      if (call.is(i, "TIMEOUT") && hasNext && timeoutMillis == 0) {
        timeoutMillis = call.argLong(++i);
        if (timeoutMillis <= 0) {
          throw TIMEOUT_NOT_POSITIVE;
        }
      } else if (call.is(i, "ABORT") && call.count() == 2) {
        abort(call);
        return;
      } else if (call.is(i, "TO") && i + 2 < call.count() && target == null) {
        target = new HostPort(call.argText(i + 1), (int) call.argLong(i + 2));
        i += 2;
      } else if (call.is(i, "FORCE") && !force) {
        force = true;
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (roleTransfer.isUnderWay()) {
      throw IN_PROGRESS;
    }
    if (role.isReplica()) {
      throw ON_REPLICA;
    }
    if (feeds.all().isEmpty()) {
      throw NO_REPLICAS;
    }
    if (force && (timeoutMillis == 0 || target == null)) {
      throw FORCE_NEEDS_MORE;
    }
    if (target != null) {
      requireOnline(target);
    }
    roleTransfer.begin(target, force, timeoutMillis);
    call.reply().ok();
  }

  private void abort(Call call) {
    if (!roleTransfer.isUnderWay()) {
      throw NONE_IN_PROGRESS;
    }
    roleTransfer.abort("Failover manually aborted");
    call.reply().ok();
  }

  private void requireOnline(HostPort target) {
    ReplicaFeed feed = feeds.named(target);
    if (feed == null) {
      throw NOT_A_REPLICA;
    }
    if (feed.state() != FeedState.ONLINE) {
      throw NOT_ONLINE;
    }
  }
}
