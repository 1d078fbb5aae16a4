package io.redoubt.server.keyspace;

/** A listener for changes of keys that no command makes explicitly. */
@FunctionalInterface
public interface KeyspaceListener {
  /** Ignores all changes. */
  KeyspaceListener NONE = (database, entry) -> {};

  /** Called just before a due key is removed. */
  void onExpired(Database database, long entry);

  /**
   * Called just before a due element of a value is removed.
   *
   * @param element the address of the element's bytes
   */
  default void onElementExpired(Database database, long entry, long element, int elementLength) {}

  /**
   * Called after the elements passed to {@link #onElementExpired} were removed.
   *
   * @param all true if none is left, and the entry is about to be removed
   */
  default void onElementsExpired(Database database, long entry, boolean all) {}

  /** Called after an absent key was added in any way. */
  default void onAdded(Database database, long entry) {}
}
