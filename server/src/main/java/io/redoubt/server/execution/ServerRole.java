package io.redoubt.server.execution;

/** The states of a server that decide whether it may remove keys by itself. */
public interface ServerRole {
  /** Returns true if the server is a replica: its master removes keys. */
  boolean isReplica();

  /** Returns true if clients are paused: the data set must not change. */
  boolean isPaused();
}
