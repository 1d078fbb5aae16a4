package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.Request;

/** The flags that scripts and functions declare, which decide about a call of them. */
public interface ScriptFlags {
  /** Returns the states that refuse a call of a script or function; 0 for other commands. */
  int refusals(Command<?> command, Request request);

  /** Returns true for a call of a script or function that declares not to write. */
  boolean onlyReads(Command<?> command, Request request);
}
