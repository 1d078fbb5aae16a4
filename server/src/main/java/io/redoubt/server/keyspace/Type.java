package io.redoubt.server.keyspace;

/** The types of values; an entry holds the ordinal. */
public enum Type {
  /** Bytes or a number. */
  STRING,
  /** A list of strings. */
  LIST,
  /** A set of strings. */
  SET,
  /** A sorted set. */
  ZSET,
  /** A hash. */
  HASH,
  /** A stream. */
  STREAM;

  private static final Type[] ALL = values();
  private final String word = name().toLowerCase(java.util.Locale.ROOT);

  /** The type's name in replies of TYPE. */
  public String word() {
    return word;
  }

  static Type of(int ordinal) {
    return ALL[ordinal];
  }
}
