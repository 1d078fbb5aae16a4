package io.redoubt.server.execution;

/** The states that decide whether a server may remove keys on its own. */
public interface ServerRole {
  /** Returns true if the server is a replica: its master removes keys. */
  boolean isReplica();

  /**
   * Returns true while keys must stay: clients are paused, or a load is in progress, during which
   * an append-only file may still prolong a key that is due, or add to one that would be evicted.
   */
  boolean isFrozen();
}
