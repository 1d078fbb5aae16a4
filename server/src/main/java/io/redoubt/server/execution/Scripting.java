package io.redoubt.server.execution;

import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.memory.Slabs;

/** Scripts and functions, and what runs both. */
public final class Scripting implements AutoCloseable {

  private final ScriptRunner runner;
  private final Scripts scripts;
  private final Functions functions;

  /** Scripts that run their commands through a dispatcher. */
  public Scripting(
      Slabs slabs,
      CommandTable<Call> table,
      CommandDispatcher dispatcher,
      ServerState state,
      Propagation propagation,
      Call call,
      Log log) {
    runner = new ScriptRunner(slabs, table, dispatcher, state, propagation, call, log);
    scripts = new Scripts(runner, call);
    functions = new Functions(runner, call);
    call.scripting(this);
  }

  /** The scripts known by their SHA-1. */
  public Scripts scripts() {
    return scripts;
  }

  /** The libraries of functions. */
  public Functions functions() {
    return functions;
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
