package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.server.client.ServerClient;

/**
 * Holds the replies to commands until replicas have acknowledged the writes that the replies
 * reveal.
 */
public interface ReplyAcks {
  /**
   * Called before a client's command runs. If it returns true, {@link #onReplied} must follow.
   *
   * @param onlyReads true for a script or function that declares not to write
   * @return true if the reply may have to wait
   */
  boolean begins(ServerClient client, Command<?> command, boolean onlyReads);

  /** Called after the command has replied and its effects have been propagated. */
  void onReplied(ServerClient client);
}
