package io.redoubt.server.lifecycle;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.Call;
import org.jspecify.annotations.Nullable;

/**
 * Receives what sentinels publish on their channel. Only publishers that may make this server a
 * replica can have it refuse writes, so that a hello grants nobody a right that they lack: the
 * message itself proves nothing.
 */
public final class SentinelHellos {
  private final RejoinGuard rejoin;
  private final EpochFence fence;
  private final CommandTable<Call> table;

  /** Creates a receiver that passes messages to both. */
  public SentinelHellos(RejoinGuard rejoin, EpochFence fence, CommandTable<Call> table) {
    this.rejoin = rejoin;
    this.fence = fence;
    this.table = table;
  }

  /** Evaluates the message of a PUBLISH, if it is for the channel of hellos. */
  public void published(Call call) {
    if (!call.request().is(1, SentinelHello.CHANNEL)) {
      return;
    }
    SentinelHello hello = SentinelHello.parse(call.request().text(2));
    if (hello == null) {
      return;
    }
    rejoin.heard(hello);
    if (!call.client().isInScript() && maySetRole(call.client().user(), call.request())) {
      fence.heard(hello);
    }
  }

  private boolean maySetRole(User user, Request request) {
    return user.isUnrestricted()
        || mayRun(user, table.byOriginalName("slaveof"), request)
        || mayRun(user, table.byOriginalName("replicaof"), request);
  }

  private static boolean mayRun(User user, @Nullable Command<Call> command, Request request) {
    return command != null && user.check(command, request) == null;
  }
}
