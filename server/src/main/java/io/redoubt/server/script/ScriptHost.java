package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations of the server available to a running script. */
public interface ScriptHost {

  /**
   * Runs a command for the script.
   *
   * @param request the command's words, copied if they are needed longer
   * @param reply receives the reply, which may be an error
   */
  void run(Request request, ReplyWriter reply);

  /**
   * Reports an error in the script's reply.
   *
   * @param ofCommand true if {@link #run} replied with the error
   */
  void repliesError(String text, boolean ofCommand);

  /**
   * Returns true if the script's user may run a command with these arguments (redis.acl_check_cmd).
   */
  boolean mayRun(Request request);

  /** Returns true if the command named by the request exists. */
  boolean exists(Request request);

  /**
   * Selects the targets of the following effects (redis.set_repl).
   *
   * @param targets 1 the append-only file, 2 replicas, 3 both, 0 none
   */
  void propagateTo(int targets);

  /** Logs a message (redis.log): 0 debug, 1 verbose, 2 notice, 3 warning. */
  void log(int level, ByteString message);

  /**
   * Called regularly while a script runs.
   *
   * @return the error that stops the script, or null to continue
   */
  @Nullable String interruption();

  // Debugging.

  /**
   * Waits for the debugger's next command, after sending the pending output.
   *
   * @return its words, or null if the connection is closed
   */
  @Nullable List<ByteString> debuggerCommand();

  /** Sends a line to the debugger's client. */
  void debuggerTells(ByteString line);

  /** Returns true if the script has run so long since the last command that it should stop. */
  boolean debuggerWaitsLong();
}
