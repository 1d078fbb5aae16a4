package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;

/**
 * The layout of the nodes of a B+-tree, leaves (level 0) and inner nodes: the number of elements (4
 * bytes), the level (1 byte), what else the tree keeps of a node, and the elements. A place is the
 * index of an element in its node.
 *
 * @param nodeBytes the size of a full node
 * @param elementsAt the offset of the first element
 * @param childAt the offset of the child in an element of an inner node, after the lower bound
 */
record NodeShape(
    int nodeBytes, int elementsAt, int leafElementBytes, int innerElementBytes, int childAt) {

  private static final int COUNT_AT = 0;

  /** The offset of four bytes whose lowest is the level; the others belong to the tree. */
  static final int FORM_AT = 4;

  private static final int LEVEL_BITS = 0xff;

  static int count(long node) {
    return Region.getInt(node + COUNT_AT);
  }

  static void putCount(long node, int count) {
    Region.putInt(node + COUNT_AT, count);
  }

  static int level(long node) {
    return Region.getInt(node + FORM_AT) & LEVEL_BITS;
  }

  int elementBytes(int level) {
    return level == 0 ? leafElementBytes : innerElementBytes;
  }

  /** Returns the number of elements of a full node. */
  int capacity(int level) {
    return (nodeBytes - elementsAt) / elementBytes(level);
  }

  long element(long node, int level, int place) {
    return node + elementsAt + (long) place * elementBytes(level);
  }

  /** Makes room for an element and returns its address. */
  long insertInto(long node, int level, int place) {
    int count = count(node);
    move(node, place, node, place + 1, count - place, level);
    putCount(node, count + 1);
    return element(node, level, place);
  }

  void removeFrom(long node, int level, int place) {
    int count = count(node);
    move(node, place + 1, node, place, count - place - 1, level);
    putCount(node, count - 1);
  }

  void move(long from, int fromPlace, long to, int toPlace, int count, int level) {
    Region.copy(
        element(from, level, fromPlace),
        element(to, level, toPlace),
        (long) count * elementBytes(level));
  }

  /** Moves the elements of a full node from a place on into an empty node. */
  void split(long node, int place, long right, int level) {
    int moved = count(node) - place;
    move(node, place, right, 0, moved, level);
    putCount(node, place);
    putCount(right, moved);
  }
}
