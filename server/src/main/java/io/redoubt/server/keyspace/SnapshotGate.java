package io.redoubt.server.keyspace;

/** The side of a running snapshot that writes ahead what is about to change. */
public interface SnapshotGate {

  /**
   * Called with an entry that the walk has not come to yet, before it is changed or removed: the
   * last moment at which it is as it was. The keyspace must not be changed in it.
   *
   * @param database the index of the database that it was in when the walk started
   */
  void beforeChange(int database, long entry);

  /**
   * Whether a structure that nothing refers to any more is still to be saved; then it is the gate's
   * from now on, and goes to {@link Keyspace#freeStructure} when it has been. The same for a block
   * of a string, and {@link Keyspace#freeBlock}.
   *
   * @param root where the structure or the block is
   */
  default boolean keeps(long root) {
    return false;
  }

  /** Bytes of a string in a block of its own are about to be written over. */
  default void beforeBytes(long block, long from, long to) {
    // of interest only where a string is saved in several steps
  }
}
