package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;

/**
 * The layout of a node of a {@link RankedTree}, a leaf (level 0) or an inner node. A place is the
 * index of an element in its node.
 */
final class RankedNode {

  static final int NODE_BYTES = 512;

  // The capacity of a node, in elements, is in the bits above its level.
  private static final int ROOM_SHIFT = 8;
  private static final int ELEMENTS_AT = 8;

  // An element of a leaf is a key and a reference. An element of an inner node has these of the
  // first element below (unused in a node's first), a child and the child's number of elements.
  static final int REFERENCE_AT = 8;
  static final int LEAF_ELEMENT_BYTES = 12;
  private static final int CHILD_AT = 12;
  private static final int BELOW_AT = 16;
  private static final int INNER_ELEMENT_BYTES = 20;
  static final NodeShape SHAPE =
      new NodeShape(NODE_BYTES, ELEMENTS_AT, LEAF_ELEMENT_BYTES, INNER_ELEMENT_BYTES, CHILD_AT);
  static final int LEAF_CAPACITY = SHAPE.capacity(0);

  /** The step, in elements, by which a leaf that is the root grows and shrinks. */
  static final int LEAF_STEP = 6;

  private RankedNode() {}

  static void putForm(long node, int level, int room) {
    Region.putInt(node + NodeShape.FORM_AT, level | room << ROOM_SHIFT);
  }

  static int room(long node) {
    return Region.getInt(node + NodeShape.FORM_AT) >>> ROOM_SHIFT;
  }

  static long nodeBytes(int level, int room) {
    return ELEMENTS_AT + (long) room * SHAPE.elementBytes(level);
  }

  /** Returns the capacity of a leaf that is the root, for the given number of elements. */
  static int roomFor(int count) {
    return Math.min(LEAF_CAPACITY, Math.ceilDiv(count, LEAF_STEP) * LEAF_STEP);
  }

  static long element(long node, int level, int place) {
    return SHAPE.element(node, level, place);
  }

  static long child(long node, int level, int place) {
    return Region.address(Region.getInt(element(node, level, place) + CHILD_AT));
  }

  static long below(long node, int level, int place) {
    return Region.getInt(element(node, level, place) + BELOW_AT) & 0xffff_ffffL;
  }

  /** Returns the number of the set's elements in a node and below it. */
  static long total(long node, int level) {
    int count = NodeShape.count(node);
    if (level == 0) {
      return count;
    }
    long total = 0;
    for (int place = 0; place < count; place++) {
      total += below(node, level, place);
    }
    return total;
  }

  static void addBelow(long node, int level, int place, long change) {
    long at = element(node, level, place) + BELOW_AT;
    Region.putInt(at, (int) (Region.getInt(at) + change));
  }

  static void insertInto(
      long node, int level, int place, long key, int reference, long child, long below) {
    long element = SHAPE.insertInto(node, level, place);
    putElement(element, key, reference);
    if (level > 0) {
      Region.putInt(element + CHILD_AT, Region.reference(child));
      Region.putInt(element + BELOW_AT, (int) below);
    }
  }

  /**
   * Distributes the elements of a leaf and the next one evenly, and adds an element.
   *
   * @param parent the node above both
   * @param leftPlace the place of the first leaf in it
   * @param place the index of the new element, counted through both
   */
  static void insertEvenly(long parent, int leftPlace, int place, long key, int reference) {
    long left = child(parent, 1, leftPlace);
    long right = child(parent, 1, leftPlace + 1);
    int leftCount = NodeShape.count(left);
    int rightCount = NodeShape.count(right);
    int kept = (leftCount + rightCount) / 2;
    int moved = leftCount - kept;
    if (moved > 0) {
      SHAPE.move(right, 0, right, moved, rightCount, 0);
      SHAPE.move(left, kept, right, 0, moved, 0);
    } else {
      SHAPE.move(right, 0, left, leftCount, -moved, 0);
      SHAPE.move(right, -moved, right, 0, rightCount + moved, 0);
    }
    NodeShape.putCount(left, kept);
    NodeShape.putCount(right, rightCount + moved);
    if (place <= kept) {
      insertInto(left, 0, place, key, reference, 0, 0);
    } else {
      insertInto(right, 0, place - kept, key, reference, 0, 0);
    }
    addBelow(parent, 1, leftPlace, NodeShape.count(left) - below(parent, 1, leftPlace));
    addBelow(parent, 1, leftPlace + 1, NodeShape.count(right) - below(parent, 1, leftPlace + 1));
    Region.copy(element(right, 0, 0), element(parent, 1, leftPlace + 1), LEAF_ELEMENT_BYTES);
  }

  static void putElement(long element, long key, int reference) {
    Region.putLong(element, key);
    Region.putInt(element + REFERENCE_AT, reference);
  }

  static int beforeKey(long node, int level, int from, long key) {
    int low = from;
    int high = NodeShape.count(node);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Region.getLong(element(node, level, middle)) < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
