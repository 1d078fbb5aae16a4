package io.redoubt.server.keyspace;

/** Told of what happens to keys without a command that says so. */
@FunctionalInterface
public interface KeyspaceListener {

  /** A key's time has come; called just before the entry is removed. */
  void expired(Database database, long entry);

  /** A key that was not there was added, in whatever way; called after that. */
  default void added(Database database, long entry) {}
}
