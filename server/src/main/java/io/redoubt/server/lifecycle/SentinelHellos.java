package io.redoubt.server.lifecycle;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.lease.LeaseOffer;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.Call;
import org.jspecify.annotations.Nullable;

/**
 * Receives the hellos and leases of sentinels. They can make this server refuse writes but don't
 * authenticate their senders, so they count only from users with permission for REPLICAOF: a
 * message then has no more effect than its sender could have anyway.
 */
public final class SentinelHellos {
  private final RejoinGuard rejoin;
  private final EpochFence fence;
  private final SentinelLease lease;
  private final HeardSentinels heard;
  private final CommandTable<Call> table;

  /** Creates a receiver that forwards valid messages to the given parts. */
  public SentinelHellos(
      RejoinGuard rejoin,
      EpochFence fence,
      SentinelLease lease,
      HeardSentinels heard,
      CommandTable<Call> table) {
    this.rejoin = rejoin;
    this.fence = fence;
    this.lease = lease;
    this.heard = heard;
    this.table = table;
  }

  /** Evaluates a PUBLISH to the channel of hellos. */
  public void onPublish(Call call) {
    if (!call.request().is(1, SentinelHello.CHANNEL)
        || call.request().length(2) > SentinelHello.MAX_LENGTH) {
      return;
    }
    SentinelHello hello = SentinelHello.parse(call.request().text(2));
    if (hello == null) {
      return;
    }
    if (maySetRole(call)) {
      // the permission matters: after a restart the saved sentinels are sent rejoin-auth-pass
      rejoin.onHello(hello);
      fence.onHello(hello);
      lease.onHello(hello);
      heard.onHello(hello);
    }
  }

  /** Answers a PING that offers a lease; returns false for any other PING. */
  public boolean pinged(Call call) {
    int length = call.request().length(1);
    if (length < LeaseOffer.MIN_LENGTH || length > LeaseOffer.MAX_LENGTH || !lease.isOn()) {
      return false;
    }
    LeaseOffer offer = LeaseOffer.parse(call.request().text(1));
    if (offer == null || !maySetRole(call)) {
      return false;
    }
    call.reply().bulk(lease.offered(offer));
    return true;
  }

  private boolean maySetRole(Call call) {
    return !call.client().isInScript() && maySetRole(call.client().user(), call.request());
  }

  private boolean maySetRole(User user, Request request) {
    return user.isUnrestricted()
        || mayRun(user, table.byOriginalName("slaveof"), request)
        || mayRun(user, table.byOriginalName("replicaof"), request);
  }

  private static boolean mayRun(User user, @Nullable Command<Call> command, Request request) {
    return command != null && user.check(command, request, 0) == null;
  }
}
