package io.redoubt.server.value.set;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Slabs;
import java.util.Arrays;

/**
 * Intersections, unions and differences of sets. The operands are added first ({@link #clear},
 * {@link #add}) and must not change until the operation finishes. An instance is reused and
 * allocates nothing, except for indexes at first.
 */
public final class SetAlgebra implements AutoCloseable {

  private static final int FIRST_ROOM = 16;

  private final Sets sets;
  private final SetMembers member;
  private final SetBuilder result;
  private long[] operands = new long[FIRST_ROOM];
  private int count;
  private boolean missing;

  private final OperandIndexes indexes;

  /** Creates operations on the sets of a keyspace with these slabs. */
  public SetAlgebra(Sets sets, Slabs slabs, OperandIndexes indexes) {
    this.sets = sets;
    this.indexes = indexes;
    member = new SetMembers(slabs);
    result = new SetBuilder(sets, slabs);
  }

  /** Removes all operands. */
  public void clear() {
    count = 0;
    missing = false;
  }

  /** Adds an operand; {@link Entry#NONE} stands for an empty set. */
  public void add(long set) {
    if (count == operands.length) {
      operands = Arrays.copyOf(operands, 2 * count);
    }
    operands[count++] = set;
    missing |= set == Entry.NONE;
  }

  /** Returns the member that was found last. */
  public SetMembers member() {
    return member;
  }

  // Intersection.

  /** Starts the intersection; returns false if it is empty because an operand is. */
  public boolean startIntersection() {
    if (missing || count == 0) {
      return false;
    }
    sortBySize(0, 1);
    allowIndexes();
    member.iterate(operands[0]);
    return true;
  }

  /** Moves to the next member of the intersection; returns false at the end. */
  public boolean nextCommon() {
    while (member.next()) {
      if (isInAllOthers()) {
        return true;
      }
    }
    return false;
  }

  private boolean isInAllOthers() {
    for (int i = 1; i < count; i++) {
      if (operands[i] != operands[0] && !contains(i)) {
        return false;
      }
    }
    return true;
  }

  /** Stores the intersection in an empty set; returns its entry. */
  public long intersect(Database database, long into) {
    result.begin(database, into);
    if (startIntersection()) {
      while (nextCommon()) {
        result.add(member);
      }
    }
    return result.finish();
  }

  private void allowIndexes() {
    indexes.clear();
    for (int i = 1; i < count; i++) {
      indexes.allow(i, operands[i], 1, size(operands[0]));
    }
  }

  private boolean contains(int i) {
    return indexes.isAllowed(i)
        ? indexes.contains(i, operands[i], member)
        : sets.contains(operands[i], member);
  }

  // Union.

  /** Adds all members of all operands to an empty set; returns its entry. */
  public long unite(Database database, long into) {
    result.begin(database, into);
    boolean empty = true;
    for (int i = 0; i < count; i++) {
      if (operands[i] != Entry.NONE) {
        if (empty) {
          result.addAll(operands[i], member);
        } else {
          addMissing(operands[i]);
        }
        empty = false;
      }
    }
    return result.finish();
  }

  private void addMissing(long operand) {
    ListpackIndex index = null;
    member.iterate(operand);
    while (member.next()) {
      if (index == null && result.isIndexable()) {
        index = indexes.get(0);
        index.build(result.completeListpack());
      }
      if (index == null) {
        result.addIfAbsent(member);
      } else if (!index.contains(result.listpack(), member)) {
        int end = result.endOffset();
        result.add(member);
        if (!result.isIndexable() || !index.add(result.completeListpack(), end)) {
          index = null;
        }
      }
    }
  }

  // Difference.

  /** Returns true if the first operand, and therefore the difference, is empty. */
  public boolean isFirstMissing() {
    return operands[0] == Entry.NONE;
  }

  /**
   * Returns true if looking up each member of the first operand in the others ({@link
   * #startDifference}) costs less than removing the members of all others from a copy ({@link
   * #subtract}). Lookups count half: a member is usually found in one of the first operands.
   */
  public boolean prefersLookups() {
    long first = sets.size(operands[0]);
    long all = 0;
    for (int i = 0; i < count; i++) {
      all += operands[i] == Entry.NONE ? 0 : sets.size(operands[i]);
    }
    return first * count / 2 <= all;
  }

  /** Starts the difference; the first operand must not be empty. */
  public void startDifference() {
    sortBySize(1, -1);
    allowIndexes();
    member.iterate(operands[0]);
  }

  /** Moves to the next member of the difference; returns false at the end. */
  public boolean nextLeft() {
    while (member.next()) {
      if (!isInAnyOther()) {
        return true;
      }
    }
    return false;
  }

  private boolean isInAnyOther() {
    for (int i = 1; i < count; i++) {
      if (operands[i] != Entry.NONE && (operands[i] == operands[0] || contains(i))) {
        return true;
      }
    }
    return false;
  }

  /** Stores the difference in an empty set; returns its entry. */
  public long subtract(Database database, long into) {
    if (isFirstMissing()) {
      return into;
    }
    result.begin(database, into);
    if (prefersLookups()) {
      startDifference();
      while (nextLeft()) {
        result.add(member);
      }
      return result.finish();
    }
    result.addAll(operands[0], member);
    long left = result.finish();
    for (int i = 1; i < count; i++) {
      if (operands[i] != Entry.NONE) {
        member.iterate(operands[i]);
        while (member.next()) {
          sets.remove(database, left, member);
          left = sets.entry();
        }
      }
    }
    return left;
  }

  /** Sorts the operands from an index on, ascending (1) or descending (-1). */
  private void sortBySize(int from, int direction) {
    for (int i = from + 1; i < count; i++) {
      long operand = operands[i];
      long size = size(operand);
      int at = i;
      for (; at > from && direction * Long.compare(size(operands[at - 1]), size) > 0; at--) {
        operands[at] = operands[at - 1];
      }
      operands[at] = operand;
    }
  }

  private long size(long set) {
    return set == Entry.NONE ? 0 : sets.size(set);
  }

  @Override
  public void close() {
    member.close();
    result.close();
  }
}
