package io.redoubt.persistence.rdb;

import org.jspecify.annotations.Nullable;

/** The value types of the RDB format: the byte before a key, and the version that introduced it. */
public enum RdbType {
  STRING(0, "string", 1),
  LIST(1, "list", 1),
  SET(2, "set", 1),
  ZSET(3, "sorted set", 1),
  HASH(4, "hash", 1),
  ZSET_2(5, "sorted set with binary scores", 8),
  MODULE_PRE_RELEASE(6, "module value of a pre-release", 8),
  MODULE_2(7, "module value", 8),
  HASH_ZIPMAP(9, "hash as zipmap", 1),
  LIST_ZIPLIST(10, "list as ziplist", 2),
  SET_INTSET(11, "set as intset", 2),
  ZSET_ZIPLIST(12, "sorted set as ziplist", 2),
  HASH_ZIPLIST(13, "hash as ziplist", 4),
  LIST_QUICKLIST(14, "list as quicklist", 7),
  STREAM_LISTPACKS(15, "stream", 9),
  HASH_LISTPACK(16, "hash as listpack", 10),
  ZSET_LISTPACK(17, "sorted set as listpack", 10),
  LIST_QUICKLIST_2(18, "list as quicklist of listpacks", 10),
  STREAM_LISTPACKS_2(19, "stream with first id", 10),
  SET_LISTPACK(20, "set as listpack", 11),
  STREAM_LISTPACKS_3(21, "stream with active time of consumers", 11),
  HASH_METADATA_PRE_RELEASE(22, "hash with field expiry of a pre-release", 12),
  HASH_LISTPACK_EX_PRE_RELEASE(23, "hash as listpack with field expiry of a pre-release", 12),
  HASH_METADATA(24, "hash with field expiry", 12),
  HASH_LISTPACK_EX(25, "hash as listpack with field expiry", 12);

  private static final RdbType[] ALL = values();

  private final int id;
  private final String description;
  private final int sinceVersion;

  RdbType(int id, String description, int sinceVersion) {
    this.id = id;
    this.description = description;
    this.sinceVersion = sinceVersion;
  }

  /** Returns the byte in the file. */
  public int id() {
    return id;
  }

  /** Returns the description of type and encoding for messages. */
  public String description() {
    return description;
  }

  /** Returns the lowest RDB version that has the type. */
  public int sinceVersion() {
    return sinceVersion;
  }

  /** Returns the type of an id, refusing an unknown one. */
  static RdbType known(int id, long offset) throws RdbException {
    RdbType type = of(id);
    if (type == null) {
      throw new RdbException(offset, "Unknown RDB type " + id);
    }
    return type;
  }

  /** Returns the type of an id, or null if no version up to 12 has it. */
  public static @Nullable RdbType of(int id) {
    for (RdbType type : ALL) {
      if (type.id == id) {
        return type;
      }
    }
    return null;
  }
}
