package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.script.Script;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A script or function while it runs. */
public final class RunningScript {

  /** How it has been told to end. */
  enum End {
    /** Not at all. */
    NONE,
    /** By SCRIPT KILL or FUNCTION KILL. */
    KILLED,
    /** The server ends. */
    SHUTDOWN
  }

  private final Script script;
  private final boolean isFunction;
  private final ServerClient client;
  private final Command<?> command;
  private Request request;
  private final boolean readOnly;
  private final long startedNanos;
  private boolean wrote;
  private boolean failed;
  private boolean busy;
  private End end = End.NONE;

  RunningScript(
      Script script,
      boolean isFunction,
      ServerClient client,
      Command<?> command,
      Request request,
      boolean readOnly,
      long startedNanos) {
    this.script = script;
    this.isFunction = isFunction;
    this.client = client;
    this.command = command;
    this.request = request;
    this.readOnly = readOnly;
    this.startedNanos = startedNanos;
  }

  /** What errors call it. */
  public String name() {
    return script.name();
  }

  /** The request that called it. */
  public Request request() {
    return request;
  }

  /** Whether it is a function of a library, and no script. */
  public boolean isFunction() {
    return isFunction;
  }

  /** Since when it runs, by the monotonic clock. */
  public long startedNanos() {
    return startedNanos;
  }

  Script script() {
    return script;
  }

  ServerClient client() {
    return client;
  }

  /** The command that runs it. */
  Command<?> command() {
    return command;
  }

  boolean isReadOnly() {
    return readOnly;
  }

  boolean hasWritten() {
    return wrote;
  }

  void noteWrite() {
    wrote = true;
  }

  /** Whether it has replied with an error of its own. */
  boolean hasFailed() {
    return failed;
  }

  void noteFailure() {
    failed = true;
  }

  /** Whether others have been told that the server is busy. */
  boolean isBusy() {
    return busy;
  }

  /** Others are served from now on, so that the request needs memory of its own. */
  void becomeBusy() {
    busy = true;
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, request.argumentBytes()));
    request = request.copyTo(memory, 0);
  }

  End end() {
    return end;
  }

  void end(End how) {
    end = how;
  }

  /** The refusal of others while it is busy. */
  public Refusal refusal() {
    return isFunction ? Refusal.BUSY_FUNCTION : Refusal.BUSY_SCRIPT;
  }
}
