package io.redoubt.server.replication.group;

import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import io.redoubt.server.settings.WriteAcksDirective;

/** CLIENT WRITE-ACKS. */
public final class WriteAcksCommand extends CommandGroup<Call> {
  private static final CommandError OUT_OF_RANGE =
      new CommandError(
          "ERR numreplicas must be between 0 and " + WriteAcksDirective.MAX + " inclusive");

  private final WriteAcks replies;

  final Command<Call> client =
      container("CLIENT")
          .does("A container for commands on connections.")
          .since("2.4.0")
          .costs("Depends on subcommand.")
          .holds();

  final Command<Call> writeAcks =
      command("CLIENT WRITE-ACKS (numreplicas{integer} | MAJORITY | DEFAULT){replicas}")
          .does(
              "Sets the number of replicas that must acknowledge the connection's writes before"
                  + " their replies are sent.")
          .since("7.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(this::set);

  public WriteAcksCommand(WriteAcks replies) {
    super(Group.CONNECTION);
    this.replies = replies;
  }

  private void set(Call call) {
    call.client().setWriteAcks(replicas(call));
    replies.onConnectionChange();
    call.reply().ok();
  }

  private static int replicas(Call call) {
    if (call.is(2, "DEFAULT")) {
      return ServerClient.DEFAULT_WRITE_ACKS;
    }
    if (call.is(2, "MAJORITY")) {
      return WriteAcksDirective.MAJORITY;
    }
    long number = call.argLong(2);
    if (number < 0 || number > WriteAcksDirective.MAX) {
      throw OUT_OF_RANGE;
    }
    return (int) number;
  }
}
