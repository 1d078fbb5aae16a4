package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a running script can do to the server. */
public interface CommandRunner {

  /**
   * Runs a command for the script.
   *
   * @param request its words; they are copied where they are needed longer
   * @param reply gets its reply, an error included
   */
  void run(Request request, ReplyWriter reply);

  /**
   * What the script replies is an error, or has one in it.
   *
   * @param ofCommand whether it is the one with which {@link #run} replied
   */
  void repliesError(String text, boolean ofCommand);

  /** Whether the script's user may run a command with these arguments (redis.acl_check_cmd). */
  boolean mayRun(Request request);

  /** Whether there is a command of the name that the request begins with. */
  boolean exists(Request request);

  /**
   * Chooses where the effects of what follows go (redis.set_repl).
   *
   * @param targets 1 the append-only file, 2 replicas, 3 both, 0 nowhere
   */
  void propagateTo(int targets);

  /** redis.log: 0 debug, 1 verbose, 2 notice, 3 warning. */
  void log(int level, ByteString message);

  /**
   * Called every now and then while a script runs.
   *
   * @return the error that ends it, or null for going on
   */
  @Nullable String interruption();

  // When the script is debugged.

  /**
   * Waits for the next command for the debugger, after what has been told was sent.
   *
   * @return its words, or null when there will be none
   */
  @Nullable List<ByteString> debuggerCommand();

  /** Tells whoever debugs the script one line. */
  void debuggerTells(ByteString line);

  /** Whether the script has run for so long since the last command that it had better stop. */
  boolean debuggerWaitsLong();
}
