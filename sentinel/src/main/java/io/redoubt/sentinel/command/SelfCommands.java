package io.redoubt.sentinel.command;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.ONLY_SENTINEL;
import static io.redoubt.protocol.command.Flag.SENTINEL;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.runtime.GlobalOptions;
import io.redoubt.sentinel.settings.Timings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The subcommands of SENTINEL that concern this sentinel itself. */
public final class SelfCommands extends CommandGroup<SentinelCall> {
  final Command<SentinelCall> sentinel =
      container("SENTINEL")
          .does("A container for sentinel commands.")
          .since("2.8.4")
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .holds();

  final Command<SentinelCall> myid =
      command("SENTINEL MYID")
          .does("Returns the id of the sentinel.")
          .since("6.2.0")
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .runs(call -> call.reply().bulk(call.sentinel().myId()));

  final Command<SentinelCall> flushconfig =
      command("SENTINEL FLUSHCONFIG")
          .does("Rewrites the configuration file of the sentinel.")
          .since("2.8.4")
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .runs(SelfCommands::flushconfig);

  final Command<SentinelCall> pendingScripts =
      command("SENTINEL PENDING-SCRIPTS")
          .does("Returns the scripts that are running or will be retried.")
          .since("2.8.4")
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .runs(PendingScripts::reply);

  final Command<SentinelCall> debug =
      command("SENTINEL DEBUG [(parameter value){data}...]")
          .does("Returns or sets the sentinel's timing parameters.")
          .since("7.0.0")
          .costs("O(N) where N is the number of configurable parameters")
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .runs(SelfCommands::debug);

  final Command<SentinelCall> simulateFailure =
      command(
              "SENTINEL SIMULATE-FAILURE"
                  + " [(CRASH-AFTER-ELECTION | CRASH-AFTER-PROMOTION | HELP){mode}...]")
          .does("Makes the sentinel crash at a point of the next failover.")
          .since("3.2.0")
          .arity(-3)
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .runs(SelfCommands::simulateFailure);

  final Command<SentinelCall> config =
      command("SENTINEL CONFIG (SET (parameter value){set}... | GET parameter...){action}")
          .does("Gets and sets global parameters of the sentinel.")
          .since("6.2.0")
          .history("7.2.0", "Added the ability to set and get multiple parameters in one call.")
          .costs("O(N) when N is the number of configuration parameters provided")
          .arity(-4)
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .runs(SelfCommands::config);

  /** Creates the group; one instance per server. */
  public SelfCommands() {
    super(Group.SENTINEL);
  }

  private static void flushconfig(SentinelCall call) {
    call.control().order(new SentinelInput.FlushConfig());
    call.okWhenSaved();
  }

  private static void debug(SentinelCall call) {
    Timings timings = call.sentinel().settings().timings();
    if (call.count() == 2) {
      Map<String, Long> values = timings.byName();
      call.reply().map(values.size());
      values.forEach((name, millis) -> {
        call.reply().bulk(name.toUpperCase(Locale.ROOT));
        call.reply().bulk(millis.toString());
      });
      return;
    }
    for (int i = 2; i + 1 < call.count(); i += 2) {
      String name = call.text(i);
      long millis = positive(call.text(i + 1), name);
      Timings changed = timings.with(name.toLowerCase(Locale.ROOT), millis);
      if (changed == null) {
        throw unknown("DEBUG", name);
      }
      timings = changed;
    }
    if (call.count() % 2 != 0) {
      throw unknown("DEBUG", call.text(call.count() - 1));
    }
    call.control().change(timings);
    call.reply().ok();
  }

  private static CommandError unknown(String subcommand, String option) {
    return new CommandError(
        "ERR Unknown option or number of arguments for SENTINEL "
            + subcommand
            + " '"
            + option
            + "'");
  }

  private static long positive(String value, String name) {
    long millis = Numbers.parseLong(value, -1);
    if (millis > 0) {
      return millis;
    }
    throw new CommandError(
        "ERR Invalid argument '" + value + "' for SENTINEL DEBUG '" + name + "'");
  }

  private static void simulateFailure(SentinelCall call) {
    boolean afterElection = false;
    boolean afterPromotion = false;
    for (int i = 2; i < call.count(); i++) {
      switch (call.text(i).toLowerCase(Locale.ROOT)) {
        case "crash-after-election" -> afterElection = true;
        case "crash-after-promotion" -> afterPromotion = true;
        case "help" -> {
          call.reply().array(2);
          call.reply().bulk("crash-after-election");
          call.reply().bulk("crash-after-promotion");
          return;
        }
        default -> throw new CommandError("ERR Unknown failure simulation specified");
      }
    }
    call.control().crash(afterElection, afterPromotion);
    call.reply().ok();
  }

  private static void config(SentinelCall call) {
    String word = call.text(2).toLowerCase(Locale.ROOT);
    if (word.equals("get")) {
      get(call);
    } else if (word.equals("set") && call.count() > 4) {
      set(call);
    } else {
      throw new CommandError(
          "ERR Only SENTINEL CONFIG GET <param> [<param> <param> ...] / SET <param> <value>"
              + " [<param> <value> ...] are supported.");
    }
  }

  private static void get(SentinelCall call) {
    Map<String, String> found = new LinkedHashMap<>();
    values(call)
        .forEach((name, value) -> {
          for (int i = 3; i < call.count(); i++) {
            if (Glob.matches(call.text(i), name, true)) {
              found.put(name, value);
            }
          }
        });
    call.reply().map(found.size());
    found.forEach((name, value) -> {
      call.reply().bulk(name);
      call.reply().bulk(value);
    });
  }

  private static Map<String, String> values(SentinelCall call) {
    GlobalOptions options = call.control().globalOptions();
    Map<String, String> values = new LinkedHashMap<>();
    values.put("resolve-hostnames", yesNo(options.resolveHostnames()));
    values.put("announce-hostnames", yesNo(options.announceHostnames()));
    values.put("announce-ip", options.announceIp());
    values.put("announce-port", Integer.toString(options.announcePort()));
    values.put("sentinel-user", options.sentinelUser());
    values.put("sentinel-pass", options.sentinelPass());
    values.putAll(call.control().process().values());
    return values;
  }

  private static String yesNo(boolean value) {
    return value ? "yes" : "no";
  }

  private static void set(SentinelCall call) {
    List<String> directives = new ArrayList<>();
    GlobalOptions options = changed(call, directives);
    try {
      call.control().process().set(directives);
    } catch (RefusedValue e) {
      throw new CommandError("ERR " + e.reason());
    }
    call.control().change(options);
    call.okWhenSaved();
  }

  /**
   * Returns the changed options.
   *
   * @param directives receives the names and values of process directives, which are not options
   */
  private static GlobalOptions changed(SentinelCall call, List<String> directives) {
    Set<String> known = values(call).keySet();
    Set<String> seen = new HashSet<>();
    GlobalOptions options = call.control().globalOptions();
    for (int i = 3; i < call.count(); i += 2) {
      String name = call.text(i);
      String folded = name.toLowerCase(Locale.ROOT);
      if (!known.contains(folded)) {
        throw new CommandError("ERR Invalid argument '" + name + "' to SENTINEL CONFIG SET");
      }
      if (!seen.add(folded)) {
        throw new CommandError("ERR Duplicate argument '" + name + "' to SENTINEL CONFIG SET");
      }
      if (i + 1 == call.count()) {
        throw new CommandError("ERR Missing argument '" + name + "' value");
      }
      String value = call.text(i + 1);
      GlobalOptions changed;
      if (call.control().process().has(folded)) {
        changed = call.control().process().takes(folded, value) ? options : null;
        directives.addAll(List.of(folded, value));
      } else {
        changed = set(options, folded, value);
      }
      if (changed == null) {
        throw new CommandError(
            "ERR Invalid value '" + value + "' to SENTINEL CONFIG SET '" + name + "'");
      }
      options = changed;
    }
    return options;
  }

  private static @Nullable GlobalOptions set(GlobalOptions options, String name, String value) {
    boolean yes = value.equalsIgnoreCase("yes");
    boolean yesOrNo = yes || value.equalsIgnoreCase("no");
    return switch (name) {
      case "resolve-hostnames" ->
          yesOrNo ? options.with(draft -> draft.resolveHostnames = yes) : null;
      case "announce-hostnames" ->
          yesOrNo ? options.with(draft -> draft.announceHostnames = yes) : null;
      case "announce-ip" -> options.with(draft -> draft.announceIp = value);
      case "announce-port" ->
          value.matches("\\d{1,5}") && Integer.parseInt(value) < 65536
              ? options.with(draft -> draft.announcePort = Integer.parseInt(value))
              : null;
      case "sentinel-user" -> options.with(draft -> draft.sentinelUser = value);
      case "sentinel-pass" -> options.with(draft -> draft.sentinelPass = value);
      default -> null;
    };
  }
}
