package io.redoubt.protocol.command;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An ACL category, in the order in which ACL CAT and COMMAND INFO list them. */
public enum Category {
  /** Keys whatever their type. */
  KEYSPACE,
  /** Reading of keys. */
  READ,
  /** Writing of keys. */
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
  /** To be allowed with care. */
  DANGEROUS,
  /** The connection itself. */
  CONNECTION,
  /** MULTI and its companions. */
  TRANSACTION,
  /** Scripts and functions. */
  SCRIPTING;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The name without the at sign, as in {@code ACL CAT}. */
  public String label() {
    return label;
  }

  /** This category as one bit of {@link Command#categories()}. */
  public int bit() {
    return 1 << ordinal();
  }

  /** The category of that name, whatever its case, or null. */
  public static @Nullable Category named(String label) {
    for (Category category : values()) {
      if (category.label.equalsIgnoreCase(label)) {
        return category;
      }
    }
    return null;
  }
}
