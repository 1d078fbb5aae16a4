package io.redoubt.protocol.command;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An ACL category, in the order of ACL CAT and COMMAND INFO. */
public enum Category {
  /** Keys of any type. */
  KEYSPACE,
  /** Reads keys. */
  READ,
  /** Writes keys. */
  WRITE,
  /** Sets. */
  SET,
  /** Sorted sets. */
  SORTEDSET,
  /** Lists. */
  LIST,
  /** Hashes. */
  HASH,
  /** Strings. */
  STRING,
  /** Bitmaps. */
  BITMAP,
  /** HyperLogLogs. */
  HYPERLOGLOG,
  /** Geospatial indexes. */
  GEO,
  /** Streams. */
  STREAM,
  /** Channels. */
  PUBSUB,
  /** Administration. */
  ADMIN,
  /** Constant or logarithmic time. */
  FAST,
  /** Everything not {@link #FAST}. */
  SLOW,
  /** May block the client. */
  BLOCKING,
  /** To be permitted with care. */
  DANGEROUS,
  /** The connection itself. */
  CONNECTION,
  /** MULTI and related commands. */
  TRANSACTION,
  /** Scripts and functions. */
  SCRIPTING;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Returns the name without the at sign, as in {@code ACL CAT}. */
  public String label() {
    return label;
  }

  /** Returns the bit of this category in {@link Command#categories()}. */
  public int bit() {
    return 1 << ordinal();
  }

  /** Returns the category of that name, in any case, or null. */
  public static @Nullable Category named(String label) {
    for (Category category : values()) {
      if (category.label.equalsIgnoreCase(label)) {
        return category;
      }
    }
    return null;
  }
}
