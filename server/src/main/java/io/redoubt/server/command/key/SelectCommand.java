package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;

/** SELECT: the only command of the connection group that a sentinel lacks. */
public final class SelectCommand extends CommandGroup<Call> {
  private static final CommandError IN_CLUSTER =
      new CommandError("ERR SELECT is not allowed in cluster mode");

  final Command<Call> select =
      command("SELECT index")
          .does("Selects the database of the connection.")
          .since("1.0.0")
          .costs("O(1)")
          .is(LOADING, STALE, FAST)
          .databases(DatabaseSpec.named((request, i) -> true))
          .runs(SelectCommand::select);

  public SelectCommand() {
    super(Group.CONNECTION);
  }

  private static void select(Call call) {
    boolean isOrdered = call.client().isMaster() || call.client().isStaging();
    if (call.hasOneDatabase() && call.argInt(1) != 0 && !isOrdered) {
      throw IN_CLUSTER;
    }
    call.client().selectDatabase(call.databaseArgument(1).index());
    call.reply().ok();
  }
}
