package io.redoubt.server.keyspace;

/**
 * The operations that the keyspace needs on the large values of one type. A structure is identified
 * by its root, the address in the payload of {@link Encoding#STRUCTURE}.
 */
public interface Structures extends Dismantling {

  /**
   * Returns the header of the {@link io.redoubt.server.structure.ByteTable} that maps elements by
   * their bytes, with the keyspace's hash; 0 if there is none.
   */
  default long table(long root) {
    return 0;
  }

  /** Copies a structure and returns the root of the copy. */
  long copy(long root);

  /**
   * Returns the bytes that a structure takes.
   *
   * @param samples the number of elements to estimate from, 0 for all
   */
  long sizeBytes(long root, long samples);

  /**
   * Removes due elements of an entry of {@link Encoding#EXPIRING_STRUCTURE}, and the entry with the
   * last one; notifies the keyspace's listener.
   *
   * @param database the index of the entry's database
   * @return the number removed: at least one if one is due, at most {@code limit}
   */
  default int expireElements(int database, long entry, int limit) {
    throw new IllegalStateException("these elements do not expire");
  }
}
