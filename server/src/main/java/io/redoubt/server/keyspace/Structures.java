package io.redoubt.server.keyspace;

/**
 * The data structures that hold the large values of one type: what the keyspace needs of them
 * without knowing them. A structure is told by its root, the address in the payload of {@link
 * Encoding#STRUCTURE}.
 */
public interface Structures extends Dismantling {

  /**
   * The header of the {@link io.redoubt.server.structure.ByteTable} that finds its elements by
   * their bytes, with the keyspace's hash; 0 when it has none.
   */
  default long table(long root) {
    return 0;
  }

  /** Makes a copy of the whole, and returns its root. */
  long copy(long root);

  /**
   * How many bytes it takes.
   *
   * @param samples the number of elements to estimate from, 0 for all
   */
  long sizeBytes(long root, long samples);

  /**
   * Removes elements of an entry of {@link Encoding#EXPIRING_STRUCTURE} whose time has come, and
   * the entry with the last one; the keyspace's listener hears of it.
   *
   * @return how many were removed: at least one when one is due, at most {@code limit}
   */
  default int expireElements(Database database, long entry, int limit) {
    throw new IllegalStateException("these elements do not expire");
  }
}
