package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;

/**
 * The databases that a request works on, which require permission.
 *
 * @param scope the databases that no argument names
 * @param arguments the arguments that name further ones
 */
public record DatabaseSpec(Scope scope, Arguments arguments) {
  /** Every database. */
  public static final DatabaseSpec ALL = new DatabaseSpec(Scope.ALL, (request, i) -> false);

  /** The current database. */
  public static final DatabaseSpec CURRENT = current((request, i) -> false);

  /** The current database if the request has keys, otherwise none. */
  private static final DatabaseSpec OF_KEYS =
      new DatabaseSpec(Scope.OF_KEYS, (request, i) -> false);

  /** The databases that no argument names. */
  public enum Scope {
    /** None. */
    NONE,
    /** The current database if the request has keys. */
    OF_KEYS,
    /** The current database. */
    CURRENT,
    /** Every database. */
    ALL
  }

  /** Finds the arguments that are the index of a database. */
  @FunctionalInterface
  public interface Arguments {
    boolean isDatabase(Request request, int i);
  }

  /** Returns the databases that arguments name, and no others. */
  public static DatabaseSpec named(Arguments arguments) {
    return new DatabaseSpec(Scope.NONE, arguments);
  }

  /** Returns the current database and those that arguments name. */
  public static DatabaseSpec current(Arguments arguments) {
    return new DatabaseSpec(Scope.CURRENT, arguments);
  }

  /**
   * Returns the databases of a command that declares none: a command on data works on the current
   * one. A script does so if it has keys; the commands that it calls are checked one by one.
   */
  static DatabaseSpec of(int categories) {
    int data = Category.KEYSPACE.bit() | Category.READ.bit() | Category.WRITE.bit();
    boolean ofScripts = (categories & Category.SCRIPTING.bit()) != 0;
    return (categories & data) != 0 && !ofScripts ? CURRENT : OF_KEYS;
  }
}
