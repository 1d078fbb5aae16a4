package io.redoubt.server.keyspace;

/** A consumer of the entries that a {@link Walk} reaches. */
@FunctionalInterface
public interface WalkSink {

  /**
   * Accepts an entry in its state at the start of the walk.
   *
   * @param database the index of the entry's database at that time
   */
  void entry(int database, long entry);
}
