package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.script.ScriptFlag;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Scripts and functions, and their common runner. */
public final class Scripting implements AutoCloseable {

  private final ScriptRunner runner;
  private final Scripts scripts;
  private final Functions functions;

  /**
   * Creates the scripts and functions of a server.
   *
   * @param whileBlocked serves the other clients while the script of one is busy
   */
  public Scripting(
      CommandTable<Call> table,
      CommandDispatcher dispatcher,
      ServerState state,
      Call call,
      EventsWhileBlocked whileBlocked,
      Clock clock,
      Log log) {
    runner = new ScriptRunner(table, dispatcher, state, call, whileBlocked, clock, log);
    scripts = new Scripts(runner, call);
    functions = new Functions(runner, call);
  }

  /** Returns the scripts, known by their SHA-1. */
  public Scripts scripts() {
    return scripts;
  }

  /** Returns the states that refuse a call of a script or function, by its declared flags. */
  public int refusals(Command<?> command, Request request) {
    return ScriptRunner.refusals(flags(command, request));
  }

  /** Returns true for a call of a script or function that declares not to write. */
  public boolean onlyReads(Command<?> command, Request request) {
    Set<ScriptFlag> flags = flags(command, request);
    return flags != null && flags.contains(ScriptFlag.NO_WRITES);
  }

  private @Nullable Set<ScriptFlag> flags(Command<?> command, Request request) {
    return switch (command.name()) {
      case "eval", "eval_ro" -> Scripts.flagsOfText(request);
      case "evalsha", "evalsha_ro" -> scripts.flags(request);
      case "fcall", "fcall_ro" -> functions.flags(request);
      default -> null;
    };
  }

  public Functions functions() {
    return functions;
  }

  /** Returns the running script or function, or null. */
  public @Nullable RunningScript running() {
    return runner.running();
  }

  /**
   * Stops the running script or function.
   *
   * @throws CommandError if none is running, or it cannot be killed
   */
  public void kill(boolean function) {
    runner.kill(function);
  }

  /** Permits scripts to call commands with the NOSCRIPT flag, for tests. */
  public void setAllowsAllCommands(boolean on) {
    runner.setAllowsAllCommands(on);
  }

  /** Stops the running script, because the server stops. */
  public void shutDown() {
    runner.shutDown();
  }

  /** Returns the memory of the script engine in bytes. */
  public long engineBytes() {
    return runner.engineBytes();
  }

  /** Frees memory kept for the next script if none has run since the last call. */
  public void freeIdleMemory() {
    runner.freeIdleMemory();
  }

  @Override
  public void close() {
    runner.close();
  }
}
