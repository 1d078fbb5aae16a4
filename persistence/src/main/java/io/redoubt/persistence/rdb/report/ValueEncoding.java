package io.redoubt.persistence.rdb.report;

import io.redoubt.persistence.rdb.RdbType;

/**
 * The encoding of a value, with the name that OBJECT ENCODING has for it: packed values as they are
 * in the file, and others as a server of version 7.2 with the default limits has them after it has
 * loaded the file. Redoubt saves small collections unpacked, so the file alone does not tell.
 */
public enum ValueEncoding {
  INT(ValueType.STRING, "int"),
  EMBSTR(ValueType.STRING, "embstr"),
  RAW(ValueType.STRING, "raw"),
  LIST_ZIPLIST(ValueType.LIST, "ziplist"),
  LIST_LISTPACK(ValueType.LIST, "listpack"),
  QUICKLIST(ValueType.LIST, "quicklist"),
  INTSET(ValueType.SET, "intset"),
  SET_LISTPACK(ValueType.SET, "listpack"),
  SET_TABLE(ValueType.SET, "hashtable"),
  ZSET_ZIPLIST(ValueType.ZSET, "ziplist"),
  ZSET_LISTPACK(ValueType.ZSET, "listpack"),
  SKIPLIST(ValueType.ZSET, "skiplist"),
  ZIPMAP(ValueType.HASH, "zipmap"),
  HASH_ZIPLIST(ValueType.HASH, "ziplist"),
  HASH_LISTPACK(ValueType.HASH, "listpack"),
  HASH_LISTPACK_EX(ValueType.HASH, "listpackex"),
  HASH_TABLE(ValueType.HASH, "hashtable"),
  STREAM(ValueType.STREAM, "stream");

  private final ValueType type;
  private final String text;

  ValueEncoding(ValueType type, String text) {
    this.type = type;
    this.text = text;
  }

  public ValueType type() {
    return type;
  }

  public String text() {
    return text;
  }

  /** Returns the form in the file of a type other than {@link RdbType#STRING}. */
  static ValueEncoding of(RdbType type) {
    return switch (type) {
      case LIST_ZIPLIST -> LIST_ZIPLIST;
      case LIST, LIST_QUICKLIST, LIST_QUICKLIST_2 -> QUICKLIST;
      case SET -> SET_TABLE;
      case SET_INTSET -> INTSET;
      case SET_LISTPACK -> SET_LISTPACK;
      case ZSET, ZSET_2 -> SKIPLIST;
      case ZSET_ZIPLIST -> ZSET_ZIPLIST;
      case ZSET_LISTPACK -> ZSET_LISTPACK;
      case HASH, HASH_METADATA -> HASH_TABLE;
      case HASH_ZIPMAP -> ZIPMAP;
      case HASH_ZIPLIST -> HASH_ZIPLIST;
      case HASH_LISTPACK -> HASH_LISTPACK;
      case HASH_LISTPACK_EX -> HASH_LISTPACK_EX;
      case STREAM_LISTPACKS, STREAM_LISTPACKS_2, STREAM_LISTPACKS_3 -> STREAM;
      default -> throw new IllegalArgumentException(type.description());
    };
  }
}
