package io.redoubt.server.structure;

import static io.redoubt.server.structure.RankedNode.CHILD_AT;
import static io.redoubt.server.structure.RankedNode.COUNT_AT;
import static io.redoubt.server.structure.RankedNode.FORM_AT;
import static io.redoubt.server.structure.RankedNode.INNER_CAPACITY;
import static io.redoubt.server.structure.RankedNode.LEAF_CAPACITY;
import static io.redoubt.server.structure.RankedNode.LEAF_ELEMENT_BYTES;
import static io.redoubt.server.structure.RankedNode.LEAF_STEP;
import static io.redoubt.server.structure.RankedNode.REFERENCE_AT;
import static io.redoubt.server.structure.RankedNode.ROOM_SHIFT;
import static io.redoubt.server.structure.RankedNode.addBelow;
import static io.redoubt.server.structure.RankedNode.beforeKey;
import static io.redoubt.server.structure.RankedNode.below;
import static io.redoubt.server.structure.RankedNode.capacity;
import static io.redoubt.server.structure.RankedNode.child;
import static io.redoubt.server.structure.RankedNode.count;
import static io.redoubt.server.structure.RankedNode.element;
import static io.redoubt.server.structure.RankedNode.insertInto;
import static io.redoubt.server.structure.RankedNode.level;
import static io.redoubt.server.structure.RankedNode.move;
import static io.redoubt.server.structure.RankedNode.nodeBytes;
import static io.redoubt.server.structure.RankedNode.putElement;
import static io.redoubt.server.structure.RankedNode.removeFrom;
import static io.redoubt.server.structure.RankedNode.room;
import static io.redoubt.server.structure.RankedNode.roomFor;
import static io.redoubt.server.structure.RankedNode.total;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * An ordered set of (key, block): a B+-tree over near blocks whose inner nodes count what is below
 * them, so that an element is found by its rank as fast as by its key. Elements are ordered by key
 * (signed), and those of one key by {@link Ties}.
 *
 * <p>Nodes that fall under half are joined with a neighbour when both fit into one; so two
 * neighbours are never nearly empty. A full leaf shares with a neighbour that has room for several,
 * and is split where neither has: so leaves are nearly full, in whatever order elements come. A
 * full last leaf is left full when something is added after it, for most expiry times come in
 * rising order.
 *
 * <p>All nodes are of one size, so that what one leaves another one can take. Only a leaf that is
 * all there is has a block no larger than its elements ask for, which grows in steps.
 *
 * <p>What an inner node has as the lower bound of a child is the first element below that child,
 * not just anything between: a bound's block may be looked at, and must be there.
 *
 * <p>A view is also a cursor: {@link #seek}, {@link #next} and {@link #previous} leave it at an
 * element, and any other method but {@link #size} takes it away from there.
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

  // The header.
  private static final int ROOT_AT = 0;
  private static final int SIZE_AT = 8;
  private static final int NODES_BYTES_AT = 16;
  private static final int SEEN_AT = 24; // where reading ahead leaves what it read
  private static final int HEADER_BYTES = 32;

  private static final int MAX_HEIGHT = 16;

  /** How much room a leaf's neighbour must have for both to share what they hold. */
  private static final int ROOM_WORTH_SHARING = 3;

  private final Slabs slabs;
  private final Ties ties;
  private long header;

  // The way down to a leaf: by level, the node and the number of the element that was followed.
  private final long[] nodes = new long[MAX_HEIGHT];
  private final int[] places = new int[MAX_HEIGHT];
  private int top;

  /** A view without a tree yet. */
  public RankedTree(Slabs slabs, Ties ties) {
    this.slabs = slabs;
    this.ties = ties;
  }

  /** Makes an empty tree, and this a view of it. */
  public void create() {
    header = slabs.allocateFar(HEADER_BYTES);
    Region.putLong(header + SIZE_AT, 0);
    Region.putLong(header + NODES_BYTES_AT, 0);
    Region.putLong(header + ROOT_AT, newNode(0, LEAF_STEP));
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

  /** What it takes, in bytes. */
  public long sizeBytes() {
    return slabs.blockBytes(HEADER_BYTES) + Region.getLong(header + NODES_BYTES_AT);
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

  private long newNode(int level, int room) {
    long bytes = nodeBytes(level, room);
    long node = slabs.allocate(bytes);
    Region.putInt(node + COUNT_AT, 0);
    Region.putInt(node + FORM_AT, level | room << ROOM_SHIFT);
    addNodesBytes(slabs.blockBytes(bytes));
    return node;
  }

  private void freeNode(long node) {
    long bytes = nodeBytes(level(node), room(node));
    addNodesBytes(-slabs.blockBytes(bytes));
    slabs.free(node, bytes);
  }

  private void addNodesBytes(long change) {
    Region.putLong(header + NODES_BYTES_AT, Region.getLong(header + NODES_BYTES_AT) + change);
  }

  /** Gives the leaf that is the root other room, if it has too little or far too much. */
  private long fittedRoot(int count) {
    long root = root();
    int room = room(root);
    int wanted = roomFor(count);
    if (room >= wanted && room <= wanted + LEAF_STEP) {
      return root;
    }
    long moved = newNode(0, wanted);
    int kept = count(root);
    move(root, 0, moved, 0, kept, 0);
    Region.putInt(moved + COUNT_AT, kept);
    freeNode(root);
    Region.putLong(header + ROOT_AT, moved);
    return moved;
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

  /** Goes down to where an element is or would be; fills nodes and places. */
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

  /** Adds an element; returns false when it was there. */
  public boolean insert(long key, long block) {
    int reference = Region.reference(block);
    descend(key, reference);
    if (isAtPlace(key, reference)) {
      return false;
    }
    for (int level = 1; level <= top; level++) {
      addBelow(nodes[level], level, places[level], 1);
    }
    insert(0, places[0], key, reference, 0, 0);
    Region.putLong(header + SIZE_AT, size() + 1);
    return true;
  }

  private void insert(int level, int place, long key, int reference, long child, long below) {
    int count = count(nodes[level]);
    if (count < capacity(level)) {
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
    long right = newNode(level, capacity(level));
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
      long root = newNode(level + 1, INNER_CAPACITY);
      insertInto(root, level + 1, 0, 0, 0, node, total(node, level));
      insertInto(root, level + 1, 1, boundKey, boundReference, right, total(right, level));
      Region.putLong(header + ROOT_AT, root);
    } else {
      long belowRight = total(right, level);
      addBelow(nodes[level + 1], level + 1, places[level + 1], -belowRight);
      insert(level + 1, places[level + 1] + 1, boundKey, boundReference, right, belowRight);
    }
  }

  /**
   * Adds an element to a full leaf by sharing what there is with the emptier neighbour below the
   * same parent.
   *
   * @return false when that has no room that would last
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
   * Has a leaf and the next one hold half each of what both have, and adds an element.
   *
   * @param place where it comes, counted through both
   */
  private void insertEvenly(long parent, int leftPlace, int place, long key, int reference) {
    long left = child(parent, 1, leftPlace);
    long right = child(parent, 1, leftPlace + 1);
    int leftCount = count(left);
    int rightCount = count(right);
    int kept = (leftCount + rightCount) / 2;
    int moved = leftCount - kept;
    if (moved > 0) {
      move(right, 0, right, moved, rightCount, 0);
      move(left, kept, right, 0, moved, 0);
    } else {
      move(right, 0, left, leftCount, -moved, 0);
      move(right, -moved, right, 0, rightCount + moved, 0);
    }
    Region.putInt(left + COUNT_AT, kept);
    Region.putInt(right + COUNT_AT, rightCount + moved);
    if (place <= kept) {
      insertInto(left, 0, place, key, reference, 0, 0);
    } else {
      insertInto(right, 0, place - kept, key, reference, 0, 0);
    }
    addBelow(parent, 1, leftPlace, count(left) - below(parent, 1, leftPlace));
    addBelow(parent, 1, leftPlace + 1, count(right) - below(parent, 1, leftPlace + 1));
    Region.copy(element(right, 0, 0), element(parent, 1, leftPlace + 1), LEAF_ELEMENT_BYTES);
  }

  /** Whether the node at a level is the last one there. */
  private boolean isLast(int level) {
    for (int above = level + 1; above <= top; above++) {
      if (places[above] != count(nodes[above]) - 1) {
        return false;
      }
    }
    return true;
  }

  /**
   * Gives an element another key or block where it is, if it keeps its place between its
   * neighbours; its block must not have changed yet as far as order goes.
   *
   * @return false when nothing was done, because it goes elsewhere or this cannot be told cheaply
   */
  public boolean changeInPlace(long key, long block, long newKey, long newBlock) {
    int reference = Region.reference(block);
    descend(key, reference);
    int place = places[0];
    long node = nodes[0];
    if (!isAtPlace(key, reference) || place == 0) {
      return false; // the first element may be a bound, too
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

  /** Takes an element out; returns false when it was not there. */
  public boolean remove(long key, long block) {
    int reference = Region.reference(block);
    descend(key, reference);
    if (!isAtPlace(key, reference)) {
      return false;
    }
    removeAtPlace();
    return true;
  }

  /** Takes the element with {@code rank} others before it out and returns its block. */
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
    removeFrom(leaf, 0, places[0]);
    Region.putLong(header + SIZE_AT, size() - 1);
    if (places[0] == 0 && count(leaf) > 0) {
      putBound(0, element(leaf, 0, 0));
    }
    joinUpwards();
  }

  /** Tells the bound above that the node at a level begins with another element now. */
  private void putBound(int level, long first) {
    for (int above = level + 1; above <= top; above++) {
      if (places[above] > 0) {
        Region.copy(first, element(nodes[above], above, places[above]), LEAF_ELEMENT_BYTES);
        return;
      }
    }
  }

  private void joinUpwards() {
    for (int level = 0; level < top; level++) {
      long node = nodes[level];
      int count = count(node);
      if (count >= capacity(level) / 2) {
        return;
      }
      long parent = nodes[level + 1];
      int place = places[level + 1];
      if (count == 0) {
        freeNode(node);
        removeFrom(parent, level + 1, place);
        if (place == 0 && count(parent) > 0) {
          putBound(level + 1, element(parent, level + 1, 0));
        }
      } else if (!join(parent, level, place) && !join(parent, level, place - 1)) {
        return;
      }
    }
    dropRoots();
    long root = root();
    if (level(root) == 0) {
      fittedRoot(Math.max(1, count(root)));
    }
  }

  /** A root with a single child gives way to it. */
  private void dropRoots() {
    long root = root();
    int level = level(root);
    while (level > 0 && count(root) == 1) {
      long child = child(root, level, 0);
      freeNode(root);
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
    freeNode(right);
    return true;
  }

  /** Where the first element is, valid until the next change; 0 when there is none. */
  public long first() {
    return select(0);
  }

  /** Where the element with {@code rank} others before it is, valid until the next change, or 0. */
  public long select(long rank) {
    return rank < 0 || rank >= size() ? 0 : seek(rank);
  }

  /**
   * Goes to the element with {@code rank} others before it, which there must be.
   *
   * @return where it is, valid until the next change
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
   * Reads the blocks of the element that the cursor is at and of those before it, at most so many,
   * so that the waiting times overlap.
   *
   * @return how many that were; fewer than asked for where a leaf begins
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

  /** Goes to the next element and returns where it is; 0 behind the last. */
  public long next() {
    if (++places[0] < count(nodes[0])) {
      return element(nodes[0], 0, places[0]);
    }
    for (int level = 1; level <= top; level++) {
      if (++places[level] < count(nodes[level])) {
        for (int below = level - 1; below >= 0; below--) {
          nodes[below] = child(nodes[below + 1], below + 1, places[below + 1]);
          places[below] = 0;
        }
        return element(nodes[0], 0, 0);
      }
    }
    return 0;
  }

  /** Goes to the element before and returns where it is; 0 before the first. */
  public long previous() {
    if (--places[0] >= 0) {
      return element(nodes[0], 0, places[0]);
    }
    for (int level = 1; level <= top; level++) {
      if (--places[level] >= 0) {
        for (int below = level - 1; below >= 0; below--) {
          nodes[below] = child(nodes[below + 1], below + 1, places[below + 1]);
          places[below] = count(nodes[below]) - 1;
        }
        return element(nodes[0], 0, places[0]);
      }
    }
    return 0;
  }

  /** How many elements are before a given one, which may be in the set or not. */
  public long rank(long key, long block) {
    return rank(key, Region.reference(block));
  }

  /**
   * How many elements are before one of that key whose block has that reference, which may stand
   * for anything that {@link Ties} knows to compare.
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

  /** How many elements have a smaller key. */
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
   * Frees one leaf of a tree of which nothing else is wanted any more.
   *
   * @return whether there is more to free
   */
  public boolean dismantle() {
    long node = root();
    top = level(node);
    for (int level = top; level > 0; level--) {
      nodes[level] = node;
      node = child(node, level, count(node) - 1);
    }
    freeNode(node);
    for (int level = 1; level <= top; level++) {
      int count = count(nodes[level]) - 1;
      Region.putInt(nodes[level] + COUNT_AT, count);
      if (count > 0) {
        return true;
      }
      freeNode(nodes[level]);
    }
    slabs.free(header, HEADER_BYTES);
    header = 0;
    return false;
  }
}
