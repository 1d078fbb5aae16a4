package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.script.ScriptFlag;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Scripts and functions, and what runs both. */
public final class Scripting implements AutoCloseable {

  private final ScriptRunner runner;
  private final Scripts scripts;
  private final Functions functions;

  /**
   * Creates the scripts and functions of a server.
   *
   * @param meanwhile serves the other clients while the script of one is busy
   */
  public Scripting(
      CommandTable<Call> table,
      CommandDispatcher dispatcher,
      ServerState state,
      Call call,
      Meanwhile meanwhile,
      Clock clock,
      Log log) {
    runner = new ScriptRunner(table, dispatcher, state, call, meanwhile, clock, log);
    scripts = new Scripts(runner, call);
    functions = new Functions(runner, call);
    call.scripting(this);
  }

  /** The scripts known by their SHA-1. */
  public Scripts scripts() {
    return scripts;
  }

  /** The states in which a call of a script or function is refused, by what that says of itself. */
  int refusals(Command<?> command, Request request) {
    Set<ScriptFlag> flags =
        switch (command.name()) {
          case "eval", "eval_ro" -> Scripts.flagsOfText(request);
          case "evalsha", "evalsha_ro" -> scripts.flags(request);
          case "fcall", "fcall_ro" -> functions.flags(request);
          default -> null;
        };
    return ScriptRunner.refusals(flags);
  }

  /** The libraries of functions. */
  public Functions functions() {
    return functions;
  }

  /** The script or function that runs, or null. */
  public @Nullable RunningScript running() {
    return runner.running();
  }

  /**
   * Has the script that runs, or the function, fail.
   *
   * @throws CommandError when nothing of that kind runs, or it cannot be killed
   */
  public void kill(boolean function) {
    runner.kill(function);
  }

  /** Whether scripts may call also the commands that are not for them: for tests. */
  public void allowsAllCommands(boolean on) {
    runner.allowsAllCommands(on);
  }

  /** The server ends: the script that runs must not keep it. */
  public void shutDown() {
    runner.shutDown();
  }

  /** Bytes that the engine of scripts takes. */
  public long engineBytes() {
    return runner.engineBytes();
  }

  @Override
  public void close() {
    runner.close();
  }
}
