package io.redoubt.server.replication.master;

import static io.redoubt.protocol.command.Flag.NOSCRIPT;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.replication.state.Role;

/** WAIT and WAITAOF, by which a client waits until its writes have reached replicas or disks. */
public final class WaitCommand extends CommandGroup<Call> {
  private static final CommandError WAIT_ON_REPLICA =
      new CommandError(
          "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if"
              + " a replica is configured to be writable (which is not the default) writes to"
              + " replicas are just local and are not propagated.");
  private static final CommandError WAITAOF_ON_REPLICA =
      new CommandError(
          "ERR WAITAOF cannot be used with replica instances. Please also note that writes to"
              + " replicas are just local and are not propagated.");
  private static final CommandError NOT_A_FLAG =
      new CommandError("ERR value is out of range, value must between 0 and 1");

  private final Role role;
  private final Replicas replicas;

  final Command<Call> wait =
      command("WAIT numreplicas timeout{integer}")
          .does("Waits until a number of replicas have acknowledged the connection's writes.")
          .since("3.0.0")
          .costs("O(1)")
          .categories(Category.CONNECTION)
          .tips("request_policy:all_shards", "response_policy:agg_min")
          .runs(this::await);

  final Command<Call> waitaof =
      command("WAITAOF numlocal numreplicas timeout{integer}")
          .does(
              "Waits until the connection's writes are on the disk of this server and of a number"
                  + " of replicas.")
          .since("7.2.0")
          .costs("O(1)")
          .is(NOSCRIPT)
          .categories(Category.CONNECTION)
          .tips("request_policy:all_shards", "response_policy:agg_min")
          .runs(this::awaitDisks);

  public WaitCommand(Role role, Replicas replicas) {
    super(Group.GENERIC);
    this.role = role;
    this.replicas = replicas;
  }

  private void await(Call call) {
    if (role.isReplica()) {
      throw WAIT_ON_REPLICA;
    }
    long wanted = call.argLong(1);
    long timeoutMillis = call.argWholeTimeoutMillis(2);
    await(call, new ReplicationWait.OfReplicas(call, wanted, replicas), timeoutMillis);
  }

  private void awaitDisks(Call call) {
    long here = call.argLong(1);
    if (here < 0 || here > 1) {
      throw NOT_A_FLAG;
    }
    long wanted = call.argAtLeast(0, 2, Errors.NOT_POSITIVE);
    long timeoutMillis = call.argWholeTimeoutMillis(3);
    if (role.isReplica()) {
      throw WAITAOF_ON_REPLICA;
    }
    if (here > 0 && !replicas.isAppending()) {
      throw ReplicationWait.NOTHING_APPENDED;
    }
    await(call, new ReplicationWait.OfDisks(call, here, wanted, replicas), timeoutMillis);
  }

  private void await(Call call, ReplicationWait wait, long timeoutMillis) {
    if (wait.isOver() || !call.mayWait()) {
      wait.reply(call.reply());
    } else {
      replicas.await(wait, timeoutMillis);
    }
  }
}
