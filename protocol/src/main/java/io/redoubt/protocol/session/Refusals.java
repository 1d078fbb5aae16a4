package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.Request;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks of a client's permissions; a refused command gets Redis' error. */
public final class Refusals {
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
  private static final CommandError NO_DATABASE =
      new CommandError("NOPERM No permissions to access database");
  private static final CommandError NO_CHANNEL =
      new CommandError("NOPERM No permissions to access a channel");

  private static final String CHANGED_RULES =
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC"
          + " call. This command is no longer allowed for the following reason: ";

  private Refusals() {}

  /**
   * Returns the error for a command that a RESP2 client with subscriptions may not use (all but
   * (un)subscribe, PING, QUIT and RESET), or null.
   */
  public static @Nullable CommandError inSubscribeMode(Client client, Command<?> command) {
    return client.is(ClientFlag.PUBSUB) && client.reply().resp() == 2
        ? inSubscribeMode(command)
        : null;
  }

  private static @Nullable CommandError inSubscribeMode(Command<?> command) {
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
   * Returns the error if the client's user may not run a request, after logging the denial; null if
   * it may. The caller must have checked {@link User#isUnrestricted}.
   */
  public static @Nullable CommandError byRules(Client client, Command<?> command, Request request) {
    Denial denial = denial(client, command, request, client.nextDatabaseIndex());
    return switch (denial) {
      case null -> null;
      case DATABASE -> NO_DATABASE;
      case CHANNEL -> NO_CHANNEL;
      case KEY -> NO_KEY;
      default ->
          new CommandError(
              "NOPERM User "
                  + client.user().name().exactText()
                  + " has no permissions to run the '"
                  + command.name()
                  + "' command");
    };
  }

  /** Checks like {@link #byRules} a request of EXEC that was permitted when it was queued. */
  public static @Nullable CommandError byChangedRules(
      Client client, Command<?> command, Request request) {
    Denial denial = denial(client, command, request, client.databaseIndex());
    return switch (denial) {
      case null -> null;
      case DATABASE -> new CommandError(CHANGED_RULES + "no permission to access the database");
      case CHANNEL ->
          new CommandError(
              CHANGED_RULES + "no permission to access one of the channels used as arguments");
      case KEY -> new CommandError(CHANGED_RULES + "no permission to touch the specified keys");
      default ->
          new CommandError(CHANGED_RULES + "no permission to execute the command or subcommand");
    };
  }

  public static void logFailedLogin(Client client, ByteString command, ByteString userName) {
    log(client, Denial.AUTH, command, userName);
  }

  /** Logs that a certificate names no user that may log in. */
  static void logUnknownCertificate(Client client, ByteString names, ByteString userName) {
    log(client, Denial.CERTIFICATE, names, userName);
  }

  private static @Nullable Denial denial(
      Client client, Command<?> command, Request request, int database) {
    User user = client.user();
    Denial denial = user.check(command, request, database);
    if (denial != null) {
      log(client, denial, user.deniedObject(denial, command, request, database), user.name());
    }
    return denial;
  }

  private static void log(Client client, Denial denial, ByteString object, ByteString user) {
    ClientContext context = client.context();
    context
        .aclLog()
        .add(
            denial,
            client.aclContext(),
            object,
            user,
            client.toString(),
            context.clock().wallMillis());
  }
}
