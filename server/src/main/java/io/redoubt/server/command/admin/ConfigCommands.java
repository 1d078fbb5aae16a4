package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** CONFIG: reads and changes the configuration at run time. */
public final class ConfigCommands extends CommandGroup<Call> {
  static final CommandError NO_FILE =
      new CommandError("ERR The server is running without a config file");

  private final ServerDirectives settings;
  private final Runnable resetStatistics;
  private final ServerState state;
  private final Log log;

  final Command<Call> config =
      container("CONFIG")
          .does("A container for commands on the configuration.")
          .since("2.0.0")
          .costs("Depends on subcommand.")
          .help("5.0.0")
          .holds();

  final Command<Call> get =
      command("CONFIG GET parameter...")
          .does("Returns the values of directives whose names match.")
          .since("2.0.0")
          .costs("O(N), N the number of directives")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .history("7.0.0", "Added the ability to pass multiple pattern parameters in one call")
          .runs(ConfigCommands::get);

  final Command<Call> resetstat =
      command("CONFIG RESETSTAT")
          .does("Resets the statistics of INFO.")
          .since("2.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::resetStatistics);

  final Command<Call> rewrite =
      command("CONFIG REWRITE")
          .does("Writes the current configuration to the file the server was started with.")
          .since("2.8.0")
          .costs("O(N), N the length of the file")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::rewrite);

  final Command<Call> set =
      command("CONFIG SET (parameter value){data}...")
          .does("Sets directives, either all given ones or none.")
          .since("2.0.0")
          .costs("O(N), N the number of directives given")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .hides(this::isSecret)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .history("7.0.0", "Added the ability to set multiple parameters in one call.")
          .runs(this::set);

  /** Declares the group; {@code resetStatistics} performs CONFIG RESETSTAT. */
  public ConfigCommands(
      ServerDirectives settings, Runnable resetStatistics, ServerState state, Log log) {
    super(Group.SERVER);
    this.settings = settings;
    this.resetStatistics = resetStatistics;
    this.state = state;
    this.log = log;
  }

  private static List<String> words(Call call) {
    List<String> words = new ArrayList<>(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      words.add(call.argText(i));
    }
    return words;
  }

  private static void get(Call call) {
    Map<String, String> values = call.settings().get(words(call));
    call.reply().map(values.size());
    values.forEach((name, value) -> {
      call.reply().bulk(name);
      call.reply().bulk(value);
    });
  }

  private void set(Call call) {
    if (call.count() % 2 != 0) {
      throw Errors.SYNTAX;
    }
    List<String> words = words(call);
    boolean loads = !state.isDataWhole() || state.is(Refusal.LOADING_BESIDE);
    if (loads && !call.settings().maySetWhileLoading(words)) {
      throw Refusal.LOADING.error();
    }
    try {
      call.settings().set(words, mayChangeGuarded(call));
    } catch (RefusedValue refused) {
      throw new CommandError("ERR " + refused.getMessage());
    }
    for (int i = 0; i < words.size(); i += 2) {
      Directive<?, ?> directive = settings.find(words.get(i));
      if (directive != null && directive.isSetInVain()) {
        log.warning("WARNING %s has no effect in this version", directive.name());
      }
    }
    call.reply().ok();
  }

  /** Returns true for the value of a directive that holds a secret. */
  private boolean isSecret(Request request, int i) {
    if (i < 3 || i % 2 == 0) {
      return false;
    }
    Directive<?, ?> directive = settings.find(request.text(i - 1));
    return directive != null && directive.isSensitive();
  }

  private static boolean mayChangeGuarded(Call call) {
    return switch (call.settings().common.enableProtectedConfigs.value()) {
      case YES -> true;
      case LOCAL -> call.client().isLocal();
      case NO -> false;
    };
  }

  private void rewrite(Call call) {
    ServerDirectives settings = call.settings();
    if (settings.configFile() == null) {
      throw NO_FILE;
    }
    try {
      settings.rewrite();
    } catch (IOException failed) {
      String reason = SystemErrors.text(failed);
      log.warning("CONFIG REWRITE failed: %s", reason);
      throw new CommandError("ERR Rewriting config file: " + reason);
    }
    log.notice("CONFIG REWRITE executed with success.");
    call.reply().ok();
  }

  private void resetStatistics(Call call) {
    resetStatistics.run();
    call.reply().ok();
  }
}
