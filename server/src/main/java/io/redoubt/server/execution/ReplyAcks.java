package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.server.client.ServerClient;

/** Makes the replies to commands wait until replicas have acknowledged what they show. */
public interface ReplyAcks {
  /**
   * Called before a client's command runs. If it returns true, {@link #replied} follows.
   *
   * @param onlyReads true for a script or function that declares not to write
   * @return true if the reply may have to wait
   */
  boolean begins(ServerClient client, Command<?> command, boolean onlyReads);

  /** Called when the command has replied and its effects are part of the replication stream. */
  void replied(ServerClient client);
}
