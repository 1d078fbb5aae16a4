package io.redoubt.server.value.set;

import static io.redoubt.server.memory.Region.MEMORY;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import org.jspecify.annotations.Nullable;

/**
 * Indexes of those operands of an operation that are listpacks, each built when a member is first
 * looked for in it. The operands must not change during the operation. An instance is reused, and
 * allocates nothing except for the indexes at first.
 */
public final class OperandIndexes {
  /** No entry. */
  public static final long NONE = Listpack.NONE;

  /** The number of operands that are indexed. */
  private static final int MAX_INDEXES = 8;

  private final @Nullable ListpackIndex[] indexes = new @Nullable ListpackIndex[MAX_INDEXES];

  /** The operands that may be indexed, one bit each. */
  private int allowed;

  /** The operands that are indexed now, one bit each. */
  private int built;

  /** Creates indexes of no operand. */
  public OperandIndexes() {
    // all start unused
  }

  /** Forgets all operands. */
  public void clear() {
    allowed = 0;
    built = 0;
  }

  /**
   * Allows an index of an operand if it is a listpack in which an index finds members faster than a
   * search.
   *
   * @param i the number of the operand
   * @param entry its entry, or {@link Entry#NONE}
   * @param step 1, or 2 if each member is followed by a value
   * @param lookups the number of members to look for
   */
  public void allow(int i, long entry, int step, long lookups) {
    if (i < MAX_INDEXES
        && lookups >= ListpackIndex.MIN_ENTRIES
        && entry != Entry.NONE
        && PackedValue.isPacked(entry)
        && !PackedValue.isIntset(entry)) {
      int members = Listpack.count(MEMORY, PackedValue.address(entry)) / step;
      if (members >= ListpackIndex.MIN_ENTRIES && members <= ListpackIndex.MAX_ENTRIES) {
        allowed |= 1 << i;
      }
    }
  }

  /** Returns true if an operand may be indexed. */
  public boolean isAllowed(int i) {
    return i < MAX_INDEXES && (allowed >>> i & 1) != 0;
  }

  /**
   * Returns the entry of a member in the listpack of an operand that may be indexed, or {@link
   * #NONE}.
   *
   * @param operand the entry of the operand
   */
  public long find(int i, long operand, int step, long address, int length) {
    long listpack = PackedValue.address(operand);
    return index(i, listpack, step).find(listpack, address, length);
  }

  /** Returns true if a set that may be indexed has a member. */
  boolean contains(int i, long operand, SetMembers member) {
    long listpack = PackedValue.address(operand);
    return index(i, listpack, 1).contains(listpack, member);
  }

  private ListpackIndex index(int i, long listpack, int step) {
    ListpackIndex index = get(i);
    if ((built >>> i & 1) == 0) {
      index.build(listpack, step);
      built |= 1 << i;
    }
    return index;
  }

  /** Returns an index whose contents are undefined. */
  ListpackIndex get(int i) {
    ListpackIndex index = indexes[i];
    if (index == null) {
      index = new ListpackIndex();
      indexes[i] = index;
    }
    return index;
  }
}
