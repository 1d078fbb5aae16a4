package io.redoubt.server.structure.list;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.ListpackEnds;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.PartGate;
import org.jspecify.annotations.Nullable;

/**
 * A list of any length: a chain of nodes, each a listpack of some kilobytes, so that both ends are
 * fast to reach and an element costs little more than its bytes. An element too large for a
 * listpack is a plain node of its own. The nodes in the middle may be compressed.
 *
 * <p>A listpack starts anywhere in its block, so a push or pop at the front moves no data.
 *
 * <p>A list is identified by its {@link QuicklistRoot}. One object serves all lists of a server.
 * See {@link ListCursor} for reading.
 */
public final class Quicklist {

  /** The default size from which an element is a plain node of its own. */
  public static final int PLAIN_BYTES = 1 << 30;

  /** The most bytes that a listpack entry takes in addition to its element. */
  private static final int ENTRY_OVERHEAD_BYTES = 10;

  /** The estimated bytes that a listpack entry takes in addition to its element. */
  private static final int ESTIMATED_OVERHEAD_BYTES = 8;

  /** The number of nodes to merge after a split: up to three new ones and their neighbours. */
  private static final int MERGED_NODES = 5;

  /** The number of nodes from which a new end node is allocated at its usual size at once. */
  private static final int LONG_LIST_NODES = 16;

  private final Slabs slabs;
  private final QuicklistData data;
  private final NodeChain chain;
  private final NodePosition position = new NodePosition();
  private int plainBytes = PLAIN_BYTES;

  /** Creates an object for the lists in {@code slabs}. */
  public Quicklist(Slabs slabs) {
    this.slabs = slabs;
    data = new QuicklistData(slabs);
    chain = new NodeChain(slabs, data);
  }

  /** Sets the size from which an element is a plain node of its own; for tests. */
  public void setPlainBytes(int bytes) {
    plainBytes = bytes;
  }

  /** Sets the gate that is notified before nodes change; null for none. */
  public void setGate(@Nullable PartGate newGate) {
    chain.setGate(newGate);
  }

  /**
   * Creates an empty list and returns its root.
   *
   * @param limit the limit of a node: a number of elements, or -1 to -5 for 4, 8, 16, 32, 64 kB
   * @param depth the number of nodes at each end that stay uncompressed; 0 disables compression
   */
  public long create(int limit, int depth) {
    return QuicklistRoot.create(slabs, limit, depth);
  }

  private static boolean admits(long root, long node, int length) {
    return !QuicklistNode.isPlain(node)
        && !QuicklistRoot.exceeds(
            QuicklistRoot.limit(root),
            (long) QuicklistNode.sizeBytes(node) + length + ESTIMATED_OVERHEAD_BYTES,
            QuicklistNode.count(node) + 1L);
  }

  // Pushes at the ends.

  /** Inserts an element at the head. */
  public void pushHead(long root, long address, int length) {
    long head = QuicklistRoot.head(root);
    long node = roomy(root, head, 0, address, length);
    if (node != 0) {
      prepend(root, node, address, length);
    }
    QuicklistRoot.addCount(root, 1);
    chain.settle(root, head);
  }

  /** Inserts an element at the tail. */
  public void pushTail(long root, long address, int length) {
    long tail = QuicklistRoot.tail(root);
    long node = roomy(root, tail, tail, address, length);
    if (node != 0) {
      append(root, node, address, length);
    }
    QuicklistRoot.addCount(root, 1);
    chain.settle(root, tail);
  }

  /**
   * Returns a node with room for an element: the given one or a new one after {@code before}.
   * Returns 0 if the element has become a plain node of its own.
   */
  private long roomy(long root, long node, long before, long address, int length) {
    if (length >= plainBytes) {
      chain.linkAfter(root, before, data.newPlain(address, length));
      return 0;
    }
    if (node != 0 && admits(root, node, length)) {
      return node;
    }
    if (node != 0) {
      data.trim(node);
    }
    boolean usual = QuicklistRoot.nodes(root) >= LONG_LIST_NODES && QuicklistRoot.limit(root) < 0;
    long fresh = usual ? data.newPacked(QuicklistRoot.usualBytes(root)) : data.newPacked();
    chain.linkAfter(root, before, fresh);
    return fresh;
  }

  private void prepend(long root, long node, long address, int length) {
    chain.beforeNode(root, node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, true, QuicklistRoot.usualBytes(root));
    long start = QuicklistNode.data(node);
    long newStart = ListpackEnds.extendFront(Region.MEMORY, start, Region.MEMORY, address, length);
    QuicklistNode.moveFront(node, (int) (start - newStart), 1);
  }

  private void append(long root, long node, long address, int length) {
    chain.beforeNode(root, node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, false, QuicklistRoot.usualBytes(root));
    long start = QuicklistNode.data(node);
    Listpack.append(Region.MEMORY, start, Region.MEMORY, address, length, Region.MEMORY, start);
    QuicklistNode.update(node, QuicklistNode.count(node) + 1);
  }

  /** Appends a node that is a copy of a non-empty listpack. */
  public void addPacked(long root, long listpack) {
    int count = Listpack.count(Region.MEMORY, listpack);
    long tail = QuicklistRoot.tail(root);
    chain.linkAfter(root, tail, data.newPacked(listpack, count));
    QuicklistRoot.addCount(root, count);
    chain.settle(root, tail);
  }

  // Updates by index.

  /**
   * Replaces the element at an index.
   *
   * @param index the index of an existing element
   */
  public void set(long root, long index, long address, int length) {
    position.seek(root, index);
    long node = position.node();
    if (QuicklistNode.isPlain(node) || length >= plainBytes) {
      long before = QuicklistNode.before(node);
      if (QuicklistNode.isPlain(node) && length >= plainBytes) {
        chain.unlink(root, node);
        long fresh = data.newPlain(address, length);
        chain.linkAfter(root, before, fresh);
        chain.settle(root, fresh);
      } else {
        insert(root, index, address, length);
        remove(root, index + 1, 1);
      }
      return;
    }
    chain.beforeNode(root, node);
    data.decompress(node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, false, QuicklistRoot.usualBytes(root));
    long start = QuicklistNode.data(node);
    long entry = Listpack.at(Region.MEMORY, start, position.index());
    Listpack.replace(
        Region.MEMORY, start, entry, Region.MEMORY, address, length, Region.MEMORY, start);
    QuicklistNode.update(node, QuicklistNode.count(node));
    data.shrink(node);
    chain.settle(root, node);
  }

  /**
   * Inserts an element before the one at an index.
   *
   * @param index up to the number of elements, which appends it
   */
  public void insert(long root, long index, long address, int length) {
    if (index == QuicklistRoot.count(root)) {
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
        chain.settle(root, QuicklistNode.after(node));
      }
      long fresh = data.newPlain(address, length);
      chain.linkAfter(root, before, fresh);
      chain.settle(root, fresh);
    } else if (admits(root, node, length)) {
      insertInto(root, node, at, address, length);
    } else if (at == 0) {
      insertBetween(root, before, node, address, length);
    } else {
      split(root, node, at);
      long behind = QuicklistNode.after(node);
      insertBetween(root, node, behind, address, length);
      QuicklistRoot.addCount(root, 1);
      mergeAround(root, node);
      return;
    }
    QuicklistRoot.addCount(root, 1);
    chain.settle(root, node);
    chain.settle(root, before);
  }

  private void insertInto(long root, long node, int at, long address, int length) {
    chain.beforeNode(root, node);
    data.makeRoom(node, length + ENTRY_OVERHEAD_BYTES, false, QuicklistRoot.usualBytes(root));
    long start = QuicklistNode.data(node);
    long entry = Listpack.at(Region.MEMORY, start, at);
    Listpack.insert(
        Region.MEMORY, start, entry, Region.MEMORY, address, length, Region.MEMORY, start);
    QuicklistNode.update(node, QuicklistNode.count(node) + 1);
  }

  /** Inserts an element between two neighbours, into one of them if it has room. */
  private void insertBetween(long root, long before, long after, long address, int length) {
    if (before != 0 && admits(root, before, length)) {
      data.decompress(before);
      append(root, before, address, length);
    } else if (admits(root, after, length)) {
      prepend(root, after, address, length);
    } else {
      long fresh = data.newPacked();
      chain.linkAfter(root, before, fresh);
      append(root, fresh, address, length);
      chain.settle(root, fresh);
    }
  }

  /** Splits a listpack: the elements from {@code at} on move to a new node after it. */
  private void split(long root, long node, int at) {
    chain.beforeNode(root, node);
    int count = QuicklistNode.count(node);
    long start = QuicklistNode.data(node);
    long behind = data.newPacked(start, count);
    chain.linkAfter(root, node, behind);
    dropFront(behind, at);
    data.trim(behind);
    Listpack.delete(
        Region.MEMORY,
        start,
        Listpack.at(Region.MEMORY, start, at),
        count - at,
        Region.MEMORY,
        start);
    QuicklistNode.update(node, at);
    data.trim(node);
  }

  private static void dropFront(long node, int elements) {
    long start = QuicklistNode.data(node);
    long newStart = ListpackEnds.dropFront(Region.MEMORY, start, elements);
    QuicklistNode.moveFront(node, (int) (start - newStart), -elements);
  }

  /** Merges up to five nodes, starting before {@code first}, where they fit. */
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
      chain.settle(root, at);
      at = QuicklistNode.before(at);
    }
  }

  private static boolean canMerge(long root, long node, long next) {
    return !QuicklistNode.isPlain(node)
        && !QuicklistNode.isPlain(next)
        && !QuicklistRoot.exceeds(
            QuicklistRoot.limit(root),
            (long) QuicklistNode.sizeBytes(node)
                + QuicklistNode.sizeBytes(next)
                - Listpack.EMPTY_BYTES,
            (long) QuicklistNode.count(node) + QuicklistNode.count(next));
  }

  private void merge(long root, long node, long next) {
    chain.beforeNode(root, node);
    data.decompress(node);
    data.decompress(next);
    data.makeRoom(node, QuicklistNode.sizeBytes(next), false, QuicklistRoot.usualBytes(root));
    long start = QuicklistNode.data(node);
    Listpack.merge(
        Region.MEMORY, start, Region.MEMORY, QuicklistNode.data(next), Region.MEMORY, start);
    QuicklistNode.update(node, QuicklistNode.count(node) + QuicklistNode.count(next));
    chain.unlink(root, next);
  }

  // Removals.

  /** Removes a range of existing elements. */
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
        chain.unlink(root, node);
      } else {
        removeFrom(root, node, at, taken);
        last = node;
      }
      left -= taken;
      at = 0;
      node = next;
    }
    QuicklistRoot.addCount(root, -count);
    chain.settle(root, first);
    chain.settle(root, last);
  }

  private void removeFrom(long root, long node, int at, int taken) {
    chain.beforeNode(root, node);
    data.decompress(node);
    if (at == 0) {
      dropFront(node, taken);
    } else {
      long start = QuicklistNode.data(node);
      long entry = Listpack.at(Region.MEMORY, start, at);
      Listpack.delete(Region.MEMORY, start, entry, taken, Region.MEMORY, start);
      QuicklistNode.update(node, QuicklistNode.count(node) - taken);
    }
    data.shrink(node);
  }

  /**
   * Removes elements equal to the given bytes.
   *
   * @param most the maximum number to remove
   * @param fromTail true to start at the tail
   * @return the number removed
   */
  public long removeEqual(long root, long address, int length, long most, boolean fromTail) {
    long removed = 0;
    long node = fromTail ? QuicklistRoot.tail(root) : QuicklistRoot.head(root);
    while (node != 0 && removed < most) {
      long next = fromTail ? QuicklistNode.before(node) : QuicklistNode.after(node);
      removed += removeEqualFrom(root, node, address, length, most - removed, fromTail);
      if (QuicklistNode.count(node) == 0) {
        chain.unlink(root, node);
        chain.settle(root, 0);
      } else {
        chain.settle(root, node);
      }
      node = next;
    }
    QuicklistRoot.addCount(root, -removed);
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
    if (chain.isGated() && contains(start, address, length)) {
      chain.beforeNode(root, node);
    }
    int most32 = (int) Math.min(most, Integer.MAX_VALUE);
    int removed = removeFromListpack(start, address, length, most32, fromTail);
    if (removed > 0) {
      QuicklistNode.update(node, QuicklistNode.count(node) - removed);
      data.shrink(node);
    }
    return removed;
  }

  private static boolean contains(long listpack, long address, int length) {
    long first = Listpack.firstPosition(listpack);
    return Listpack.find(Region.MEMORY, first, Region.MEMORY, address, length, 0) != Listpack.NONE;
  }

  /** Removes equal elements from a listpack in place; see {@link #removeEqual}. */
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

  // The whole list.

  /** Returns the address of the only node's listpack, decompressed; 0 if the node is plain. */
  public long onlyListpack(long root) {
    long node = QuicklistRoot.head(root);
    data.decompress(node);
    return QuicklistNode.isPlain(node) ? 0 : QuicklistNode.data(node);
  }

  /** Creates a copy of a node, which is in no list. */
  public long copyNode(long node) {
    return data.copyOf(node);
  }

  /** Frees a node that is in no list. */
  public void freeNode(long node) {
    data.free(node);
  }

  /** Links a node to the next one, or to itself; both are in no list. */
  public static void chain(long node, long next) {
    QuicklistNode.after(node, next);
  }

  /** Creates a copy of the list and returns its root. */
  public long copy(long root) {
    return chain.copy(root);
  }

  /** Frees part of the list; returns true if some is left. */
  public boolean dismantle(long root) {
    return chain.dismantle(root);
  }

  /**
   * Returns the size of the list in bytes.
   *
   * @param samples the number of elements whose nodes are measured; 0 for all
   */
  public long sizeBytes(long root, long samples) {
    return chain.sizeBytes(root, samples);
  }
}
