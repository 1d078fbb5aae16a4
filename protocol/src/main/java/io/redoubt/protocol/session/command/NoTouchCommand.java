package io.redoubt.protocol.session.command;

import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.session.ClientFlag;

/** CLIENT NO-TOUCH, which a sentinel of Redis 7.2 does not have: it has no keys. */
public final class NoTouchCommand<C extends SessionCall> extends CommandGroup<C> {
  final Command<C> client =
      container("CLIENT")
          .does("A container for commands on connections.")
          .since("2.4.0")
          .costs("Depends on subcommand.")
          .holds();

  final Command<C> noTouch =
      command("CLIENT NO-TOUCH (ON | OFF){enabled}")
          .does("Sets whether the connection's commands update the access times of keys.")
          .since("7.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(call -> ClientCommands.setFlag(call, ClientFlag.NO_TOUCH));

  public NoTouchCommand() {
    super(Group.CONNECTION);
  }
}
