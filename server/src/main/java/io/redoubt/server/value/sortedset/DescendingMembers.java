package io.redoubt.server.value.sortedset;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.RankedTree;

/**
 * The latest members of a sorted set that is read from a file, highest score first. They are in the
 * table, and enter the tree a leaf at a time. Members in any other order enter it one by one.
 */
final class DescendingMembers {
  private final RankedMembers members;
  private final long[] keys = new long[RankedTree.LEAF_ELEMENTS];
  private final int[] references = new int[RankedTree.LEAF_ELEMENTS];
  private int count;

  /** The last member, before all others; 0 for none. */
  private long last;

  private boolean areDescending = true;

  DescendingMembers(RankedMembers members) {
    this.members = members;
  }

  /** Starts with an empty set. */
  void clear() {
    count = 0;
    last = 0;
    areDescending = true;
  }

  /** Adds a member that is in the table. */
  void add(long block) {
    if (areDescending && last != 0 && !members.isBefore(block, last)) {
      flush();
      areDescending = false;
    }
    if (!areDescending) {
      members.addToTree(block);
      return;
    }
    if (count == keys.length) {
      flush();
    }
    keys[count] = ScoredMember.key(ScoredMember.score(block));
    references[count] = Region.reference(block);
    count++;
    last = block;
  }

  /** Adds the members that wait to the tree. */
  void flush() {
    if (count > 0) {
      members.prepend(keys, references, count);
      count = 0;
    }
  }
}
