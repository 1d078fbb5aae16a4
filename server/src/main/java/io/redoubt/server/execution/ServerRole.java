package io.redoubt.server.execution;

/** The states that decide whether a server may remove keys on its own. */
public interface ServerRole {
  /** Returns true if the server is a replica: its master removes keys. */
  boolean isReplica();

  /** Returns true if clients are paused: the data set must not change. */
  boolean isPaused();
}
