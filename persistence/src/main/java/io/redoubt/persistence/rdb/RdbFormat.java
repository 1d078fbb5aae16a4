package io.redoubt.persistence.rdb;

/**
 * The constants of the RDB format.
 *
 * <pre>
 * file    = magic version {opcode argument... | attribute... type key value} ff checksum
 * magic   = "REDIS" and four digits, or "VALKEY" and three
 * length  = 00nnnnnn | 01nnnnnn nnnnnnnn | 80 32 bits | 81 64 bits        (most significant byte first)
 * string  = length bytes | c0 int8 | c1 int16 | c2 int32                  (least significant byte first)
 *         | c3 length(compressed) length(plain) LZF bytes
 * checksum = CRC-64 of all before it, 8 bytes, least significant first; 0: not computed. Since version 5.
 * </pre>
 */
public final class RdbFormat {

  /** The length of magic and version. */
  static final int HEADER_BYTES = 9;

  /** The version written by default: every server since Redis 5 reads it. */
  public static final int WRITTEN_VERSION = 9;

  /** The newest Redis version that is read and written. */
  public static final int NEWEST_VERSION = 12;

  /** The first and so far only version of Valkey's own numbering, under its own magic. */
  static final int VALKEY_VERSION = 80;

  /** The first version with a checksum at the end. */
  static final int CHECKSUM_VERSION = 5;

  /** Three lengths: the slot, its keys, its expiring keys. A hint of cluster nodes. */
  public static final int SLOT_INFO = 244;

  /** The first version with functions. */
  static final int FUNCTIONS_VERSION = 10;

  /** A function library: string. */
  static final int FUNCTION = 245;

  /** A function library in the format of a pre-release of Redis 7. */
  static final int FUNCTION_PRE_RELEASE = 246;

  /** A module's data outside the keys: length(module id), then tagged values up to a 0. */
  static final int MODULE_AUX = 247;

  /** Attribute: seconds since the last access, a length. */
  static final int IDLE = 248;

  /** Attribute: access counter, a byte. */
  static final int FREQUENCY = 249;

  /** Two strings: name and value. */
  static final int AUX = 250;

  /** Two lengths: keys, expiring keys. */
  static final int RESIZE_DB = 251;

  /** Attribute: expiry in milliseconds of Unix time, 8 bytes, least significant first. */
  static final int EXPIRE_MILLIS = 252;

  /** Attribute: expiry in seconds of Unix time, 4 bytes, least significant first. */
  static final int EXPIRE_SECONDS = 253;

  /** A length: the database of the keys that follow. */
  static final int SELECT_DB = 254;

  /** The end; the checksum follows. */
  static final int EOF = 255;

  static final int LENGTH_32 = 0x80;
  static final int LENGTH_64 = 0x81;
  static final int STRING_INT8 = 0xc0;
  static final int STRING_INT16 = 0xc1;
  static final int STRING_INT32 = 0xc2;
  static final int STRING_LZF = 0xc3;

  /** Tags in module data. */
  static final int MODULE_END = 0;

  static final int MODULE_SIGNED = 1;
  static final int MODULE_UNSIGNED = 2;
  static final int MODULE_FLOAT = 3;
  static final int MODULE_DOUBLE = 4;
  static final int MODULE_STRING = 5;

  /** The container of a list node: a single element, */
  static final int CONTAINER_PLAIN = 1;

  /** or a listpack. */
  static final int CONTAINER_PACKED = 2;

  /** The shortest string that is compressed; shorter ones never shrink enough. */
  static final int SHORTEST_COMPRESSED_BYTES = 21;

  private RdbFormat() {}

  /**
   * Returns the nine characters of a module type's name, six bits each, above ten bits of its
   * version.
   */
  static String moduleName(long id) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    StringBuilder name = new StringBuilder(9);
    for (int shift = 58; shift >= 10; shift -= 6) {
      name.append(alphabet.charAt((int) (id >>> shift) & 0x3f));
    }
    return name.toString();
  }
}
