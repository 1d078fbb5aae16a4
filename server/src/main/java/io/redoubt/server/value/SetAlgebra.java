package io.redoubt.server.value;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import java.util.Arrays;

/**
 * Intersections, unions and differences of sets. The operands are told first ({@link #clear},
 * {@link #add}) and must not change until it is done. To be used again and again; makes no garbage.
 */
public final class SetAlgebra implements AutoCloseable {

  private static final int FIRST_ROOM = 16;

  private final Sets sets;
  private final SetMembers member;
  private long[] operands = new long[FIRST_ROOM];
  private int count;
  private boolean missing;

  SetAlgebra(Sets sets, SetMembers member) {
    this.sets = sets;
    this.member = member;
  }

  /** Forgets all operands. */
  public void clear() {
    count = 0;
    missing = false;
  }

  /** Adds an operand; {@link Entry#NONE} is an empty set. */
  public void add(long set) {
    if (count == operands.length) {
      operands = Arrays.copyOf(operands, 2 * count);
    }
    operands[count++] = set;
    missing |= set == Entry.NONE;
  }

  /** The member that was found last. */
  public SetMembers member() {
    return member;
  }

  // Intersection.

  /** Starts the intersection; returns false when it is empty for want of an operand. */
  public boolean startIntersection() {
    if (missing || count == 0) {
      return false;
    }
    sortBySize(0, 1);
    member.start(operands[0]);
    return true;
  }

  /** The smallest operand, once the intersection has started. */
  public long smallest() {
    return operands[0];
  }

  /** Goes to the next member of the intersection; returns whether there is one. */
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
      if (operands[i] != operands[0] && !sets.contains(operands[i], member)) {
        return false;
      }
    }
    return true;
  }

  // Union.

  /** Adds all members of all operands to a set; returns its entry. */
  public long unite(Database database, long into) {
    long united = into;
    for (int i = 0; i < count; i++) {
      if (operands[i] != Entry.NONE) {
        member.start(operands[i]);
        while (member.next()) {
          sets.add(database, united, member);
          united = sets.entry();
        }
      }
    }
    return united;
  }

  // Difference.

  /** Whether the first operand is empty, and so the difference is. */
  public boolean isFirstMissing() {
    return operands[0] == Entry.NONE;
  }

  /**
   * Whether looking for each member of the first operand in all others ({@link #startDifference})
   * is less work than taking the members of all others out of a copy ({@link #subtract}). A member
   * is as a rule found in one of the first others, hence the half.
   */
  public boolean prefersLookups() {
    long first = sets.size(operands[0]);
    long all = 0;
    for (int i = 0; i < count; i++) {
      all += operands[i] == Entry.NONE ? 0 : sets.size(operands[i]);
    }
    return first * count / 2 <= all;
  }

  /** Starts the difference; the first operand is not empty. */
  public void startDifference() {
    sortBySize(1, -1);
    member.start(operands[0]);
  }

  /** Goes to the next member of the difference; returns whether there is one. */
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
      if (operands[i] != Entry.NONE
          && (operands[i] == operands[0] || sets.contains(operands[i], member))) {
        return true;
      }
    }
    return false;
  }

  /** Puts the difference into an empty set; returns its entry. */
  public long subtract(Database database, long into) {
    long left = into;
    for (int i = 0; i < count; i++) {
      if (operands[i] != Entry.NONE) {
        member.start(operands[i]);
        while (member.next()) {
          if (i == 0) {
            sets.add(database, left, member);
          } else {
            sets.remove(database, left, member);
          }
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
  }
}
