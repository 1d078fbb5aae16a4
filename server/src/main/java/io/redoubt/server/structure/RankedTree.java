package io.redoubt.server.structure;

import static io.redoubt.server.structure.NodeShape.count;
import static io.redoubt.server.structure.NodeShape.level;
import static io.redoubt.server.structure.NodeShape.putCount;
import static io.redoubt.server.structure.RankedNode.LEAF_CAPACITY;
import static io.redoubt.server.structure.RankedNode.LEAF_ELEMENT_BYTES;
import static io.redoubt.server.structure.RankedNode.LEAF_STEP;
import static io.redoubt.server.structure.RankedNode.NODE_BYTES;
import static io.redoubt.server.structure.RankedNode.REFERENCE_AT;
import static io.redoubt.server.structure.RankedNode.SHAPE;
import static io.redoubt.server.structure.RankedNode.addBelow;
import static io.redoubt.server.structure.RankedNode.beforeKey;
import static io.redoubt.server.structure.RankedNode.below;
import static io.redoubt.server.structure.RankedNode.element;
import static io.redoubt.server.structure.RankedNode.insertEvenly;
import static io.redoubt.server.structure.RankedNode.insertInto;
import static io.redoubt.server.structure.RankedNode.nodeBytes;
import static io.redoubt.server.structure.RankedNode.putElement;
import static io.redoubt.server.structure.RankedNode.putForm;
import static io.redoubt.server.structure.RankedNode.room;
import static io.redoubt.server.structure.RankedNode.roomFor;
import static io.redoubt.server.structure.RankedNode.total;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * An ordered set of (key, block): a B+-tree over near blocks whose inner nodes count the elements
 * below them, so that an element is found by rank as fast as by key. Elements are ordered by key
 * (signed), and those of equal key by {@link Ties}.
 *
 * <p>A full leaf shares its elements with a neighbour that has enough room, and is split only if
 * neither has: so leaves are nearly full, in whatever order elements arrive. A full last leaf is
 * left full when an element is appended, because most expiry times arrive in rising order.
 *
 * <p>All nodes are of one size, so that a freed one can be reused for any other. Only a leaf that
 * is the root has a smaller block, which grows in steps with its elements.
 *
 * <p>The lower bound of a child in an inner node is the first element below that child, not just
 * any separator: the comparison may read a bound's block, so that block must exist.
 *
 * <p>A view is also a cursor: {@link #seek}, {@link #next} and {@link #previous} leave it at an
 * element, and any other method except {@link #size} invalidates that position.
 *
 * <p>The whole state is in the region, at {@link #header}: this object is a view and may be pointed
 * at another tree ({@link #pointTo(long)}).
 */
public final class RankedTree extends BlockTree {

  /** The order of blocks with equal keys. */
  @FunctionalInterface
  public interface Ties {

    /** The order by address. */
    Ties BY_ADDRESS = Integer::compareUnsigned;

    /** Compares two blocks by their references; returns 0 only for the same block. */
    int compare(int referenceA, int referenceB);
  }

  // The header.
  private static final int NODES_BYTES_AT = TREE_HEADER_BYTES;
  private static final int SEEN_AT = NODES_BYTES_AT + 8; // a sink for prefetched bytes
  private static final int HEADER_BYTES = SEEN_AT + 8;

  /** The most elements of a leaf. */
  public static final int LEAF_ELEMENTS = LEAF_CAPACITY;

  /** The bytes of the largest node. */
  public static final int MAX_NODE_BYTES = NODE_BYTES;

  /** The least room in a leaf's neighbour for sharing elements to be worthwhile. */
  private static final int ROOM_WORTH_SHARING = 3;

  private final Slabs slabs;
  private final Ties ties;

  /** Creates a view without a tree. */
  public RankedTree(Slabs slabs, Ties ties) {
    super(SHAPE);
    this.slabs = slabs;
    this.ties = ties;
  }

  /** Creates an empty tree and makes this a view of it. */
  public void create() {
    header = slabs.allocateFar(HEADER_BYTES);
    putSize(0);
    Region.putLong(header + NODES_BYTES_AT, 0);
    try {
      putRoot(newNode(0, LEAF_STEP));
    } catch (OutOfMemoryError full) {
      slabs.free(header, HEADER_BYTES);
      throw full;
    }
  }

  /** Returns the address of the tree's state. */
  public long header() {
    return header;
  }

  /** Returns the bytes that the tree takes. */
  public long sizeBytes() {
    return slabs.blockBytes(HEADER_BYTES) + Region.getLong(header + NODES_BYTES_AT);
  }

  /** Returns the key of an element returned by this tree. */
  public static long key(long element) {
    return Region.getLong(element);
  }

  /** Returns the block of an element returned by this tree. */
  public static long block(long element) {
    return Region.address(Region.getInt(element + REFERENCE_AT));
  }

  @Override
  long child(long node, int level, int place) {
    return RankedNode.child(node, level, place);
  }

  private long newNode(int level, int room) {
    long bytes = nodeBytes(level, room);
    long node = slabs.allocate(bytes);
    putCount(node, 0);
    putForm(node, level, room);
    addNodesBytes(slabs.blockBytes(bytes));
    return node;
  }

  @Override
  void freeNode(long node) {
    long bytes = nodeBytes(level(node), room(node));
    addNodesBytes(-slabs.blockBytes(bytes));
    slabs.free(node, bytes);
  }

  private void addNodesBytes(long change) {
    Region.putLong(header + NODES_BYTES_AT, Region.getLong(header + NODES_BYTES_AT) + change);
  }

  /** Reallocates a root that is a leaf if its capacity is too small or much too large. */
  private long fittedRoot(int count) {
    long root = root();
    int room = room(root);
    int wanted = roomFor(count);
    if (room >= wanted && room <= wanted + LEAF_STEP) {
      return root;
    }
    long moved = newNode(0, wanted);
    int kept = count(root);
    SHAPE.move(root, 0, moved, 0, kept, 0);
    putCount(moved, kept);
    freeNode(root);
    putRoot(moved);
    return moved;
  }

  private int compare(long element, long key, int reference) {
    long other = Region.getLong(element);
    return other != key
        ? Long.compare(other, key)
        : ties.compare(Region.getInt(element + REFERENCE_AT), reference);
  }

  /**
   * Returns the index of a node's first element, from {@code from} on, not less than the given one.
   */
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

  /** Returns the index of the child whose range contains an element. */
  private int childPlace(long node, int level, long key, int reference) {
    int place = before(node, level, 1, key, reference);
    boolean isBound =
        place < count(node) && compare(element(node, level, place), key, reference) == 0;
    return isBound ? place : place - 1;
  }

  /** Descends to the position of an element, present or not; records the path. */
  private void descend(long key, int reference) {
    long node = root();
    top = level(node);
    for (int level = top; level > 0; level--) {
      int place = childPlace(node, level, key, reference);
      nodes[level] = node;
      places[level] = place;
      node = child(node, level, place);
    }
    nodes[0] = node;
    places[0] = before(node, 0, 0, key, reference);
  }

  private boolean isAtPlace(long key, int reference) {
    return places[0] < count(nodes[0])
        && compare(element(nodes[0], 0, places[0]), key, reference) == 0;
  }

  /** Adds an element; returns false if it is present. */
  public boolean insert(long key, long block) {
    int reference = Region.reference(block);
    descend(key, reference);
    if (isAtPlace(key, reference)) {
      return false;
    }
    if (count(nodes[0]) == SHAPE.capacity(0)) {
      ensureNodes();
    }
    for (int level = 1; level <= top; level++) {
      addBelow(nodes[level], level, places[level], 1);
    }
    insert(0, places[0], key, reference, 0, 0);
    putSize(size() + 1);
    return true;
  }

  /** Ensures that the next insertion has memory, if no other change precedes it. */
  public void ensureInsert() {
    long root = root();
    top = level(root);
    if (top > 0 || count(root) == SHAPE.capacity(0)) {
      ensureNodes();
    } else {
      slabs.ensure(1, nodeBytes(0, roomFor(count(root) + 1)), true);
    }
  }

  /** Ensures memory to split a full leaf and all nodes above it, and for a new root. */
  private void ensureNodes() {
    slabs.ensure(top + 2, NODE_BYTES, true);
  }

  /** Returns the most nodes, of {@link #MAX_NODE_BYTES} at most, that an insertion creates. */
  public int maxNewNodes() {
    return level(root()) + 2;
  }

  private void insert(int level, int place, long key, int reference, long child, long below) {
    int count = count(nodes[level]);
    if (count < SHAPE.capacity(level)) {
      long node = top == 0 ? fittedRoot(count + 1) : nodes[level];
      insertInto(node, level, place, key, reference, child, below);
      return;
    }
    boolean appends = place == count && isLast(level);
    if (level == 0 && !appends && insertSharing(place, key, reference)) {
      return;
    }
    int kept = appends ? count : count / 2;
    long node = nodes[level];
    long right = newNode(level, SHAPE.capacity(level));
    SHAPE.split(node, kept, right, level);
    if (place < kept || (place == kept && kept < count)) {
      insertInto(node, level, place, key, reference, child, below);
    } else {
      insertInto(right, level, place - kept, key, reference, child, below);
    }
    link(level, node, right);
  }

  /**
   * Links the right part of a node on the path that was split, whose elements are counted above.
   */
  private void link(int level, long node, long right) {
    long first = element(right, level, 0);
    long boundKey = Region.getLong(first);
    int boundReference = Region.getInt(first + REFERENCE_AT);
    long belowRight = total(right, level);
    if (level == top) {
      long root = newNode(level + 1, SHAPE.capacity(level + 1));
      insertInto(root, level + 1, 0, 0, 0, node, total(node, level));
      insertInto(root, level + 1, 1, boundKey, boundReference, right, belowRight);
      putRoot(root);
    } else {
      addBelow(nodes[level + 1], level + 1, places[level + 1], -belowRight);
      insert(level + 1, places[level + 1] + 1, boundKey, boundReference, right, belowRight);
    }
  }

  /**
   * Adds elements before all others: a leaf is filled at once, while single insertions would move
   * its elements for each.
   *
   * @param keys the keys of the elements, in descending order
   * @param references the references of their blocks
   * @param count the number of elements, up to {@link #LEAF_ELEMENTS}
   */
  public void prepend(long[] keys, int[] references, int count) {
    seek(0);
    int held = count(nodes[0]);
    boolean splits = held + count > LEAF_CAPACITY;
    long leaf = top == 0 ? fittedRoot(splits ? LEAF_CAPACITY : held + count) : nodes[0];
    if (splits) {
      ensureNodes();
    }
    long right = splits ? newNode(0, LEAF_CAPACITY) : leaf;
    SHAPE.move(leaf, 0, right, splits ? 0 : count, held, 0);
    for (int i = 0; i < count; i++) {
      putElement(element(leaf, 0, count - 1 - i), keys[i], references[i]);
    }
    putCount(leaf, splits ? count : held + count);
    for (int level = 1; level <= top; level++) {
      addBelow(nodes[level], level, 0, count);
    }
    putSize(size() + count);
    if (splits) {
      putCount(right, held);
      link(0, leaf, right);
    }
  }

  /**
   * Adds an element to a full leaf by sharing elements with the emptier neighbour of the same
   * parent.
   *
   * @return false if neither neighbour has enough room
   */
  private boolean insertSharing(int place, long key, int reference) {
    if (top == 0) {
      return false;
    }
    long parent = nodes[1];
    int at = places[1];
    long before = at == 0 ? LEAF_CAPACITY : below(parent, 1, at - 1);
    long after = at + 1 == count(parent) ? LEAF_CAPACITY : below(parent, 1, at + 1);
    if (Math.min(before, after) > LEAF_CAPACITY - ROOM_WORTH_SHARING) {
      return false;
    }
    if (after <= before) {
      insertEvenly(parent, at, place, key, reference);
    } else {
      insertEvenly(parent, at - 1, (int) before + place, key, reference);
    }
    return true;
  }

  /**
   * Changes the key or block of an element in place, if it keeps its position between its
   * neighbours. The parts of its block that determine the order must be unchanged so far.
   *
   * @return false if nothing was done, because the element moves or checking would be expensive
   */
  public boolean changeInPlace(long key, long block, long newKey, long newBlock) {
    int reference = Region.reference(block);
    descend(key, reference);
    int place = places[0];
    long node = nodes[0];
    if (!isAtPlace(key, reference) || place == 0) {
      return false; // the first element may also be a bound
    }
    boolean isAfter = compare(element(node, 0, place - 1), newKey, reference) < 0;
    boolean isBefore =
        newKey <= key
            || (place + 1 < count(node)
                && compare(element(node, 0, place + 1), newKey, reference) > 0);
    if (!isAfter || !isBefore) {
      return false;
    }
    putElement(element(node, 0, place), newKey, Region.reference(newBlock));
    return true;
  }

  /** Removes an element; returns false if it is absent. */
  public boolean remove(long key, long block) {
    int reference = Region.reference(block);
    descend(key, reference);
    if (!isAtPlace(key, reference)) {
      return false;
    }
    removeAtPlace();
    return true;
  }

  /** Removes the element of a rank and returns its block. */
  public long removeAt(long rank) {
    long block = block(seek(rank));
    removeAtPlace();
    return block;
  }

  private void removeAtPlace() {
    for (int level = 1; level <= top; level++) {
      addBelow(nodes[level], level, places[level], -1);
    }
    long leaf = nodes[0];
    SHAPE.removeFrom(leaf, 0, places[0]);
    putSize(size() - 1);
    if (places[0] == 0 && count(leaf) > 0) {
      putBound(0, element(leaf, 0, 0));
    }
    joinUpwards();
    long root = root();
    if (level(root) == 0 && !slabs.isShort()) {
      fittedRoot(Math.max(1, count(root)));
    }
  }

  /** Updates the bound of the node on the path at a level to its new first element. */
  private void putBound(int level, long first) {
    for (int above = level + 1; above <= top; above++) {
      if (places[above] > 0) {
        Region.copy(first, element(nodes[above], above, places[above]), LEAF_ELEMENT_BYTES);
        return;
      }
    }
  }

  @Override
  void onChildRemoved(int level) {
    if (places[level] == 0 && count(nodes[level]) > 0) {
      putBound(level, element(nodes[level], level, 0));
    }
  }

  @Override
  void onChildrenJoin(long parent, int level, int place) {
    addBelow(parent, level, place, below(parent, level, place + 1));
  }

  /** Returns the first element, valid until the next change; 0 if there is none. */
  public long first() {
    return select(0);
  }

  /** Returns the element of a rank, counted from 0, valid until the next change, or 0. */
  public long select(long rank) {
    return rank < 0 || rank >= size() ? 0 : seek(rank);
  }

  /**
   * Moves to the element of a rank, which must exist.
   *
   * @return the element, valid until the next change
   */
  public long seek(long rank) {
    long left = rank;
    long node = root();
    top = level(node);
    for (int level = top; level > 0; level--) {
      int place = 0;
      for (long below = below(node, level, 0); left >= below; below = below(node, level, place)) {
        left -= below;
        place++;
      }
      nodes[level] = node;
      places[level] = place;
      node = child(node, level, place);
    }
    nodes[0] = node;
    places[0] = (int) left;
    return element(node, 0, (int) left);
  }

  /**
   * Prefetches the block of the current element and those of the elements before it, so that the
   * memory latencies overlap.
   *
   * @return the number of blocks read, at most {@code most}; fewer at the start of a leaf
   */
  public int readAheadBackwards(int most) {
    int place = places[0];
    int count = Math.min(most, place + 1);
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Region.getByte(block(element(nodes[0], 0, place - i)));
    }
    Region.putLong(header + SEEN_AT, sum);
    return count;
  }

  /** Moves to the next element and returns it; 0 after the last. */
  public long next() {
    return advance() ? element(nodes[0], 0, places[0]) : 0;
  }

  /** Moves to the previous element and returns it; 0 before the first. */
  public long previous() {
    return retreat() ? element(nodes[0], 0, places[0]) : 0;
  }

  /** Returns the number of elements before the given one, which need not be present. */
  public long rank(long key, long block) {
    return rank(key, Region.reference(block));
  }

  /**
   * Returns the number of elements before one with the given key and reference, which may be any
   * value that {@link Ties} can compare.
   */
  public long rank(long key, int reference) {
    descend(key, reference);
    long rank = places[0];
    for (int level = 1; level <= top; level++) {
      for (int place = 0; place < places[level]; place++) {
        rank += below(nodes[level], level, place);
      }
    }
    return rank;
  }

  /** Returns the number of elements with a smaller key. */
  public long rank(long key) {
    long node = root();
    long rank = 0;
    for (int level = level(node); level > 0; level--) {
      int place = beforeKey(node, level, 1, key) - 1;
      for (int i = 0; i < place; i++) {
        rank += below(node, level, i);
      }
      node = child(node, level, place);
    }
    return rank + beforeKey(node, 0, 0, key);
  }

  /**
   * Frees one leaf of a tree that is no longer used.
   *
   * @return true if there is more to free
   */
  public boolean dismantle() {
    toEdge(true);
    if (freeLastLeaf()) {
      return true;
    }
    slabs.free(header, HEADER_BYTES);
    header = 0;
    return false;
  }
}
