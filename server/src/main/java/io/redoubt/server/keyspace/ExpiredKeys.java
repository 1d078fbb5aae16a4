package io.redoubt.server.keyspace;

/** What an access does with a key whose time has come. */
public enum ExpiredKeys {
  /** Deletes it: a master. */
  DELETE,
  /** Treats it as absent but leaves it, until the master says so: a replica. */
  HIDE,
  /** Treats it as any other: what the master's stream does on a replica. */
  KEEP
}
