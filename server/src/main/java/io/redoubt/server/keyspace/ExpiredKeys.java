package io.redoubt.server.keyspace;

/** The treatment of a due key on access. */
public enum ExpiredKeys {
  /** Deletes it: on a master. */
  DELETE,
  /** Treats it as absent but keeps it until the master deletes it: on a replica. */
  HIDE,
  /** Treats it as any other key: for the master's stream on a replica. */
  KEEP
}
