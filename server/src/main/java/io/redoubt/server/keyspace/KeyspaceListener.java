package io.redoubt.server.keyspace;

/** Told of what happens to keys without a command that says so. */
@FunctionalInterface
public interface KeyspaceListener {

  /** A key's time has come; called just before the entry is removed. */
  void expired(Database database, long entry);

  /**
   * The time of an element of a value has come; called just before the element is removed.
   *
   * @param element the element's bytes
   */
  default void elementExpired(Database database, long entry, long element, int elementLength) {}

  /**
   * Elements that were told of by {@link #elementExpired} have been removed.
   *
   * @param all whether none is left, and the entry is about to be removed
   */
  default void elementsExpired(Database database, long entry, boolean all) {}

  /** A key that was not there was added, in whatever way; called after that. */
  default void added(Database database, long entry) {}
}
