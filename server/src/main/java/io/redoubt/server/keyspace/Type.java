package io.redoubt.server.keyspace;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

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
  private final String word = name().toLowerCase(Locale.ROOT);

  /** Returns the type's name in replies of TYPE. */
  public String word() {
    return word;
  }

  /** Returns the type of a name, in any case, or null. */
  public static @Nullable Type named(String word) {
    for (Type type : ALL) {
      if (type.word.equalsIgnoreCase(word)) {
        return type;
      }
    }
    return null;
  }

  public static Type of(int ordinal) {
    return ALL[ordinal];
  }
}
