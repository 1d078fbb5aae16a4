package io.redoubt.server.keyspace;

/** How an entry holds its value: what the payload at its end is. Strings so far. */
public final class Encoding {

  /** A number as eight bytes, little-endian. */
  public static final int INTEGER = 0;

  /** Bytes, after their {@link io.redoubt.server.structure.BlockLength}. */
  public static final int INLINE = 1;

  /** As {@link #INLINE}, of a string that was changed in place, which OBJECT ENCODING tells. */
  public static final int INLINE_CHANGED = 2;

  /**
   * Bytes in a far block of their own: its address (eight bytes), their number (four), how many
   * there is room for (four).
   */
  public static final int OWN_BLOCK = 3;

  /** The payload of {@link #INTEGER}. */
  public static final int INTEGER_BYTES = 8;

  /** The payload of {@link #OWN_BLOCK}. */
  public static final int OWN_BLOCK_BYTES = 16;

  /** What is longer gets its own block. */
  public static final int MAX_INLINE_LENGTH = 4 << 10;

  private Encoding() {}
}
