package io.redoubt.server.value.sortedset;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import io.redoubt.server.structure.PartGate;
import io.redoubt.server.structure.RankedTree;
import org.jspecify.annotations.Nullable;

/**
 * The structure of a large sorted set: blocks of members and scores, a table that finds them by
 * member, and a tree ordered by score and member.
 *
 * <p>This is a view, pointed to a structure by {@link #pointTo(long)}. The root is a block with the
 * addresses of table and tree; the former is 0 once the table has been freed.
 */
public final class RankedMembers {

  private static final int TABLE_AT = 0;
  private static final int TREE_AT = 8;
  private static final int ROOT_BYTES = 16;

  private final Slabs slabs;
  private final MemberOrder order = new MemberOrder();
  private final ByteTable table;
  private final RankedTree tree;
  private final BlockConsumer freeMember;
  private long root;

  RankedMembers(Slabs slabs, Hash hash) {
    this.slabs = slabs;
    table = new ByteTable(slabs, hash, ScoredMember.LENGTH_AT);
    tree = new RankedTree(slabs, order);
    freeMember = block -> ScoredMember.free(slabs, block);
  }

  /** Creates an empty structure for the expected number of members and points this view to it. */
  void create(long expected) {
    slabs.ensure(1, ROOT_BYTES, false);
    tree.create();
    try {
      table.create();
    } catch (OutOfMemoryError full) {
      tree.dismantle();
      throw full;
    }
    table.expect(expected);
    root = slabs.allocateFar(ROOT_BYTES);
    Region.putLong(root + TABLE_AT, table.header());
    Region.putLong(root + TREE_AT, tree.header());
  }

  long root() {
    return root;
  }

  void pointTo(long address) {
    root = address;
    table.pointTo(Region.getLong(root + TABLE_AT));
    tree.pointTo(Region.getLong(root + TREE_AT));
  }

  /** Returns the header of the table of a structure. */
  static long table(long root) {
    return Region.getLong(root + TABLE_AT);
  }

  long size() {
    return table.size();
  }

  /** Returns the hash of a member, a parameter of {@link #find} and of the methods that change. */
  long hash(long address, int length) {
    return table.hash(address, length);
  }

  /** Returns the block of a member, or 0. */
  long find(long hash, long address, int length) {
    return table.find(hash, address, length);
  }

  /** Adds a member that is absent. */
  void add(long hash, long address, int length, double score) {
    insert(hash, ScoredMember.create(slabs, address, length, score));
  }

  /** Inserts a block into tree and table, or frees it if they cannot grow. */
  private void insert(long hash, long block) {
    long key = ScoredMember.key(ScoredMember.score(block));
    boolean isInTree = false;
    try {
      tree.insert(key, block);
      isInTree = true;
      table.insert(hash, block);
    } catch (OutOfMemoryError full) {
      if (isInTree) {
        tree.remove(key, block);
      }
      ScoredMember.free(slabs, block);
      throw full;
    }
  }

  /**
   * Adds a member that is absent to the table, but not to the tree, and returns its block; {@link
   * #prepend} must follow.
   */
  long addToTable(long hash, long address, int length, double score) {
    long block = ScoredMember.create(slabs, address, length, score);
    try {
      table.insert(hash, block);
    } catch (OutOfMemoryError full) {
      ScoredMember.free(slabs, block);
      throw full;
    }
    return block;
  }

  /** Adds members of the table to the tree, before all others; see {@link RankedTree#prepend}. */
  void prepend(long[] keys, int[] references, int count) {
    tree.prepend(keys, references, count);
  }

  /** Adds a member of the table to the tree. */
  void addToTree(long block) {
    tree.insert(ScoredMember.key(ScoredMember.score(block)), block);
  }

  /** Returns true if one member is ordered before another. */
  boolean isBefore(long block, long other) {
    long key = ScoredMember.key(ScoredMember.score(block));
    long otherKey = ScoredMember.key(ScoredMember.score(other));
    return key != otherKey
        ? key < otherKey
        : order.compare(Region.reference(block), Region.reference(other)) < 0;
  }

  void setGate(@Nullable PartGate gate) {
    table.setGate(gate);
  }

  void change(long hash, long block, double score) {
    table.beforeChange(hash);
    long oldKey = ScoredMember.key(ScoredMember.score(block));
    long key = ScoredMember.key(score);
    int length = ScoredMember.length(block);
    long oldBytes = ScoredMember.sizeBytes(block);
    boolean fits =
        slabs.blockBytes(oldBytes) == slabs.blockBytes(ScoredMember.sizeBytes(length, score));
    long changed =
        fits ? block : ScoredMember.create(slabs, ScoredMember.address(block), length, score);
    if (!tree.changeInPlace(oldKey, block, key, changed)) {
      move(oldKey, block, key, changed);
    }
    if (fits) {
      ScoredMember.putScore(block, score);
    } else {
      table.replace(hash, block, changed);
      slabs.free(block, oldBytes);
    }
  }

  /** Replaces an element of the tree; if there is no memory, nothing changes. */
  private void move(long oldKey, long block, long key, long changed) {
    if (key == oldKey) { // the tree takes both for the same element
      tree.remove(oldKey, block);
      tree.insert(key, changed);
      return;
    }
    try {
      tree.insert(key, changed);
    } catch (OutOfMemoryError full) {
      if (changed != block) {
        ScoredMember.free(slabs, changed);
      }
      throw full;
    }
    tree.remove(oldKey, block);
  }

  /** Removes and frees a member. */
  void remove(long hash, long block) {
    tree.remove(ScoredMember.key(ScoredMember.score(block)), block);
    table.remove(hash, block);
    ScoredMember.free(slabs, block);
  }

  /** Removes and frees the member at a rank. */
  void removeAt(long rank) {
    long block = tree.removeAt(rank);
    table.remove(hash(ScoredMember.address(block), ScoredMember.length(block)), block);
    ScoredMember.free(slabs, block);
  }

  long rank(long block) {
    return tree.rank(ScoredMember.key(ScoredMember.score(block)), block);
  }

  /**
   * Returns the number of members with a score below the given one, or up to it if {@code orEqual}.
   */
  long countBelow(double score, boolean orEqual) {
    return tree.rank(ScoredMember.key(score) + (orEqual ? 1 : 0));
  }

  /**
   * Returns the number of members ordered before the given bytes, or up to them if {@code orEqual}.
   * All scores must be equal.
   */
  long countBelow(long address, int length, boolean orEqual) {
    order.setProbe(address, length, orEqual);
    return tree.rank(RankedTree.key(tree.first()), MemberOrder.PROBE);
  }

  /** Returns the number of members ordered before a score and bytes that need not be a member. */
  long countBefore(double score, long address, int length) {
    order.setProbe(address, length, false);
    return tree.rank(ScoredMember.key(score), MemberOrder.PROBE);
  }

  /** Moves to the member at a rank and returns its block, or 0. */
  long seek(long rank) {
    return blockOrNone(tree.select(rank));
  }

  /** Moves to the next member and returns its block, or 0. */
  long next() {
    return blockOrNone(tree.next());
  }

  /** Moves to the previous member and returns its block, or 0. */
  long previous() {
    return blockOrNone(tree.previous());
  }

  /** Prefetches preceding members; see {@link RankedTree#readAheadBackwards}. */
  int readAheadBackwards(int most) {
    return tree.readAheadBackwards(most);
  }

  private static long blockOrNone(long element) {
    return element == 0 ? 0 : RankedTree.block(element);
  }

  long scan(long cursor, BlockConsumer consumer) {
    return table.scan(cursor, consumer);
  }

  /** Points this view to a new copy of the structure of another view. */
  void createCopy(RankedMembers source) {
    create(source.size());
    try {
      for (long block = source.seek(0); block != 0; block = source.next()) {
        long copy = ScoredMember.copy(slabs, block);
        insert(hash(ScoredMember.address(copy), ScoredMember.length(copy)), copy);
      }
    } catch (OutOfMemoryError full) {
      while (dismantle(root)) {}
      throw full;
    }
  }

  /** Returns the number of members of a structure, which may be partly dismantled. */
  long elements(long address) {
    long tableHeader = Region.getLong(address + TABLE_AT);
    if (tableHeader == 0) {
      return 0;
    }
    table.pointTo(tableHeader);
    return table.size();
  }

  /** Dismantles a structure by one step; returns false when it is freed. */
  boolean dismantle(long address) {
    long tableHeader = Region.getLong(address + TABLE_AT);
    if (tableHeader != 0) {
      table.pointTo(tableHeader);
      if (!table.dismantle(freeMember)) {
        Region.putLong(address + TABLE_AT, 0);
      }
      return true;
    }
    tree.pointTo(Region.getLong(address + TREE_AT));
    if (tree.dismantle()) {
      return true;
    }
    slabs.free(address, ROOT_BYTES);
    return false;
  }

  /** Estimates the size in bytes from the given number of members, 0 for all. */
  long sizeBytes(long samples) {
    long size = size();
    long wanted = samples == 0 ? size : Math.min(samples, size);
    long memberBytes = 0;
    long seen = 0;
    for (long block = seek(0); block != 0 && seen < wanted; block = next()) {
      memberBytes += slabs.blockBytes(ScoredMember.sizeBytes(block));
      seen++;
    }
    long members = seen == 0 ? 0 : (long) ((double) memberBytes / seen * size);
    return members + table.bucketBytes() + tree.sizeBytes() + slabs.blockBytes(ROOT_BYTES);
  }
}
