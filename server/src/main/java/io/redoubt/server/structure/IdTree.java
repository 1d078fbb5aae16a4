package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * An ordered map from unsigned 128-bit ids (the time and sequence number of a stream entry) to
 * values of a fixed size in bytes: a B+-tree. With values of no bytes it is a set.
 *
 * <p>The state of a tree is a header of {@link #HEADER_BYTES} in a block of its owner, all zero
 * while the tree is empty. This object is a view and may be pointed at another tree ({@link
 * #header(long)}). It also remembers the position of the last lookup or step, from which {@link
 * #next} and {@link #previous} continue until the tree changes.
 *
 * <p>The memory of a tree of one node is roughly proportional to its elements. A node that falls
 * below half is merged with a neighbour if both fit into one. A full last leaf is left full when an
 * element is appended, because ids arrive in rising order.
 */
public final class IdTree {

  /** The bytes of a tree's state. */
  public static final int HEADER_BYTES = 16;

  // The header.
  private static final int ROOT_AT = 0;
  private static final int SIZE_AT = 8;

  // A node: its number of elements, its level (0: leaf), the size of its block, the elements.
  private static final int COUNT_AT = 0;
  private static final int LEVEL_AT = 4;
  private static final int BYTES_AT = 8;
  private static final int ELEMENTS_AT = 16;
  private static final int NODE_BYTES = 1024;
  private static final int FIRST_NODE_BYTES = 64;

  // An element is an id followed by the value in a leaf, or by the address of a child in an inner
  // node. There the id is a lower bound of the child's ids (unused in the first element).
  private static final int ID_BYTES = 16;
  private static final int INNER_ELEMENT_BYTES = ID_BYTES + 8;

  private static final int MAX_HEIGHT = 16;

  private final Slabs slabs;
  private final int leafElementBytes;
  private long header;
  private boolean added;

  // The path to a leaf: by level, the node and the index of the element followed.
  private final long[] nodes = new long[MAX_HEIGHT];
  private final int[] places = new int[MAX_HEIGHT];
  private int top;

  /** Creates a view without a tree, for values of the given size, a multiple of 8. */
  public IdTree(Slabs slabs, int valueBytes) {
    this.slabs = slabs;
    this.leafElementBytes = ID_BYTES + valueBytes;
  }

  /** Makes this a view of the tree whose state is at an address. */
  public void header(long address) {
    header = address;
  }

  /** Returns the number of ids. */
  public long size() {
    return Region.getLong(header + SIZE_AT);
  }

  /** Returns the number of ids of the tree whose state is at an address. */
  public static long size(long header) {
    return Region.getLong(header + SIZE_AT);
  }

  /** Returns the high half of the id of an element returned by this tree. */
  public static long high(long element) {
    return Region.getLong(element);
  }

  /** Returns the low half of the id of an element returned by this tree. */
  public static long low(long element) {
    return Region.getLong(element + 8);
  }

  /** Returns the address of the value of an element returned by this tree. */
  public static long value(long element) {
    return element + ID_BYTES;
  }

  /** Compares two ids as unsigned 128-bit numbers. */
  public static int compare(long highA, long lowA, long highB, long lowB) {
    return highA != highB ? Long.compareUnsigned(highA, highB) : Long.compareUnsigned(lowA, lowB);
  }

  private long root() {
    return Region.getLong(header + ROOT_AT);
  }

  private long newNode(int level, int bytes) {
    long node = slabs.allocateFar(bytes);
    Region.putInt(node + COUNT_AT, 0);
    Region.putInt(node + LEVEL_AT, level);
    Region.putLong(node + BYTES_AT, bytes);
    return node;
  }

  private void free(long node) {
    slabs.free(node, Region.getLong(node + BYTES_AT));
  }

  private static int count(long node) {
    return Region.getInt(node + COUNT_AT);
  }

  private static int level(long node) {
    return Region.getInt(node + LEVEL_AT);
  }

  private int elementBytes(int level) {
    return level == 0 ? leafElementBytes : INNER_ELEMENT_BYTES;
  }

  private int capacity(int level, long bytes) {
    return (int) (bytes - ELEMENTS_AT) / elementBytes(level);
  }

  private long element(long node, int level, int place) {
    return node + ELEMENTS_AT + (long) place * elementBytes(level);
  }

  private long child(long node, int level, int place) {
    return Region.getLong(element(node, level, place) + ID_BYTES);
  }

  private static int compare(long element, long high, long low) {
    return compare(high(element), low(element), high, low);
  }

  /**
   * Returns the index of the first element of a node, from {@code from} on, not less than the id.
   */
  private int before(long node, int level, int from, long high, long low) {
    int first = from;
    int last = count(node);
    while (first < last) {
      int middle = (first + last) >>> 1;
      if (compare(element(node, level, middle), high, low) < 0) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    return first;
  }

  /** Returns the index of the child whose range contains an id. */
  private int childPlace(long node, int level, long high, long low) {
    int place = before(node, level, 1, high, low);
    boolean isBound = place < count(node) && compare(element(node, level, place), high, low) == 0;
    return isBound ? place : place - 1;
  }

  /** Descends to the position of an id, present or not, in a tree that is not empty. */
  private void descend(long high, long low) {
    long node = root();
    top = level(node);
    for (int level = top; level > 0; level--) {
      int place = childPlace(node, level, high, low);
      nodes[level] = node;
      places[level] = place;
      node = child(node, level, place);
    }
    nodes[0] = node;
    places[0] = before(node, 0, 0, high, low);
  }

  private boolean isAtPlace(long high, long low) {
    return places[0] < count(nodes[0]) && compare(here(), high, low) == 0;
  }

  private long here() {
    return element(nodes[0], 0, places[0]);
  }

  // Lookups return an element, valid until the next change, or 0 for none.

  /** Returns the element of an id. */
  public long find(long high, long low) {
    if (size() == 0) {
      return 0;
    }
    descend(high, low);
    return isAtPlace(high, low) ? here() : 0;
  }

  /** Returns the first element. */
  public long first() {
    return size() == 0 ? 0 : edge(false);
  }

  /** Returns the last element. */
  public long last() {
    return size() == 0 ? 0 : edge(true);
  }

  /** Returns the first element whose id is not less than the given one. */
  public long ceiling(long high, long low) {
    if (size() == 0) {
      return 0;
    }
    descend(high, low);
    if (places[0] < count(nodes[0])) {
      return here();
    }
    places[0]--;
    return next();
  }

  /** Returns the last element whose id is not greater than the given one. */
  public long floor(long high, long low) {
    if (size() == 0) {
      return 0;
    }
    descend(high, low);
    return isAtPlace(high, low) ? here() : previous();
  }

  /** Returns the element after the one returned last. */
  public long next() {
    int level = 0;
    while (level <= top && places[level] + 1 >= count(nodes[level])) {
      level++;
    }
    if (level > top) {
      return 0;
    }
    places[level]++;
    return below(level, false);
  }

  /** Returns the element before the one returned last. */
  public long previous() {
    int level = 0;
    while (level <= top && places[level] == 0) {
      level++;
    }
    if (level > top) {
      return 0;
    }
    places[level]--;
    return below(level, true);
  }

  private long edge(boolean last) {
    long root = root();
    top = level(root);
    nodes[top] = root;
    places[top] = last ? count(root) - 1 : 0;
    return below(top, last);
  }

  /** Descends from a position along the first or the last children. */
  private long below(int from, boolean last) {
    for (int level = from; level > 0; level--) {
      long node = child(nodes[level], level, places[level]);
      nodes[level - 1] = node;
      places[level - 1] = last ? count(node) - 1 : 0;
    }
    return here();
  }

  // Updates.

  /**
   * Returns the element of an id, adding it if absent; then {@link #added} returns true and the
   * value is undefined.
   */
  public long put(long high, long low) {
    if (size() == 0) {
      Region.putLong(header + ROOT_AT, newNode(0, FIRST_NODE_BYTES));
    }
    descend(high, low);
    added = !isAtPlace(high, low);
    if (!added) {
      return here();
    }
    if (count(nodes[0]) == capacity(0, NODE_BYTES)) {
      slabs.ensure(top + 2, NODE_BYTES, false); // so that a split cannot fail half way
    }
    long element = insert(0, places[0], high, low);
    Region.putLong(header + SIZE_AT, size() + 1);
    return element;
  }

  /** Returns true if the last {@link #put} added an element. */
  public boolean added() {
    return added;
  }

  /** Inserts an id into the node on the path at a level; returns its element. */
  private long insert(int level, int place, long high, long low) {
    long node = nodes[level];
    int count = count(node);
    long bytes = Region.getLong(node + BYTES_AT);
    if (count < capacity(level, bytes)) {
      return insertInto(node, level, place, high, low);
    }
    if (bytes < NODE_BYTES) {
      return insertInto(grow(node, bytes), level, place, high, low);
    }
    int kept = place == count && isLast(level) ? count : count / 2;
    long right = newNode(level, NODE_BYTES);
    move(node, kept, right, 0, count - kept, level);
    Region.putInt(node + COUNT_AT, kept);
    Region.putInt(right + COUNT_AT, count - kept);
    boolean goesLeft = place < kept || (place == kept && kept < count);
    long inserted =
        goesLeft
            ? insertInto(node, level, place, high, low)
            : insertInto(right, level, place - kept, high, low);
    long bound = kept == count ? inserted : element(right, level, 0);
    if (level == top) {
      long root = newNode(level + 1, NODE_BYTES);
      putChild(insertInto(root, level + 1, 0, 0, 0), node);
      putChild(insertInto(root, level + 1, 1, high(bound), low(bound)), right);
      Region.putLong(header + ROOT_AT, root);
    } else {
      long above = insert(level + 1, places[level + 1] + 1, high(bound), low(bound));
      putChild(above, right);
    }
    return inserted;
  }

  private static void putChild(long element, long child) {
    Region.putLong(element + ID_BYTES, child);
  }

  /** Doubles the block of a leaf; only a leaf that is the root is ever smaller than other nodes. */
  private long grow(long leaf, long bytes) {
    long larger = newNode(0, (int) bytes * 2);
    move(leaf, 0, larger, 0, count(leaf), 0);
    Region.putInt(larger + COUNT_AT, count(leaf));
    free(leaf);
    Region.putLong(header + ROOT_AT, larger);
    return larger;
  }

  /** Returns true if the node on the path at a level is the last of that level. */
  private boolean isLast(int level) {
    for (int above = level + 1; above <= top; above++) {
      if (places[above] != count(nodes[above]) - 1) {
        return false;
      }
    }
    return true;
  }

  private long insertInto(long node, int level, int place, long high, long low) {
    int count = count(node);
    move(node, place, node, place + 1, count - place, level);
    long element = element(node, level, place);
    Region.putLong(element, high);
    Region.putLong(element + 8, low);
    Region.putInt(node + COUNT_AT, count + 1);
    return element;
  }

  private void removeFrom(long node, int level, int place) {
    int count = count(node);
    move(node, place + 1, node, place, count - place - 1, level);
    Region.putInt(node + COUNT_AT, count - 1);
  }

  private void move(long from, int fromPlace, long to, int toPlace, int count, int level) {
    Region.copy(
        element(from, level, fromPlace),
        element(to, level, toPlace),
        (long) count * elementBytes(level));
  }

  /** Removes an id; returns false if it is absent. */
  public boolean remove(long high, long low) {
    if (find(high, low) == 0) {
      return false;
    }
    removeFrom(nodes[0], 0, places[0]);
    Region.putLong(header + SIZE_AT, size() - 1);
    if (size() == 0) {
      removeNodesAbove();
    } else {
      joinUpwards();
    }
    return true;
  }

  private void removeNodesAbove() {
    for (int level = 0; level <= top; level++) {
      free(nodes[level]);
    }
    Region.putLong(header + ROOT_AT, 0);
  }

  private void joinUpwards() {
    for (int level = 0; level < top; level++) {
      long node = nodes[level];
      int count = count(node);
      if (count >= capacity(level, NODE_BYTES) / 2) {
        return;
      }
      long parent = nodes[level + 1];
      int place = places[level + 1];
      if (count == 0) {
        free(node);
        removeFrom(parent, level + 1, place);
      } else if (!join(parent, level, place) && !join(parent, level, place - 1)) {
        return;
      }
    }
    dropRoots();
  }

  /** Replaces a root with a single child by that child. */
  private void dropRoots() {
    long root = root();
    int level = level(root);
    while (level > 0 && count(root) == 1) {
      long child = child(root, level, 0);
      free(root);
      Region.putLong(header + ROOT_AT, child);
      root = child;
      level--;
    }
  }

  /** Merges a node with the next one of the same parent, if there is one and both fit. */
  private boolean join(long parent, int level, int place) {
    if (place < 0 || place + 1 >= count(parent)) {
      return false;
    }
    long left = child(parent, level + 1, place);
    long right = child(parent, level + 1, place + 1);
    int leftCount = count(left);
    int rightCount = count(right);
    if (leftCount + rightCount > capacity(level, NODE_BYTES) * 7 / 8) {
      return false;
    }
    if (level > 0) {
      // The bound of the right node's first element is unused there, but not in the merged node.
      Region.copy(element(parent, level + 1, place + 1), element(right, level, 0), ID_BYTES);
    }
    move(right, 0, left, leftCount, rightCount, level);
    Region.putInt(left + COUNT_AT, leftCount + rightCount);
    removeFrom(parent, level + 1, place + 1);
    free(right);
    return true;
  }

  /**
   * Frees the last leaf of a tree that is no longer used.
   *
   * @param elements receives the elements of the leaf before it is freed
   * @return true if there is more to free
   */
  public boolean dismantle(BlockConsumer elements) {
    if (size() == 0) {
      return false;
    }
    long root = root();
    edge(true);
    int count = count(nodes[0]);
    for (int place = 0; place < count; place++) {
      elements.accept(element(nodes[0], 0, place));
    }
    free(nodes[0]);
    for (int level = 1; level <= top; level++) {
      int children = count(nodes[level]) - 1;
      Region.putInt(nodes[level] + COUNT_AT, children);
      if (children > 0) {
        break;
      }
      free(nodes[level]);
    }
    long left = size() - count;
    Region.putLong(header + SIZE_AT, left);
    Region.putLong(header + ROOT_AT, left == 0 ? 0 : root);
    return left > 0;
  }

  /** Frees all nodes and leaves the tree empty. */
  public void clear() {
    while (dismantle(element -> {})) {
      // one leaf at a time
    }
  }

  /** Returns the bytes of the tree's nodes; an estimate from the number of ids if it is large. */
  public long sizeBytes() {
    if (size() == 0) {
      return 0;
    }
    long root = root();
    if (level(root) == 0) {
      return slabs.blockBytes(Region.getLong(root + BYTES_AT));
    }
    // Leaves are full if ids arrived in order, and half full at worst.
    long leaves = size() / (capacity(0, NODE_BYTES) * 7 / 8) + 1;
    long inner = leaves / (capacity(1, NODE_BYTES) * 7 / 8) + 1;
    return slabs.blockBytes(NODE_BYTES) * (leaves + inner);
  }
}
