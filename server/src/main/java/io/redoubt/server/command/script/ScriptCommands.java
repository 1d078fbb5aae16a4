package io.redoubt.server.command.script;

import static io.redoubt.protocol.command.Flag.ALLOW_BUSY;
import static io.redoubt.protocol.command.Flag.MAY_REPLICATE;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_MANDATORY_KEYS;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.SKIP_MONITOR;
import static io.redoubt.protocol.command.Flag.STALE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Scripting;

/** EVAL and SCRIPT. */
public final class ScriptCommands extends CommandGroup<Call> {
  private static final String ANY_KEYS =
      "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE";

  final Command<Call> eval =
      command("EVAL script numkeys [key ...] [arg ...]")
          .does("Runs a Lua script.")
          .since("2.6.0")
          .costs("Depends on the script")
          .is(NOSCRIPT, SKIP_MONITOR, MAY_REPLICATE, NO_MANDATORY_KEYS, STALE)
          .keys(RW, ACCESS, UPDATE)
          .keyNote(ANY_KEYS)
          .runs(this::eval);

  final Command<Call> evalsha =
      command("EVALSHA sha1 numkeys [key ...] [arg ...]")
          .does("Runs a cached Lua script, given by its SHA-1.")
          .since("2.6.0")
          .costs("Depends on the script")
          .is(NOSCRIPT, SKIP_MONITOR, MAY_REPLICATE, NO_MANDATORY_KEYS, STALE)
          .keys(RW, ACCESS, UPDATE)
          .runs(this::evalSha);

  final Command<Call> evalRo =
      command("EVAL_RO script numkeys [key ...] [arg ...]")
          .does("Runs a read-only Lua script.")
          .since("7.0.0")
          .costs("Depends on the script")
          .is(NOSCRIPT, SKIP_MONITOR, NO_MANDATORY_KEYS, STALE, READONLY)
          .keys(RO, ACCESS)
          .keyNote("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")
          .runs(this::evalRo);

  final Command<Call> evalshaRo =
      command("EVALSHA_RO sha1 numkeys [key ...] [arg ...]")
          .does("Runs a cached read-only Lua script, given by its SHA-1.")
          .since("7.0.0")
          .costs("Depends on the script")
          .is(NOSCRIPT, SKIP_MONITOR, NO_MANDATORY_KEYS, STALE, READONLY)
          .keys(RO, ACCESS)
          .runs(this::evalShaRo);

  final Command<Call> script =
      container("SCRIPT")
          .does("A container for commands that manage Lua scripts.")
          .since("2.6.0")
          .costs("Depends on subcommand.")
          .help("5.0.0")
          .holds();

  final Command<Call> load =
      command("SCRIPT LOAD script")
          .does("Caches a script and returns its SHA-1.")
          .since("2.6.0")
          .costs("O(N), N the length of the script")
          .is(NOSCRIPT, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::load);

  final Command<Call> exists =
      command("SCRIPT EXISTS sha1...")
          .does("Returns 1 or 0 for each script, 1 if it is cached.")
          .since("2.6.0")
          .costs("O(N), N the number of scripts")
          .is(NOSCRIPT)
          .tips("request_policy:all_shards", "response_policy:agg_logical_and")
          .runs(this::exists);

  final Command<Call> flush =
      command("SCRIPT FLUSH [ASYNC | SYNC]{flush-type, since 6.2.0}")
          .does("Removes all scripts from the cache.")
          .since("2.6.0")
          .costs("O(N), N the number of scripts")
          .is(NOSCRIPT)
          .history("6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers.")
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::flush);

  final Command<Call> kill =
      command("SCRIPT KILL")
          .does("Kills the running script unless it has written.")
          .since("2.6.0")
          .costs("O(1)")
          .is(NOSCRIPT, ALLOW_BUSY)
          .tips("request_policy:all_shards", "response_policy:one_succeeded")
          .runs(this::kill);

  final Command<Call> debug =
      command("SCRIPT DEBUG (YES | SYNC | NO){mode}")
          .does("Sets the debug mode of later scripts of this connection.")
          .since("3.2.0")
          .costs("O(1)")
          .is(NOSCRIPT)
          .runs(ScriptCommands::debug);

  private static final CommandError BAD_FLUSH =
      new CommandError("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  private static final CommandError NO_FORK =
      new CommandError(
          "ERR Scripts are debugged with SCRIPT DEBUG SYNC only: there is no copy of the data on"
              + " which the changes of a script could be undone");
  private static final CommandError BAD_DEBUG =
      new CommandError("ERR Use SCRIPT DEBUG YES/SYNC/NO");

  private final Scripting scripting;

  public ScriptCommands(Scripting scripting) {
    super(Group.SCRIPTING);
    this.scripting = scripting;
  }

  private void eval(Call call) {
    scripting.scripts().eval(false);
  }

  private void evalRo(Call call) {
    scripting.scripts().eval(true);
  }

  private void evalSha(Call call) {
    scripting.scripts().evalSha(false);
  }

  private void evalShaRo(Call call) {
    scripting.scripts().evalSha(true);
  }

  private void load(Call call) {
    call.reply().bulk(scripting.scripts().load(2).name());
  }

  private void exists(Call call) {
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      call.reply().integer(scripting.scripts().isKnown(i) ? 1 : 0);
    }
  }

  private void flush(Call call) {
    checkFlushMode(call, BAD_FLUSH);
    scripting.scripts().flush();
    call.reply().ok();
  }

  /**
   * Checks the mode of SCRIPT FLUSH and FUNCTION FLUSH: none, SYNC or ASYNC, all with the same
   * effect.
   */
  static void checkFlushMode(Call call, CommandError otherwise) {
    if (call.count() > 3 || (call.count() == 3 && !call.is(2, "SYNC") && !call.is(2, "ASYNC"))) {
      throw otherwise;
    }
  }

  private void kill(Call call) {
    scripting.kill(false);
    call.reply().ok();
  }

  private static void debug(Call call) {
    if (call.is(2, "YES")) {
      throw NO_FORK;
    } else if (!call.is(2, "NO") && !call.is(2, "SYNC")) {
      throw BAD_DEBUG;
    }
    call.client().setDebugsScripts(call.is(2, "SYNC"));
    call.reply().ok();
  }
}
