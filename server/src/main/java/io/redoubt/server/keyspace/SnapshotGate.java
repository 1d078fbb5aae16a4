package io.redoubt.server.keyspace;

/** The part of a running snapshot that saves pre-images: data about to change. */
public interface SnapshotGate {

  /**
   * Called before an entry that the walk has not reached is changed or removed: the last moment at
   * which it has its old state. Implementations must not change the keyspace.
   *
   * @param database the index of the entry's database when the walk started
   */
  void beforeChange(int database, long entry);

  /**
   * Returns true if an unreferenced structure, or block of a string, is still to be saved. The gate
   * then owns it, and passes it to {@link Keyspace#freeStructure}, or {@link Keyspace#freeBlock},
   * once it is saved.
   *
   * @param root the address of the structure or the block
   */
  default boolean keeps(long root) {
    return false;
  }

  /** Called before bytes of a string in a block of its own are overwritten. */
  default void beforeBytes(long block, long from, long to) {
    // matters only if a string is saved in several steps
  }
}
