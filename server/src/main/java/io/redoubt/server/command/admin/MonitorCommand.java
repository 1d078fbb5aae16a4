package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.monitoring.Monitors;

/** MONITOR: shows all commands that run to a client. */
public final class MonitorCommand extends CommandGroup<Call> {
  private static final CommandError NEEDS_A_REPLY_EACH =
      new CommandError("ERR MONITOR isn't allowed for DENY BLOCKING client");

  private final Monitors monitors;

  final Command<Call> monitor =
      command("MONITOR")
          .does("Streams every command of all clients until RESET.")
          .since("1.0.0")
          .costs("O(N) a command, N the number of monitors")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::monitor);

  public MonitorCommand(Monitors monitors) {
    super(Group.SERVER);
    this.monitors = monitors;
  }

  private void monitor(Call call) {
    ServerClient client = call.client();
    if (client.isInExec()) {
      throw NEEDS_A_REPLY_EACH;
    }
    if (monitors.add(client)) {
      call.reply().ok(); // otherwise there is no reply, as in Redis
    }
  }
}
