package io.redoubt.server.structure;

import static io.redoubt.server.structure.NodeShape.count;
import static io.redoubt.server.structure.NodeShape.level;
import static io.redoubt.server.structure.NodeShape.putCount;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * An ordered map from unsigned 128-bit ids (the time and sequence number of a stream entry) to
 * values of a fixed size in bytes: a B+-tree. With values of no bytes it is a set.
 *
 * <p>The state of a tree is a header of {@link #HEADER_BYTES} in a block of its owner, all zero
 * while the tree is empty. This object is a view and may be pointed at another tree ({@link
 * #pointTo(long)}). It also remembers the position of the last lookup or step, from which {@link
 * #next} and {@link #previous} continue until the tree changes.
 *
 * <p>The memory of a tree of one node is roughly proportional to its elements. A full last leaf is
 * left full when an element is appended, because ids arrive in rising order.
 */
public final class IdTree extends BlockTree {

  /** The bytes of a tree's state. */
  public static final int HEADER_BYTES = TREE_HEADER_BYTES;

  // A node has the size of its block before its elements.
  private static final int BYTES_AT = 8;
  private static final int ELEMENTS_AT = 16;
  private static final int NODE_BYTES = 1024;
  private static final int FIRST_NODE_BYTES = 64;

  // An element is an id followed by the value in a leaf, or by the address of a child in an inner
  // node. There the id is a lower bound of the child's ids (unused in the first element).
  private static final int ID_BYTES = 16;
  private static final int INNER_ELEMENT_BYTES = ID_BYTES + 8;

  private final Slabs slabs;
  private final NodeShape shape;
  private boolean added;

  /** Creates a view without a tree, for values of the given size, a multiple of 8. */
  public IdTree(Slabs slabs, int valueBytes) {
    NodeShape shape =
        new NodeShape(
            NODE_BYTES, ELEMENTS_AT, ID_BYTES + valueBytes, INNER_ELEMENT_BYTES, ID_BYTES);
    super(shape);
    this.shape = shape;
    this.slabs = slabs;
  }

  /** Returns the number of ids of the tree whose state is at an address. */
  public static long size(long header) {
    return sizeAt(header);
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

  private long newNode(int level, int bytes) {
    long node = slabs.allocateFar(bytes);
    putCount(node, 0);
    Region.putInt(node + NodeShape.FORM_AT, level);
    Region.putLong(node + BYTES_AT, bytes);
    return node;
  }

  @Override
  void freeNode(long node) {
    slabs.free(node, Region.getLong(node + BYTES_AT));
  }

  private long element(long node, int level, int place) {
    return shape.element(node, level, place);
  }

  @Override
  long child(long node, int level, int place) {
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

  public long first() {
    if (size() == 0) {
      return 0;
    }
    toEdge(false);
    return here();
  }

  public long last() {
    if (size() == 0) {
      return 0;
    }
    toEdge(true);
    return here();
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
    return advance() ? here() : 0;
  }

  /** Returns the element before the one returned last. */
  public long previous() {
    return retreat() ? here() : 0;
  }

  // Updates.

  /**
   * Returns the element of an id, adding it if absent; then {@link #added} returns true and the
   * value is undefined.
   */
  public long put(long high, long low) {
    if (size() == 0) {
      putRoot(newNode(0, FIRST_NODE_BYTES));
    }
    descend(high, low);
    added = !isAtPlace(high, low);
    if (!added) {
      return here();
    }
    if (count(nodes[0]) == shape.capacity(0)) {
      slabs.ensure(top + 2, NODE_BYTES, false); // so that a split cannot fail half way
    }
    long element = insert(0, places[0], high, low);
    putSize(size() + 1);
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
    if (count < (bytes - ELEMENTS_AT) / shape.elementBytes(level)) {
      return insertInto(node, level, place, high, low);
    }
    if (bytes < NODE_BYTES) {
      return insertInto(grow(node, bytes), level, place, high, low);
    }
    int kept = place == count && isLast(level) ? count : count / 2;
    long right = newNode(level, NODE_BYTES);
    shape.split(node, kept, right, level);
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
      putRoot(root);
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
    shape.move(leaf, 0, larger, 0, count(leaf), 0);
    putCount(larger, count(leaf));
    freeNode(leaf);
    putRoot(larger);
    return larger;
  }

  private long insertInto(long node, int level, int place, long high, long low) {
    long element = shape.insertInto(node, level, place);
    Region.putLong(element, high);
    Region.putLong(element + 8, low);
    return element;
  }

  /** Removes an id; returns false if it is absent. */
  public boolean remove(long high, long low) {
    if (find(high, low) == 0) {
      return false;
    }
    shape.removeFrom(nodes[0], 0, places[0]);
    putSize(size() - 1);
    if (size() == 0) {
      freeLastLeaf();
      putRoot(0);
    } else {
      joinUpwards();
    }
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
    toEdge(true);
    int count = count(nodes[0]);
    for (int place = 0; place < count; place++) {
      elements.accept(element(nodes[0], 0, place));
    }
    freeLastLeaf();
    long left = size() - count;
    putSize(left);
    putRoot(left == 0 ? 0 : root);
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
    long leaves = size() / (shape.capacity(0) * 7 / 8) + 1;
    long inner = leaves / (shape.capacity(1) * 7 / 8) + 1;
    return slabs.blockBytes(NODE_BYTES) * (leaves + inner);
  }
}
