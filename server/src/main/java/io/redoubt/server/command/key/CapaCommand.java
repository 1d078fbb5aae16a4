package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;

/**
 * CLIENT CAPA of Valkey 8: a client announces its capabilities. Unknown ones are ignored, as in
 * Valkey.
 */
public final class CapaCommand extends CommandGroup<Call> {
  final Command<Call> client =
      container("CLIENT")
          .does("A container for commands on connections.")
          .since("2.4.0")
          .costs("Depends on subcommand.")
          .holds();

  final Command<Call> capa =
      command("CLIENT CAPA capability...")
          .does(
              "Announces capabilities of the client, such as following redirections from a replica"
                  + " to its master.")
          .since("8.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(CapaCommand::capa);

  public CapaCommand() {
    super(Group.CONNECTION);
  }

  private static void capa(Call call) {
    for (int i = 2; i < call.count(); i++) {
      if (call.is(i, "RESTORE-PROGRESS")) {
        call.client().setWantsRestoreProgress(true);
      } else if (call.is(i, "REDIRECT")) {
        call.client().setFollowsRedirects(true);
      }
    }
    call.reply().ok();
  }
}
