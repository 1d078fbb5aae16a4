package io.redoubt.server.keyspace;

/**
 * The indexes of databases. A cluster node also has a staged database for each database, whose
 * index does not depend on the number of databases, because streams and files contain it.
 *
 * <p>The position of a database is its place among all of a keyspace, where the staged ones follow
 * the others.
 */
public final class DatabaseIndex {
  /** The index of the staged database of database 0; those of the others follow. */
  public static final int FIRST_STAGED = 1 << 20;

  private DatabaseIndex() {}

  /** Returns true for the index of a staged database. */
  public static boolean isStaged(int index) {
    return index >= FIRST_STAGED;
  }

  /** Returns the index at a position, given the number of databases without the staged ones. */
  static int at(int position, int count) {
    return position < count ? position : FIRST_STAGED + position - count;
  }

  /** Returns the position of an index, given the number of databases without the staged ones. */
  static int positionOf(int index, int count) {
    return isStaged(index) ? count + index - FIRST_STAGED : index;
  }
}
