package io.redoubt.server.replication;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;

/** WAIT: what a client of a master does to know its writes on replicas. */
public final class WaitCommand extends CommandGroup<Call> {
  private static final CommandError WAIT_ON_REPLICA =
      new CommandError(
          "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if"
              + " a replica is configured to be writable (which is not the default) writes to"
              + " replicas are just local and are not propagated.");
  private static final CommandError TIMEOUT_NOT_INTEGER =
      new CommandError("ERR timeout is not an integer or out of range");
  private static final CommandError TIMEOUT_NEGATIVE = new CommandError("ERR timeout is negative");

  private final Replication replication;

  final Command<Call> wait =
      command("WAIT numreplicas timeout")
          .does("Waits until so many replicas have what was written before.")
          .since("3.0.0")
          .costs("O(1)")
          .categories(Category.CONNECTION)
          .tips("request_policy:all_shards", "response_policy:agg_min")
          .runs(this::await);

  /** The command of a server with that replication. */
  public WaitCommand(Replication replication) {
    super(Group.GENERIC);
    this.replication = replication;
  }

  private void await(Call call) {
    if (replication.isReplica()) {
      throw WAIT_ON_REPLICA;
    }
    long wanted = call.argLong(1);
    long timeoutMillis = timeout(call, 2);
    Replicas replicas = replication.replicas();
    long offset = call.client().writeOffset();
    long have = replicas.withOffset(offset);
    if (have >= wanted || call.client().isInExec()) {
      call.reply().integer(have);
    } else {
      replicas.await(call.client(), offset, wanted, timeoutMillis);
    }
  }

  private static long timeout(Call call, int argument) {
    long millis;
    try {
      millis = call.argLong(argument);
    } catch (CommandError notANumber) {
      throw TIMEOUT_NOT_INTEGER;
    }
    if (millis < 0) {
      throw TIMEOUT_NEGATIVE;
    }
    return millis;
  }
}
