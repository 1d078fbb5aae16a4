package io.redoubt.protocol.command;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The group under which COMMAND DOCS lists a command, and the default ACL category of its commands.
 */
public enum Group {
  /** Bits of strings. */
  BITMAP(Category.BITMAP),
  /** Cluster mode. */
  CLUSTER(null),
  /** The connection itself. */
  CONNECTION(Category.CONNECTION),
  /** Keys of any type. */
  GENERIC(Category.KEYSPACE),
  /** Geospatial indexes. */
  GEO(Category.GEO),
  /** Hashes. */
  HASH(Category.HASH),
  /** HyperLogLogs. */
  HYPERLOGLOG(Category.HYPERLOGLOG),
  /** Lists. */
  LIST(Category.LIST),
  /** Channels and patterns. */
  PUBSUB(null),
  /** Scripts and functions. */
  SCRIPTING(Category.SCRIPTING),
  /** The sentinel's own commands. */
  SENTINEL(null),
  /** The server itself. */
  SERVER(null),
  /** Sets. */
  SET(Category.SET),
  /** Sorted sets. */
  SORTED_SET(Category.SORTEDSET),
  /** Streams. */
  STREAM(Category.STREAM),
  /** Strings. */
  STRING(Category.STRING),
  /** MULTI and related commands. */
  TRANSACTIONS(Category.TRANSACTION);

  private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');
  private final @Nullable Category category;

  Group(@Nullable Category category) {
    this.category = category;
  }

  /** Returns the name in COMMAND DOCS. */
  public String label() {
    return label;
  }

  /** Returns the default categories of this group's commands, as bits. */
  int categories() {
    return category == null ? 0 : category.bit();
  }
}
