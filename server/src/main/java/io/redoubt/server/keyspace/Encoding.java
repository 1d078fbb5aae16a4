package io.redoubt.server.keyspace;

/**
 * The representation of an entry's value: the format of the payload at its end.
 *
 * <p>A string is an {@link #INTEGER}, or bytes: {@link #INLINE}, {@link #INLINE_CHANGED} or {@link
 * #OWN_BLOCK}. A small collection is one packed block of bytes, in the entry or beside it: a
 * listpack as {@link #INLINE} or {@link #OWN_BLOCK}, an intset as {@link #INTSET_INLINE} or {@link
 * #INTSET_OWN_BLOCK}. A large one is a {@link #STRUCTURE}, and one with elements that expire an
 * {@link #EXPIRING_STRUCTURE}.
 */
public final class Encoding {

  /** A number as eight bytes, little-endian. */
  public static final int INTEGER = 0;

  /** Bytes, after their {@link io.redoubt.server.structure.BlockLength}. */
  public static final int INLINE = 1;

  /** Like {@link #INLINE}, for a string changed in place; OBJECT ENCODING distinguishes them. */
  public static final int INLINE_CHANGED = 2;

  /**
   * Bytes in a far block of their own: its address (eight bytes), their length (four), the capacity
   * of the block (four).
   */
  public static final int OWN_BLOCK = 3;

  /** Like {@link #INLINE}; the bytes are an intset. */
  public static final int INTSET_INLINE = 4;

  /** Like {@link #OWN_BLOCK}; the bytes are an intset. */
  public static final int INTSET_OWN_BLOCK = 5;

  /** The root of a data structure, an address of eight bytes; see {@link Structures}. */
  public static final int STRUCTURE = 6;

  /**
   * Like {@link #STRUCTURE}, followed by the expiry time of the next element, in milliseconds since
   * 1970 (eight bytes).
   */
  public static final int EXPIRING_STRUCTURE = 7;

  /** The payload size of {@link #INTEGER}. */
  public static final int INTEGER_BYTES = 8;

  /** The payload size of {@link #OWN_BLOCK} and {@link #INTSET_OWN_BLOCK}. */
  public static final int OWN_BLOCK_BYTES = 16;

  /** The payload size of {@link #STRUCTURE}. */
  public static final int STRUCTURE_BYTES = 8;

  /** The payload size of {@link #EXPIRING_STRUCTURE}. */
  public static final int EXPIRING_STRUCTURE_BYTES = 16;

  /** The maximum length of bytes in the entry; longer ones get a block of their own. */
  public static final int MAX_INLINE_LENGTH = 4 << 10;

  private Encoding() {}

  /** Returns true if the bytes are in a block separate from the entry. */
  public static boolean ownsBlock(int encoding) {
    return encoding == OWN_BLOCK || encoding == INTSET_OWN_BLOCK;
  }

  /** Returns true if the payload starts with the root of a structure. */
  public static boolean isStructure(int encoding) {
    return encoding >= STRUCTURE;
  }
}
