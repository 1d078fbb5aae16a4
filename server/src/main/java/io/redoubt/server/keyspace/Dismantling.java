package io.redoubt.server.keyspace;

/** How something large in the region, told by an address, is freed in small steps. */
public interface Dismantling {

  /**
   * Takes what nothing refers to any more apart by a small step, some 20 µs at most, its root
   * included.
   *
   * @return whether something is left
   */
  boolean dismantle(long root);

  /** How many elements it has: what freeing it takes time by. */
  long elements(long root);
}
