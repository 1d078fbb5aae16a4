package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.script.Script;
import io.redoubt.server.script.ScriptFlag;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A script or function in execution. */
public final class RunningScript {

  /** The reason for stopping it. */
  enum End {
    /** None. */
    NONE,
    /** SCRIPT KILL or FUNCTION KILL. */
    KILLED,
    /** The shutdown of the server. */
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

  /** The slot of its keys in cluster mode, {@link SlotGate#NO_SLOT} if there are none so far. */
  private int slot = SlotGate.NO_SLOT;

  private boolean slotIsKnown;

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

  /** Returns the name in error messages. */
  public String name() {
    return script.name();
  }

  public Request request() {
    return request;
  }

  /** Returns true for a function of a library, false for a script. */
  public boolean isFunction() {
    return isFunction;
  }

  /** Returns the start time by the monotonic clock. */
  public long startedNanos() {
    return startedNanos;
  }

  /**
   * Returns true if the script may use the keys of a command that this cluster node serves. A
   * script with flags is limited to keys of one slot unless it has allow-cross-slot-keys.
   */
  boolean mayUse(SlotGate gate, Command<?> called, Request asked) {
    if (script.flags() == null || script.is(ScriptFlag.ALLOW_CROSS_SLOT_KEYS)) {
      return true;
    }
    if (!slotIsKnown) {
      slotIsKnown = true;
      slot = gate.slotOf(command, request);
    }
    int used = gate.slotOf(called, asked);
    if (slot == SlotGate.NO_SLOT) {
      slot = used;
    }
    return used == SlotGate.NO_SLOT || used == slot;
  }

  Script script() {
    return script;
  }

  ServerClient client() {
    return client;
  }

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

  /** Returns true if it has replied with an error of its own. */
  boolean hasFailed() {
    return failed;
  }

  void noteFailure() {
    failed = true;
  }

  /** Returns true if other clients get the BUSY error. */
  boolean isBusy() {
    return busy;
  }

  /**
   * Marks the script as busy; the request is copied because other clients are served from now on.
   */
  void becomeBusy() {
    busy = true;
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, request.argumentBytes()));
    request = request.copyTo(memory, 0);
  }

  End end() {
    return end;
  }

  void setEnd(End how) {
    end = how;
  }

  /** Returns the state that refuses other clients while it is busy. */
  public Refusal refusal() {
    return isFunction ? Refusal.BUSY_FUNCTION : Refusal.BUSY_SCRIPT;
  }
}
