package io.redoubt.server.structure;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import org.jspecify.annotations.Nullable;

/**
 * A list of any length: nodes in a chain, each a listpack of some kilobytes, so that both ends are
 * near and an element costs little more than its bytes. An element too large for a listpack is a
 * node by itself. The nodes in the middle may be compressed.
 *
 * <p>A listpack begins anywhere in its block: what is pushed or popped at the front moves nothing.
 *
 * <p>A list is told by its root, a block that stays where it is:
 *
 * <pre>
 *  0  8 bytes  the first node, 0 for none
 *  8  8 bytes  the last node, 0 for none
 * 16  8 bytes  the number of elements
 * 24  8 bytes  the number of nodes
 * 32  4 bytes  the limit of a node: so many elements, or -1 to -5 for 4, 8, 16, 32, 64 kB
 * 36  4 bytes  how many nodes at each end are not compressed; 0 for compressing none
 * </pre>
 *
 * <p>One object works on all lists of a server. See {@link ListCursor} for reading.
 */
public final class Quicklist {

  /** The size from which on an element is a node by itself, unless told otherwise. */
  public static final int PLAIN_BYTES = 1 << 30;

  private static final int ROOT_BYTES = 40;
  private static final int HEAD_AT = 0;
  private static final int TAIL_AT = 8;
  private static final int COUNT_AT = 16;
  private static final int NODES_AT = 24;
  private static final int LIMIT_AT = 32;
  private static final int DEPTH_AT = 36;

  /** What an entry of a listpack needs at the most beside the bytes of its element. */
  private static final int ENTRY_OVERHEAD_BYTES = 10;

  /** What a node's size is thought to grow by beside the bytes of an element. */
  private static final int ESTIMATED_OVERHEAD_BYTES = 8;

  /** The bytes of a node that is limited by its elements only. */
  private static final int SAFE_BYTES = 8192;

  private static final int LARGEST_LIMIT = -5;
  private static final int MAX_LIMIT_ELEMENTS = (1 << 15) - 1;
  private static final int MAX_DEPTH = (1 << 16) - 1;

  /** A split leaves up to three nodes, which may join each other and their neighbours. */
  private static final int MERGED_NODES = 5;

  /** From so many nodes on a node at an end is as large at once as it will soon be. */
  private static final int LONG_LIST_NODES = 16;

  /** What {@link #dismantle} frees at once. */
  private static final int STEP_NODES = 64;

  private final Slabs slabs;
  private final NodeData data;
  private final NodePosition position = new NodePosition();
  private int plainBytes = PLAIN_BYTES;
  private @Nullable PartGate gate;

  /** What works on lists in {@code slabs}. */
  public Quicklist(Slabs slabs) {
    this.slabs = slabs;
    data = new NodeData(slabs);
  }

  /** Sets the size from which on an element is a node by itself; for tests. */
  public void plainBytes(int bytes) {
    plainBytes = bytes;
  }

  /** Sets who is told before nodes change; null for nobody. */
  public void gate(@Nullable PartGate told) {
    gate = told;
  }

  private void beforeNode(long root, long node) {
    if (gate != null) {
      gate.beforeNode(root, node);
    }
  }

  // Limits.

  /** Whether a listpack of that size and count is more than one node may be. */
  public static boolean exceeds(int limit, long sizeBytes, long count) {
    return limit < 0
        ? sizeBytes > limitBytes(limit)
        : sizeBytes > SAFE_BYTES || count > Math.max(limit, 1);
  }

  /** How many bytes a node may have by that limit; of one in elements, any number. */
  public static long limitBytes(int limit) {
    return limit >= 0 ? Long.MAX_VALUE : 4096L << (-1 - Math.max(limit, LARGEST_LIMIT));
  }

  private static int usualBytes(long root) {
    int limit = limit(root);
    return limit < 0 ? (int) limitBytes(limit) : SAFE_BYTES;
  }

  private static boolean admits(long root, long node, int length) {
    return !QuicklistNode.isPlain(node)
        && !exceeds(
            limit(root),
            (long) QuicklistNode.sizeBytes(node) + length + ESTIMATED_OVERHEAD_BYTES,
            QuicklistNode.count(node) + 1L);
  }

  // The root.

  /**
   * Makes a list without elements and returns its root.
   *
   * @param limit of a node: so many elements, or -1 to -5 for 4, 8, 16, 32, 64 kB
   * @param depth how many nodes at each end are not compressed; 0 for compressing none
   */
  public long create(int limit, int depth) {
    long root = slabs.allocateFar(ROOT_BYTES);
    Region.putLong(root + HEAD_AT, 0);
    Region.putLong(root + TAIL_AT, 0);
    Region.putLong(root + COUNT_AT, 0);
    Region.putLong(root + NODES_AT, 0);
    Region.putInt(root + LIMIT_AT, Math.clamp(limit, LARGEST_LIMIT, MAX_LIMIT_ELEMENTS));
    Region.putInt(root + DEPTH_AT, Math.clamp(depth, 0, MAX_DEPTH));
    return root;
  }

  /** The first node, or 0. */
  public static long head(long root) {
    return Region.getLong(root + HEAD_AT);
  }

  /** The last node, or 0. */
  public static long tail(long root) {
    return Region.getLong(root + TAIL_AT);
  }

  /** How many elements there are. */
  public static long count(long root) {
    return Region.getLong(root + COUNT_AT);
  }

  /** How many nodes there are. */
  public static long nodes(long root) {
    return Region.getLong(root + NODES_AT);
  }

  /** The limit of a node, as {@link #create} was told it. */
  public static int limit(long root) {
    return Region.getInt(root + LIMIT_AT);
  }

  /** How many nodes at each end are not compressed; 0 for compressing none. */
  public static int depth(long root) {
    return Region.getInt(root + DEPTH_AT);
  }

  private static void addCount(long root, long difference) {
    Region.putLong(root + COUNT_AT, count(root) + difference);
  }

  // The chain.

  private void link(long root, long before, long node, long after) {
    QuicklistNode.before(node, before);
    QuicklistNode.after(node, after);
    if (before == 0) {
      Region.putLong(root + HEAD_AT, node);
    } else {
      QuicklistNode.after(before, node);
    }
    if (after == 0) {
      Region.putLong(root + TAIL_AT, node);
    } else {
      QuicklistNode.before(after, node);
    }
    Region.putLong(root + NODES_AT, nodes(root) + 1);
    if (gate != null) {
      gate.added(root, node);
    }
  }

  private void linkAfter(long root, long before, long node) {
    link(root, before, node, before == 0 ? head(root) : QuicklistNode.after(before));
  }

  private void unlink(long root, long node) {
    long before = QuicklistNode.before(node);
    long after = QuicklistNode.after(node);
    if (before == 0) {
      Region.putLong(root + HEAD_AT, after);
    } else {
      QuicklistNode.after(before, after);
    }
    if (after == 0) {
      Region.putLong(root + TAIL_AT, before);
    } else {
      QuicklistNode.before(after, before);
    }
    Region.putLong(root + NODES_AT, nodes(root) - 1);
    if (gate == null || !gate.takes(root, node, after)) {
      data.free(node);
    }
  }

  /**
   * Compresses what is to be, and only that: the node that was touched, and those at the border.
   */
  private void settle(long root, long touched) {
    int depth = depth(root);
    if (depth == 0) {
      return;
    }
    long forward = head(root);
    long backward = tail(root);
    boolean nearEnd = touched == 0;
    for (int i = 0; i < depth; i++) {
      if (forward == 0) {
        return;
      }
      data.decompress(forward);
      data.decompress(backward);
      nearEnd |= forward == touched || backward == touched;
      if (forward == backward || QuicklistNode.after(forward) == backward) {
        return; // all are near an end
      }
      forward = QuicklistNode.after(forward);
      backward = QuicklistNode.before(backward);
    }
    if (!nearEnd) {
      data.compress(touched);
    }
    // A split can push two nodes over the border at once.
    data.compress(forward);
    if (forward != backward) {
      data.compress(QuicklistNode.after(forward));
      data.compress(QuicklistNode.before(backward));
      data.compress(backward);
    }
  }

  // Ends.

  /** Puts an element before the first. */
  public void pushHead(long root, long address, int length) {
    long head = head(root);
    long node = roomy(root, head, 0, address, length);
    if (node != 0) {
      prepend(root, node, address, length);
    }
    addCount(root, 1);
    settle(root, head);
  }

  /** Puts an element after the last. */
  public void pushTail(long root, long address, int length) {
    long tail = tail(root);
    long node = roomy(root, tail, tail, address, length);
    if (node != 0) {
      append(root, node, address, length);
    }
    addCount(root, 1);
    settle(root, tail);
  }

  /**
   * A node that takes an element, the one given or a new one after {@code before}; 0 when the
   * element has become a new node by itself.
   */
  private long roomy(long root, long node, long before, long address, int length) {
    if (length >= plainBytes) {
      linkAfter(root, before, data.newPlain(address, length));
      return 0;
    }
    if (node != 0 && admits(root, node, length)) {
      return node;
    }
    if (node != 0) {
      data.trim(node);
    }
    boolean usual = nodes(root) >= LONG_LIST_NODES && limit(root) < 0;
    long fresh = usual ? data.newPacked(usualBytes(root)) : data.newPacked();
    linkAfter(root, before, fresh);
    return fresh;
  }

  private void prepend(long root, long node, long address, int length) {
    beforeNode(root, node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, true, usualBytes(root));
    long start = QuicklistNode.data(node);
    long newStart = Listpack.extendFront(Region.MEMORY, start, Region.MEMORY, address, length);
    QuicklistNode.start(node, QuicklistNode.start(node) - (int) (start - newStart));
    QuicklistNode.changed(node, QuicklistNode.count(node) + 1);
  }

  private void append(long root, long node, long address, int length) {
    beforeNode(root, node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, false, usualBytes(root));
    long start = QuicklistNode.data(node);
    Listpack.append(Region.MEMORY, start, Region.MEMORY, address, length, Region.MEMORY, start);
    QuicklistNode.changed(node, QuicklistNode.count(node) + 1);
  }

  /** Puts a node at the end that is a copy of a listpack, which has elements. */
  public void addPacked(long root, long listpack) {
    int count = Listpack.count(Region.MEMORY, listpack);
    long tail = tail(root);
    linkAfter(root, tail, data.newPacked(listpack, count));
    addCount(root, count);
    settle(root, tail);
  }

  /** Puts a node at the end that is one large element. */
  public void addPlain(long root, long address, int length) {
    long tail = tail(root);
    linkAfter(root, tail, data.newPlain(address, length));
    addCount(root, 1);
    settle(root, tail);
  }

  // The middle.

  /**
   * Puts an element in the place of the one at an index.
   *
   * @param index of an element that there is
   */
  public void set(long root, long index, long address, int length) {
    position.seek(root, index);
    long node = position.node();
    if (QuicklistNode.isPlain(node) || length >= plainBytes) {
      long before = QuicklistNode.before(node);
      if (QuicklistNode.isPlain(node) && length >= plainBytes) {
        unlink(root, node);
        long fresh = data.newPlain(address, length);
        linkAfter(root, before, fresh);
        settle(root, fresh);
      } else {
        insert(root, index, address, length);
        remove(root, index + 1, 1);
      }
      return;
    }
    beforeNode(root, node);
    data.decompress(node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, false, usualBytes(root));
    long start = QuicklistNode.data(node);
    long entry = Listpack.at(Region.MEMORY, start, position.index());
    Listpack.replace(
        Region.MEMORY, start, entry, Region.MEMORY, address, length, Region.MEMORY, start);
    QuicklistNode.changed(node, QuicklistNode.count(node));
    data.shrink(node);
    settle(root, node);
  }

  /**
   * Puts an element before the one at an index.
   *
   * @param index up to the number of elements, where it becomes the last
   */
  public void insert(long root, long index, long address, int length) {
    if (index == count(root)) {
      pushTail(root, address, length);
      return;
    }
    position.seek(root, index);
    long node = position.node();
    int at = position.index();
    long before = QuicklistNode.before(node);
    data.decompress(node);
    if (length >= plainBytes) {
      if (at > 0) {
        split(root, node, at);
        before = node;
        settle(root, QuicklistNode.after(node));
      }
      long fresh = data.newPlain(address, length);
      linkAfter(root, before, fresh);
      settle(root, fresh);
    } else if (admits(root, node, length)) {
      insertInto(root, node, at, address, length);
    } else if (at == 0) {
      insertBetween(root, before, node, address, length);
    } else {
      split(root, node, at);
      long behind = QuicklistNode.after(node);
      insertBetween(root, node, behind, address, length);
      addCount(root, 1);
      mergeAround(root, node);
      return;
    }
    addCount(root, 1);
    settle(root, node);
    settle(root, before);
  }

  private void insertInto(long root, long node, int at, long address, int length) {
    beforeNode(root, node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, false, usualBytes(root));
    long start = QuicklistNode.data(node);
    long entry = Listpack.at(Region.MEMORY, start, at);
    Listpack.insert(
        Region.MEMORY, start, entry, Region.MEMORY, address, length, Region.MEMORY, start);
    QuicklistNode.changed(node, QuicklistNode.count(node) + 1);
  }

  /** Puts an element between two neighbours, into one of them if it has room. */
  private void insertBetween(long root, long before, long after, long address, int length) {
    if (before != 0 && admits(root, before, length)) {
      data.decompress(before);
      append(root, before, address, length);
    } else if (admits(root, after, length)) {
      prepend(root, after, address, length);
    } else {
      long fresh = data.newPacked();
      linkAfter(root, before, fresh);
      append(root, fresh, address, length);
      settle(root, fresh);
    }
  }

  /**
   * Makes two nodes of a listpack: from {@code at} on the elements are in the new one behind it.
   */
  private void split(long root, long node, int at) {
    beforeNode(root, node);
    int count = QuicklistNode.count(node);
    long start = QuicklistNode.data(node);
    long behind = data.newPacked(start, count);
    linkAfter(root, node, behind);
    dropFront(behind, at);
    data.trim(behind);
    Listpack.delete(
        Region.MEMORY,
        start,
        Listpack.at(Region.MEMORY, start, at),
        count - at,
        Region.MEMORY,
        start);
    QuicklistNode.changed(node, at);
    data.trim(node);
  }

  private static void dropFront(long node, int elements) {
    long start = QuicklistNode.data(node);
    long newStart = Listpack.dropFront(Region.MEMORY, start, elements);
    QuicklistNode.start(node, QuicklistNode.start(node) + (int) (newStart - start));
    QuicklistNode.changed(node, QuicklistNode.count(node) - elements);
  }

  /** Joins the nodes from that before {@code first} on, a handful, where they fit. */
  private void mergeAround(long root, long first) {
    long before = QuicklistNode.before(first);
    long at = before == 0 ? first : before;
    for (int i = 1; i < MERGED_NODES && QuicklistNode.after(at) != 0; i++) {
      long next = QuicklistNode.after(at);
      if (canMerge(root, at, next)) {
        merge(root, at, next);
      } else {
        at = next;
      }
    }
    for (int i = 0; i < MERGED_NODES && at != 0; i++) {
      settle(root, at);
      at = QuicklistNode.before(at);
    }
  }

  private static boolean canMerge(long root, long node, long next) {
    return !QuicklistNode.isPlain(node)
        && !QuicklistNode.isPlain(next)
        && !exceeds(
            limit(root),
            (long) QuicklistNode.sizeBytes(node)
                + QuicklistNode.sizeBytes(next)
                - Listpack.EMPTY_BYTES,
            (long) QuicklistNode.count(node) + QuicklistNode.count(next));
  }

  private void merge(long root, long node, long next) {
    beforeNode(root, node);
    data.decompress(node);
    data.decompress(next);
    data.makeRoom(node, QuicklistNode.sizeBytes(next), false, usualBytes(root));
    long start = QuicklistNode.data(node);
    Listpack.merge(
        Region.MEMORY, start, Region.MEMORY, QuicklistNode.data(next), Region.MEMORY, start);
    QuicklistNode.changed(node, QuicklistNode.count(node) + QuicklistNode.count(next));
    unlink(root, next);
  }

  // Removing.

  /** Takes out elements from an index on; there are so many. */
  public void remove(long root, long index, long count) {
    position.seek(root, index);
    long node = position.node();
    int at = position.index();
    long first = node;
    long last = 0;
    for (long left = count; left > 0; ) {
      int here = QuicklistNode.count(node);
      long next = QuicklistNode.after(node);
      int taken = (int) Math.min(left, here - at);
      if (taken == here) {
        first = first == node ? QuicklistNode.before(node) : first;
        unlink(root, node);
      } else {
        removeFrom(root, node, at, taken);
        last = node;
      }
      left -= taken;
      at = 0;
      node = next;
    }
    addCount(root, -count);
    settle(root, first);
    settle(root, last);
  }

  private void removeFrom(long root, long node, int at, int taken) {
    beforeNode(root, node);
    data.decompress(node);
    if (at == 0) {
      dropFront(node, taken);
    } else {
      long start = QuicklistNode.data(node);
      long entry = Listpack.at(Region.MEMORY, start, at);
      Listpack.delete(Region.MEMORY, start, entry, taken, Region.MEMORY, start);
      QuicklistNode.changed(node, QuicklistNode.count(node) - taken);
    }
    data.shrink(node);
  }

  /**
   * Takes out elements that are these bytes.
   *
   * @param most how many
   * @param fromTail whether to begin at the end
   * @return how many were taken out
   */
  public long removeEqual(long root, long address, int length, long most, boolean fromTail) {
    long removed = 0;
    long node = fromTail ? tail(root) : head(root);
    while (node != 0 && removed < most) {
      long next = fromTail ? QuicklistNode.before(node) : QuicklistNode.after(node);
      removed += removeEqualFrom(root, node, address, length, most - removed, fromTail);
      if (QuicklistNode.count(node) == 0) {
        unlink(root, node);
        settle(root, 0);
      } else {
        settle(root, node);
      }
      node = next;
    }
    addCount(root, -removed);
    return removed;
  }

  private int removeEqualFrom(
      long root, long node, long address, int length, long most, boolean fromTail) {
    data.decompress(node);
    long start = QuicklistNode.data(node);
    if (QuicklistNode.isPlain(node)) {
      boolean same =
          QuicklistNode.sizeBytes(node) == length && Region.equal(start, address, length);
      QuicklistNode.count(node, same ? 0 : 1);
      return same ? 1 : 0;
    }
    if (gate != null && contains(start, address, length)) {
      gate.beforeNode(root, node);
    }
    int most32 = (int) Math.min(most, Integer.MAX_VALUE);
    int removed = removeFromListpack(start, address, length, most32, fromTail);
    if (removed > 0) {
      QuicklistNode.changed(node, QuicklistNode.count(node) - removed);
      data.shrink(node);
    }
    return removed;
  }

  private static boolean contains(long listpack, long address, int length) {
    long first = Listpack.beginning(listpack);
    return Listpack.find(Region.MEMORY, first, Region.MEMORY, address, length, 0) != Listpack.NONE;
  }

  /** As {@link #removeEqual}, of a listpack, in place. */
  public static int removeFromListpack(
      long listpack, long address, int length, int most, boolean fromTail) {
    int removed = 0;
    long entry =
        fromTail ? Listpack.last(Region.MEMORY, listpack) : Listpack.first(Region.MEMORY, listpack);
    while (entry != Listpack.NONE && removed < most) {
      boolean same = Listpack.equal(Region.MEMORY, entry, Region.MEMORY, address, length);
      long next;
      if (fromTail) {
        next = Listpack.previous(Region.MEMORY, listpack, entry);
      } else {
        next = same ? entry : Listpack.after(Region.MEMORY, entry);
      }
      if (same) {
        Listpack.delete(Region.MEMORY, listpack, entry, 1, Region.MEMORY, listpack);
        removed++;
      }
      boolean atEnd = !fromTail && next == Listpack.end(Region.MEMORY, listpack);
      entry = atEnd ? Listpack.NONE : next;
    }
    return removed;
  }

  // The whole.

  /**
   * Where the listpack starts that is the only node, ready to be read; 0 when it is no listpack.
   */
  public long onlyListpack(long root) {
    long node = head(root);
    data.decompress(node);
    return QuicklistNode.isPlain(node) ? 0 : QuicklistNode.data(node);
  }

  /** A copy of a node that is in no list. */
  public long copyNode(long node) {
    return data.copyOf(node);
  }

  /** Frees a node that is in no list. */
  public void freeNode(long node) {
    data.free(node);
  }

  /** Makes a node the next one of another, both in no list. */
  public static void chain(long node, long next) {
    QuicklistNode.after(node, next);
  }

  /** Makes a copy of the list and returns its root. */
  public long copy(long root) {
    long copy = create(limit(root), depth(root));
    for (long node = head(root); node != 0; node = QuicklistNode.after(node)) {
      linkAfter(copy, tail(copy), data.copyOf(node));
    }
    addCount(copy, count(root));
    return copy;
  }

  /** Frees the list by a step; whether something of it is left. */
  public boolean dismantle(long root) {
    for (int i = 0; i < STEP_NODES; i++) {
      long node = head(root);
      if (node == 0) {
        slabs.free(root, ROOT_BYTES);
        return false;
      }
      long after = QuicklistNode.after(node);
      if (data.freeStep(node)) {
        return true;
      }
      Region.putLong(root + HEAD_AT, after);
    }
    return true;
  }

  /**
   * How many bytes the list takes.
   *
   * @param samples of how many elements to look at the nodes; 0 for all
   */
  public long sizeBytes(long root, long samples) {
    long seen = 0;
    long bytes = 0;
    for (long node = head(root); node != 0; node = QuicklistNode.after(node)) {
      bytes += data.sizeBytes(node);
      seen += QuicklistNode.count(node);
      if (samples > 0 && seen >= samples) {
        bytes = (long) ((double) bytes / seen * count(root));
        break;
      }
    }
    return slabs.blockBytes(ROOT_BYTES) + bytes;
  }
}
