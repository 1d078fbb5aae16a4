package io.redoubt.server.keyspace;

/** Incremental freeing of a large object in the region, identified by its root address. */
public interface Dismantling {

  /**
   * Frees part of an object that nothing refers to any more, root included; takes some 20 µs at
   * most.
   *
   * @return true if some is left
   */
  boolean dismantle(long root);

  /** Returns the number of elements, to which the time to free the object is proportional. */
  long elements(long root);
}
