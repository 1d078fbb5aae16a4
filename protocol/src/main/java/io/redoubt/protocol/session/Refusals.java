package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.Request;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks that refuse a client's command, with Redis' errors. */
final class Refusals {
  private static final Set<String> IN_SUBSCRIBE_MODE =
      Set.of(
          "ping",
          "subscribe",
          "ssubscribe",
          "unsubscribe",
          "sunsubscribe",
          "psubscribe",
          "punsubscribe",
          "quit",
          "reset");
  private static final CommandError NO_KEY =
      new CommandError("NOPERM No permissions to access a key");
  private static final CommandError NO_CHANNEL =
      new CommandError("NOPERM No permissions to access a channel");

  private static final String CHANGED_RULES =
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC"
          + " call. This command is no longer allowed for the following reason: ";

  private Refusals() {}

  /** Returns the error for a RESP2 client with subscriptions; null if the command is permitted. */
  static @Nullable CommandError inSubscribeMode(Command<?> command) {
    if (IN_SUBSCRIBE_MODE.contains(command.name())) {
      return null;
    }
    return new CommandError(
        "ERR Can't execute '"
            + command.name()
            + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this"
            + " context");
  }

  /**
   * Returns the error if the permissions of the client's user deny a request, after logging it;
   * null if they permit it.
   */
  static @Nullable CommandError byRules(
      Client client, String context, Command<?> command, Request request) {
    Denial denial = denial(client, context, command, request);
    return switch (denial) {
      case null -> null;
      case CHANNEL -> NO_CHANNEL;
      case KEY -> NO_KEY;
      default ->
          new CommandError(
              "NOPERM User "
                  + client.user().name()
                  + " has no permissions to run the '"
                  + command.name()
                  + "' command");
    };
  }

  /** Like {@link #byRules}, of a request that the rules allowed when it was queued. */
  static @Nullable CommandError byChangedRules(
      Client client, String context, Command<?> command, Request request) {
    Denial denial = denial(client, context, command, request);
    return switch (denial) {
      case null -> null;
      case CHANNEL ->
          new CommandError(
              CHANGED_RULES + "no permission to access one of the channels used as arguments");
      case KEY -> new CommandError(CHANGED_RULES + "no permission to touch the specified keys");
      default ->
          new CommandError(CHANGED_RULES + "no permission to execute the command or subcommand");
    };
  }

  private static @Nullable Denial denial(
      Client client, String context, Command<?> command, Request request) {
    User user = client.user();
    Denial denial = user.check(command, request);
    if (denial != null) {
      ByteString object =
          denial == Denial.COMMAND
              ? ByteString.of(command.name())
              : request.string(user.deniedArgument());
      client.registry().logDenial(client, denial, context, object, user.name());
    }
    return denial;
  }
}
