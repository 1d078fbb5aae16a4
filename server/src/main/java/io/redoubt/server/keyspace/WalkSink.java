package io.redoubt.server.keyspace;

/** Where a {@link Walk} hands what it comes to. */
@FunctionalInterface
public interface WalkSink {

  /**
   * An entry as it was when the walk started.
   *
   * @param database the index of the database that it was in then
   */
  void entry(int database, long entry);
}
