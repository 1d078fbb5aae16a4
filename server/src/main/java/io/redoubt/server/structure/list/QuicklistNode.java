package io.redoubt.server.structure.list;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.memory.Region;

/**
 * A node of a {@link Quicklist}: a block of {@link #BYTES} that never moves, and a data block,
 * which is reallocated. All numbers are little-endian.
 *
 * <pre>
 *  0  8 bytes  the previous node, 0 for none
 *  8  8 bytes  the next node, 0 for none
 * 16  8 bytes  the block of the data
 * 24  4 bytes  the offset of the data in it, so that a list can grow at its front
 * 28  4 bytes  the size of the block
 * 32  4 bytes  the size of the data, uncompressed
 * 36  4 bytes  the number of elements
 * 40  4 bytes  the size of the data as stored, if compressed
 * 44  1 byte   flags
 * 45  3 bytes  the number of the last snapshot that has the node, or need not have it
 * </pre>
 */
public final class QuicklistNode {

  static final int BYTES = 48;

  private static final int BEFORE_AT = 0;
  private static final int AFTER_AT = 8;
  private static final int BLOCK_AT = 16;
  private static final int START_AT = 24;
  private static final int CAPACITY_AT = 28;
  private static final int SIZE_AT = 32;
  private static final int COUNT_AT = 36;
  private static final int STORED_AT = 40;
  private static final int FLAGS_AT = 44;
  private static final int SNAPSHOT_SHIFT = 8;

  /** Flag: the data is one large element, otherwise a listpack. */
  private static final int PLAIN = 1;

  /** Flag: the data is compressed by LZF. */
  private static final int COMPRESSED = 2;

  /** Flag: compression has failed since the data last changed. */
  private static final int INCOMPRESSIBLE = 4;

  private QuicklistNode() {}

  /** Returns the previous node, or 0. */
  public static long before(long node) {
    return Region.getLong(node + BEFORE_AT);
  }

  static void before(long node, long other) {
    Region.putLong(node + BEFORE_AT, other);
  }

  /** Returns the next node, or 0. */
  public static long after(long node) {
    return Region.getLong(node + AFTER_AT);
  }

  static void after(long node, long other) {
    Region.putLong(node + AFTER_AT, other);
  }

  static long block(long node) {
    return Region.getLong(node + BLOCK_AT);
  }

  /** Sets the data block and the offset of the data in it. */
  static void block(long node, long block, int capacity, int start) {
    Region.putLong(node + BLOCK_AT, block);
    Region.putInt(node + CAPACITY_AT, capacity);
    start(node, start);
  }

  static int start(long node) {
    return Region.getInt(node + START_AT);
  }

  static void start(long node, int start) {
    Region.putInt(node + START_AT, start);
  }

  static int capacity(long node) {
    return Region.getInt(node + CAPACITY_AT);
  }

  static void capacity(long node, int capacity) {
    Region.putInt(node + CAPACITY_AT, capacity);
  }

  /** Returns the address of the data: a listpack, an element, or either of them compressed. */
  public static long data(long node) {
    return block(node) + start(node);
  }

  /** Returns the size of the data in bytes, uncompressed. */
  public static int sizeBytes(long node) {
    return Region.getInt(node + SIZE_AT);
  }

  static void sizeBytes(long node, int size) {
    Region.putInt(node + SIZE_AT, size);
  }

  public static int count(long node) {
    return Region.getInt(node + COUNT_AT);
  }

  static void count(long node, int count) {
    Region.putInt(node + COUNT_AT, count);
  }

  /** Returns the size of the data in bytes as stored. */
  public static int storedBytes(long node) {
    return isCompressed(node) ? Region.getInt(node + STORED_AT) : sizeBytes(node);
  }

  /** Returns true if the data is one large element; otherwise it is a listpack. */
  public static boolean isPlain(long node) {
    return is(node, PLAIN);
  }

  /** Returns true if the data is compressed by LZF. */
  public static boolean isCompressed(long node) {
    return is(node, COMPRESSED);
  }

  static boolean isIncompressible(long node) {
    return is(node, INCOMPRESSIBLE);
  }

  static void incompressible(long node) {
    putFlags(node, flags(node) | INCOMPRESSIBLE);
  }

  /** Marks the data as compressed to the given size. */
  static void markCompressed(long node, int storedBytes) {
    Region.putInt(node + STORED_AT, storedBytes);
    putFlags(node, flags(node) | COMPRESSED);
  }

  static void markUncompressed(long node) {
    putFlags(node, flags(node) & ~COMPRESSED);
  }

  /**
   * Moves the start of the listpack to the front by the given bytes and adjusts the number of
   * elements; negative values move it to the back.
   */
  static void moveFront(long node, int bytes, int elements) {
    start(node, start(node) - bytes);
    sizeBytes(node, sizeBytes(node) + bytes);
    count(node, count(node) + elements);
    putFlags(node, flags(node) & ~INCOMPRESSIBLE);
  }

  /** Updates the size and the count after the data of a listpack was changed in place. */
  static void update(long node, int count) {
    sizeBytes(node, (int) Listpack.sizeBytes(Region.MEMORY, data(node)));
    count(node, count);
    putFlags(node, flags(node) & ~INCOMPRESSIBLE);
  }

  /** Initializes a node without neighbours and data. */
  static void clear(long node, boolean plain) {
    for (int at = 0; at < BYTES; at += Long.BYTES) {
      Region.putLong(node + at, 0);
    }
    putFlags(node, plain ? PLAIN : 0);
  }

  /** Returns the 24-bit number of the last snapshot that has the node, or need not have it. */
  public static int snapshot(long node) {
    return Region.getInt(node + FLAGS_AT) >>> SNAPSHOT_SHIFT;
  }

  /** Sets the number of the last snapshot that has the node, or need not have it. */
  public static void setSnapshot(long node, int number) {
    Region.putInt(node + FLAGS_AT, flags(node) | number << SNAPSHOT_SHIFT);
  }

  private static boolean is(long node, int flag) {
    return (flags(node) & flag) != 0;
  }

  private static int flags(long node) {
    return Region.getUnsignedByte(node + FLAGS_AT);
  }

  private static void putFlags(long node, int flags) {
    Region.putByte(node + FLAGS_AT, flags);
  }
}
