package io.redoubt.server.structure.list;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * The root of a {@link Quicklist}: a block of {@link #BYTES} that never moves and identifies the
 * list. All numbers are little-endian.
 *
 * <pre>
 *  0  8 bytes  the first node, 0 for none
 *  8  8 bytes  the last node, 0 for none
 * 16  8 bytes  the number of elements
 * 24  8 bytes  the number of nodes
 * 32  4 bytes  the limit of a node: a number of elements, or -1 to -5 for 4, 8, 16, 32, 64 kB
 * 36  4 bytes  the number of nodes at each end that stay uncompressed; 0 for no compression
 * </pre>
 */
public final class QuicklistRoot {

  static final int BYTES = 40;
  private static final int HEAD_AT = 0;
  private static final int TAIL_AT = 8;
  private static final int COUNT_AT = 16;
  private static final int NODES_AT = 24;
  private static final int LIMIT_AT = 32;
  private static final int DEPTH_AT = 36;

  /** The size limit in bytes of a node that is limited by elements. */
  private static final int SAFE_BYTES = 8192;

  private static final int LARGEST_LIMIT = -5;
  private static final int MAX_LIMIT_ELEMENTS = (1 << 15) - 1;
  private static final int MAX_DEPTH = (1 << 16) - 1;

  private QuicklistRoot() {}

  /**
   * Creates the root of an empty list.
   *
   * @param limit the limit of a node: a number of elements, or -1 to -5 for 4, 8, 16, 32, 64 kB
   * @param depth the number of nodes at each end that stay uncompressed; 0 disables compression
   */
  static long create(Slabs slabs, int limit, int depth) {
    long root = slabs.allocateFar(BYTES);
    Region.putLong(root + HEAD_AT, 0);
    Region.putLong(root + TAIL_AT, 0);
    Region.putLong(root + COUNT_AT, 0);
    Region.putLong(root + NODES_AT, 0);
    Region.putInt(root + LIMIT_AT, Math.clamp(limit, LARGEST_LIMIT, MAX_LIMIT_ELEMENTS));
    Region.putInt(root + DEPTH_AT, Math.clamp(depth, 0, MAX_DEPTH));
    return root;
  }

  /** Returns the first node, or 0. */
  public static long head(long root) {
    return Region.getLong(root + HEAD_AT);
  }

  /** Returns the last node, or 0. */
  public static long tail(long root) {
    return Region.getLong(root + TAIL_AT);
  }

  public static long count(long root) {
    return Region.getLong(root + COUNT_AT);
  }

  public static long nodes(long root) {
    return Region.getLong(root + NODES_AT);
  }

  /** Returns the limit of a node, as passed to {@link Quicklist#create}. */
  public static int limit(long root) {
    return Region.getInt(root + LIMIT_AT);
  }

  /** Returns the number of nodes at each end that stay uncompressed; 0 if compression is off. */
  public static int depth(long root) {
    return Region.getInt(root + DEPTH_AT);
  }

  static void head(long root, long node) {
    Region.putLong(root + HEAD_AT, node);
  }

  static void tail(long root, long node) {
    Region.putLong(root + TAIL_AT, node);
  }

  static void addCount(long root, long difference) {
    Region.putLong(root + COUNT_AT, count(root) + difference);
  }

  static void addNodes(long root, int difference) {
    Region.putLong(root + NODES_AT, nodes(root) + difference);
  }

  // The limit of a node.

  /** Returns true if a listpack of that size and count exceeds the limit of one node. */
  public static boolean exceeds(int limit, long sizeBytes, long count) {
    return limit < 0
        ? sizeBytes > limitBytes(limit)
        : sizeBytes > SAFE_BYTES || count > Math.max(limit, 1);
  }

  /** Returns the most bytes that a limit allows a node; unlimited if the limit is in elements. */
  public static long limitBytes(int limit) {
    return limit >= 0 ? Long.MAX_VALUE : 4096L << (-1 - Math.max(limit, LARGEST_LIMIT));
  }

  /** Returns the size that a node of a long list is likely to reach. */
  static int usualBytes(long root) {
    int limit = limit(root);
    return limit < 0 ? (int) limitBytes(limit) : SAFE_BYTES;
  }
}
