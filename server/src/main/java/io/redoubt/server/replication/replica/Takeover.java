package io.redoubt.server.replication.replica;

/**
 * The failover in which this server hands its role to the master that it is about to follow, as the
 * link to that master sees it.
 */
public interface Takeover {
  /** Returns true if the handshake must ask the next master to take over. */
  boolean isHandingOver();

  /** Completes the failover, if one is under way: the next master has accepted this replica. */
  void onSuccess();

  /** Gives up: this server is, or becomes again, the master. */
  void abort(String reason);
}
