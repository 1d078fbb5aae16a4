package io.redoubt.server.structure;

import static io.redoubt.server.structure.NodeShape.count;
import static io.redoubt.server.structure.NodeShape.level;
import static io.redoubt.server.structure.NodeShape.putCount;

import io.redoubt.server.memory.Region;

/**
 * A B+-tree in the region: its header, the path to the current element and the changes of nodes
 * that do not depend on the order of elements. The trees below it compare, search and count.
 *
 * <p>This object is a view of the tree whose state is at a header. The path is also a cursor: any
 * change of the tree invalidates it.
 *
 * <p>A node that falls below half is merged with a neighbour if both fit into one; so two
 * neighbours are never nearly empty.
 */
abstract class BlockTree {

  private static final int ROOT_AT = 0;
  private static final int SIZE_AT = 8;

  /** The bytes of the header that belong to this class. */
  static final int TREE_HEADER_BYTES = 16;

  private static final int MAX_HEIGHT = 16;

  private final NodeShape shape;

  /** The address of the tree's state. */
  long header;

  // The path to a leaf: by level, the node and the index of the element followed.
  final long[] nodes = new long[MAX_HEIGHT];
  final int[] places = new int[MAX_HEIGHT];
  int top;

  BlockTree(NodeShape shape) {
    this.shape = shape;
  }

  /** Makes this a view of the tree whose state is at an address. */
  public final void pointTo(long address) {
    header = address;
  }

  public final long size() {
    return sizeAt(header);
  }

  static long sizeAt(long header) {
    return Region.getLong(header + SIZE_AT);
  }

  final void putSize(long size) {
    Region.putLong(header + SIZE_AT, size);
  }

  final long root() {
    return Region.getLong(header + ROOT_AT);
  }

  final void putRoot(long node) {
    Region.putLong(header + ROOT_AT, node);
  }

  /** Returns the child of an element of an inner node. */
  abstract long child(long node, int level, int place);

  abstract void freeNode(long node);

  // The cursor.

  /** Moves to the first or the last element of a tree that has nodes. */
  final void toEdge(boolean last) {
    long root = root();
    top = level(root);
    nodes[top] = root;
    places[top] = last ? count(root) - 1 : 0;
    follow(top, last);
  }

  /** Moves to the next element; returns false, and stays, after the last. */
  final boolean advance() {
    int level = 0;
    while (level <= top && places[level] + 1 >= count(nodes[level])) {
      level++;
    }
    if (level > top) {
      return false;
    }
    places[level]++;
    follow(level, false);
    return true;
  }

  /** Moves to the previous element; returns false, and stays, before the first. */
  final boolean retreat() {
    int level = 0;
    while (level <= top && places[level] == 0) {
      level++;
    }
    if (level > top) {
      return false;
    }
    places[level]--;
    follow(level, true);
    return true;
  }

  /** Descends from the path's place at a level along the first or the last children. */
  private void follow(int from, boolean last) {
    for (int level = from; level > 0; level--) {
      long node = child(nodes[level], level, places[level]);
      nodes[level - 1] = node;
      places[level - 1] = last ? count(node) - 1 : 0;
    }
  }

  /** Returns true if the node on the path at a level is the last of that level. */
  final boolean isLast(int level) {
    for (int above = level + 1; above <= top; above++) {
      if (places[above] != count(nodes[above]) - 1) {
        return false;
      }
    }
    return true;
  }

  // Nodes that become too empty.

  /** Merges or frees the nodes on the path that have too few elements, from the leaf upwards. */
  final void joinUpwards() {
    for (int level = 0; level < top; level++) {
      long node = nodes[level];
      int count = count(node);
      if (count >= shape.capacity(level) / 2) {
        return;
      }
      long parent = nodes[level + 1];
      int place = places[level + 1];
      if (count == 0) {
        freeNode(node);
        shape.removeFrom(parent, level + 1, place);
        onChildRemoved(level + 1);
      } else if (!join(parent, level, place) && !join(parent, level, place - 1)) {
        return;
      }
    }
    dropRoots();
  }

  /** Called after the child on the path of the node at a level was removed. */
  void onChildRemoved(int level) {}

  /** Called before the child of a place takes the elements of the next child. */
  void onChildrenJoin(long parent, int level, int place) {}

  /** Merges a node with the next one of the same parent, if there is one and both fit. */
  private boolean join(long parent, int level, int place) {
    if (place < 0 || place + 1 >= count(parent)) {
      return false;
    }
    long left = child(parent, level + 1, place);
    long right = child(parent, level + 1, place + 1);
    int leftCount = count(left);
    int rightCount = count(right);
    if (leftCount + rightCount > shape.capacity(level) * 7 / 8) {
      return false;
    }
    if (level > 0) {
      // The bound of the right node's first element is unused there, but not in the merged node.
      Region.copy(
          shape.element(parent, level + 1, place + 1),
          shape.element(right, level, 0),
          shape.childAt());
    }
    shape.move(right, 0, left, leftCount, rightCount, level);
    putCount(left, leftCount + rightCount);
    onChildrenJoin(parent, level + 1, place);
    shape.removeFrom(parent, level + 1, place + 1);
    freeNode(right);
    return true;
  }

  /** Replaces a root with a single child by that child. */
  private void dropRoots() {
    long root = root();
    int level = level(root);
    while (level > 0 && count(root) == 1) {
      long child = child(root, level, 0);
      freeNode(root);
      putRoot(child);
      root = child;
      level--;
    }
  }

  /**
   * Frees the leaf on the path, which must be the last, and the nodes above that lose their only
   * child.
   *
   * @return true if nodes are left
   */
  final boolean freeLastLeaf() {
    freeNode(nodes[0]);
    for (int level = 1; level <= top; level++) {
      int left = count(nodes[level]) - 1;
      putCount(nodes[level], left);
      if (left > 0) {
        return true;
      }
      freeNode(nodes[level]);
    }
    return false;
  }
}
