package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_ASYNC_LOADING;
import static io.redoubt.protocol.command.Flag.PROTECTED;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;

/** MODULE. There are never any modules, since these are native libraries for Redis' own process. */
public final class ModuleCommands extends CommandGroup<Call> {
  private static final CommandError NOT_LOADED =
      new CommandError(
          "ERR Error loading the extension. Modules are native code for Redis' own process and"
              + " can't be loaded into this server.");
  private static final CommandError NOT_UNLOADED =
      new CommandError("ERR Error unloading module: no such module with that name");

  final Command<Call> module =
      container("MODULE")
          .does("A container for commands on modules.")
          .since("4.0.0")
          .costs("Depends on subcommand.")
          .help("5.0.0")
          .holds();

  final Command<Call> list =
      command("MODULE LIST")
          .does("Lists the modules; there are never any.")
          .since("4.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT)
          .tips("nondeterministic_output_order")
          .runs(call -> call.reply().array(0));

  final Command<Call> load =
      command("MODULE LOAD path [arg...]")
          .does("Returns an error, as modules are not supported.")
          .since("4.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, NOSCRIPT, PROTECTED)
          .runs(ModuleCommands::load);

  final Command<Call> loadex =
      command("MODULE LOADEX path [CONFIG (name value){configs}]... [ARGS args...]")
          .does("Returns an error, as modules are not supported.")
          .since("7.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, NOSCRIPT, PROTECTED)
          .runs(ModuleCommands::load);

  final Command<Call> unload =
      command("MODULE UNLOAD name")
          .does("Returns an error, as no module can be loaded.")
          .since("4.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, NOSCRIPT, PROTECTED)
          .runs(ModuleCommands::unload);

  public ModuleCommands() {
    super(Group.SERVER);
  }

  private static void load(Call call) {
    throw NOT_LOADED;
  }

  private static void unload(Call call) {
    throw NOT_UNLOADED;
  }
}
