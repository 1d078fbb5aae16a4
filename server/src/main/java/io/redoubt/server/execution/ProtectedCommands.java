package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.config.CommonDirectives;
import io.redoubt.server.client.ServerClient;
import org.jspecify.annotations.Nullable;

/** Commands restricted by a directive, for example to local clients: DEBUG and parts of MODULE. */
final class ProtectedCommands {
  private static final CommandError NO_DEBUG = notAllowed("DEBUG", "enable-debug-command");
  private static final CommandError NO_MODULES = notAllowed("MODULE", "enable-module-command");

  private ProtectedCommands() {}

  private static CommandError notAllowed(String command, String directive) {
    return new CommandError(
        "ERR "
            + command
            + " command not allowed. If the "
            + directive
            + " option is set to \"local\", you can run it from a local connection, otherwise you"
            + " need to set this option in the configuration file, and then restart the server.");
  }

  /** Returns the error for a client that may not use a protected command, or null. */
  static @Nullable CommandError refusal(
      CommonDirectives settings, Command<?> command, ServerClient client) {
    boolean debugs = command.name().equals("debug");
    var directive = debugs ? settings.enableDebugCommand : settings.enableModuleCommand;
    boolean allowed =
        switch (directive.value()) {
          case YES -> true;
          case LOCAL -> client.isLocal();
          case NO -> false;
        };
    return allowed ? null : debugs ? NO_DEBUG : NO_MODULES;
  }
}
