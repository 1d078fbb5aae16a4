package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.ASKING;
import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.SYSCMD;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;

/** RESTORE-ASKING: RESTORE as nodes of a cluster send it to each other. */
public final class RestoreAskingCommand extends CommandGroup<Call> {
  private final DumpCommands payloads;

  final Command<Call> restoreAsking =
      command("RESTORE-ASKING" + DumpCommands.RESTORE_ARGUMENTS)
          .does("Restores a key for MIGRATE within a cluster; an internal command.")
          .since("3.0.0")
          .costs("O(N), N the size of the value")
          .is(WRITE, DENYOOM, ASKING, SYSCMD)
          .categories(Category.KEYSPACE, Category.DANGEROUS)
          .keys(OW, UPDATE)
          .history("3.0.0", "Added the `REPLACE` modifier.")
          .history("5.0.0", "Added the `ABSTTL` modifier.")
          .history("5.0.0", "Added the `IDLETIME` and `FREQ` options.")
          .runs(this::restore);

  /** Declares the command, which runs as RESTORE. */
  public RestoreAskingCommand(DumpCommands payloads) {
    super(Group.SERVER);
    this.payloads = payloads;
  }

  private void restore(Call call) {
    payloads.restore(call);
  }
}
