package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * An ordered set of (key, block): a B+-tree over near blocks whose inner nodes count what is below
 * them, so that an element is found by its rank as fast as by its key. Elements are ordered by key
 * (signed), and those of one key by {@link Ties}.
 *
 * <p>Nodes that fall under half are joined with a neighbour when both fit into one; so two
 * neighbours are never nearly empty. A full last leaf is left full when something is added after
 * it, for most expiry times come in rising order.
 *
 * <p>Its whole state is in the region, at {@link #header}: this object is a view, and may be given
 * another tree ({@link #header(long)}).
 */
public final class RankedTree {

  /** Orders blocks of equal keys. */
  @FunctionalInterface
  public interface Ties {

    /** Ties decided by where the blocks are. */
    Ties BY_ADDRESS = Integer::compareUnsigned;

    /** Compares two blocks by their references; 0 only for the same. */
    int compare(int referenceA, int referenceB);
  }

  private static final int NODE_BYTES = 512;

  // A node: how many elements it has, its level (0: leaf), and the elements.
  private static final int COUNT_AT = 0;
  private static final int LEVEL_AT = 4;
  private static final int ELEMENTS_AT = 8;

  // An element of a leaf is a key and a reference. One of an inner node has besides these, which
  // are
  // a lower bound of what is below (without meaning in the first element), a child and its count.
  private static final int REFERENCE_AT = 8;
  private static final int LEAF_ELEMENT_BYTES = 12;
  private static final int CHILD_AT = 12;
  private static final int BELOW_AT = 16;
  private static final int INNER_ELEMENT_BYTES = 20;
  private static final int LEAF_CAPACITY = (NODE_BYTES - ELEMENTS_AT) / LEAF_ELEMENT_BYTES;
  private static final int INNER_CAPACITY = (NODE_BYTES - ELEMENTS_AT) / INNER_ELEMENT_BYTES;

  // The header.
  private static final int ROOT_AT = 0;
  private static final int SIZE_AT = 8;
  private static final int HEADER_BYTES = 16;

  private static final int MAX_HEIGHT = 16;

  private final Slabs slabs;
  private final Ties ties;
  private long header;

  // The way down to a leaf: by level, the node and the number of the element that was followed.
  private final long[] nodes = new long[MAX_HEIGHT];
  private final int[] places = new int[MAX_HEIGHT];

  /** A view without a tree yet. */
  public RankedTree(Slabs slabs, Ties ties) {
    this.slabs = slabs;
    this.ties = ties;
  }

  /** Makes an empty tree, and this a view of it. */
  public void create() {
    header = slabs.allocateFar(HEADER_BYTES);
    Region.putLong(header + ROOT_AT, newNode(0));
    Region.putLong(header + SIZE_AT, 0);
  }

  /** Where the tree's state is. */
  public long header() {
    return header;
  }

  /** Makes this a view of the tree whose state is at an address. */
  public void header(long address) {
    header = address;
  }

  /** How many elements there are. */
  public long size() {
    return Region.getLong(header + SIZE_AT);
  }

  /** The key of an element that this tree pointed out. */
  public static long key(long element) {
    return Region.getLong(element);
  }

  /** The block of an element that this tree pointed out. */
  public static long block(long element) {
    return Region.address(Region.getInt(element + REFERENCE_AT));
  }

  private long root() {
    return Region.getLong(header + ROOT_AT);
  }

  private long newNode(int level) {
    long node = slabs.allocate(NODE_BYTES);
    Region.putInt(node + COUNT_AT, 0);
    Region.putInt(node + LEVEL_AT, level);
    return node;
  }

  private static int count(long node) {
    return Region.getInt(node + COUNT_AT);
  }

  private static int level(long node) {
    return Region.getInt(node + LEVEL_AT);
  }

  private static int elementBytes(int level) {
    return level == 0 ? LEAF_ELEMENT_BYTES : INNER_ELEMENT_BYTES;
  }

  private static int capacity(int level) {
    return level == 0 ? LEAF_CAPACITY : INNER_CAPACITY;
  }

  private static long element(long node, int level, int place) {
    return node + ELEMENTS_AT + (long) place * elementBytes(level);
  }

  private static long child(long node, int level, int place) {
    return Region.address(Region.getInt(element(node, level, place) + CHILD_AT));
  }

  private static long below(long node, int level, int place) {
    return Region.getInt(element(node, level, place) + BELOW_AT) & 0xffff_ffffL;
  }

  /** How many elements of the set are in a node and below. */
  private static long total(long node, int level) {
    int count = count(node);
    if (level == 0) {
      return count;
    }
    long total = 0;
    for (int place = 0; place < count; place++) {
      total += below(node, level, place);
    }
    return total;
  }

  private static void addBelow(long node, int level, int place, long change) {
    long at = element(node, level, place) + BELOW_AT;
    Region.putInt(at, (int) (Region.getInt(at) + change));
  }

  private int compare(long element, long key, int reference) {
    long other = Region.getLong(element);
    return other != key
        ? Long.compare(other, key)
        : ties.compare(Region.getInt(element + REFERENCE_AT), reference);
  }

  /** How many elements of a node, from number {@code from} on, are before the given one. */
  private int before(long node, int level, int from, long key, int reference) {
    int low = from;
    int high = count(node);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compare(element(node, level, middle), key, reference) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The number of the child that an element is below. */
  private int childPlace(long node, int level, long key, int reference) {
    int place = before(node, level, 1, key, reference);
    boolean isBound =
        place < count(node) && compare(element(node, level, place), key, reference) == 0;
    return isBound ? place : place - 1;
  }

  /**
   * Goes down to where an element is or would be; fills nodes and places; returns the root's level.
   */
  private int descend(long key, int reference) {
    long node = root();
    int top = level(node);
    for (int level = top; level > 0; level--) {
      int place = childPlace(node, level, key, reference);
      nodes[level] = node;
      places[level] = place;
      node = child(node, level, place);
    }
    nodes[0] = node;
    places[0] = before(node, 0, 0, key, reference);
    return top;
  }

  private boolean isAtPlace(long key, int reference) {
    return places[0] < count(nodes[0])
        && compare(element(nodes[0], 0, places[0]), key, reference) == 0;
  }

  /** Adds an element; returns false when it was there. */
  public boolean insert(long key, long block) {
    int reference = Region.reference(block);
    int top = descend(key, reference);
    if (isAtPlace(key, reference)) {
      return false;
    }
    for (int level = 1; level <= top; level++) {
      addBelow(nodes[level], level, places[level], 1);
    }
    insert(0, top, places[0], key, reference, 0, 0);
    Region.putLong(header + SIZE_AT, size() + 1);
    return true;
  }

  private void insert(
      int level, int top, int place, long key, int reference, long child, long below) {
    long node = nodes[level];
    int count = count(node);
    if (count < capacity(level)) {
      insertInto(node, level, place, key, reference, child, below);
      return;
    }
    int kept = place == count && isLast(level, top) ? count : count / 2;
    long right = newNode(level);
    move(node, kept, right, 0, count - kept, level);
    Region.putInt(node + COUNT_AT, kept);
    Region.putInt(right + COUNT_AT, count - kept);
    if (place < kept || (place == kept && kept < count)) {
      insertInto(node, level, place, key, reference, child, below);
    } else {
      insertInto(right, level, place - kept, key, reference, child, below);
    }
    long first = element(right, level, 0);
    long boundKey = Region.getLong(first);
    int boundReference = Region.getInt(first + REFERENCE_AT);
    if (level == top) {
      long root = newNode(level + 1);
      insertInto(root, level + 1, 0, 0, 0, node, total(node, level));
      insertInto(root, level + 1, 1, boundKey, boundReference, right, total(right, level));
      Region.putLong(header + ROOT_AT, root);
    } else {
      long belowRight = total(right, level);
      addBelow(nodes[level + 1], level + 1, places[level + 1], -belowRight);
      insert(level + 1, top, places[level + 1] + 1, boundKey, boundReference, right, belowRight);
    }
  }

  /** Whether the node at a level is the last one there. */
  private boolean isLast(int level, int top) {
    for (int above = level + 1; above <= top; above++) {
      if (places[above] != count(nodes[above]) - 1) {
        return false;
      }
    }
    return true;
  }

  private static void insertInto(
      long node, int level, int place, long key, int reference, long child, long below) {
    int count = count(node);
    move(node, place, node, place + 1, count - place, level);
    long element = element(node, level, place);
    Region.putLong(element, key);
    Region.putInt(element + REFERENCE_AT, reference);
    if (level > 0) {
      Region.putInt(element + CHILD_AT, Region.reference(child));
      Region.putInt(element + BELOW_AT, (int) below);
    }
    Region.putInt(node + COUNT_AT, count + 1);
  }

  private static void removeFrom(long node, int level, int place) {
    int count = count(node);
    move(node, place + 1, node, place, count - place - 1, level);
    Region.putInt(node + COUNT_AT, count - 1);
  }

  private static void move(long from, int fromPlace, long to, int toPlace, int count, int level) {
    Region.copy(
        element(from, level, fromPlace),
        element(to, level, toPlace),
        (long) count * elementBytes(level));
  }

  /** Takes an element out; returns false when it was not there. */
  public boolean remove(long key, long block) {
    int reference = Region.reference(block);
    int top = descend(key, reference);
    if (!isAtPlace(key, reference)) {
      return false;
    }
    for (int level = 1; level <= top; level++) {
      addBelow(nodes[level], level, places[level], -1);
    }
    removeFrom(nodes[0], 0, places[0]);
    Region.putLong(header + SIZE_AT, size() - 1);
    joinUpwards(top);
    return true;
  }

  private void joinUpwards(int top) {
    for (int level = 0; level < top; level++) {
      long node = nodes[level];
      int count = count(node);
      if (count >= capacity(level) / 2) {
        return;
      }
      long parent = nodes[level + 1];
      int place = places[level + 1];
      if (count == 0) {
        slabs.free(node, NODE_BYTES);
        removeFrom(parent, level + 1, place);
      } else if (!join(parent, level, place) && !join(parent, level, place - 1)) {
        return;
      }
    }
    dropRoots();
  }

  /** A root with a single child gives way to it. */
  private void dropRoots() {
    long root = root();
    int level = level(root);
    while (level > 0 && count(root) == 1) {
      long child = child(root, level, 0);
      slabs.free(root, NODE_BYTES);
      Region.putLong(header + ROOT_AT, child);
      root = child;
      level--;
    }
  }

  /** Joins a node with the next one below the same parent, if there is one and both fit. */
  private boolean join(long parent, int level, int place) {
    if (place < 0 || place + 1 >= count(parent)) {
      return false;
    }
    long left = child(parent, level + 1, place);
    long right = child(parent, level + 1, place + 1);
    int leftCount = count(left);
    int rightCount = count(right);
    if (leftCount + rightCount > capacity(level) * 7 / 8) {
      return false;
    }
    if (level > 0) {
      // Its first element gets the bound that it was allowed to be without.
      Region.copy(element(parent, level + 1, place + 1), element(right, level, 0), CHILD_AT);
    }
    move(right, 0, left, leftCount, rightCount, level);
    Region.putInt(left + COUNT_AT, leftCount + rightCount);
    addBelow(parent, level + 1, place, below(parent, level + 1, place + 1));
    removeFrom(parent, level + 1, place + 1);
    slabs.free(right, NODE_BYTES);
    return true;
  }

  /** Where the first element is, valid until the next change; 0 when there is none. */
  public long first() {
    return select(0);
  }

  /** Where the element with {@code rank} others before it is, valid until the next change, or 0. */
  public long select(long rank) {
    if (rank < 0 || rank >= size()) {
      return 0;
    }
    long left = rank;
    long node = root();
    for (int level = level(node); level > 0; level--) {
      int place = 0;
      for (long below = below(node, level, 0); left >= below; below = below(node, level, place)) {
        left -= below;
        place++;
      }
      node = child(node, level, place);
    }
    return element(node, 0, (int) left);
  }

  /** How many elements are before a given one, which may be in the set or not. */
  public long rank(long key, long block) {
    int top = descend(key, Region.reference(block));
    long rank = places[0];
    for (int level = 1; level <= top; level++) {
      for (int place = 0; place < places[level]; place++) {
        rank += below(nodes[level], level, place);
      }
    }
    return rank;
  }

  /**
   * Frees one leaf of a tree of which nothing else is wanted any more.
   *
   * @return whether there is more to free
   */
  public boolean dismantle() {
    long node = root();
    int top = level(node);
    for (int level = top; level > 0; level--) {
      nodes[level] = node;
      node = child(node, level, count(node) - 1);
    }
    slabs.free(node, NODE_BYTES);
    for (int level = 1; level <= top; level++) {
      int count = count(nodes[level]) - 1;
      Region.putInt(nodes[level] + COUNT_AT, count);
      if (count > 0) {
        return true;
      }
      slabs.free(nodes[level], NODE_BYTES);
    }
    slabs.free(header, HEADER_BYTES);
    header = 0;
    return false;
  }
}
